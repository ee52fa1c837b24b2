"""All live state: every kind at once, each read to the end of its list, then decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.decode import decoder, key_reader, links_of
from igz_apply.iguazio3.wire import Collection, SharedDocument, endpoint_of, path_of
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.resources import Caller, LiveResource, LiveState
from igz_apply.planning.lockout import partly_shown
from igz_apply.ports import Pool, Sighting
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Bodies of one answer to a list call: the resources, and what came along with them."""

    items: Sequence[Mapping[str, Any]]
    included: Sequence[Mapping[str, Any]]
    cluster: str = ""  # the name of the cluster, where the answer tells it
    is_absent: bool = False  # the cluster showed no such document at all, rather than an empty one


class Source(Protocol):
    """Where bodies come from."""

    def caller(self) -> Caller:
        """Return who we are there; raises PlaneError when the connection or the credentials do not work."""

    def pages(self, kind: Kind) -> Iterable[Page]:
        """Yield everything of one kind to the end of the list; raises PlaneError when the end was not reached."""

    def look(self, kind: Kind, name: str, identity: str) -> Sighting:
        """Look for one resource of a collection: by its id, by its name where that is "". Raises PlaneError."""

    def mirrored(self, kind: Kind) -> frozenset[str] | None:
        """Return the names that another view of a shared document shows; None where it cannot be read."""


def live_state(source: Source, kinds: Kinds, pool: Pool) -> LiveState:
    """Return all that the cluster has. Raises PlaneError when any list could not be read to its end."""
    caller = pool.submit(source.caller)
    reading = {kind.name: pool.submit(lambda kind: list(source.pages(kind)), kind) for kind in kinds}
    return decoded(kinds, {name: future.result() for name, future in reading.items()}, caller.result())


def decoded(kinds: Kinds, pages: Mapping[str, Sequence[Page]], caller: Caller) -> LiveState:
    """Return the live state that the pages of every kind show; ids become names."""
    names = {kind.name: _names(kind, pages[kind.name]) for kind in kinds if isinstance(kind.wire, Collection)}
    resources: dict[Address, LiveResource] = {}
    for kind in kinds:
        for live in _resources(kind, pages[kind.name], names):
            if live.address in resources:
                raise PlaneError(
                    f"The cluster lists {live.address} twice, as {resources[live.address].id} and {live.id}",
                    hint="Names must be unique for igz-apply to tell them apart: rename or delete one of the two.",
                )
            resources[live.address] = live
    cluster = next((page.cluster for each in pages.values() for page in each if page.cluster), "")
    state = LiveState(resources, dict(_memberships(kinds, pages, names)), replace(caller, cluster=cluster))
    return replace(state, partial={**partly_shown(state, kinds), **dict(_not_shown(kinds, pages))})


def _not_shown(kinds: Kinds, pages: Mapping[str, Sequence[Page]]) -> Iterator[tuple[str, str]]:
    """Yield the kinds whose document was not there at all: that is no empty one, and says nothing of what lives."""
    for kind in kinds:
        if isinstance(kind.wire, SharedDocument) and any(page.is_absent for page in pages[kind.name]):
            yield kind.name, f"the cluster shows no {kind.wire.type} at all"


def _names(kind: Kind, pages: Sequence[Page]) -> Mapping[str, str]:
    with _understood(kind):
        key = key_reader(kind)
        return {str(item["id"]): key(item) for page in pages for item in page.items}


def _resources(kind: Kind, pages: Sequence[Page], names: Mapping[str, Mapping[str, str]]) -> Iterator[LiveResource]:
    with _understood(kind):
        included = (
            {str(item.get("id")): item for page in pages for item in page.included} if needs_included(kind) else {}
        )
        decode = decoder(kind, names, included)
        for page in pages:
            yield from map(decode, page.items)


@contextmanager
def _understood(kind: Kind) -> Iterator[None]:
    """Decode what the cluster has said of a kind. Raises PlaneError for what is not of the form that it should be."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        path = endpoint_of(kind).path
        raise PlaneError(
            f"GET {path} listed something that is no {kind.name} ({type(error).__name__}: {error})",
            hint="Does the endpoint lead to the control plane itself, and is its version a 3.x?",
            method="GET",
            path=path,
        ) from error


def needs_included(kind: Kind) -> bool:
    """Say whether decoding needs what came along with the list, beyond ids that other lists name."""
    return any("." in path for path in kind.wire.include) if isinstance(kind.wire, Collection) else False


def _memberships(
    kinds: Kinds, pages: Mapping[str, Sequence[Page]], names: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Read each user's groups off the users, which is the side that the platform writes them on."""
    membership = kinds.membership
    if membership.user_kind not in kinds:
        return
    kind = kinds[membership.user_kind]
    field = kind.field_named(membership.user_field)
    assert field is not None
    wire = path_of(field)
    groups: Mapping[str, Any] = names.get(membership.group_kind, {})
    key = key_reader(kind)
    for page in pages[kind.name]:
        for item in page.items:
            linked = links_of(item, wire)
            yield key(item), frozenset([groups.get(identity, identity) for identity in linked])
