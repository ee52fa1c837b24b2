"""Where the JSON Schemas and the examples lie: in the installed package, or in a checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent


def resource_schema(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    try:
        return _load(f"{_snake_case(kind)}.schema.json")
    except FileNotFoundError as error:
        raise KeyError(kind) from error


def config_schema() -> Mapping[str, Any]:
    """Return the schema of igz-apply.yaml."""
    return _load("config.schema.json")


def plan_schema() -> Mapping[str, Any]:
    """Return the schema of a saved plan."""
    return _load("plan.schema.json")


def schemas_dir() -> Path:
    """Return the folder of all schemas."""
    return _first(_INSTALLED / "schemas", _CHECKOUT / "schemas")


def examples_dir() -> Path:
    """Return the folder of the example manifests."""
    return _first(_INSTALLED / "examples", _CHECKOUT / "manifests" / "examples")


def _first(installed: Path, checkout: Path) -> Path:
    return installed if installed.is_dir() else checkout


@cache
def _load(name: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads((schemas_dir() / name).read_text(encoding="utf-8"))
    return schema


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
