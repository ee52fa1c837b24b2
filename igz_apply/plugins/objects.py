"""The objects of one plug-in's kind: read and written by its functions, whose errors become ours."""

from __future__ import annotations

import json
import math
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from igz_apply.errors import AnswerLost, PlaneError
from igz_apply.http.scrubbing import Scrubber
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveResource
from igz_apply.platform import Connection
from igz_apply.plugins.kinds import Record, Spec
from igz_apply.plugins.offered import Offered


class Calls(Protocol):
    """The five things that are done to objects of a kind."""

    def read(self) -> Iterable[Record]:
        """Return all."""

    def look(self, name: str) -> Record | None:
        """Return one."""

    def create(self, name: str, spec: Spec) -> str:
        """Make one, and return its id."""

    def update(self, record: Record, spec: Spec) -> None:
        """Write fields."""

    def delete(self, record: Record) -> None:
        """Delete one."""


class PluginCalls:
    """Those of the plug-in itself."""

    def __init__(self, offered: Offered, connection: Connection) -> None:
        self._plugin = offered.plugin
        self._where = replace(connection, environ=os.environ if connection.environ is None else connection.environ)

    def read(self) -> Iterable[Record]:
        """Return all."""
        return self._plugin.read(self._where)

    def look(self, name: str) -> Record | None:
        """Return one, of the list where the plug-in looks at none by itself."""
        if self._plugin.look is not None:
            return self._plugin.look(self._where, name)
        return next((each for each in self.read() if each.name == name), None)

    def create(self, name: str, spec: Spec) -> str:
        """Make one, and return its id."""
        return self._plugin.create(self._where, name, spec)

    def update(self, record: Record, spec: Spec) -> None:
        """Write fields."""
        self._plugin.update(self._where, record, spec)

    def delete(self, record: Record) -> None:
        """Delete one."""
        self._plugin.delete(self._where, record)


class EmulatedCalls:
    """Those of a rehearsal: a file beside the emulator's, so that nothing real is reached."""

    def __init__(self, kind: Kind, file: Path) -> None:
        self._secret = _secrets_of(kind)
        self._file = file
        self._lock = threading.Lock()

    def read(self) -> list[Record]:
        """Return all."""
        return [Record(name=name, **kept) for name, kept in self._kept().items()]

    def look(self, name: str) -> Record | None:
        """Return one."""
        return next((each for each in self.read() if each.name == name), None)

    def create(self, name: str, spec: Spec) -> str:
        """Make one, and return its id."""
        identity = uuid.uuid4().hex
        with self._changing() as kept:
            kept[name] = {"id": identity, "spec": self._told(spec)}
        return identity

    def update(self, record: Record, spec: Spec) -> None:
        """Write fields."""
        with self._changing() as kept:
            kept[record.name]["spec"] = self._told({**kept[record.name]["spec"], **spec})

    def delete(self, record: Record) -> None:
        """Delete one."""
        with self._changing() as kept:
            del kept[record.name]

    def _told(self, spec: Spec) -> Spec:
        return {name: value for name, value in spec.items() if value is not None and name not in self._secret}

    def _kept(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        kept: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return kept

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        with self._lock:
            kept = self._kept()
            yield kept
            self._file.write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")


class Objects:
    """The objects of a kind on one cluster. Raises PlaneError and AnswerLost, with the package's name, and no other."""

    def __init__(self, offered: Offered, connection: Connection, scrubber: Scrubber) -> None:
        self.kind = offered.kind
        self.place = f"the plug-in {offered.package} ({self.kind.name})"
        self._fields = frozenset(each.name for each in self.kind.fields)
        self._secret = _secrets_of(self.kind)
        self._scrubber = scrubber
        self._calls: Calls = PluginCalls(offered, connection)
        if connection.emulator:
            self._calls = EmulatedCalls(self.kind, Path(f"{connection.emulator}.{self.kind.name}.json"))

    def read(self) -> list[LiveResource]:
        """Return all that there are. Raises PlaneError for a list that is of no use."""
        with self._calling("read"):
            found = [self._live(record) for record in self._calls.read()]
        names = [each.address.name for each in found]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise PlaneError(f"{self.place} lists {self.kind.name}/{twice[0]} twice", hint="Tell its authors.")
        return found

    def look(self, name: str) -> tuple[Record, LiveResource] | None:
        """Return one as it lives, None where there is none."""
        with self._calling("look"):
            record = self._calls.look(name)
            return None if record is None else (record, self._live(record))

    def create(self, name: str, spec: Spec) -> str:
        """Make one, and return its id."""
        with self._calling("create", writes=True):
            return str(self._calls.create(name, spec) or name)

    def update(self, record: Record, spec: Spec) -> None:
        """Write fields."""
        with self._calling("update", writes=True):
            self._calls.update(record, spec)

    def delete(self, record: Record) -> None:
        """Delete one."""
        with self._calling("delete", writes=True):
            self._calls.delete(record)

    def _live(self, record: Record) -> LiveResource:
        """Return what a record says, secrets left out: what lives is kept in plans, records and snapshots."""
        if not isinstance(record, Record):
            raise TypeError(f"it returned {type(record).__name__}, and no igz_apply.Record")
        if not isinstance(record.name, str) or not record.name:
            raise TypeError("it returned a record whose name is no text, or empty")
        if strange := sorted(set(record.spec) - self._fields):
            raise ValueError(f"{record.name} has a field that its table lacks: {', '.join(strange)}")
        told = {name: value for name, value in record.spec.items() if value is not None and name not in self._secret}
        spec = {name: _plain(value, f"{record.name}, {name}") for name, value in told.items()}
        return LiveResource(self.kind.address(record.name), str(record.id or record.name), spec)

    @contextmanager
    def _calling(self, what: str, *, writes: bool = False) -> Iterator[None]:
        """Run code of the plug-in, which may raise whatever it likes, also what would end this process."""
        try:
            yield
        except GeneratorExit:
            raise
        except PlaneError as error:
            # One of a plug-in's own class may be made otherwise than ours.
            known = next(each for each in type(error).__mro__ if each.__module__ == PlaneError.__module__)
            hint = self._scrubber(str(getattr(error, "hint", "")))
            raise known(f"{self.place}, {what}: {self._scrubber(_words(error))}", hint=hint) from None
        except BaseException as error:  # code of others; what it has done by then nobody knows
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            text = self._scrubber(f"{type(error).__name__}: {_words(error)}".rstrip(". :"))
            lost = AnswerLost if writes else PlaneError
            raise lost(f"{self.place}, {what}: {text}", hint="This is about the plug-in: tell its authors.") from None


def _secrets_of(kind: Kind) -> frozenset[str]:
    return frozenset(each.name for each in kind.fields if each.write_only)


def _words(error: BaseException) -> str:
    """Return what an error says; nothing where not even that can be had."""
    try:
        return str(error)
    except Exception:
        return ""


def _plain(value: Any, where: str) -> Any:
    """Return a value as JSON has it. Raises TypeError for what JSON cannot say."""
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, where) for key, item in value.items()}
    raise TypeError(f"{where}: what JSON cannot say ({type(value).__name__})")
