"""A kind of one's own: what a package has to say of it, and to do, to have it planned and applied like ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

from igz_apply.model.kind import Kind
from igz_apply.platform import Connection
from igz_apply.values import dataclass

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One object of a kind, as it lives."""

    name: str
    spec: Spec = field(default_factory=dict)  # by the names that manifests use; what is unknown is left out
    id: str = ""  # that no other object of the name shares; "": the kind has none, and the name tells


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPlugin:
    """A kind, offered by an entry point of its name in the group igz_apply.kinds, and what reads and writes it.

    Each function is called by many threads, and returns when it is done. The `Connection` says where the cluster is and
    who we are there; `connection.environ` is the environment. What raises `igz_apply.PlaneError` has certainly changed
    nothing. Anything else that a write raises counts as an answer that was lost: it is looked whether the write
    happened before it is repeated.
    """

    kind: Kind  # its fields by meaning, `wire` left out
    schema: Mapping[str, Any]  # a JSON Schema of `spec`, with a description for each field
    read: Callable[[Connection], Iterable[Record]]  # all of them, to the end
    create: Callable[[Connection, str, Spec], str]  # name, spec -> id, "" for none; secrets stand there as text
    update: Callable[[Connection, Record, Spec], None]  # as it lives, what to write: whole fields; None clears one
    delete: Callable[[Connection, Record], None]
    look: Callable[[Connection, str], Record | None] | None = None  # at one, by name; None: the list is read
    description: str = ""
    api_versions: frozenset[str] = frozenset()  # of the platforms that it is for, as manifests say; none: every one
