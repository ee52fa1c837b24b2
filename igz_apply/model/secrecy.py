"""Which names say that what they hold may be a secret; the one vocabulary of it, for whoever shows or keeps values."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from igz_apply.patterns import pattern

_WORD = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = frozenset({"cred", "kubeconfig", "pass", "passphrase", "passwd", "password", "pwd", "secret", "sid", "token"})
_ENDS = ("accesskey", "apikey", "credential", "passphrase", "passwd", "password", "privatekey", "secret", "token")
_OPEN_KEYS = frozenset({"foreign", "partition", "primary", "public", "sort"})
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


def _is_secret(word: str) -> bool:
    one = word if word in _WORDS else word.removesuffix("s")
    return one in _WORDS or one.endswith(_ENDS)
