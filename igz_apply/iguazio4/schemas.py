"""The schemas of what people write for Iguazio 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.local.package_data import load_kind_schema


def schema_of(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    return load_kind_schema(kind, "iguazio4")
