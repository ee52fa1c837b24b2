"""Plans as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from igz_apply.core.resources import SecretRef


def plain(value: Any) -> Any:
    """Return a value as JSON's own types: frozen mappings as dicts, sequences as lists, sets as sorted lists.

    A SecretRef becomes what a manifest says in its place, {"from_env": …} or {"from_file": …}.
    """
    if isinstance(value, SecretRef):
        return {"from_env": value.from_env} if value.from_env else {"from_file": value.from_file}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
