"""The rows of docs/features.md, and how the command of one is run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from igz_apply.cli.main import run
from tests.docs.docs_pages import ROOT
from tests.docs.docs_shell import environment

PAGE = ROOT / "docs" / "features.md"
_CELL = re.compile(r"(?<!\\)\|")
_SHOWN = re.compile(r"`(?P<command>[^`]+)`(?: ends (?P<code>\d+) and)? says `(?P<word>[^`]+)`")
_GROUP = re.compile(r"## ([A-N])\. (.+)")
_OTHER = re.compile(r"[|;<>$()]|(?<!&)&(?!&)|_COMPLETE=| -v")  # what takes a shell, or leaves this process another


@dataclass(frozen=True)
class Row:
    """One feature: whether it is there, and what shows it, or why it is not."""

    group: str
    number: int
    name: str
    here: str
    told: str

    @property
    def command(self) -> str:
        """The command that shows it."""
        return self._shown["command"].replace("\\|", "|")

    @property
    def code(self) -> int:
        """The exit code that it ends with."""
        return int(self._shown["code"] or 0)

    @property
    def word(self) -> str:
        """What it says, among other things."""
        return self._shown["word"]

    @property
    def _shown(self) -> re.Match[str]:
        found = _SHOWN.fullmatch(self.told)
        assert found is not None, f"row {self.number} has no command of the form that is run: {self.told}"
        return found


def rows(text: str) -> Iterator[Row]:
    """Yield the rows, in the order of the page."""
    group = ""
    for line in text.split("\n"):
        if heading := _GROUP.fullmatch(line):
            group = heading[0].removeprefix("## ").replace(".", "", 1)
        cells = [cell.strip() for cell in _CELL.split(line)[1:-1]]
        if group and len(cells) == 4 and cells[0].isdigit():
            yield Row(group, int(cells[0]), *cells[1:])


def counted(text: str) -> dict[str, tuple[int, ...]]:
    """Return what the table at the end says: the group, or `all`, and its rows, Yes, Partly and No."""
    table = text.split("## The count")[1].split("## ")[0]
    cells = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in table.split("\n") if line.startswith("|")]
    return {name: tuple(map(int, numbers)) for name, *numbers in cells[2:]}


@dataclass(frozen=True)
class Shown:
    """What a command came to."""

    code: int
    said: str


def needs_a_shell(command: str) -> bool:
    """Tell whether a command is more than calls of igz-apply, each with an environment of its own, and of cat."""
    words = [part.split() for part in command.split(" && ")]
    return bool(_OTHER.search(command)) or any(_program(part) not in ("igz-apply", "cat") for part in words)


def in_a_shell(command: str, folder: Path) -> Shown:
    """Run a command as a reader would."""
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**environment(folder.parent), "IGZ_TARGET": "dev"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Shown(ended.returncode, ended.stdout + ended.stderr)


def in_this_process(command: str) -> int:
    """Run calls of igz-apply in the current folder, up to the first that fails, and return its exit code, or 0."""
    for call in command.split(" && "):
        words = shlex.split(call)
        program = _program(words)
        at = words.index(program)
        given = dict(word.split("=", 1) for word in words[:at])
        if code := _cat(words[at + 1 :]) if program == "cat" else _with(given, words[at + 1 :]):
            return code
    return 0


def _program(words: Sequence[str]) -> str:
    return next(word for word in words if not re.match(r"\w+=", word))


def _cat(paths: Sequence[str]) -> int:
    for path in paths:
        print(Path(path).read_text(encoding="utf-8"))
    return 0


def _with(given: Mapping[str, str], arguments: Sequence[str]) -> int:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        return run(arguments)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
