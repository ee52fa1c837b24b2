"""The fixture of the wire tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wire_site import Site

from igz_apply.emulator import Emulator, Options, serving


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "igz-apply.yaml").write_text("version: 1\n")
    log = tmp_path / "requests.jsonl"
    emulator = Emulator(tmp_path / "emulator.db", Options(job_seconds=0.02, log=log))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        yield Site(tmp_path, log, server)
    emulator.close()
