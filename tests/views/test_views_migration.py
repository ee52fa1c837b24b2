"""A move as people read it: what has to be decided first, and every object and every changed standing named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.model.migration import Fate, Migration
from igz_apply.planning.migration_account import Turn, address_of, turn_of
from igz_apply.views.cells import cells
from igz_apply.views.lines import Tone, render
from igz_apply.views.migration_text import migration_lines
from igz_apply.wording.printable import printable
from tests.reports.migration_builders import (
    COLLISION,
    carried,
    hostile_move,
    large_move,
    lower,
    moved,
    usual_move,
    whole_move,
)

GOLDEN = Path(__file__).parent / "golden"


def told(of: Migration, width: int | None = 100) -> str:
    return render(migration_lines(of, width), colour=False)


@pytest.mark.parametrize("width", [80, 120])
def test_a_move_looks_as_it_did(width: int) -> None:
    text, path = told(usual_move(), width), GOLDEN / f"migration-{width}.txt"
    if os.environ.get("IGZ_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("move", [usual_move(), hostile_move(), large_move(50, 5), whole_move()])
def test_no_line_is_wider_than_the_terminal_and_everything_is_named(move: Migration) -> None:
    for width in (60, 80, 200):
        text = told(move, width)
        assert max(map(cells, text.splitlines())) <= width
        assert "\x1b" not in text
        assert "\u202e" not in text
    whole = "".join(told(move, 200).split())
    for each in move.objects:
        assert "".join(printable(address_of(each).name).split()) in whole
        if each.fate not in (Fate.LOST, Fate.ADDED):
            assert each.new is not None
            assert "".join(printable(each.new.name).split()) in whole
    for it in move.standings:
        if turn_of(it) is not Turn.EQUAL:
            assert "".join(printable(it.user).split()) in whole
            assert "".join(printable(it.project).split()) in whole


def test_what_has_to_be_decided_stands_before_the_numbers_and_these_before_the_details() -> None:
    text = told(usual_move())
    places = [text.index(it) for it in ("Not seen in full", "Less access", "More access, as", "KIND", "Changed: ")]
    assert places == sorted(places)


def test_a_long_report_says_its_verdict_at_both_ends_and_a_short_one_once() -> None:
    assert told(usual_move()).count("To be decided: ") == 2
    assert told(whole_move()).count("All is carried") == 1


def test_without_a_screen_no_line_is_folded_and_nothing_cut() -> None:
    name = "n" * 300
    assert name in told(moved((carried(f"User/{name}"),)), None)
    assert name not in told(moved((carried(f"User/{name}"),)), 200)
    assert told(usual_move(), None) == told(usual_move(), 100)


@pytest.mark.parametrize(
    ("move", "tone"),
    [
        (usual_move(problems=(COLLISION,)), Tone.DANGER),
        (usual_move(), Tone.WARNING),
        (whole_move(), Tone.GOOD),
    ],
)
def test_the_verdict_s_colour_says_what_it_is(move: Migration, tone: Tone) -> None:
    assert migration_lines(move, 100)[1][0].tone is tone


def test_what_has_to_be_decided_fits_a_screen_however_many_it_is_about() -> None:
    text = told(large_move(), 120)
    begun, _, whole = text.partition("\nKIND ")
    assert len(begun.splitlines()) < 35
    assert "user-0203, and 71 more, below\n" in begun
    assert "  and 5,546 more, below\n" in begun
    assert "\nIn full: Less access than before: 5,901 standings\n" in whole
    for number in range(40):
        assert f"service-{number:02}" in whole


def test_a_long_sentence_is_begun_and_told_whole_below() -> None:
    text = told(moved((), [lower("ada", "churn", why="word " * 90)]), 80)
    begun, _, whole = text.partition("In full: ")
    assert "… (whole below)" in begun
    assert begun.count("word") < 60
    assert whole.count("word") == 90


def test_one_more_sentence_is_said_rather_than_counted() -> None:
    text = told(moved((), [lower("ada", f"p-{number}", why=f"{number}") for number in range(5)]))
    assert "more, below" not in text
    text = told(moved((), [lower("ada", f"p-{number}", why=f"{number}") for number in range(6)]))
    assert "  and 2 more, below\n" in text


def test_a_name_that_is_longer_than_two_lines_is_named_all_the_same() -> None:
    text = told(moved((), [lower(f"{'n' * 300}-{number}", "churn") for number in range(3)]), 80)
    assert "and 2 more, below" in text
