"""What the platform says of a job, as an apply is told it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.controlplane import Client, job_id
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.local.secrets import EnvironmentSecrets
from igz_apply.ports import Ended, Running, Unknown

FAILS = "jobs:\n  - match: {kind: project.creation}\n    act: fail\n    result: %s\n"


def looked_at(tmp_path: Path, job_seconds: float, result: str = "") -> Running | Ended | Unknown:
    """Create a project and look once at its job."""
    faults = tmp_path / "faults.yaml"
    faults.write_text(FAILS % result if result else "jobs: []\n")
    emulator = Emulator(options=Options(job_seconds=job_seconds, faults=faults))
    with (
        serving(emulator) as server,
        Client(endpoint=server.url, access_key=server.access_key, username=server.username) as client,
    ):
        body = {"data": {"type": "project", "attributes": {"name": "churn"}}}
        answer = client.call("POST", "projects", body=body, headers={"x-projects-role": "igz-apply"})
        writer = ClusterWriter(client, KINDS, EnvironmentSecrets(os.environ, tmp_path))
        job = writer.job(job_id(answer.body, method="POST") or "")
    emulator.close()
    return job


def test_a_job_that_nobody_knows_is_unknown_rather_than_failed(tmp_path: Path) -> None:
    emulator = Emulator()
    with (
        serving(emulator) as server,
        Client(endpoint=server.url, access_key=server.access_key, username=server.username) as client,
    ):
        seen = ClusterWriter(client, KINDS, EnvironmentSecrets(os.environ, tmp_path)).job("nobodys")
    emulator.close()
    assert seen == Unknown()


def test_a_job_that_runs_says_nothing(tmp_path: Path) -> None:
    assert looked_at(tmp_path, job_seconds=60.0) == Running("created")


@pytest.mark.parametrize(
    ("result", "said"),
    [("no room", "no room"), ("{status: 400, message: no room}", "no room (status 400)")],
)
def test_a_job_that_failed_says_why(result: str, said: str, tmp_path: Path) -> None:
    seen = looked_at(tmp_path, job_seconds=0.0, result=result)
    assert isinstance(seen, Ended)
    assert (seen.ok, seen.words) == (False, f"failed: {said}")


def test_a_job_that_failed_without_a_word_is_told_as_such(tmp_path: Path) -> None:
    seen = looked_at(tmp_path, job_seconds=0.0, result='""')
    assert isinstance(seen, Ended)
    assert seen.words.removeprefix("failed: ") not in ("", seen.words)
