"""The inventory's JSON document: bytes to entries and back, faults as problems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from itertools import chain
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

import msgspec

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.plain_values import untagged
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Entry, OnRemoval
from igz_apply.planning.entry_data import entry_data
from igz_apply.values import dataclass

FORMAT_VERSION = 1

_HINT = (
    "Restore it from a backup or from the version before. Without one: move it away and run `igz-apply apply`, which "
    "adopts what is as the manifests say. Until then igz-apply owns nothing, so it deletes nothing."
)
_NEWER_HINT = "Use the igz-apply that wrote it, or a newer one."
_NOTHING: Mapping[str, Any] = {}
_KNOWN: Mapping[str, type] = {
    "id": str,
    "pending": bool,
    "values": dict,
    "secrets": dict,
    "prevent_destroy": bool,
    "deletion_strategy": str,
    "mark": str,
    "born": str,
    "filled": dict,
    "ignored": list,
    "on_removal": str,
    "removed": bool,
    "depends_on": list,
    "due": list,
}
"""What an entry may say, and the type of each."""
_WAYS_OUT: Mapping[str, OnRemoval] = {"delete": "delete", "disable": "disable", "forget": "forget"}
_NO_TEXTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Remembered:
    """A document that was read: its entries, and the keys of its own version that we do not know."""

    entries: Mapping[Address, Entry] = field(default_factory=dict)
    top: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[Address, Mapping[str, Any]] = field(default_factory=dict)  # unknown keys of an entry


def decode(content: bytes, place: str) -> Remembered:
    """Return what the document says. Raises InvalidInput when it is damaged or newer than this program."""
    data = _parsed(content, place)
    version = data.get("format_version")
    if type(version) is not int or version < 1:
        raise damaged(place, f"format_version is {json.dumps(version)}, and must be a number from 1")
    if version > FORMAT_VERSION:
        detail = f"{place} has format {version}; this igz-apply knows formats up to {FORMAT_VERSION}."
        raise InvalidInput([Problem("Inventory is too new", detail, _NEWER_HINT)])
    entries = data.get("entries")
    if not isinstance(entries, dict):
        raise damaged(place, "it has no `entries`")
    kinds: dict[str, str] = {}  # one text of each kind will do
    found: dict[Address, Entry] = {}
    beside: dict[Address, Mapping[str, Any]] = {}
    is_tagged = _may_be_tagged(content)
    for text, value in entries.items():
        kind, _, name = text.partition("/")
        address = Address(kinds.setdefault(kind, kind), name) if kind and name else _address(text, place)
        if type(value) is not dict:
            raise damaged(place, f"the entry {text} is not an object")
        raw: dict[str, Any] = value
        identity, values = raw.get("id"), raw.get("values")
        if len(raw) == 2 and type(identity) is str and type(values) is dict and not is_tagged:
            found[address] = Entry(identity, False, values, _NO_TEXTS, filled=_NO_TEXTS)  # all there is to say of most
            continue
        found[address] = _entry(raw, address, place)
        if not raw.keys() <= _KNOWN.keys():
            beside[address] = _unknown(raw)
    top = {key: value for key, value in data.items() if key not in ("format_version", "entries")}
    return Remembered(found, top, beside)


_Line = tuple[Entry, Mapping[str, Any], str]  # an entry, its unknown keys, and both as JSON, after the address


def is_something_else(content: bytes) -> bool:
    """Say whether a document is whole and does not even claim to be an inventory."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return not isinstance(data, dict) or "format_version" not in data


class Encoder:
    """Writes the document, in one canonical form: keys sorted, two spaces of indentation, a line end at the end.

    It keeps the line of each entry: an apply saves again and again, and few entries differ from one time to the next.
    """

    def __init__(self) -> None:
        self._lines: dict[Address, _Line] = {}  # in the order of the document

    def encode(self, entries: Mapping[Address, Entry], remembered: Remembered) -> bytes:
        """Return the document's bytes, with the unknown keys of what was read before."""
        if self._lines.keys() != entries.keys():
            known = self._lines
            self._lines = {address: known.get(address, _NO_LINE) for address in sorted(entries, key=str)}
        beside = remembered.beside
        for address, (entry, rest, _) in self._lines.items():
            now, unknown = entries[address], beside.get(address, _NOTHING)
            if entry is not now or rest is not unknown:
                text = indented({**unknown, **_data(now)}, "\n    ")
                self._lines[address] = (now, unknown, f"    {json.dumps(str(address))}: {text}")
        parts = {key: indented(value, "\n  ") for key, value in remembered.top.items()}
        parts["format_version"] = str(FORMAT_VERSION)
        lines = ",\n".join([line for _, _, line in self._lines.values()])
        parts["entries"] = f"{{\n{lines}\n  }}" if lines else "{}"
        body = ",\n".join(f"  {json.dumps(key)}: {parts[key]}" for key in sorted(parts))
        return f"{{\n{body}\n}}\n".encode("ascii")


_NO_LINE: _Line = (Entry(""), _NOTHING, "")


def _parsed(content: bytes, place: str) -> dict[str, Any]:
    if not content.strip():
        raise damaged(place, "it is empty")
    try:
        data = _loaded(content)
    except (ValueError, RecursionError) as error:
        raise damaged(place, f"it is no JSON ({error})") from None
    if not isinstance(data, dict):
        raise damaged(place, "it is not a JSON object")
    return data


