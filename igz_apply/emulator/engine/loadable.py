"""A document to fill an emulator from: a file or a mapping, with lists of entries. What they mean is an API's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from igz_apply.emulator.engine.http_errors import LoadError

Loadable = str | Path | Mapping[str, Any]  # the first two are a path
Entry = Mapping[str, Any]


def read(document: Loadable, keys: tuple[str, ...]) -> Entry:
    """Return the content of a YAML or JSON file, or the mapping itself. Raises LoadError.

    `keys` are what it may hold.
    """
    content = document if isinstance(document, Mapping) else _content(document, keys)
    unknown = [str(key) for key in content if key not in keys]
    if unknown:
        raise LoadError(f"{unknown[0]!r} cannot be loaded: there are {', '.join(keys)}")
    return content


def _content(path: str | Path, keys: tuple[str, ...]) -> Entry:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise LoadError(f"What is to be loaded cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise LoadError(f"What is to be loaded is not a mapping with {', '.join(keys)}")
    return content


def entries_of(content: Entry, key: str) -> list[Entry]:
    """Return the entries under a key; none where it is absent. Raises LoadError."""
    entries = content.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise LoadError(f"{key} is not a list of mappings")
    return entries


def names_of(entry: Entry, key: str, where: str) -> list[str]:
    """Return the names that an entry lists. Raises LoadError, which says where."""
    names = entry.get(key)
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise LoadError(f"{where}: {key} is not a list of names")
    return list(names)
