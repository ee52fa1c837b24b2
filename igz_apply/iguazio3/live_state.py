"""All live state: every kind at once, each read to the end of its list, then decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.decode import Body, Seen, finisher, looker, wires_of
from igz_apply.iguazio3.wire import Collection, SharedDocument, endpoint_of, path_of
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import has_free_parts
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Caller, LiveResource, LiveState
from igz_apply.planning.lockout import partly_shown
from igz_apply.ports import Pool, Sighting
from igz_apply.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Bodies of one answer to a list call: the resources, and what came along with them."""

    items: Sequence[Mapping[str, Any]]
    included: Sequence[Mapping[str, Any]]
    cluster: str = ""  # the name of the cluster, where the answer tells it
    is_absent: bool = False  # the cluster showed no such document at all, rather than an empty one


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a page: its resources as they say they are, without their bodies, which take much more room."""

    seen: Sequence[Seen]
    included: Sequence[Body]  # of what came along, that which may link to something
    cluster: str = ""
    is_absent: bool = False


class Source(Protocol):
    """Where bodies come from."""

    def caller(self) -> Caller:
        """Return who we are there; raises PlaneError when the connection or the credentials do not work."""

    def pages(self, kind: Kind, keep: Callable[[Page], T]) -> Iterable[T]:
        """Yield what `keep` makes of each page of one kind, to the end of the list.

        Raises PlaneError when the end was not reached.
        """

    def look(self, kind: Kind, name: str, identity: str) -> Sighting:
        """Look for one resource of a collection: by its id, by its name where that is "". Raises PlaneError."""

    def mirrored(self, kind: Kind) -> frozenset[str] | None:
        """Return the names that another view of a shared document shows; None where it cannot be read."""


def live_state(
    source: Source, kinds: Kinds, pool: Pool, wanted: frozenset[str] | None = None, results: Remembering = ANEW
) -> LiveState:
    """Return all that the cluster has of the wanted kinds; None: of all. `results` remembers those of a round before.

    Raises PlaneError when any list could not be read to its end.
    """
    caller = pool.submit(source.caller)
    chosen = [kind for kind in kinds if wanted is None or kind.name in wanted or _names_the_cluster(kind)]
    reading = {kind.name: pool.submit(lambda kind: list(source.pages(kind, keeper(kind))), kind) for kind in chosen}
    return decoded(kinds, {name: future.result() for name, future in reading.items()}, caller.result(), results)


def _names_the_cluster(kind: Kind) -> bool:
    """Say whether it is where a cluster tells its name, by which an inventory knows it again: one call, always made."""
    return isinstance(kind.wire, SharedDocument) and bool(kind.wire.names_cluster)


_MISSHAPEN = (KeyError, TypeError, AttributeError, ValueError)
_ID = itemgetter("id")


def keeper(kind: Kind) -> Callable[[Page], Kept | Page]:
    """Return what to keep of a page: the page itself where something in it is no resource, to be told in its turn."""
    look, is_linking = _records_of(kind), needs_included(kind)

    def keep(page: Page) -> Kept | Page:
        try:
            seen = look(page)
            included = [it for it in page.included if _may_link(it)] if is_linking else ()
        except _MISSHAPEN:
            return page
        return Kept(seen, included, page.cluster, page.is_absent)

    return keep


def _records_of(kind: Kind) -> Callable[[Page], Sequence[Seen]]:
    """Return what looks at the resources of a page; it raises what is `_MISSHAPEN` for what is none."""
    look, is_listed = looker(kind), isinstance(kind.wire, Collection)

    def records(page: Page) -> Sequence[Seen]:
        for item in page.items if is_listed else ():  # by their ids others name them
            _ID(item)
        return list(map(look, page.items))

    return records


def _may_link(item: Body) -> bool:
    """Say whether what came along can tell of others, or is misshapen: not where it has nothing but attributes."""
    return bool(item.get("relationships")) or not isinstance(item.get("attributes"), Mapping)


def decoded(
    kinds: Kinds, pages: Mapping[str, Sequence[Kept | Page]], caller: Caller, results: Remembering = ANEW
) -> LiveState:
    """Return the live state that the pages show of the kinds that were read; ids become names."""
    seen = [kind for kind in kinds if kind.name in pages]
    kept = {kind.name: _well_formed(kind, pages[kind.name]) for kind in seen}
    names = {
        kind.name: {each.identity: each.name for page in kept[kind.name] for each in page.seen}
        for kind in seen
        if isinstance(kind.wire, Collection)
    }
    resources: dict[Address, LiveResource] = {}
    for kind in seen:
        for live in _resources_of(kind, kinds, kept[kind.name], names, results):
            if live.address in resources:
                raise PlaneError(
                    f"The cluster lists {live.address} twice, as {resources[live.address].id} and {live.id}",
                    hint="Names must be unique for igz-apply to tell them apart: rename or delete one of the two.",
                )
            resources[live.address] = live
    cluster = next((page.cluster for each in kept.values() for page in each if page.cluster), "")
    state = LiveState(resources, _memberships_of(kinds, kept, names, results), replace(caller, cluster=cluster))
    partial = {name: why for name, why in partly_shown(state, kinds).items() if name in pages}
    unread = frozenset(kinds.names).difference(pages)
    return replace(state, partial={**partial, **dict(_not_shown(seen, kept))}, unread=unread)


def _not_shown(kinds: Iterable[Kind], pages: Mapping[str, Sequence[Kept]]) -> Iterator[tuple[str, str]]:
    """Yield the kinds whose document was not there at all: that is no empty one, and says nothing of what lives."""
    for kind in kinds:
        if isinstance(kind.wire, SharedDocument) and any(page.is_absent for page in pages[kind.name]):
            yield kind.name, f"the cluster shows no {kind.wire.type} at all"


def _well_formed(kind: Kind, pages: Sequence[Kept | Page]) -> Sequence[Kept]:
    """Return the pages, all of which hold resources. Raises PlaneError."""
    for page in pages:
        if isinstance(page, Page):
            with _understood(kind):
                _records_of(kind)(page)
                list(map(_may_link, page.included))
    return [page for page in pages if isinstance(page, Kept)]


def is_lasting(kind: Kind, kinds: Kinds) -> bool:
    """Say whether what is read of a kind may be kept for another round: where no part of it may be a secret.

    Its list is then told from that of any other kind by its path.
    """
    if not isinstance(kind.wire, Collection) or has_free_parts(kind):
        return False
    return [isinstance(it.wire, Collection) and it.wire.path for it in kinds].count(kind.wire.path) == 1


def _resources_of(
    kind: Kind, kinds: Kinds, pages: Sequence[Kept], names: Mapping[str, Mapping[str, str]], results: Remembering
) -> Sequence[LiveResource]:
    if is_lasting(kind, kinds):
        return results.once(("live", kind.name), _resources, kind, tuple(pages), names)
    return _resources(kind, pages, names)


def _memberships_of(
    kinds: Kinds, pages: Mapping[str, Sequence[Kept]], names: Mapping[str, Mapping[str, str]], results: Remembering
) -> Mapping[str, frozenset[str]]:
    user = kinds.membership.user_kind
    if user not in kinds or not is_lasting(kinds[user], kinds):
        return _memberships(kinds, pages[user] if user in kinds else (), names)
    return results.once("memberships", _memberships, kinds, tuple(pages[user]), names)


def _resources(kind: Kind, pages: Sequence[Kept], names: Mapping[str, Mapping[str, str]]) -> Sequence[LiveResource]:
    with _understood(kind):
        included = {str(item.get("id")): item for page in pages for item in page.included}
        finish = finisher(kind, names, included)
        return [finish(each) for page in pages for each in page.seen]


@contextmanager
def _understood(kind: Kind) -> Iterator[None]:
    """Decode what the cluster has said of a kind. Raises PlaneError for what is not of the form that it should be."""
    try:
        yield
    except _MISSHAPEN as error:
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
    kinds: Kinds, pages: Sequence[Kept], names: Mapping[str, Mapping[str, str]]
) -> Mapping[str, frozenset[str]]:
    """Read each user's groups off the users, which is the side that the platform writes them on."""
    membership = kinds.membership
    if membership.user_kind not in kinds:
        return {}
    kind = kinds[membership.user_kind]
    field = kind.field_named(membership.user_field)
    assert field is not None
    at = wires_of(kind).index(path_of(field))
    groups = names.get(membership.group_kind, {})
    return {
        each.name: frozenset([groups.get(identity, identity) for identity in each.links[at]])
        for page in pages
        for each in page.seen
    }