def _loaded(content: bytes) -> Any:
    """Return the value that JSON spells, in which no key stands twice. Raises ValueError or RecursionError.

    Looking at each object while it is read costs more than reading. So it is read first, and then the texts are
    counted: each has two quotes, and one that is lost, as a key that stands twice is, leaves quotes without a text.
    """
    if b"\\" not in content or b'\\"' not in content:  # else a quote may be within a text
        try:
            data = msgspec.json.decode(content)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # what is wrong, if anything is, is told below
            data = None
        if data is not None and content.count(b'"') == 2 * _texts_in(data):
            return data
    return json.loads(content, object_pairs_hook=_unique, parse_constant=_refused)


def _texts_in(data: Any) -> int:
    """Count the texts in an object or a list that was read, keys too."""
    count, level = 0, [data]
    while level:
        objects = [value for value in level if type(value) is dict]
        lists = [value for value in level if type(value) is list]
        below = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(lists)]
        level = [value for value in below if type(value) is not str]
        count += sum(map(len, objects)) + len(below) - len(level)
    return count


def _may_be_tagged(content: bytes) -> bool:
    """Say whether a key may be a tag, as `tagged` makes them: those begin with a dollar sign, be it escaped."""
    return b"$" in content or (b"\\" in content and b"u0024" in content)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: a badly merged document would silently lose an entry."""
    result = dict(pairs)
    if len(result) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return result


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _address(text: str, place: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError:
        raise damaged(place, f"the entry {text!r} has no address as its name") from None


def _unknown(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: item for key, item in value.items() if key not in _KNOWN}


def _entry(raw: Mapping[str, Any], address: Address, place: str) -> Entry:
    if "id" not in raw:
        raise damaged(place, f"{address} has no `id`")
    for key, value in raw.items():
        if type(value) is not _KNOWN.get(key, type(value)):
            raise damaged(place, f"`{key}` of {address} is {json.dumps(value)[:80]}")
    get = raw.get
    return Entry(
        id=raw["id"],
        is_pending=get("pending", False),
        values=_values(get("values", {}), address, place),
        secrets=_texts(get("secrets", {}), "secrets", address, place),
        prevent_destroy=get("prevent_destroy", False),
        deletion_strategy=get("deletion_strategy", ""),
        mark=get("mark", ""),
        born=get("born", ""),
        filled=_texts(get("filled", {}), "filled", address, place),
        ignored=_paths(get("ignored", []), address, place),
        on_removal=_on_removal(get("on_removal", "delete"), address, place),
        is_removed=get("removed", False),
        depends_on=_addresses(get("depends_on", []), address, place),
        due=_paths(get("due", []), address, place, "due", "names of operations"),
    )


def _values(value: dict[str, Any], address: Address, place: str) -> Any:
    try:
        return untagged(value)
    except TypeError:
        raise damaged(place, f"`values` of {address} holds something else than values") from None


def _texts(value: dict[str, Any], key: str, address: Address, place: str) -> dict[str, str]:
    if value and not all(isinstance(text, str) for text in value.values()):
        raise damaged(place, f"`{key}` of {address} holds something else than hashes")
    return value


def _paths(
    value: list[Any], address: Address, place: str, key: str = "ignored", what: str = "paths"
) -> tuple[str, ...]:
    if not all(isinstance(path, str) for path in value):
        raise damaged(place, f"`{key}` of {address} holds something else than {what}")
    return tuple(value)


def _on_removal(value: str, address: Address, place: str) -> OnRemoval:
    """Return how a resource ends; a way that is not known here is never taken for a delete."""
    found = _WAYS_OUT.get(value)
    if found is not None:
        return found
    raise damaged(place, f"`on_removal` of {address} is {json.dumps(value)[:80]}")


def _addresses(value: list[Any], address: Address, place: str) -> tuple[Address, ...]:
    try:
        return tuple(map(Address.parse, value))
    except (AttributeError, ValueError):
        raise damaged(place, f"`depends_on` of {address} holds something else than addresses") from None


def _data(entry: Entry) -> dict[str, Any]:
    """Return the entry's keys; a flag that is off is left out, so that the file shows what is special."""
    data = entry_data(entry)
    return {**data, "secrets": dict(entry.secrets)} if entry.secrets else data


def indented(value: Any, end: str = "\n") -> str:
    """Return a value as JSON, keys sorted, each level two spaces further in; `end` is the line end of its own level.

    It is what `json.dumps` returns, which is slow as soon as it indents.
    """
    below = f"{end}  "
    if type(value) is dict and all(type(key) is str for key in value):
        parts = [f"{_quoted(key)}: {indented(value[key], below)}" for key in sorted(value)]
        return f"{{{below}{f',{below}'.join(parts)}{end}}}" if parts else "{}"
    if type(value) is list:
        parts = [indented(item, below) for item in value]
        return f"[{below}{f',{below}'.join(parts)}{end}]" if parts else "[]"
    if type(value) is str:
        return _quoted(value)
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False).replace("\n", end)


def damaged(place: str, what: str) -> InvalidInput:
    return InvalidInput([Problem("Damaged inventory", f"{place} cannot be used: {what}.", _HINT)])
