"""Many processes break one expired lock at once, on an object store whose puts come late and out of order.

`IGZ_TORTURE=whole` plays 50 rounds of 4 processes with puts of up to 2 seconds, and prints what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.s3_server import S3, s3_server

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
WORKER = Path(__file__).with_name("lock_worker.py")
EXPIRED = {
    "token": "theirs",
    "holder": "bob@elsewhere (pid 7)",
    "since": "2026-03-01T11:59:00.000Z",
    "expires": "2026-03-01T12:01:00.000Z",
    "machine": "elsewhere",
    "pid": 7,
}


@dataclass
class Seen:
    """What became of all rounds."""

    rounds: int
    overlaps: int  # rounds in which two were inside at once
    lost: int  # entries that were saved and are not there
    refused: int  # saves that their holder was told of as not made

    def __str__(self) -> str:
        return f"{self.rounds} rounds: {self.overlaps} overlaps, {self.lost} entries lost, {self.refused} saves refused"


@contextmanager
def workers(count: int, environ: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(
            [sys.executable, str(WORKER)], env={**os.environ, **environ}, stdin=pipe, stdout=pipe, text=True
        )
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.communicate(timeout=60)


def play(s3: S3, *, rounds: int, takers: int, seconds: float, at_once: int = 1) -> Seen:
    """Play the rounds, some of them at once: what takes time in them is waiting."""
    bucket = s3.bucket()

    def lane(numbers: list[int]) -> list[Seen]:
        with workers(takers, s3.environ) as processes:
            return [one_round(s3, f"{bucket}/{number}.json", processes, seconds) for number in numbers]

    lanes = [list(range(start, rounds, at_once)) for start in range(at_once)]
    with ThreadPoolExecutor(at_once) as pool:
        seen = [each for lane_seen in pool.map(lane, lanes) for each in lane_seen]
    return Seen(len(seen), *(sum(getattr(each, name) for each in seen) for name in ("overlaps", "lost", "refused")))


def one_round(s3: S3, path: str, processes: list[subprocess.Popen[str]], seconds: float) -> Seen:
    s3.client.pipe_file(f"{path}.lock", json.dumps(EXPIRED).encode())
    for number, process in enumerate(processes):
        assert process.stdin is not None
        process.stdin.write(json.dumps({"url": f"s3://{path}", "name": f"u{number}", "seconds": seconds}) + "\n")
        process.stdin.flush()
    told: list[dict[str, Any]] = []
    for process in processes:
        assert process.stdout is not None
        told.append(json.loads(process.stdout.readline()))
    told.sort(key=lambda each: float(each["since"]))
    overlaps = any(one["until"] > other["since"] for one, other in pairwise(told))
    saved = {f"User/{each['name']}" for each in told if each["is_saved"]}
    there = set(json.loads(s3.client.cat_file(path))["entries"])
    return Seen(1, int(overlaps), len(saved - there), len(told) - len(saved))


@pytest.mark.full
@pytest.mark.timeout(3600 if IS_WHOLE else 120)
def test_of_many_who_break_a_lock_at_once_one_has_it_however_late_the_puts_come() -> None:
    size: dict[str, Any] = (
        {"rounds": 50, "takers": 4, "seconds": 0.5, "at_once": 3} if IS_WHOLE else {"rounds": 1, "takers": 3}
    )
    with s3_server(slowest_put=2.0 if IS_WHOLE else 0.1) as s3:
        seen = play(s3, **{"seconds": 0.05, **size})
    print(f"\nconditional writes: {seen}")
    assert (seen.overlaps, seen.lost, seen.refused) == (0, 0, 0)


@pytest.mark.full
@pytest.mark.timeout(3600 if IS_WHOLE else 120)
def test_without_conditional_writes_one_has_it_as_long_as_a_put_takes_less_than_half_a_second() -> None:
    size: dict[str, Any] = (
        {"rounds": 50, "takers": 4, "seconds": 0.5, "at_once": 3} if IS_WHOLE else {"rounds": 1, "takers": 2}
    )
    with s3_server(slowest_put=0.3 if IS_WHOLE else 0.1, ignores_conditions=True) as s3:
        seen = play(s3, **{"seconds": 0.05, **size})
    print(f"\nno conditional writes: {seen}")
    assert (seen.overlaps, seen.lost) == (0, 0)


@pytest.mark.skipif(not IS_WHOLE, reason="takes minutes; IGZ_TORTURE=whole")
@pytest.mark.timeout(3600)
def test_without_conditional_writes_and_with_slower_puts_no_entry_is_lost() -> None:
    with s3_server(slowest_put=2.0, ignores_conditions=True) as s3:
        seen = play(s3, rounds=50, takers=4, seconds=0.5, at_once=3)
    print(f"\nno conditional writes, slow puts: {seen}")
    assert seen.lost == 0
