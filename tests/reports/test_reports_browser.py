"""The page in a real browser. Skipped where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from igz_apply.reports import write_report
from tests.reports.reports_builders import PROBLEM, large_plan, run_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine: the page was not opened"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    of = large_plan(2_000)
    path = tmp_path_factory.mktemp("page") / "run.html"
    write_report(path, of, run_of(of), (PROBLEM,))
    return path


def opened(page: Path, fragment: str = "") -> tuple[str, str]:
    """Return the page's DOM once its script has run, and what the browser had to say on its console."""
    assert BROWSER is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    logs = ["--enable-logging=stderr", "--log-level=0", "--dump-dom"]
    url = f"{page.as_uri()}{fragment}"
    done = subprocess.run([BROWSER, *options, *logs, url], capture_output=True, text=True, timeout=90, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def test_the_page_runs_without_a_word_on_the_console(page: Path) -> None:
    dom, console = opened(page)
    assert console == ""
    assert "2,000 shown" in dom
    assert 'class="lit"' in dom  # the graph's script has run


def test_search_and_filters_can_be_asked_for_in_the_address(page: Path) -> None:
    dom, console = opened(page, "#q=churn+user-0042&a=update&k=Project")
    assert console == ""
    shown = [
        card for card in re.findall(r"<details [^>]*>.*?</summary>", dom, re.DOTALL) if " hidden" not in card[:200]
    ]
    assert [re.findall("<code>(.*?)</code>", card)[0] for card in shown] == ["Project/churn-0042"]
    assert "1 of 2,000" in dom
    assert re.search(r'data-f="a" data-v="update" aria-pressed="true"', dom)


def test_the_address_of_a_change_opens_it(page: Path) -> None:
    dom, _ = opened(page, "#c7")
    [card] = re.findall(r'<details id="c7"[^>]*>', dom)
    assert " open" in card
