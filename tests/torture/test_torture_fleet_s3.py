"""Many runs at once whose inventories lie in one bucket of a real S3 server: none is lost, and no two overlap.

Sampled by default; `make torture` (IGZ_TORTURE=whole) has 50 runs at once, and prints what was seen.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator.engine.record_store import Selection
from tests.fleet_world import DECLARED, Fleet, ended, fleet
from tests.torture.tortured_world import group, write
from tests.weed_server import PROGRAM, Weed, weed_server

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not PROGRAM.exists(), reason="SeaweedFS has a package for Linux on x86-64"),
    pytest.mark.timeout(1800 if os.environ.get("IGZ_TORTURE") == "whole" else 120),
]

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
RUNS = 50 if IS_WHOLE else 2
SHARED, TAKERS = (5, 10) if IS_WHOLE else (1, 2)  # inventories, and runs that want the same one
GROUPS = 3  # that a run makes


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    with weed_server(tmp_path_factory.mktemp("weed")) as found:
        yield found


def at_once(clusters: Fleet, runs: Sequence[tuple[str, ...]]) -> float:
    """Apply so often at the same time, by the target and what else is said; return how many seconds all took."""
    begun = time.monotonic()
    opened = {"V3IO_USERNAME": "admin", "V3IO_ACCESS_KEY": next(iter(clusters.servers.values())).access_key}
    processes = [
        clusters.start("apply", "-y", "--lock-timeout", "10m", "--target", *arguments, environ=opened)
        for arguments in runs
    ]
    ran = [ended(process) for process in processes]
    assert [each.code for each in ran] == [0] * len(ran), [each.err for each in ran if each.code]
    return time.monotonic() - begun


def entries(weed: Weed, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(weed.client.cat_file(path))["entries"]
    return found


def records(weed: Weed, bucket: str) -> list[str]:
    """Return the records of runs of all inventories that lie in a bucket."""
    return [each for each in weed.client.find(bucket) if each.count("/") > 1]


def test_runs_on_inventories_of_their_own_lose_nothing(weed: Weed, tmp_path: Path) -> None:
    bucket = weed.bucket()
    with fleet(tmp_path, RUNS, inventories=f"s3://{bucket}/{{}}.json") as clusters:
        clusters = replace(clusters, environ=weed.environ)
        seconds = at_once(clusters, [(name,) for name in clusters.names])
        wanted = {f"{each['kind']}/{each['metadata']['name']}" for each in DECLARED}
        owned = {name: entries(weed, f"{bucket}/{name}.json") for name in clusters.names}
        lost = [(name, wanted - there.keys()) for name, there in owned.items() if wanted - there.keys()]
        assert lost == []
        for name, there in owned.items():  # each knows what lives on its own cluster
            assert {it["id"] for it in there.values()} <= identities(clusters, name)
        assert len(records(weed, bucket)) == RUNS
        print(f"\n{RUNS} runs at once, an inventory each: {len(lost)} lost, in {seconds:.1f} s")


def test_runs_that_want_the_same_inventory_come_one_after_the_other(weed: Weed, tmp_path: Path) -> None:
    """Each makes groups of its own on the cluster that they share: what they send does not mingle."""
    bucket, takers = weed.bucket(), range(TAKERS)
    with fleet(tmp_path, SHARED, inventories=f"s3://{bucket}/{{}}.json") as clusters:
        clusters = replace(clusters, environ=weed.environ)
        for number in takers:
            write(tmp_path / f"of{number}", [group(f"g{number}-{place}") for place in range(GROUPS)])
        seconds = at_once(clusters, [(name, f"of{number}") for number in takers for name in clusters.names])
        wanted = {f"Group/g{number}-{place}" for number in takers for place in range(GROUPS)}
        lost = {name: wanted - entries(weed, f"{bucket}/{name}.json").keys() for name in clusters.names}
        turns = {name: [whose for whose, _ in groupby(makers(clusters, name))] for name in clusters.names}
        overlaps = sum(len(seen) - TAKERS for seen in turns.values())
        told = f"{sum(map(len, lost.values()))} lost, {overlaps} overlaps, in {seconds:.1f} s"
        print(f"\n{TAKERS} runs at once on each of {SHARED} inventories: {told}")
        assert not any(lost.values()), lost
        assert overlaps == 0, turns
        assert len(records(weed, bucket)) == SHARED * TAKERS


def makers(clusters: Fleet, name: str) -> list[str]:
    """Return whose each write to a cluster was, in their order."""
    made = [it["body"]["data"]["attributes"]["name"] for it in clusters.writes(name)]
    assert len(made) == TAKERS * GROUPS
    return [each.partition("-")[0] for each in made]


def identities(clusters: Fleet, name: str) -> set[str]:
    store = clusters.servers[name].emulator.store
    return {record.id for kind in ("user", "user_group", "project") for record in store.select(Selection(kind))}
