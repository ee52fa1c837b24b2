"""A workspace of its own for every test, a cluster that is an emulator, and a way to call the command line."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.cli.main import run
from igz_apply.emulator import Emulator, Options, Server, serving
from tests.cli.cli_world import MANIFESTS, Cli, Ran


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and an environment that names no cluster."""
    monkeypatch.chdir(tmp_path)
    for name in ("V3IO_API", "CI", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in tuple(name for name in os.environ if name.startswith("IGZ_") or name == "GITHUB_ACTIONS"):
        monkeypatch.delenv(name)
    for name in ("V3IO_USERNAME", "V3IO_PASSWORD", "V3IO_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """What -v has switched on in one test is off in the next, which may run in the same process."""
    logger = logging.getLogger("igz_apply")
    was = logger.level, logger.propagate, list(logger.handlers)
    yield
    logger.level, logger.propagate, logger.handlers = was


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Call the command line in this process."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An emulated cluster, which the environment names."""
    emulator = Emulator(options=Options(job_seconds=0.02))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        yield server
    emulator.close()


@pytest.fixture
def manifests(workspace: Path) -> Path:
    """The folder `manifests` with a group, a user and a project."""
    folder = workspace / "manifests"
    folder.mkdir()
    (folder / "all.yaml").write_text(MANIFESTS)
    return folder
