"""What comes of layers, and what tells the documents that they are about."""

from __future__ import annotations

from typing import Any

from igz_apply.authoring.manifest_rules import PROFILE
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.values import dataclass


def is_profile(data: Any, kinds: Kinds) -> bool:
    """Say whether a document is a Profile of this platform, right or not."""
    return isinstance(data, dict) and data.get("kind") == PROFILE and data.get("apiVersion") == kinds.api_version


@dataclass(frozen=True, slots=True)
class Layered:
    """Documents as they are once all layers are put together, and what is wrong with the layers."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    holed: frozenset[Address] = frozenset()  # those of which something is left out, since it has a problem


def address_stated(data: Any) -> Address | None:
    """Return the address that a document has, None where it has none that could be told."""
    if not isinstance(data, dict):
        return None
    kind, metadata = data.get("kind"), data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return Address(kind, name) if isinstance(kind, str) and isinstance(name, str) else None
