"""A platform with kinds of plug-ins beside its own: read along, cut along, written along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.http.scrubbing import Scrubber
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.resources import LiveState
from igz_apply.platform import Connection, Emulated, Link, Platform, Schema
from igz_apply.plugins.objects import Objects
from igz_apply.plugins.offered import Offered, offered_for
from igz_apply.plugins.schemas import manifest_schema
from igz_apply.plugins.steps import with_plugins
from igz_apply.plugins.writing import PluginWriter
from igz_apply.ports import Pool, Presence, Reader, Secrets, Sighting

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from igz_apply.model.changes import Plan
    from igz_apply.model.step import Step


def extended(platform: Platform) -> Platform:
    """Return the platform with the kinds of the installed plug-ins. Raises InvalidInput for a bad one."""
    offered = offered_for(platform)
    return with_kinds(platform, offered) if offered else platform


def with_kinds(platform: Platform, offered: Mapping[str, Offered]) -> Platform:
    """Return the platform with these kinds beside its own."""
    own = platform.kinds
    every = Kinds(
        (*own, *(each.kind for each in offered.values())),
        own.powers,
        own.api_version,
        without={name: why for name, why in own.without.items() if name not in offered},
        neighbours=own.neighbours,
    )

    def schema_of(kind: str) -> Schema:
        return manifest_schema(offered[kind], platform) if kind in offered else platform.schema_of(kind)

    def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
        return with_plugins(plan, platform.steps_of(plan, kinds), offered)

    @contextmanager
    def emulated(path: Path) -> Iterator[Emulated]:
        with platform.emulated(path) as emulator:
            yield _PluginEmulated(emulator, offered)

    @contextmanager
    def read_only(where: Connection, kinds: Kinds, calls: int, pages: Executor) -> Iterator[Reader]:
        del kinds
        with platform.read_only(where, own, calls, pages) as reader:
            yield PluginReader(reader, _objects(offered, where, Scrubber()))

    @contextmanager
    def read_write(where: Connection, kinds: Kinds, calls: int, pages: Executor) -> Iterator[Link]:
        del kinds
        with platform.read_write(where, own, calls, pages) as link:
            yield PluginLink(link, offered, where)

    return replace(
        platform,
        kinds=every,
        schema_of=schema_of,
        steps_of=steps_of,
        emulated=emulated,
        read_only=read_only,
        read_write=read_write,
    )


def _objects(offered: Mapping[str, Offered], where: Connection, scrubber: Scrubber) -> Mapping[str, Objects]:
    scrubber.learn(text for text in (where.access_key, where.password, where.offline_token) if text)
    return {name: Objects(each, where, scrubber) for name, each in offered.items()}


class _PluginEmulated:
    """An emulator, and what plug-ins keep beside its file."""

    def __init__(self, inner: Emulated, offered: Mapping[str, Offered]) -> None:
        self._inner = inner
        self._offered = offered

    def make(self, addresses: Iterable[Address]) -> None:
        """Make what is named of the platform's own kinds; a plug-in's is made by nothing but its manifest."""
        self._inner.make([address for address in addresses if address.kind not in self._offered])

    def served(self, connection: Connection) -> AbstractContextManager[Connection]:
        """Serve it while the block runs."""
        return self._inner.served(connection)


class PluginReader:
    """The `Reader` port over a platform's and the objects of plug-ins."""

    def __init__(self, inner: Reader, objects: Mapping[str, Objects]) -> None:
        self._inner = inner
        self._objects = objects

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return all that the cluster and the plug-ins have of these kinds; None: of all. Raises PlaneError."""
        theirs = frozenset(self._objects)
        wanted = [name for name in self._objects if kinds is None or name in kinds]
        reading = [pool.submit(self._objects[name].read) for name in wanted]
        live = self._inner.live(pool, None if kinds is None else kinds - theirs)
        found = {each.address: each for read in reading for each in read.result()}
        unread = (live.unread - theirs) | (theirs - frozenset(wanted))
        return replace(live, resources={**live.resources, **found}, unread=unread)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows. Raises PlaneError."""
        objects = self._objects.get(kind.name)
        if objects is None:
            return self._inner.sightings(kind, ids, live, pool)
        looks = {name: pool.submit(objects.look, name) for name in ids}
        found = {name: look.result() for name, look in looks.items()}
        return {
            name: Sighting(Presence.GONE) if seen is None else Sighting(Presence.THERE, name, seen[1].id)
            for name, seen in found.items()
        }

    def listed_at(self, kind: Kind) -> str:
        """Return where the kind is listed, to name it in an error."""
        objects = self._objects.get(kind.name)
        return self._inner.listed_at(kind) if objects is None else objects.place

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys."""
        return self._inner.own_keys()


class PluginLink:
    """The `Link` over a platform's and the objects of plug-ins."""

    def __init__(self, inner: Link, offered: Mapping[str, Offered], where: Connection) -> None:
        self._inner = inner
        self._scrubber = Scrubber()
        self._objects = _objects(offered, where, self._scrubber)

    @property
    def reader(self) -> Reader:
        """What reads."""
        return PluginReader(self._inner.reader, self._objects)

    def writer(self, secrets: Secrets) -> PluginWriter:
        """Return what writes."""
        return PluginWriter(self._inner.writer(secrets), self._objects, secrets)

    def mask(self, texts: Iterable[str]) -> None:
        """Let none of the texts be logged or told in an error."""
        known = list(texts)
        self._inner.mask(known)
        self._scrubber.learn(known)
