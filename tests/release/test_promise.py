"""What docs/promise.md promises is what is there: a line that goes or changes has to be noticed by whoever takes it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from scripts.promise import promised

ROOT = Path(__file__).parents[2]
LISTING = Path(__file__).parent / "promised.txt"
PAGE = (ROOT / "docs" / "promise.md").read_text(encoding="utf-8")

BROKEN = """\
{count} promised lines have gone, or mean something else now:

{lines}

Whoever relies on them is promised to be warned for a whole minor version first: docs/promise.md says how. Keep them, or
deprecate them; if they may go now, run `python scripts/promise.py` and say so under "Removed" in the CHANGELOG."""
NEW = """\
{count} lines are new, and promised from now on:

{lines}

Are the names those that should stay for years? Then run `python scripts/promise.py`, and commit the list."""


@pytest.fixture(scope="module")
def live() -> frozenset[str]:
    """What the script would write."""
    return frozenset(promised())


def broken(listed: frozenset[str], live: frozenset[str]) -> str:
    gone = sorted(listed - live)
    return BROKEN.format(count=len(gone), lines="\n".join(gone)) if gone else ""


def test_nothing_that_is_promised_has_gone_or_changed(live: frozenset[str]) -> None:
    said = broken(frozenset(LISTING.read_text(encoding="utf-8").splitlines()), live)
    assert not said, said


def test_what_is_new_is_listed(live: frozenset[str]) -> None:
    new = sorted(live - frozenset(LISTING.read_text(encoding="utf-8").splitlines()))
    assert not new, NEW.format(count=len(new), lines="\n".join(new))


@pytest.mark.parametrize(
    "line",
    [
        "command plan --out FILE",
        "config hooks.before_plan[].timeout: string|number",
        "exit 4 refused",
        "json plan changes[].address: string",
        "manifest iguazio.com/v1 User spec.email: string",
        "pin hooks",
        "entry point igz_apply.kinds",
        "variable IGZ_PINNED",
        "report .html",
        "python igz_apply.errors.PlanRefused(ProblemsFound) exit_code=4",
        "code IGZ-304 error Two roles",
    ],
)
def test_each_sort_of_promise_is_in_the_list_and_missed_when_it_goes(line: str, live: frozenset[str]) -> None:
    assert line in live
    said = broken(live, live - {line})
    assert (line in said, "docs/promise.md" in said) == (True, True)


def test_a_default_or_a_type_that_changes_is_noticed(live: frozenset[str]) -> None:
    (opening,) = [line for line in live if line.startswith("python igz_apply.open(")]
    changed = opening.replace("endpoint: str = ''", "endpoint: str")
    assert changed != opening
    assert opening in broken(live, (live - {opening}) | {changed})


def test_the_page_tells_of_each_sort(live: frozenset[str]) -> None:
    told = set(re.findall(r"^\| `([a-z ]+)` \|", PAGE, flags=re.MULTILINE))
    assert told == {"entry point" if line.startswith("entry point") else line.split()[0] for line in live}


def test_no_line_hangs_on_the_machine(live: frozenset[str]) -> None:
    assert [line for line in live if " at 0x" in line or str(Path.home()) in line or sys.executable in line] == []
