"""A snapshot in the place of a cluster and of an inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from igz_apply.errors import InvalidInput, PlaneError
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState, Neighbour, Owned, SecretRef
from igz_apply.model.urls import embedded
from igz_apply.ports import Pool, Presence, Reader, Sighting
from igz_apply.snapshots.snapshot import Ownership, Snapshot

_UNSOUGHT = Sighting(Presence.HIDDEN, why="nobody looked for it by itself when the snapshot was taken")


def fitting(snapshot: Snapshot, kinds: Kinds, name: str) -> Snapshot:
    """Return a snapshot as it is to be read with these kinds: of one that it does not know, nothing was seen.

    Raises InvalidInput where it holds resources of a kind that is not known here: what they name would be overlooked.
    """
    if strange := sorted({it.kind for it in snapshot.live.resources} - {*kinds.names}):
        detail = f"{name} holds resources of {'a kind' if len(strange) == 1 else 'kinds'} not known here: "
        hint = "Install the package that adds it where the snapshot was taken, or take another without it."
        raise InvalidInput([Problem("Unknown kind in a snapshot", f"{detail}{', '.join(strange)}.", hint)])
    if not snapshot.kinds:
        return snapshot
    unread = [kind for kind in kinds.names if kind not in snapshot.kinds and kind not in snapshot.live.partial]
    if not unread:
        return snapshot
    partial = {**snapshot.live.partial, **dict.fromkeys(unread, _UNREAD)}
    return replace(snapshot, live=replace(snapshot.live, partial=partial))


_UNREAD = "it was not known where the snapshot was taken, and so not read"


class NotingReader:
    """A reader that notes what a look showed for what no list does: a snapshot has to know it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.noted: dict[Address, Sighting] = {}

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return what the cluster has of these kinds; None: of all."""
        return self._reader.live(pool, kinds)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows, and note it."""
        found = self._reader.sightings(kind, ids, live, pool)
        self.noted.update((kind.address(name), each) for name, each in found.items())
        return found

    def listed_at(self, kind: Kind) -> str:
        """Return where the cluster lists the kind."""
        return self._reader.listed_at(kind)

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys."""
        return self._reader.own_keys()


class SnapshotReader:
    """The `Reader` over a snapshot: it knows what was seen then, and nothing else."""

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        self._snapshot = snapshot
        self._name = name  # of the file

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002
        """Return all that was read, of whatever kinds."""
        return self._snapshot.live

    def sightings(
        self,
        kind: Kind,
        ids: Mapping[str, str],
        live: LiveState,  # noqa: ARG002 - the protocol's signature
        pool: Pool,  # noqa: ARG002
    ) -> Mapping[str, Sighting]:
        """Return what looks showed then.

        What is owned and nobody looked for is not known to be gone: it is hidden. Of what is only declared, no look is
        told: it may be there, as it may on a cluster that answers 404 to whom it hides something from.
        """
        return {name: sighting for name in ids if (sighting := self._seen(kind.address(name))) is not None}

    def _seen(self, address: Address) -> Sighting | None:
        is_owned = address in self._snapshot.ownership.owned.entries
        return self._snapshot.sightings.get(address, _UNSOUGHT if is_owned else None)

    def listed_at(self, kind: Kind) -> str:
        """Return where the kind was read."""
        return f"{self._name}#{kind.name}"

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Raise PlaneError: keys are no part of a snapshot, and none is not what it says."""
        raise PlaneError(f"{self._name} is a snapshot, which holds no access keys")


class SnapshotInventory:
    """The inventory as it was: it cannot be written."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._found: Ownership = snapshot.ownership
        self._home = snapshot.live.caller.home

    @property
    def place(self) -> str:
        """Where it lay, without credentials."""
        return self._found.place

    @property
    def is_new(self) -> bool:
        """Whether nothing was there."""
        return self._found.is_new

    def load(self) -> Owned:
        """Return what it held."""
        return self._found.owned

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return what other inventories of the cluster owned, and those that could not be read."""
        held: dict[str, set[Address]] = {}
        for address, place in self._found.held.items():
            held.setdefault(place, set()).add(address)
        return (
            *(Neighbour(place, self._home, frozenset(addresses)) for place, addresses in held.items()),
            *(Neighbour(place, self._home, frozenset(), why) for place, why in self._found.unread.items()),
        )


class PresumedSecrets:
    """The `Secrets` of a plan that is made of a snapshot: none is looked at, so that whoever makes it needs none.

    What is sent to what lives has to be shown. So they are taken for available, as they have to be where the plan is
    applied, and for those that were sent, which nobody can tell. With an emulator inside a command they are taken for
    made up, as most are there.
    """

    def __init__(self, endpoint: str) -> None:
        self._are_made_up = embedded(endpoint) is not None

    def look(self, refs: Iterable[SecretRef]) -> None:
        """Look at nothing."""

    def fault(self, ref: SecretRef) -> str:  # noqa: ARG002
        """Say nothing: none was looked for."""
        return ""

    def value(self, ref: SecretRef) -> str:
        """Refuse: nothing is sent from a snapshot."""
        raise LookupError(f"{ref} is not looked at with a snapshot")

    def is_available(self, ref: SecretRef) -> bool:  # noqa: ARG002
        """Say whether it will be, where it is sent."""
        return not self._are_made_up

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:  # noqa: ARG002
        """Say yes: that it is not compared is told beside the plan."""
        return True

    def is_invented(self, ref: SecretRef) -> bool:  # noqa: ARG002
        """Say no."""
        return False

    def hashed(self, ref: SecretRef) -> str | None:  # noqa: ARG002
        """Return nothing."""
        return None
