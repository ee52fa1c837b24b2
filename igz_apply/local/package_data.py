"""Where the JSON Schemas and the examples lie: in the installed package, or in a checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent


@cache
def load_schema(name: str) -> Mapping[str, Any]:
    """Return the schema of a file below `schemas/`, named without its ending. Raises FileNotFoundError."""
    path = _first(_INSTALLED / "schemas", _CHECKOUT / "schemas") / f"{name}.schema.json"
    schema: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def load_kind_schema(kind: str, folder: str = "") -> Mapping[str, Any]:
    """Return the schema of a kind's manifests, which lies in `folder` below `schemas`. Raises KeyError without one."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    try:
        return load_schema(f"{folder}/{name}" if folder else name)
    except FileNotFoundError as error:
        raise KeyError(kind) from error


def examples_dir() -> Path:
    """Return the folder of the example manifests."""
    return _first(_INSTALLED / "examples", _CHECKOUT / "manifests" / "examples")


def _first(installed: Path, checkout: Path) -> Path:
    return installed if installed.is_dir() else checkout
