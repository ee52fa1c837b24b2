"""Which names say that what they hold may be a secret; the one vocabulary of it, for whoever shows or keeps values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from igz_apply.patterns import pattern

_WORD = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = frozenset({"cred", "kubeconfig", "pass", "passphrase", "passwd", "password", "pwd", "secret", "sid", "token"})
_ENDS = ("accesskey", "apikey", "credential", "passphrase", "passwd", "password", "privatekey", "secret", "token")
_OPEN_KEYS = frozenset({"foreign", "partition", "primary", "public", "sort"})
PLACES = frozenset({"from_env", "from_file", "from_command", "from_store"})
_OF_ONE_KEY = frozenset({"from_env", "from_file", "from_command", "from_member", "from_value"})
_OF_A_STORE = frozenset({"from_store", "key"})
_IN_URL = pattern(r"://[^/\s:@]*:[^/\s@]+@")


@lru_cache(maxsize=4096)  # thousands of manifests have the same keys
def may_be_secret(name: str) -> bool:
    """Say whether what stands under a name may be a secret: by its words, however they are joined.

    `db-password`, `apiToken`, `PGPASSWORD` and `SSH_KEY` may hold one; `monkey`, `keyboard` and `public_key` do not.
    """
    words = [word.casefold() for word in _WORD.findall(name)]
    keys = (before for before, word in pairwise(words) if word in ("key", "keys"))
    return any(map(_is_secret, words)) or any(before not in _OPEN_KEYS for before in keys)


def holds_login(text: str) -> bool:
    """Say whether a text is a URL, or has one in it, that holds a password."""
    return _IN_URL.search(text) is not None


def says_where(data: Mapping[str, Any]) -> bool:
    """Say whether a mapping in a document tells where a value lies, and holds none."""
    return (len(data) == 1 and data.keys() <= _OF_ONE_KEY) or data.keys() == _OF_A_STORE


def secret_paths(
    data: Any, path: tuple[str | int, ...] = (), *, is_secret: bool = False
) -> Iterator[tuple[str | int, ...]]:
    """Yield where texts and numbers stand in a document, as it is written, that may be secrets.

    Their keys say so, or one above them, or the name beside a `value`; or they are URLs with a password. Where a secret
    lies is none.
    """
    if isinstance(data, Mapping):
        if says_where(data):
            return
        is_named = may_be_secret(str(data.get("name") or data.get("key") or ""))
        for key, below in data.items():
            hides = is_secret or may_be_secret(str(key)) or (is_named and key == "value")
            yield from secret_paths(below, (*path, key), is_secret=hides)
    elif isinstance(data, list):
        for index, below in enumerate(data):
            yield from secret_paths(below, (*path, index), is_secret=is_secret)
    elif data not in (None, "") and not isinstance(data, bool) and (is_secret or holds_login(str(data))):
        yield path


def _is_secret(word: str) -> bool:
    one = word if word in _WORDS else word.removesuffix("s")
    return one in _WORDS or one.endswith(_ENDS)
