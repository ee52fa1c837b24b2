"""The processes that are measured: igz-apply and the floor."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import Command, alternately
from benchmarks.server import Server

HERE = Path(__file__).parent
SCHEMAS = HERE.parent / "schemas"


def igz(
    name: str,
    *arguments: str,
    server: Server | None,
    folder: Path,
    accepted: tuple[int, ...] = (0,),
    python: str = sys.executable,
    module: str = "igz_apply",
) -> Command:
    """Return a run of the igz-apply that is installed for `python`; another `module` of ours may run it."""
    environment = server.environment if server is not None else {}
    if module != "igz_apply":
        environment = {**environment, "PYTHONPATH": str(HERE.parent)}
    return Command(
        name,
        [python, "-m", module, *arguments],
        environment,
        folder,
        accepted,
    )


def floor(name: str, job: str, layout: str, *, server: Server | None, folder: Path) -> Command:
    """Return a run of the floor program."""
    arguments = [sys.executable, str(HERE / "floor.py"), job, layout, str(SCHEMAS)]
    return Command(name, arguments, server.environment if server is not None else {}, folder)


def adopt(folder: Path, server: Server, python: str = sys.executable) -> None:
    """Let the inventory own everything, as it does in daily use."""
    alternately([igz("adopt", "apply", "-y", "multi", server=server, folder=folder, python=python)], 0)
