"""A step of an apply: one write. How a plan is cut into steps is the platform's."""

from __future__ import annotations

from dataclasses import field

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, EdgeChange
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One write of an apply."""

    key: str  # unique in the apply, stable between runs: "create User/ada"
    verb: str  # which write it is: the platform's own word, which nobody else reads
    target: Address  # what it writes to; for a shared document the first of its changes
    changes: tuple[Change, ...]  # one, unless several are written at once
    lock: str  # steps of the same lock never run at once
    needs: frozenset[str] = frozenset()  # keys of the steps that must have succeeded
    edges: tuple[EdgeChange, ...] = ()  # the memberships that this step writes
    needs_call: bool = True  # False: what exists already has to become usable, and nothing is sent
    may_be_seen: bool = False  # whether a look tells if it has happened, after its answer was lost
    is_delete: bool = False
    operation: str = ""  # what is done to what the changes are about, none of which it writes; "": they are written
    tells_failures: bool = False  # whether the changes of an ended job fail one by one, and the cluster tells which
    addresses: tuple[Address, ...] = field(init=False, repr=False, compare=False)  # of the changes

    def __post_init__(self) -> None:
        """List the addresses once: an apply asks a dozen times for those of each step."""
        object.__setattr__(self, "addresses", tuple(change.address for change in self.changes))
