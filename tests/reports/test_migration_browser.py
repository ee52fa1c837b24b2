"""The page of a move in a real browser. Skipped where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from igz_apply.model.migration import Migration
from igz_apply.reports.migration_html import migration_html
from tests.reports.migration_builders import hostile_move, large_move, usual_move
from tests.reports.test_reports_browser import BROWSER, opened

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine: the page was not opened"),
]


def written(folder: Path, of: Migration) -> Path:
    path = folder / "move.html"
    path.write_bytes(migration_html(of))
    return path


def shown(dom: str) -> list[str]:
    """Return the objects whose cards are shown."""
    cards = re.findall(r'<details id="c\d+"([^>]*)>.*?<code>(.*?)</code>', dom, re.DOTALL)
    return [name for attributes, name in cards if "hidden" not in attributes]


@pytest.mark.parametrize(("move", "count"), [(usual_move, "15"), (hostile_move, "6"), (large_move, "1,140")])
def test_the_page_runs_without_a_word_on_the_console(tmp_path: Path, move: Callable[[], Migration], count: str) -> None:
    dom, console = opened(written(tmp_path, move()))
    assert console == ""
    assert f"{count} shown" in dom


def test_objects_can_be_asked_for_by_fate_kind_and_words_in_the_address(tmp_path: Path) -> None:
    path = written(tmp_path, usual_move())
    dom, console = opened(path, "#a=changed&k=User")
    assert console == ""
    assert shown(dom) == ["User/ada", "User/zoe"]
    dom, _ = opened(path, "#q=job_title+1007")
    assert shown(dom) == ["User/zoe"]
    assert "1 of 15" in dom


def test_the_address_of_an_object_opens_it(tmp_path: Path) -> None:
    dom, _ = opened(written(tmp_path, usual_move()), "#c4")
    [card] = re.findall(r'<details id="c4"[^>]*>', dom)
    assert " open" in card
