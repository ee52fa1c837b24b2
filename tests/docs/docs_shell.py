"""Runs the steps of a page in one shell and one folder, and compares what they print with what the page shows."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.docs.docs_pages import ROOT, Step

SECONDS = 100
_EXAMPLES = "manifests/examples"
_LISTENS = ("igz-apply emulator", "igz-apply reconcile")
# Both sides of a comparison: times, ids and ports differ each time, and a page may cut what is too long for it.
_VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "TIME"),
    (re.compile(r" *\d+(\.\d+)? ?s\b"), " SECONDS"),
    (re.compile(r"127\.0\.0\.1:\d+"), "LOCALHOST"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),  # over ids, which an emulator gives by the order of calls
    (re.compile(r" +$"), ""),
)


@dataclass(frozen=True)
class Ending:
    """How a step ended."""

    step: Step
    status: int | None  # None: the shell ended with it
    output: tuple[str, ...]


def run(steps: Sequence[Step], folder: Path) -> list[Ending]:
    """Run the steps one after the other in `folder`, in one shell, up to the first that ends the shell."""
    notes = Path(tempfile.mkdtemp(dir=folder.parent))
    if any(_EXAMPLES in step.command for step in steps):
        shutil.copytree(ROOT / _EXAMPLES, folder / _EXAMPLES)
    script = "\n".join(_script(index, step, notes) for index, step in enumerate(steps))
    with _alone(any(word in step.command for word in _LISTENS for step in steps)):
        _run(f"STATUS=0\n{script}", folder)
    return list(_endings(steps, notes))


def _run(script: str, folder: Path) -> None:
    """Run a script to its end, and end all that it leaves behind."""
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        shell.wait(SECONDS)
    except subprocess.TimeoutExpired:
        pass  # the step that hangs has no status, which is told as its fault
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
        shell.wait()


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's clusters or settings can be seen."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),  # the code beside these pages, whatever else is installed
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONUNBUFFERED": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "docs" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


def _script(index: int, step: Step, notes: Path) -> str:
    if step.path:
        source = notes / f"{index}.file"
        source.write_text(step.content, encoding="utf-8")
        words = f'mkdir -p "$(dirname {shlex.quote(step.path)})" && cp {source} {shlex.quote(step.path)}'
    elif step.shown is None:
        words = f"set -e\n{step.command}\nset +e"
    else:
        words = f"(exit $STATUS)\n{step.command}"
    return f"exec >{notes}/{index}.out 2>&1\n{words}\nSTATUS=$?; echo $STATUS >{notes}/{index}.status"


@contextmanager
def _alone(is_wanted: bool) -> Iterator[None]:
    """Let one page at a time have the ports that pages name."""
    with (Path(tempfile.gettempdir()) / "igz-apply-docs.lock").open("w") if is_wanted else nullcontext() as file:
        if file is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _endings(steps: Sequence[Step], notes: Path) -> Iterator[Ending]:
    for index, step in enumerate(steps):
        output, status = notes / f"{index}.out", notes / f"{index}.status"
        if not output.exists():
            return
        lines = output.read_text(encoding="utf-8").strip("\n")
        code = int(status.read_text()) if status.exists() else None
        yield Ending(step, code, tuple(lines.split("\n")) if lines else ())


def is_failed(ending: Ending) -> bool:
    """Tell whether the step failed, and was not meant to."""
    return ending.status is None or (ending.status != 0 and not ending.step.may_fail)


def fault(ending: Ending) -> str:
    """Return what is wrong with how a step ended, "" when nothing is."""
    said = "\n".join(ending.output)
    if is_failed(ending):
        return f"{ending.step.command}\nended with {ending.status}, and said:\n{said}"
    if ending.step.shown is not None and not is_as_shown(ending.step.shown, ending.output):
        shown = "\n".join(ending.step.shown)
        return f"{ending.step.command}\nis shown with\n{shown}\nand said\n{said}"
    return ""


def is_as_shown(shown: Sequence[str], output: Sequence[str]) -> bool:
    """Tell whether the output is what is shown, where a line `...` stands for any lines."""
    expected = ["(.*\n)*" if line.strip() == "..." else re.escape(_settled(line)) + "\n" for line in shown]
    return re.fullmatch("".join(expected), "".join(_settled(line) + "\n" for line in output)) is not None


def _settled(line: str) -> str:
    for pattern, word in _VARYING:
        line = pattern.sub(word, line)
    return line
