"""Values as JSON's own types, and their hashes: what a report, a saved plan and the inventory write down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

from igz_apply.model.hidden import MASK, Hidden
from igz_apply.model.resources import SecretRef

_SECRET, _HIDDEN, _LITERAL = "$secret", "$hidden", "$literal"


def plain(value: Any) -> Any:
    """Return a value as JSON's own types: frozen mappings as dicts, sequences as lists, sets as sorted lists.

    A SecretRef becomes what a manifest says in its place, such as {"from_env": …}.
    """
    if isinstance(value, SecretRef):
        return value.place
    if isinstance(value, Hidden):
        return MASK
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def tagged(value: Any) -> Any:
    """Like `plain`, but so that a SecretRef can be told from a mapping, and what is hidden be compared by a hash."""
    if type(value) in _BARE:
        return value
    if isinstance(value, (dict, Mapping)):
        found = {key: item if type(item) in _BARE else tagged(item) for key, item in value.items()}
        return {_LITERAL: found} if len(found) == 1 and found.keys() in _TAGS else found
    if isinstance(value, (list, tuple)):
        return value if _BARE.issuperset(map(type, value)) else [tagged(item) for item in value]
    if isinstance(value, SecretRef):
        return {_SECRET: plain(value)}
    if isinstance(value, Hidden):
        return {_HIDDEN: value.digest}
    return plain(value)


_TAGS = ({_SECRET}, {_HIDDEN}, {_LITERAL})


def untagged(value: Any) -> Any:
    """Return what `tagged` was given; of what is hidden, its digest."""
    if isinstance(value, list):
        return value if _BARE.issuperset(map(type, value)) else [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = value
    if len(value) == 1:
        if value.keys() == {_SECRET}:
            return SecretRef.stated(value[_SECRET])
        if value.keys() == {_HIDDEN}:
            return Hidden(kept=str(value[_HIDDEN]))
        if value.keys() == {_LITERAL}:
            inner = value[_LITERAL]
    if _BARE.issuperset(map(type, inner.values())):
        return inner
    return {key: item if type(item) is str else untagged(item) for key, item in inner.items()}


_BARE = frozenset({str, int, float, bool, type(None)})


def hashed(value: Any) -> str:
    """Return a short hash of a value, whatever the order of its plain lists."""
    if type(value) is str:
        return _hash_of(encode_basestring_ascii(value))
    if value is None or value is True or value is False:
        return _HASHES[value]
    if type(value) is int:
        return _hash_of(str(value))
    if type(value) in (list, tuple) and all(type(item) is str for item in value):
        return _hash_of(_text_of_names(tuple(value)))
    return _hash_of(_ENCODER.encode(_unordered(value)))


def hashed_lists(lists: Mapping[str, Iterable[str]]) -> str:
    """Return `hashed` of lists of names, by name; most often it is one."""
    texts = (f"{encode_basestring_ascii(name)}:{_text_of_names(tuple(lists[name]))}" for name in sorted(lists))
    return _hash_of(f"{{{','.join(texts)}}}")


@lru_cache(maxsize=4096)  # few lists are held by thousands of resources
def _text_of_names(names: tuple[str, ...]) -> str:
    return f"[{','.join(map(encode_basestring_ascii, sorted(names)))}]"


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


_HASHES = {None: _hash_of("null"), True: _hash_of("true"), False: _hash_of("false")}


def _text(value: Any) -> str:
    return value.digest if isinstance(value, Hidden) else str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_text)


def _unordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_unordered(item) for item in value]
        return items if any(isinstance(item, dict | list) for item in items) else sorted(items, key=str)
    return value
