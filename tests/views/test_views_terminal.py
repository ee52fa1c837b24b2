from __future__ import annotations

import io
from typing import Any

import pytest

from igz_apply.views.cells import broken
from igz_apply.views.lines import render
from igz_apply.views.tables import as_json, as_yaml, table_lines
from igz_apply.views.terminal import Terminal, terminal_of


class Screen(io.StringIO):
    """A stream that says it is a terminal, of a size that nobody knows."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (io.StringIO(), {}, Terminal(100, colour=False, live=False)),
        (Screen(), {"COLUMNS": "80"}, Terminal(80, colour=True, live=True)),
        (Screen(), {"COLUMNS": "80", "NO_COLOR": "1"}, Terminal(80, colour=False, live=True)),
        (Screen(), {"COLUMNS": "80", "NO_COLOR": ""}, Terminal(80, colour=True, live=True)),
        (Screen(), {"COLUMNS": "80", "TERM": "dumb"}, Terminal(80, colour=False, live=False)),
        (Screen(), {"COLUMNS": "80", "CI": "true"}, Terminal(80, colour=True, live=False)),
        (io.StringIO(), {"FORCE_COLOR": "1"}, Terminal(100, colour=True, live=False)),
        (io.StringIO(), {"GITHUB_ACTIONS": "true"}, Terminal(100, colour=False, live=False, obeys=True)),
        (io.StringIO(), {"GITHUB_ACTIONS": ""}, Terminal(100, colour=False, live=False)),
        (io.StringIO(), {"COLUMNS": "999"}, Terminal(200, colour=False, live=False)),
        (io.StringIO(), {"COLUMNS": "20"}, Terminal(60, colour=False, live=False)),
        (Screen(), {}, Terminal(100, colour=True, live=True)),
    ],
)
def test_a_terminal_is_what_the_stream_and_the_user_say(
    stream: io.StringIO, environ: dict[str, str], expected: Terminal
) -> None:
    assert terminal_of(stream, environ) == expected


def test_a_table_lines_up_and_gives_way_where_it_is_widest() -> None:
    rows: list[list[Any]] = [["ada", "Ada Lovelace, first of programmers", ["a", "b"]], ["bob", None, []]]
    assert render(table_lines(["name", "description", "groups"], rows, 40), colour=False) == (
        "NAME  DESCRIPTION                 GROUPS\nada   Ada Lovelace, first of pr…  a, b\nbob\n"
    )


def test_a_table_that_folds_cuts_nothing_and_breaks_no_word_that_it_need_not() -> None:
    columns = ["run", "description", "groups"]
    rows: list[list[Any]] = [
        ["20261130-161142-2c88", "Ada Lovelace, first of programmers", "data-science"],
        ["b", "", ""],
    ]
    assert render(table_lines(columns, rows, 50, folds=True), colour=False) == (
        "RUN                   DESCRIPTION     GROUPS\n"
        "20261130-161142-2c88  Ada Lovelace,   data-science\n"
        "                      first of\n"
        "                      programmers\n"
        "b\n"
    )
    narrow = render(table_lines(columns, rows, 40, folds=True), colour=False)
    assert narrow == (
        "RUN                   DESCRIP…  GROUPS\n"
        "20261130-161142-2c88  Ada       data-sci\n"
        "                      Lovelace  ence\n"
        "                      ,\n"
        "                      first of\n"
        "                      programm\n"
        "                      ers\n"
        "b\n"
    )


def test_what_is_broken_loses_nothing_even_where_a_character_takes_more_than_there_is() -> None:
    assert broken("漢字ab", 1) == ["漢", "字", "a", "b"]
    assert broken("", 5) == [""]


def test_a_table_of_nothing_still_has_a_head() -> None:
    assert render(table_lines(["name"], [], 40), colour=False) == "NAME\n"


def test_json_and_yaml_keep_the_order_of_keys() -> None:
    data = {"b": 1, "a": ["é"]}
    assert as_json(data) == '{\n  "b": 1,\n  "a": [\n    "é"\n  ]\n}\n'
    assert as_yaml(data) == "b: 1\na:\n- é\n"
