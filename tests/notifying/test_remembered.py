"""What was told outlives the process; where it cannot be kept, something is told twice, and nothing else."""

from __future__ import annotations

import json

import pytest

from igz_apply.notifying.remembered import Memory, content_of, told_of
from igz_apply.planning.news import Told

TOLD = Told("sha256:aa", "sha256:bb", frozenset({"sha256:cc", "sha256:dd"}), in_sync=True)


class OneShelf:
    """A place for one document, which may be away."""

    def __init__(self, content: bytes | None = None) -> None:
        self.content = content
        self.is_away = False
        self.writes = 0

    def read(self) -> bytes | None:
        if self.is_away:
            raise OSError("away")
        return self.content

    def write(self, content: bytes) -> None:
        if self.is_away:
            raise OSError("away")
        self.content = content
        self.writes += 1


def test_what_was_told_is_read_again() -> None:
    assert told_of(content_of({"a": TOLD, "b": Told()})) == {"a": TOLD, "b": Told()}


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[]", b"\xff", b"{", b"7", b'{"format_version": 2}', b'{"format_version": 1}', b"[" * 100_000,
     b'{"format_version": 1, "receivers": {"a": {}}}', b'{"format_version": 1, "receivers": {"a": {"differs": 1}}}',
     b'{"format_version": 1, "receivers": {"a": 1}}'],
)  # fmt: skip
def test_what_is_no_such_document_says_nothing(content: bytes | None) -> None:
    assert told_of(content) == {}


def test_it_holds_hashes_alone() -> None:
    assert set(json.loads(content_of({"a": TOLD}))["receivers"]["a"]) == {"differs", "healed", "failures", "in_sync"}


def test_a_new_process_knows_what_the_last_one_told() -> None:
    shelf = OneShelf()
    Memory(shelf).note("a", TOLD)
    assert Memory(shelf).told("a") == TOLD


def test_the_same_is_written_once() -> None:
    shelf = OneShelf()
    memory = Memory(shelf)
    memory.note("a", Told())
    memory.note("a", TOLD)
    memory.note("a", TOLD)
    assert shelf.writes == 1


def test_one_who_leads_again_reads_what_another_told() -> None:
    shelf = OneShelf()
    one, other = Memory(shelf), Memory(shelf)
    assert one.told("a") == Told()
    other.note("a", TOLD)
    assert one.told("a") == Told()
    one.forget()
    assert one.told("a") == TOLD


def test_where_it_is_away_it_lasts_as_long_as_the_process() -> None:
    shelf = OneShelf(content_of({"a": TOLD}))
    shelf.is_away = True
    memory = Memory(shelf)
    assert memory.told("a") == Told()
    memory.note("a", Told("x"))
    assert memory.told("a") == Told("x")
    shelf.is_away = False
    memory.note("b", TOLD)
    assert told_of(shelf.content) == {"a": Told("x"), "b": TOLD}


def test_what_others_were_told_is_never_written_over_unread() -> None:
    shelf = OneShelf(content_of({"a": TOLD, "b": TOLD}))
    shelf.is_away = True
    memory = Memory(shelf)
    assert memory.told("a") == Told()
    shelf.is_away = False
    memory.note("a", Told("x"))
    assert told_of(shelf.content) == {"a": Told("x"), "b": TOLD}


def test_what_was_told_while_it_was_away_is_known_once_it_is_back() -> None:
    """So that whoever was told that rounds fail, as the store is away, is told that they work again."""
    shelf = OneShelf(content_of({"a": Told("before"), "b": TOLD}))
    shelf.is_away = True
    memory = Memory(shelf)
    failed = Told("before", failures=frozenset({"sha256:ff"}))
    memory.note("a", failed)
    shelf.is_away = False
    assert memory.told("a") == failed
    assert memory.told("b") == TOLD
    memory.forget()
    assert memory.told("a") == Told("before"), "another has led since"


def test_without_a_place_it_lasts_as_long_as_the_process() -> None:
    memory = Memory(None)
    memory.note("a", TOLD)
    memory.forget()
    assert memory.told("a") == TOLD
