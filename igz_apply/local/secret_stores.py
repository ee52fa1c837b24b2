"""Stores of secrets that installed packages offer by entry points, ours among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.local.entry_points import entry_points_of, loaded, package_of
from igz_apply.local.secrets import is_text
from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.model.problems import Problem
from igz_apply.ports import StoreOptions, Unread

GROUP = "igz_apply.secrets"
_MOST_CHARACTERS = 1024 * 1024


class SecretStores:
    """Asks the stores that somebody allows; each is imported when the first secret of it is asked for."""

    __slots__ = ("_allowed", "_environ", "_options")

    def __init__(self, allowed: AllowedSources, environ: Mapping[str, str], options: StoreOptions) -> None:
        self._allowed = allowed
        self._environ = environ
        self._options = options

    def read(self, name: str, keys: Sequence[str]) -> Mapping[str, str | Unread]:
        """Return what a store has under the keys. Raises InvalidInput where the package that offers it is broken."""
        if name not in self._allowed.stores:
            return dict.fromkeys(keys, Unread(f"{self._allowed.stores_at} does not allow that store"))
        offered = entry_points_of(GROUP)
        if name not in offered:
            known = f"; there is {', '.join(offered)}" if offered else ""
            return dict.fromkeys(keys, Unread(f"no installed package offers a store of that name{known}"))
        point = offered[name]
        factory = loaded(point)
        try:
            found = factory(self._environ, self._options).read(tuple(keys))
            return {key: _checked(found.get(key, Unread.missing())) for key in keys}
        except (Exception, SystemExit) as error:  # another package's code may raise whatever it likes
            # Neither its words nor the exception itself: both may hold the secret.
            raise _broken(name, package_of(point), f"raised {type(error).__name__}") from None


def _checked(value: Any) -> str | Unread:
    """Return what a store gave for a key, if it is something that a store may give."""
    if isinstance(value, Unread):
        return Unread(" ".join(str(value.why).split()))
    if not isinstance(value, str):
        return Unread("what the store has there is no text")
    if not value:
        return Unread("what the store has there is empty")
    if not is_text(value):
        return Unread("what the store has there is no text")
    return value if len(value) <= _MOST_CHARACTERS else Unread("what the store has there is longer than 1 MiB")


def _broken(name: str, package: str, how: str) -> InvalidInput:
    detail = f"The store {name} of {package} {how} as it was asked for secrets."
    return InvalidInput(
        [Problem("Broken plug-in", detail, f"Install another version of {package}, or tell its authors.")]
    )
