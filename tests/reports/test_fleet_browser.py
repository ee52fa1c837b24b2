"""The page of a run over fifty targets in a real browser. Skipped where there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from igz_apply.reports.fleet_write import write_fleet_report
from tests.reports.fleet_builders import fifty_applied, hostile
from tests.reports.test_reports_browser import BROWSER, opened

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine: the page was not opened"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "fleet.html"
    write_fleet_report(path, fifty_applied())
    return path


def shown_rows(dom: str) -> list[str]:
    rows = re.findall(r'<tr id="t\d+"[^>]*>.*?<strong>.*?</strong>', dom, re.DOTALL)
    return [re.findall("<strong>(.*?)</strong>", row)[0] for row in rows if "hidden" not in row.split(">")[0]]


def test_the_page_runs_without_a_word_on_the_console(page: Path) -> None:
    dom, console = opened(page)
    assert console == ""
    assert "50 of 50 targets, 3 of 3 changes" in dom
    assert len(shown_rows(dom)) == 50


def test_a_status_and_words_can_be_asked_for_in_the_address(page: Path) -> None:
    dom, console = opened(page, "#q=us&s=failed,refused")
    assert console == ""
    assert shown_rows(dom) == ["prod-us-03", "prod-us-04"]
    assert "2 of 50 targets" in dom
    assert re.search(r'data-s="failed" aria-pressed="true"', dom)


def test_the_address_of_a_change_opens_it(page: Path) -> None:
    dom, _ = opened(page, "#p0c1")
    [card] = re.findall(r'<details id="p0c1"[^>]*>', dom)
    assert " open" in card


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    write_fleet_report(path, hostile())
    dom, console = opened(path)
    assert console == ""
    assert "3 of 3 targets" in dom
