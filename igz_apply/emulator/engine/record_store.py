"""Records, links and timers in one SQLite file: the whole state of an emulator.

Every change happens in a transaction, so a process that is killed leaves either all of a request's effect or
none of it. Times are seconds since the epoch.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine.encoded import to_text
from igz_apply.emulator.engine.http_errors import EmulatorError
from igz_apply.emulator.engine.matching import contains_text, matches_pattern
from igz_apply.emulator.engine.stored_text import Shown, StoredText, View

IN_MEMORY = ":memory:"
FORMAT = 1
BUSY_SECONDS = 10.0
MOST_TOTALS = 64  # that are remembered

_SCHEMA = """
CREATE TABLE resource (
    seq INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, name TEXT,
    attributes TEXT NOT NULL, private TEXT NOT NULL, UNIQUE (type, id), UNIQUE (type, name));
CREATE INDEX resource_in_order ON resource (type, seq);
CREATE TABLE link (
    source TEXT NOT NULL, relation TEXT NOT NULL, target TEXT NOT NULL, UNIQUE (source, relation, target));
CREATE INDEX link_by_target ON link (target, relation);
CREATE TABLE timer (seq INTEGER PRIMARY KEY, due REAL NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX timer_by_due ON timer (due, seq);
"""


@dataclass(slots=True)
class Record:
    """One stored resource. `private` is what the server knows and never shows."""

    type: str
    id: str
    attributes: dict[str, Any]
    private: dict[str, Any] = field(default_factory=dict)
    seq: int = 0  # the order of creation; 0: not stored yet


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is to happen at a moment."""

    due: float
    action: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of a type, in which order: fragments of SQL and their values."""

    type: str
    where: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a store as it was at one moment."""

    held: sqlite3.Connection


class Store:
    """The state of an emulator. One connection, which `lock` hands to one thread at a time."""

    def __init__(self, path: str | Path, keys: Mapping[str, str], indexes: Mapping[str, str]) -> None:
        """Open the file, or make it.

        `keys` names the unique attribute of each type that has one, `indexes` holds by name the SQL of what records
        of a type are looked up by (see `attribute_column`). Raises EmulatorError when the file cannot be opened or is
        not an emulator's.
        """
        self.lock = threading.RLock()
        self._keys, self._indexes = keys, indexes
        self._texts = StoredText()
        self._totals: dict[tuple[Any, ...], int] = {}
        self._version = -1
        try:
            if str(path) != IN_MEMORY:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise _unusable(path, error) from error

    def _prepare(self) -> None:
        self._db.create_function("contains_text", 2, contains_text, deterministic=True)
        self._db.create_function("matches_pattern", 2, matches_pattern, deterministic=True)
        # WAL with NORMAL keeps every committed transaction when the process is killed; only a power failure
        # may lose the last ones.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._create()
            elif version != FORMAT:
                raise sqlite3.DatabaseError(f"its format is {version}, this emulator reads {FORMAT}")

    def _create(self) -> None:
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise sqlite3.DatabaseError("it belongs to another program")
        for statement in _SCHEMA.strip().split(";\n"):
            self._db.execute(statement)
        for name, column in self._indexes.items():
            self._db.execute(f"CREATE INDEX resource_by_{name} ON resource (type, {column})")
        self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def snapshot(self) -> Snapshot:
        """Return a copy of the whole state, in memory."""
        copy = sqlite3.connect(IN_MEMORY, check_same_thread=False)
        with self.lock:
            self._db.backup(copy)
        return Snapshot(copy)

    def restore(self, snapshot: Snapshot) -> None:
        """Take over the whole state of a snapshot, of this store or of one like it."""
        with self.lock:
            snapshot.held.backup(self._db)
            self._forget()

    def close(self) -> None:
        """Close the file. A store that is closed twice does not mind."""
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[None]:
        """Hold the store for one request: all of its changes are kept, or none if an exception passes."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            before = self._db.total_changes
            try:
                self._look_for_others()
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.total_changes != before:
                    self._forget()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _look_for_others(self) -> None:
        """Forget what is known of the state if another connection, of whatever process, has changed it."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._forget()
            self._version = version

    def _forget(self) -> None:
        self._texts.forget()
        self._totals.clear()

    # Records

    def get(self, type_name: str, record_id: str) -> Record | None:
        """Return the record of this id, or None."""
        return self._first("type = ? AND id = ?", (type_name, record_id))

    def by_name(self, type_name: str, name: str) -> Record | None:
        """Return the record whose natural key has this value, or None."""
        return self._first("type = ? AND name = ?", (type_name, name))

    def _first(self, where: str, values: Sequence[Any]) -> Record | None:
        row = self._db.execute(f"{_SELECT} WHERE {where}", values).fetchone()
        return None if row is None else _record(row)

    def get_many(self, type_name: str, ids: Iterable[str]) -> list[Record]:
        """Return the records that exist among these ids, in order of creation."""
        wanted = list(ids)
        if not wanted:
            return []
        rows = self._db.execute(f"{_SELECT} WHERE {_AMONG_IDS}", (type_name, json.dumps(wanted)))
        return [_record(row) for row in rows]

    def select(self, selection: Selection, limit: int = -1, offset: int = 0) -> list[Record]:
        """Return the selected records; a limit of -1 is none."""
        order = ", ".join((*selection.order, "seq"))
        sql = f"{_SELECT} WHERE {_where(selection)} ORDER BY {order} LIMIT ? OFFSET ?"
        return [_record(row) for row in self._db.execute(sql, (selection.type, *selection.values, limit, offset))]

    def page(self, view: View, selection: Selection, limit: int, offset: int) -> dict[str, str]:
        """Return the selected records as a view shows them, by id; a limit of -1 is none.

        For a transaction alone, as are `shown`, `rendered` and `total`: they rely on what has been found out before.
        """
        order = ", ".join((*selection.order, "seq"))
        sql = f"{_SELECT_TEXT} WHERE {_where(selection)} ORDER BY {order} LIMIT ? OFFSET ?"
        rows = self._db.execute(sql, (selection.type, *selection.values, limit, offset))
        return {row[0]: self._texts.text(view, *row) for row in rows}

    def shown(self, view: View, type_name: str, ids: Collection[str]) -> dict[str, str]:
        """Return those of some records that exist as a view shows them, by id and in order of creation."""

        def read(missing: list[str]) -> dict[str, Shown]:
            rows = self._db.execute(f"{_SELECT_TEXT} WHERE {_AMONG_IDS}", (type_name, json.dumps(missing)))
            return {row[0]: (row[1], self._texts.text(view, *row)) for row in rows}

        return self._texts.each_once(view.name, ids, read)

    def rendered(
        self, name: str, type_name: str, ids: Collection[str], render: Callable[[Record], str]
    ) -> dict[str, str]:
        """Return what `render` makes of those of some records that exist, by id and in order of creation.

        It is called once for a record and this name, until the record changes: it is to look at nothing else.
        """

        def read(missing: list[str]) -> dict[str, Shown]:
            return {each.id: (each.seq, render(each)) for each in self.get_many(type_name, missing)}

        return self._texts.each_once(name, ids, read)

    def names(self, type_name: str, ids: Iterable[str]) -> dict[str, str]:
        """Return by id the natural keys of those of some records that exist, all of which have one."""
        rows = self._db.execute(f"SELECT id, name FROM resource WHERE {_AMONG_IDS}", (type_name, json.dumps(list(ids))))
        return dict(rows.fetchall())

    def total(self, selection: Selection) -> int:
        """Return how many records are selected, counted once until something changes."""
        key = (selection.type, selection.where, selection.values)
        if key not in self._totals:
            if len(self._totals) >= MOST_TOTALS:
                self._totals.clear()
            self._totals[key] = self.count(selection)
        return self._totals[key]

    def count(self, selection: Selection) -> int:
        """Return how many records are selected."""
        sql = f"SELECT count(*) FROM resource WHERE {_where(selection)}"
        (total,) = self._db.execute(sql, (selection.type, *selection.values)).fetchone()
        return int(total)

    def position(self, selection: Selection, record_id: str) -> int | None:
        """Return the place of a record among the selected ones, from 0; None if it is not one of them."""
        order = ", ".join((*selection.order, "seq"))
        sql = f"SELECT id FROM resource WHERE {_where(selection)} ORDER BY {order}"
        ids = [row[0] for row in self._db.execute(sql, (selection.type, *selection.values))]
        return ids.index(record_id) if record_id in ids else None

    def insert(self, record: Record) -> Record:
        """Add a record. The caller has made sure that its id and name are free."""
        sql = "INSERT INTO resource (type, id, name, attributes, private) VALUES (?, ?, ?, ?, ?)"
        cursor = self._db.execute(sql, (record.type, record.id, *self._columns(record)))
        record.seq = int(cursor.lastrowid or 0)
        self._changed(record)
        return record

    def save(self, record: Record) -> None:
        """Write back a record that was changed."""
        self._changed(record)
        sql = "UPDATE resource SET name = ?, attributes = ?, private = ? WHERE type = ? AND id = ?"
        self._db.execute(sql, (*self._columns(record), record.type, record.id))

    def remove(self, record: Record) -> None:
        """Remove a record and every link from or to it."""
        self._changed(record)
        self._db.execute("DELETE FROM resource WHERE type = ? AND id = ?", (record.type, record.id))
        self._db.execute("DELETE FROM link WHERE source = ?", (record.id,))
        self._db.execute("DELETE FROM link WHERE target = ?", (record.id,))

    def _changed(self, record: Record) -> None:
        if record.seq:
            self._texts.changed(record.id, record.seq)
        else:
            self._texts.forget()
        self._totals.clear()

    def _columns(self, record: Record) -> tuple[str | None, str, str]:
        name = record.attributes.get(self._keys.get(record.type, ""))
        return name, to_text(record.attributes), to_text(record.private)

    def largest(self, type_name: str, attribute: str) -> int:
        """Return the largest value of an integer attribute, 0 when there is none."""
        sql = f"SELECT max({attribute_column(attribute)}) FROM resource WHERE type = ?"
        (value,) = self._db.execute(sql, (type_name,)).fetchone()
        return int(value or 0)

    # Links

    def links(self, relation: str, source: str) -> list[str]:
        """Return the targets of a source, in the order in which they were linked."""
        sql = "SELECT target FROM link WHERE source = ? AND relation = ? ORDER BY rowid"
        return [row[0] for row in self._db.execute(sql, (source, relation))]

    def sources(self, relation: str, target: str) -> list[str]:
        """Return the sources that are linked to a target."""
        sql = "SELECT source FROM link WHERE target = ? AND relation = ? ORDER BY rowid"
        return [row[0] for row in self._db.execute(sql, (target, relation))]

    def links_of_many(self, relation: str, ids: Iterable[str], *, inverse: bool) -> dict[str, list[str]]:
        """Return what each of these ids is linked to, from the side of the source or of the target."""
        this, other = ("target", "source") if inverse else ("source", "target")
        sql = (
            f"SELECT {this}, {other} FROM link WHERE relation = ? "
            f"AND {this} IN (SELECT value FROM json_each(?)) ORDER BY +rowid"
        )
        found: dict[str, list[str]] = {}
        for one, another in self._db.execute(sql, (relation, json.dumps(list(ids)))):
            found.setdefault(one, []).append(another)
        return found

    def set_links(self, relation: str, source: str, targets: Iterable[str]) -> None:
        """Replace all links of a source."""
        self._totals.clear()
        self._db.execute("DELETE FROM link WHERE source = ? AND relation = ?", (source, relation))
        self.add_links(relation, ((source, target) for target in targets))

    def add_links(self, relation: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Link each pair of source and target; those that are linked already stay as they are."""
        self._totals.clear()
        sql = "INSERT OR IGNORE INTO link (source, relation, target) VALUES (?, ?, ?)"
        self._db.executemany(sql, ((source, relation, target) for source, target in pairs))

    def remove_link(self, relation: str, source: str, target: str) -> None:
        """Remove one link, if it is there."""
        self._totals.clear()
        sql = "DELETE FROM link WHERE source = ? AND relation = ? AND target = ?"
        self._db.execute(sql, (source, relation, target))

    # Timers

    def add_timer(self, timer: Timer) -> None:
        """Remember that something is to happen."""
        sql = "INSERT INTO timer (due, action, detail) VALUES (?, ?, ?)"
        self._db.execute(sql, (timer.due, timer.action, json.dumps(timer.detail)))

    def has_due_timer(self, now: float) -> bool:
        """Tell whether something was to happen by now."""
        return self._db.execute("SELECT 1 FROM timer WHERE due <= ? LIMIT 1", (now,)).fetchone() is not None

    def pop_due_timer(self, now: float) -> Timer | None:
        """Take out the first thing that was to happen by now, or None."""
        sql = "SELECT seq, due, action, detail FROM timer WHERE due <= ? ORDER BY due, seq LIMIT 1"
        row = self._db.execute(sql, (now,)).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM timer WHERE seq = ?", (row[0],))
        return Timer(due=row[1], action=row[2], detail=json.loads(row[3]))


def _unusable(path: str | Path, error: Exception) -> EmulatorError:
    return EmulatorError(f"{path} cannot be used as the emulator's database: {error}")


def attribute_column(name: str) -> str:
    """Return the SQL for an attribute's value, spelled as the indexes spell it."""
    return f"json_extract(attributes, '$.\"{name}\"')"


def private_column(name: str) -> str:
    """Return the SQL for a value that the server knows and never shows, spelled as the indexes spell it."""
    return f"json_extract(private, '$.\"{name}\"')"


_SELECT = "SELECT type, id, attributes, private, seq FROM resource"
_SELECT_TEXT = "SELECT id, seq, attributes FROM resource"
# "+seq" keeps SQLite from walking the whole table in that order instead of looking the ids up.
_AMONG_IDS = "type = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY +seq"


def _where(selection: Selection) -> str:
    return " AND ".join(("type = ?", *selection.where))


def _record(row: tuple[str, str, str, str, int]) -> Record:
    private = {} if row[3] == "{}" else json.loads(row[3])
    return Record(row[0], row[1], json.loads(row[2]), private, row[4])
