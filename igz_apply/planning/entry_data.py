"""An inventory's entry as plain data, for plans and records; the hashes of secrets stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.plain_values import hashed, tagged, untagged
from igz_apply.model.resources import Entry

Data = dict[str, Any]


def entry_data(entry: Entry) -> Data:
    """Return an entry as JSON's own types; what is as usual is left out."""
    data: Data = {"id": entry.id, "values": tagged(entry.values)}
    if entry.is_pending:
        data["pending"] = True
    if entry.prevent_destroy:
        data["prevent_destroy"] = True
    if entry.deletion_strategy:
        data["deletion_strategy"] = entry.deletion_strategy
    if entry.mark:
        data["mark"] = entry.mark
    if entry.born:
        data["born"] = entry.born
    if entry.filled:
        data["filled"] = dict(entry.filled)
    if entry.ignored:
        data["ignored"] = list(entry.ignored)
    if entry.on_removal != "delete":
        data["on_removal"] = entry.on_removal
    if entry.is_removed:
        data["removed"] = True
    if entry.depends_on:
        data["depends_on"] = list(map(str, entry.depends_on))
    if entry.due:
        data["due"] = list(entry.due)
    return data


def entries_data(entries: Mapping[Address, Entry | None]) -> Data:
    """Return entries by address, null for one that is none."""
    return {str(address): None if it is None else entry_data(it) for address, it in entries.items()}


def entries_of(data: Mapping[str, Any]) -> dict[Address, Entry | None]:
    """Return the entries of such data. Raises KeyError, TypeError, AttributeError or ValueError for any other."""
    return {Address.parse(text): None if it is None else entry_of(it) for text, it in data.items()}


def entry_of(data: Mapping[str, Any]) -> Entry:
    """Return the entry of such data. Raises KeyError, TypeError, AttributeError or ValueError for any other."""
    get = data.get
    return Entry(
        id=data["id"],
        is_pending=get("pending", False),
        values=untagged(data["values"]),
        prevent_destroy=get("prevent_destroy", False),
        deletion_strategy=get("deletion_strategy", ""),
        mark=get("mark", ""),
        born=get("born", ""),
        filled=get("filled", {}),
        ignored=tuple(get("ignored", ())),
        on_removal=get("on_removal", "delete"),
        is_removed=get("removed", False),
        depends_on=tuple(map(Address.parse, get("depends_on", ()))),
        due=tuple(get("due", ())),
    )


def entry_hash(entry: Entry | None) -> str:
    """Return a hash of what an inventory holds of something, by which a saved plan knows it again; "" for nothing."""
    return "" if entry is None else hashed(entry_data(entry))
