"""Real processes with `--listen`: what their pages say of who leads, and that they end with them."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from igz_apply.emulator import Emulator, Server, serving
from tests.watching.watched_processes import LISTENING, RECONCILE, started, until

pytestmark = pytest.mark.full

CONFIG = "version: 1\nreconcile: {interval: 1s}\ntargets: {prod: {platform: iguazio3}}\n"
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g}\nspec: {description: d}\n"


def page(place: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{place}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def leads(place: str) -> bool | None:
    """Return whether it says that it leads, None where it says nothing of it."""
    text = page(place, "/metrics")[1]
    found = [line.rpartition(" ")[2] for line in text.split("\n") if line.startswith("igz_apply_leader{")]
    return float(found[0]) == 1 if found else None


def environment(cluster: Server) -> dict[str, str]:
    return {
        "IGZ_ENDPOINT": cluster.url,
        "V3IO_USERNAME": cluster.username,
        "V3IO_ACCESS_KEY": cluster.access_key,
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests" / "g.yaml").write_text(GROUP)
    (folder / "igz-apply.yaml").write_text(CONFIG)
    return folder


def test_one_of_two_leads_both_are_ready_and_the_other_takes_over(workspace: Path, tmp_path: Path) -> None:
    emulator = Emulator()
    with serving(emulator) as cluster:
        given = environment(cluster)
        with started([*RECONCILE, "--lease=2"], workspace, tmp_path / "b.log", LISTENING, **given) as second:
            until(lambda: leads(second))
            until(lambda: "igz_apply_drift_resources{" in page(second, "/metrics")[1])
            with started([*RECONCILE, "--lease=2"], workspace, tmp_path / "c.log", LISTENING, **given) as third:
                until(lambda: leads(third) is False)
                assert leads(second) is True
                assert page(third, "/readyz") == (200, "ready: standing by, another replica leads\n")
                assert page(third, "/healthz")[1].startswith("ok: standing by, ")
                assert page(second, "/readyz")[0] == page(second, "/healthz")[0] == 200
                assert "igz_apply_drift_resources{" in page(second, "/metrics")[1], page(second, "/metrics")[1]
                assert "igz_apply_drift_resources{" not in page(third, "/metrics")[1]
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.1", int(third.rpartition(":")[2])))
    emulator.close()


def test_a_leader_that_another_has_deposed_says_so_long_before_its_next_round(workspace: Path, tmp_path: Path) -> None:
    emulator = Emulator()
    with serving(emulator) as cluster:
        argv = [*RECONCILE, "--lease=2", "--interval=1h"]
        with started(argv, workspace, tmp_path / "b.log", LISTENING, **environment(cluster)) as place:
            until(lambda: "igz_apply_drift_resources{" in page(place, "/metrics")[1])
            assert leads(place) is True
            lease = workspace / ".igz-apply" / "inventory.prod.json.leader"
            lease.write_text(json.dumps({**json.loads(lease.read_text()), "token": "another", "holder": "b@other"}))
            until(lambda: leads(place) is False)
            assert "igz_apply_drift_resources{" not in page(place, "/metrics")[1]
    emulator.close()


def test_a_replica_takes_over_from_one_that_ended(workspace: Path, tmp_path: Path) -> None:
    emulator = Emulator()
    with serving(emulator) as cluster:
        given = environment(cluster)
        with started([*RECONCILE, "--lease=2"], workspace, tmp_path / "b.log", LISTENING, **given) as first:
            until(lambda: leads(first))
            second = started([*RECONCILE, "--lease=2"], workspace, tmp_path / "c.log", LISTENING, **given)
            place = second.__enter__()
            until(lambda: leads(place) is False)
        try:
            until(lambda: leads(place))
            until(lambda: "igz_apply_drift_resources{" in page(place, "/metrics")[1])
        finally:
            second.__exit__(None, None, None)
    emulator.close()


def test_rounds_that_cannot_be_made_leave_it_healthy_and_not_ready(workspace: Path, tmp_path: Path) -> None:
    (workspace / "manifests" / "g.yaml").write_text("{")
    emulator = Emulator()
    with (
        serving(emulator) as cluster,
        started(RECONCILE, workspace, tmp_path / "b.log", LISTENING, **environment(cluster)) as place,
    ):
        until(lambda: "ended as invalid" in page(place, "/readyz")[1])
        assert page(place, "/readyz")[0] == 503
        assert page(place, "/healthz")[0] == 200
        assert "igz_apply_last_success_timestamp_seconds{" not in page(place, "/metrics")[1]
    emulator.close()


@pytest.mark.parametrize("is_outside", [True, False])
def test_it_listens_before_a_repository_was_followed(is_outside: bool, workspace: Path, tmp_path: Path) -> None:
    repository = workspace.rename(tmp_path / "repository")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=repository, check=True)
    workspace.mkdir()
    options = [*RECONCILE, f"--repo={repository}"]
    if is_outside:  # which alone may say where to listen
        (workspace / "outside.yaml").write_text(
            "version: 1\nreconcile: {interval: 1s, listen: '127.0.0.1:0'}\ntargets: {prod: {}}\n"
        )
        options = [*options[:-2], options[-1], "--config=outside.yaml"]
    emulator = Emulator()
    given = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "IGZ_INVENTORY": str(tmp_path / "inventory.json")}
    with (
        serving(emulator) as cluster,
        started(options, workspace, tmp_path / "b.log", LISTENING, **environment(cluster), **given) as place,
    ):
        until(lambda: page(place, "/readyz")[0] == 200, tmp_path / "b.log")
        text = page(place, "/metrics")[1]
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True
        )
        assert f'igz_apply_revision_info{{commit="{commit.stdout.strip()}",ref="main",target="prod"}} 1.0' in text
    emulator.close()
