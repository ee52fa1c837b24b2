"""Secrets of a HashiCorp Vault or an OpenBao: its key-value engine, in both versions, over HTTP.

A key is `path#field`, the path with the mount at its beginning and without `data/`: `secret/people/ada#password`.
Where the server is, and who asks, is told by the environment alone, in the variables of Vault's own command: a config
comes with a branch, and could send the token elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from igz_apply.ports import StoreOptions, Unread
from igz_apply.stores.vault_api import Answer, VaultApi
from igz_apply.stores.vault_login import token_of
from igz_apply.values import dataclass

_TWO = "2"  # the version of an engine that keeps older versions of each secret


def store(environ: Mapping[str, str], options: StoreOptions) -> VaultStore:
    """Return the store: the entry point."""
    return VaultStore(environ, options)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field is kept."""

    path: str
    field: str


class VaultStore:
    """Reads fields of secrets; each secret is read once, however many of its fields are wanted."""

    def __init__(self, environ: Mapping[str, str], options: StoreOptions) -> None:
        self._environ = environ
        self._options = options

    def read(self, keys: Sequence[str]) -> Mapping[str, str | Unread]:
        """Return what lies under each key; what cannot be had is told."""
        places = {key: place_of(key) for key in keys}
        paths = sorted({place.path for place in places.values() if isinstance(place, _Place)})
        if not paths:
            return {key: place for key, place in places.items() if isinstance(place, Unread)}
        fields = self._fields(paths)
        return {
            key: place if isinstance(place, Unread) else _field(fields[place.path], place.field)
            for key, place in places.items()
        }

    def _fields(self, paths: Sequence[str]) -> Mapping[str, Mapping[str, Any] | Unread]:
        """Return the fields of each secret."""
        api = VaultApi.of(self._environ, self._options)
        if isinstance(api, Unread):
            return dict.fromkeys(paths, api)
        with api:
            token = token_of(api, self._environ)
            if isinstance(token, Unread):
                return dict.fromkeys(paths, token)
            with ThreadPoolExecutor(min(self._options.parallelism, len(paths)), "vault") as pool:
                return dict(zip(paths, pool.map(partial(_secret, api, token), paths), strict=True))


def place_of(key: str) -> _Place | Unread:
    """Return the place that a key means."""
    path, _, field = key.rpartition("#")
    parts = path.strip("/").split("/")
    if not path or not field or len(parts) < 2 or any(part in ("", ".", "..") for part in parts):
        return Unread("its key is not of the form path#field, such as secret/people/ada#password")
    return _Place("/".join(parts), field)


def _secret(api: VaultApi, token: str, path: str) -> Mapping[str, Any] | Unread:
    """Return the fields of one secret."""
    mount = _mount(api, token, path)
    if isinstance(mount, Unread):
        return mount
    name, version = mount
    inner = f"data/{path.removeprefix(name)}" if version == _TWO else path.removeprefix(name)
    answer = api.get(f"{name}{inner}", token)
    if isinstance(answer, Unread):
        return answer
    if answer.status == 404:
        return Unread.missing()
    if answer.status == 403:
        return Unread.denied()
    found = answer.part("data", "data") if version == _TWO else answer.part("data")
    if answer.status != 200 or found is None:
        return _strange(answer)
    return found


def _mount(api: VaultApi, token: str, path: str) -> tuple[str, str] | Unread:
    """Return the mount that a path begins with, with its slash, and the version of its engine.

    Vault's own command asks the same; who may read something in the mount may ask it.
    """
    answer = api.get(f"sys/internal/ui/mounts/{path}", token)
    if isinstance(answer, Unread):
        return answer
    if answer.status in (400, 403):  # so too where there is no such mount: nobody is told which there are
        return Unread.denied()
    found = answer.part("data")
    if answer.status != 200 or found is None or not isinstance(found.get("path"), str):
        return _strange(answer)
    if not f"{path}/".startswith(found["path"]):
        return _strange(answer)
    options = found.get("options")
    version = options.get("version") if isinstance(options, Mapping) else None
    return found["path"], str(version or "1")


def _strange(answer: Answer) -> Unread:
    if answer.status == 503:
        return Unread.unreachable("it is sealed, or in maintenance")
    return Unread.unreachable(f"it answered with status {answer.status}, which is not how Vault does")


def _field(fields: Mapping[str, Any] | Unread, name: str) -> str | Unread:
    """Return one field of a secret, as text."""
    if isinstance(fields, Unread):
        return fields
    value = fields.get(name)
    if value is None:
        return Unread("the store has that secret without such a field")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return Unread("that field is no text")
    return str(value)
