"""How long an apply takes: what the jobs and the allowed rate take. Timed, so not part of the usual suite."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from tests.torture import tortured_run
from tests.torture.tortured_plane import tortured
from tests.torture.tortured_run import run_once
from tests.torture.tortured_world import group, project, user, write

pytestmark = pytest.mark.skipif(os.environ.get("IGZ_TORTURE") != "whole", reason="timed; see make torture")


@pytest.fixture(autouse=True)
def real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tortured_run, "SPEED", 1.0)
    monkeypatch.setattr(tortured_run, "TIMEOUT", 60.0)


def test_five_hundred_jobs_of_two_seconds_run_side_by_side(tmp_path: Path) -> None:
    """With eight calls in flight; one after the other they would take a thousand seconds, eight at a time 125."""
    manifests = write(tmp_path / "manifests", [project(f"p{n:03}") for n in range(500)])
    with tortured(tmp_path / "cluster.db", job_seconds=2.0) as (torturer, server):
        began = time.monotonic()
        ran = run_once(manifests, tmp_path / "inventory.json", server, torturer)
        took = time.monotonic() - began
    print(f"500 projects: {took:.1f} s, {torturer.count} requests")
    assert ran.code == 0
    assert torturer.count < 500 * 5
    assert took < 30


def test_a_server_that_takes_five_calls_a_second_fails_nothing(tmp_path: Path) -> None:
    people = [user(f"u{n}", groups=["g1"]) for n in range(25)]
    manifests = write(tmp_path / "manifests", [group(f"g{n}") for n in range(50)] + people)
    lock, taken, refused = threading.Lock(), deque[float](), 0
    with tortured(tmp_path / "cluster.db", job_seconds=0.5) as (torturer, server):

        def has_room() -> bool:
            nonlocal refused
            with lock:
                now = time.monotonic()
                while taken and taken[0] <= now - 1:
                    taken.popleft()
                if len(taken) < 5:
                    taken.append(now)
                    return True
                refused += 1
                return False

        torturer.has_room = has_room
        began = time.monotonic()
        ran = run_once(manifests, tmp_path / "inventory.json", server, torturer)
        took = time.monotonic() - began
    rate = torturer.count / took
    print(f"5 calls a second: {torturer.count} calls in {took:.1f} s, {rate:.2f} a second, {refused} refused")
    assert ran.code == 0
    assert rate >= 0.75 * 5  # the waiting for jobs included
