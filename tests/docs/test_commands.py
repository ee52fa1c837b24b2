"""Every command of the README and the pages works as written, and prints what the page shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs import docs_shell
from tests.docs.docs_pages import ROOT, blocks, pages, steps
from tests.docs.docs_shell import Ending

PAGES = pages()


@pytest.mark.full
@pytest.mark.parametrize("page", PAGES)
def test_golden_commands_of_a_page_print_what_it_shows(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    todo = steps(text)
    folder = tmp_path / "work"
    folder.mkdir()
    endings = docs_shell.run(todo, folder)
    if os.environ.get("IGZ_GOLDEN") == "write":
        (ROOT / page).write_text(_rewritten(text, endings), encoding="utf-8")
        endings = [ending for ending in endings if docs_shell.is_failed(ending) or _is_status(ending)]
    faults = [f"{page}:{ending.step.line}: {fault}" for ending in endings if (fault := docs_shell.fault(ending))]
    assert not faults, "\n\n".join(faults)
    assert len(endings) == len(todo) or os.environ.get("IGZ_GOLDEN"), f"{page}:{todo[len(endings)].line}: not reached"


def _is_status(ending: Ending) -> bool:
    return ending.step.command == "echo $?"


def _rewritten(text: str, endings: Sequence[Ending]) -> str:
    """Return the page with what its commands print now, where that is not what it shows; statuses stay."""
    lines = text.split("\n")
    for ending in reversed(endings):
        shown = ending.step.shown
        if docs_shell.is_failed(ending) or _is_status(ending):
            continue
        if shown and not docs_shell.is_as_shown(shown, ending.output):
            first = ending.step.line + ending.step.command.count("\n")
            lines[first : first + len(shown)] = ending.output
    return "\n".join(lines)


def test_every_block_that_is_not_run_says_why() -> None:
    reasons = [block.reason for page in PAGES for block in blocks((ROOT / page).read_text()) if block.reason]
    assert all(len(reason.split()) > 1 for reason in reasons)


def test_a_session_is_cut_into_commands_with_their_output() -> None:
    page = "```console\n$ one \\\n> two\nout\n\n$ false\n$ echo $?\n1\n```\n"
    assert [(step.command, step.shown, step.may_fail) for step in steps(page)] == [
        ("one \\\ntwo", ("out",), False),
        ("false", (), True),
        ("echo $?", ("1",), False),
    ]


def test_a_block_with_a_title_is_a_file_and_a_block_with_a_reason_is_left_out() -> None:
    page = '```yaml title="a/b.yaml"\nx: 1\n```\n\n<!-- not run: needs a cluster -->\n\n```sh\nfalse\n```\n'
    assert [(step.path, step.content, step.command) for step in steps(page)] == [("a/b.yaml", "x: 1\n", "")]


def test_what_is_printed_is_compared_but_for_times_and_what_was_cut() -> None:
    output = ("start", "in 0.7s", "middle", "end")
    assert docs_shell.is_as_shown(("start", "in 1.2s", "...", "end"), output)
    assert not docs_shell.is_as_shown(("start", "end"), output)


def test_a_command_that_fails_has_to_be_followed_by_its_status(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    page = "```console\n$ (exit 3)\n$ echo $?\n3\n$ (exit 4)\n$ true\n```\n"
    faults = [docs_shell.fault(ending) for ending in docs_shell.run(steps(page), folder)]
    assert [bool(fault) for fault in faults] == [False, False, True, False]
