"""The fixtures of the wire tests: an empty cluster, and one to which the company was applied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from igz_apply.emulator import Emulator, Options, serving
from tests.wire.wire_site import COMPANY, Site


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """Serve the cluster that lies in the folder, which becomes the current one, and lead the environment there."""
    log = folder / "requests.jsonl"
    emulator = Emulator(folder / "emulator.db", Options(job_seconds=0.02, log=log))
    with pytest.MonkeyPatch.context() as patched, serving(emulator) as server:
        patched.chdir(folder)
        patched.setenv("IGZ_ENDPOINT", server.url)
        patched.setenv("V3IO_USERNAME", server.username)
        patched.setenv("V3IO_ACCESS_KEY", server.access_key)
        _move(folder / ".igz-apply" / "inventory.json", server.url)
        yield Site(folder, log, server, emulator)
    emulator.close()


def _move(inventory: Path, endpoint: str) -> None:
    """Say in the inventory that the cluster listens on another port this time."""
    if inventory.exists():
        data = json.loads(inventory.read_text())
        inventory.write_text(json.dumps({**data, "endpoint": endpoint}))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A config repo without manifests, and a cluster as it is at first."""
    (tmp_path / "igz-apply.yaml").write_text("version: 1\n")
    with opened(tmp_path) as here:
        yield here


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a config repo and a cluster to which it was applied; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "igz-apply.yaml").write_text("version: 1\n")
    with opened(folder) as here:
        here.declare(COMPANY)
        here.run("apply", "-y")
    return folder


@pytest.fixture
def applied(company: Path, tmp_path: Path) -> Iterator[Site]:
    """A config repo whose company was applied."""
    shutil.copytree(company, tmp_path / "site")
    with opened(tmp_path / "site") as here:
        yield here
