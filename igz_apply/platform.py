"""What a control plane is to igz-apply: the one value by which one platform differs from another.

Nothing outside a platform's own package asks which one runs: it is handed the platform, or a part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.step import Step
from igz_apply.ports import Reader, Secrets, Writer

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a control plane. Without a key and a password, the client takes them from the environment."""

    endpoint: str
    username: str = ""
    access_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    ca_file: str = ""
    is_verified: bool = True  # False: any TLS certificate is trusted
    timeout: float = 60.0  # seconds, of one call
    retries: int = 4


class Link(Protocol):
    """A connection that is open, and may write."""

    @property
    def reader(self) -> Reader:
        """What reads the cluster."""

    def writer(self, secrets: Secrets) -> Writer:
        """Return what writes to the cluster, with the secrets that it sends."""

    def mask(self, texts: Iterable[str]) -> None:
        """Let none of the texts be logged or told in an error."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A control plane that igz-apply runs: what it manages there, and how it is reached."""

    name: str
    api_version: str  # what its manifests say
    kinds: Kinds
    schema_of: Callable[[str], Schema]  # of a kind's manifests, by its name; raises KeyError for one without
    steps_of: Callable[[Plan, Kinds], tuple[Step, ...]]  # the cut of a plan into calls
    stand_ins: Callable[[Iterable[Address]], Mapping[str, Any]]  # what its emulator is filled with for what is named
    # How it is reached: with so many calls at once, and workers for the pages of lists. Raises InvalidInput.
    read_only: Callable[[Connection, Kinds, int, Executor], AbstractContextManager[Reader]]
    read_write: Callable[[Connection, Kinds, int, Executor], AbstractContextManager[Link]]

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """The schemas of its kinds, by name."""
        return {kind.name: self.schema_of(kind.name) for kind in self.kinds}
