"""Markdown pages as steps: the commands that a reader would type, the files that a reader would write.

What counts, and how a page says so, stands in CONTRIBUTING.md:

- a ```sh block is run as it is, and has to succeed;
- in a ```console block the lines after `$ ` are run one by one, and what they print has to be what is shown; a line
  `...` stands for any lines. A command that fails on purpose is followed by `$ echo $?`;
- a block of any other language with title="PATH" is a file, which is written to PATH;
- `<!-- not run: REASON -->` right before a block leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)(?P<rest>.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_NOT_RUN = re.compile(r"^\s*<!-- not run: (.+?) -->\s*$")
_PROMPT = "$ "
_CONTINUED = "> "


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    title: str  # "": none
    lines: tuple[str, ...]
    line: int  # of its first line, from 1
    reason: str  # why it is not run, "" when it is


@dataclass(frozen=True)
class Step:
    """One thing that the reader does: writes a file, or runs a command."""

    line: int  # in the page, from 1
    command: str = ""
    path: str = ""  # where `content` goes; "": this is a command
    content: str = ""
    shown: tuple[str, ...] | None = None  # what the page says that it prints; None: the page does not say
    may_fail: bool = False


def pages() -> list[str]:
    """Return every page whose commands are run, by its path below the project."""
    found = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    lines = text.split("\n")
    at, reason = 0, ""
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening is None:
            comment = _NOT_RUN.match(lines[at])
            reason = comment[1] if comment else reason if not lines[at].strip() else ""
            at += 1
            continue
        end = _end(lines, at, opening["ticks"])
        width = len(opening["indent"])
        body = tuple(line[width:] for line in lines[at + 1 : end])
        title = _TITLE.search(opening["rest"])
        yield Block(opening["language"], title[1] if title else "", body, at + 2, reason)
        at, reason = end + 1, ""


def _end(lines: Sequence[str], start: int, ticks: str) -> int:
    return next(index for index in range(start + 1, len(lines)) if lines[index].strip() == ticks)


def steps(text: str) -> list[Step]:
    """Return what a reader of the page does, in order."""
    found: list[Step] = []
    for block in blocks(text):
        if block.reason:
            continue
        if block.language == "sh":
            found.append(Step(block.line, "\n".join(block.lines)))
        elif block.language == "console":
            found.extend(_session(block))
        elif block.title:
            found.append(Step(block.line, path=block.title, content="\n".join(block.lines) + "\n"))
    return found


def _session(block: Block) -> list[Step]:
    """Return the commands of a console block, each with the output that is shown below it."""
    typed: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.lines, block.line):
        if line.startswith(_PROMPT):
            typed.append((number, [line.removeprefix(_PROMPT)], []))
        elif line.startswith(_CONTINUED) and typed and not typed[-1][2]:
            typed[-1][1].append(line.removeprefix(_CONTINUED))
        elif typed:
            typed[-1][2].append(line)
    following = [words[0] for _, words, _ in typed[1:]] + [""]
    return [
        Step(number, "\n".join(words), shown=_trimmed(shown), may_fail=after.startswith("echo $?"))
        for (number, words, shown), after in zip(typed, following, strict=True)
    ]


def _trimmed(shown: Sequence[str]) -> tuple[str, ...]:
    text = "\n".join(shown).strip("\n")
    return tuple(text.split("\n")) if text else ()
