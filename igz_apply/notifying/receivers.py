"""Who is to be told: the config's `notify`, with what the environment says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from urllib.parse import urlsplit

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Notification, Shape
from igz_apply.values import dataclass

LEAST_KEY = 16  # characters: a shorter one is guessed
_OWN = ("V3IO_ACCESS_KEY", "V3IO_PASSWORD", "IGZ_OFFLINE_TOKEN")

PlaceOf = Callable[[int, str], Source | None]
"""Where the config says a key of one of its notifications, by its index."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One that is told. It is named by its number, shape and variable: its address is a secret."""

    number: int  # from 1
    shape: Shape
    variable: str
    url: str = field(repr=False)
    key: bytes = field(default=b"", repr=False)  # b"": nothing is signed
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"notification {self.number} ({self.shape.value}, {self.variable})"

    @property
    def name(self) -> str:
        """What it is known by from one run to the next."""
        return " ".join([self.variable, self.shape.value, *self.about])


def receivers_of(
    notifications: Sequence[Notification], environ: Mapping[str, str], place_of: PlaceOf
) -> tuple[Receiver, ...]:
    """Return all of them. Raises InvalidInput with every variable that is missing, or holds what cannot be used."""
    problems: list[Problem] = []
    found: list[Receiver] = []
    for index, stated in enumerate(notifications):
        url, key = (environ.get(name, "").strip() for name in (stated.url_env, stated.secret_env))
        problems += _address_problems(stated.url_env, url, place_of(index, "url_env"))
        problems += _key_problems(stated.secret_env, key, place_of(index, "secret_env"))
        found.append(
            Receiver(index + 1, stated.shape, stated.url_env, url, key.encode("utf-8", "surrogateescape"), stated.about)
        )
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def _address_problems(variable: str, url: str, place: Source | None) -> list[Problem]:
    if not url:
        detail = f"`notify` takes an address from {variable}, which is not set."
        return [Problem("Missing webhook", detail, "Set it, or take the notification out.", source=place)]
    if not _is_address(url):
        detail = f"What {variable} holds is no address of a webhook. It is not shown, as it may be a secret."
        hint = "Write the whole address, https://HOST/PATH."
        return [Problem("Unusable webhook", detail, hint, source=place, is_secret=True)]
    return []


def _key_problems(variable: str, key: str, place: Source | None) -> list[Problem]:
    if not variable:
        return []
    if variable in _OWN:
        detail = f"`notify` would sign with {variable}, which proves who we are on a cluster."
        return [Problem("Unusable signing key", detail, "Make a key for this alone.", source=place)]
    if len(key) < LEAST_KEY:
        said = f"is shorter than {LEAST_KEY} characters, so that it can be guessed" if key else "is not set"
        detail = f"`notify` takes the key to sign with from {variable}, which {said}."
        hint = "Make one with `openssl rand -hex 32`, and give it to the receiver too."
        return [Problem("Unusable signing key", detail, hint, source=place)]
    return []


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_port = parts.port != 0
    except ValueError:
        return False
    is_clean = url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_port and is_clean
