"""Whose inventory a run works with: one for each target, told apart by cluster, and places that hold none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.cli import inventories
from igz_apply.cli.session import Session
from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.errors import InventoryLost
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from tests.cli.cli_world import Cli
from tests.s3_server import s3_server

OLD = Path(".igz-apply/inventory.json")
DEV, PROD = Path(".igz-apply/inventory.dev.json"), Path(".igz-apply/inventory.prod.json")
NEW = "yet: igz-apply owns nothing here."


@contextmanager
def emulated() -> Iterator[Server]:
    emulator = Emulator(options=Options(job_seconds=0.02))
    with serving(emulator) as server:
        yield server
    emulator.close()


@pytest.fixture
def dev_and_prod(workspace: Path, manifests: Path) -> Iterator[tuple[Server, Server]]:
    """Two clusters, a target for each, and one set of manifests."""
    with ExitStack() as stack:
        dev, prod = stack.enter_context(emulated()), stack.enter_context(emulated())
        targets = {}
        for name, server in (("dev", dev), ("prod", prod)):
            (workspace / name).write_text(server.access_key)
            targets[name] = {"endpoint": server.url, "username": server.username, "access_key_file": name}
        config = {"version": 1, "manifests": [str(manifests)], "defaults": {"prune": True}, "targets": targets}
        (workspace / "igz-apply.yaml").write_text(json.dumps(config))
        yield dev, prod


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def as_before(path: Path) -> None:
    """Make an inventory one that an older igz-apply has written: it knew the tenant alone."""
    data = read(path)
    data.pop("endpoint")
    path.write_text(json.dumps(data))


def configure(change: Callable[[dict[str, Any]], object]) -> None:
    config = read(Path("igz-apply.yaml"))
    change(config)
    Path("igz-apply.yaml").write_text(json.dumps(config))


# One for each target


@pytest.mark.usefixtures("dev_and_prod")
def test_each_target_has_an_inventory_of_its_own(cli: Cli) -> None:
    ran = cli("apply", "-y", "--target", "dev")
    assert ran.code == 0, ran.err
    assert f"No inventory at {DEV} {NEW}" in ran.err
    assert cli("plan", "--target", "dev").err == ""
    assert f"No inventory at {PROD} {NEW}" in cli("plan", "--target", "prod").err
    assert cli("apply", "-y", "--target", "prod").code == 0
    assert sorted(path.name for path in OLD.parent.glob("*.json")) == [DEV.name, PROD.name]


@pytest.mark.usefixtures("cluster", "manifests")
def test_without_a_target_the_inventory_is_where_it_was(cli: Cli) -> None:
    assert cli("apply", "-y").code == 0
    assert [path.name for path in OLD.parent.glob("*.json")] == [OLD.name]


@pytest.mark.parametrize("is_older", [True, False], ids=["knew the tenant alone", "knows its cluster"])
def test_the_one_that_all_shared_is_taken_over_once_and_by_the_target_whose_cluster_it_is_of(
    is_older: bool, dev_and_prod: tuple[Server, Server], cli: Cli
) -> None:
    assert cli("apply", "-y", "--target", "prod").code == 0
    PROD.rename(OLD)
    if is_older:
        as_before(OLD)
    held = read(OLD)["entries"]
    assert cli("apply", "-y", "--target", "dev", "--no-prune").code == 0  # of the same names, and other ids
    assert read(OLD)["entries"] == held
    DEV.unlink()

    ran = cli("plan", "--target", "dev")
    assert f"{OLD} is not known to be of this cluster, and is left alone" in ran.err
    assert f"No inventory at {DEV} {NEW}" in ran.err

    ran = cli("plan", "--target", "prod")
    assert ran.err == f"{OLD} is of this cluster: apply takes it over as {PROD}.\n"
    assert "No changes" in ran.out
    assert not PROD.exists()
    assert "No drift" in cli("drift", "--target", "prod").out

    ran = cli("apply", "-y", "--target", "prod")
    assert (ran.code, ran.err) == (0, f"{OLD} is of this cluster: apply takes it over as {PROD}.\n")
    assert not OLD.exists()
    assert (read(PROD)["entries"], read(PROD)["endpoint"]) == (held, dev_and_prod[1].url)
    assert cli("plan", "--target", "prod").err == ""
    assert f"No inventory at {DEV} {NEW}" in cli("plan", "--target", "dev").err


@pytest.mark.usefixtures("dev_and_prod")
def test_a_run_that_was_cut_off_after_taking_over_goes_on_with_what_it_took(cli: Cli) -> None:
    """Taking over is one rename: before it there is the old file alone, after it the new one, whole."""
    assert cli("apply", "-y", "--target", "prod").code == 0
    as_before(PROD)
    ran = cli("plan", "--target", "prod", "--detailed-exitcode")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.usefixtures("dev_and_prod")
def test_what_was_used_with_the_shared_one_stays_used(cli: Cli) -> None:
    assert cli("plan", "--target", "prod", "--out", "prod.plan").code == 0
    assert cli("apply", "-y", "--target", "prod", "--plan", "prod.plan").code == 0
    PROD.rename(OLD)
    ran = cli("apply", "-y", "--target", "prod", "--plan", "prod.plan")
    assert ran.code == 4
    assert "used" in ran.err or "applied" in ran.err
    assert OLD.exists()


@pytest.mark.usefixtures("dev_and_prod")
def test_while_a_run_holds_the_shared_one_nobody_takes_it_over(cli: Cli) -> None:
    assert cli("apply", "-y", "--target", "prod").code == 0
    PROD.rename(OLD)
    with FsspecInventory(str(OLD), clock=SystemClock(), holder="grace@ci").locked(0):
        ran = cli("apply", "-y", "--target", "prod")
    assert ran.code == 4
    assert "held by grace@ci" in ran.err
    assert OLD.exists()
    assert not PROD.exists()


@pytest.mark.usefixtures("dev_and_prod")
def test_an_apply_that_is_refused_takes_nothing_over(cli: Cli) -> None:
    assert cli("apply", "-y", "--target", "prod").code == 0
    PROD.rename(OLD)
    configure(lambda config: config.update(protect=["Project/churn"]))
    assert cli("destroy", "-y", "--target", "prod").code == 4
    assert OLD.exists()


@pytest.mark.usefixtures("dev_and_prod")
def test_a_shared_one_that_holds_nothing_is_not_spoken_of(cli: Cli) -> None:
    FsspecInventory(str(OLD), clock=SystemClock()).save({})
    assert cli("plan", "--target", "prod").err == f"No inventory at {PROD} {NEW}\n"


@pytest.mark.usefixtures("dev_and_prod")
def test_nothing_is_forgotten_before_the_shared_one_is_taken_over(cli: Cli) -> None:
    assert cli("apply", "-y", "--target", "prod").code == 0
    PROD.rename(OLD)
    ran = cli("forget", "User/ada", "--target", "prod")
    assert ran.code == 3
    assert f"There is no {PROD} yet, and {OLD} belongs to no target." in " ".join(ran.err.split())
    assert cli("forget", "User/ada").code == 0


def test_what_cannot_be_taken_over_is_lost_and_not_empty(workspace: Path) -> None:
    store, gone = (FsspecInventory(str(workspace / name), clock=SystemClock()) for name in ("new.json", "old.json"))
    with pytest.raises(InventoryLost, match=r"old\.json cannot be taken over") as caught:
        inventories.take_over(store, gone)
    assert "by hand" in caught.value.hint


@pytest.mark.usefixtures("dev_and_prod")
def test_an_inventory_that_the_config_names_has_nothing_to_do_with_the_shared_one(cli: Cli) -> None:
    assert cli("apply", "-y", "--target", "prod").code == 0
    PROD.rename(OLD)
    configure(lambda config: config["targets"]["prod"].update(inventory="state/prod.json"))
    ran = cli("plan", "--target", "prod")
    assert f"No inventory at {Path('state/prod.json')} {NEW}" in ran.err
    assert str(OLD) not in ran.err


# Two clusters with one inventory


def share(cli: Cli) -> None:
    """Give both targets one inventory, which is about dev."""
    configure(lambda config: config["defaults"].update(inventory="state/one.json"))
    assert cli("apply", "-y", "--target", "dev").code == 0


def test_two_clusters_with_one_inventory_are_told_apart(dev_and_prod: tuple[Server, Server], cli: Cli) -> None:
    share(cli)
    before = Path("state/one.json").read_bytes()
    for command in (["plan"], ["apply", "-y"], ["apply", "-y", "--prune"], ["destroy", "-y"], ["drift"], ["export"]):
        ran = cli(*command, "--target", "prod")
        assert ran.code == 4, (command, ran)
        assert "Inventory of another cluster" in ran.err
        assert dev_and_prod[0].url in ran.err
        assert dev_and_prod[1].url in ran.err
        assert "--allow move:inventory=3" in ran.err
        assert "inventory of its own" in ran.err
    assert Path("state/one.json").read_bytes() == before


def test_a_saved_plan_meets_the_same_refusal(dev_and_prod: tuple[Server, Server], cli: Cli) -> None:
    assert cli("plan", "--target", "prod", "--out", "prod.plan").code == 0
    share(cli)
    ran = cli("apply", "-y", "--target", "prod", "--plan", "prod.plan")
    assert ran.code == 4
    assert dev_and_prod[0].url in ran.err


def test_a_cluster_that_has_moved_is_taken_by_its_waiver_and_then_known(
    dev_and_prod: tuple[Server, Server], cli: Cli
) -> None:
    share(cli)
    assert cli("apply", "-y", "--target", "prod", "--allow", "move:inventory=2").code == 4
    assert cli("apply", "-y", "--target", "prod", "--allow", "move:inventory=3").code == 0
    assert read(Path("state/one.json"))["endpoint"] == dev_and_prod[1].url
    assert cli("plan", "--target", "prod", "--detailed-exitcode").code == 0
    assert cli("plan", "--target", "dev").code == 4


def test_what_an_older_igz_apply_did_not_know_is_learned_by_the_next_apply(
    dev_and_prod: tuple[Server, Server], cli: Cli
) -> None:
    share(cli)
    as_before(Path("state/one.json"))
    assert cli("plan", "--target", "prod").code == 0
    assert cli("apply", "-y", "--target", "dev").code == 0  # that has nothing to change
    assert read(Path("state/one.json"))["endpoint"] == dev_and_prod[0].url
    assert cli("plan", "--target", "prod").code == 4


def test_a_waiver_of_anything_else_is_refused(cli: Cli) -> None:
    ran = cli("plan", "--allow", "move:User=3")
    assert ran.code == 3
    assert "move:inventory" in ran.err


# No inventory


@pytest.mark.usefixtures("cluster", "manifests")
def test_drift_without_an_inventory_has_nothing_to_compare_and_says_so(cli: Cli) -> None:
    ran = cli("drift")
    assert ran.code == 0
    assert ran.out.endswith(f"\nNothing was applied from {OLD} yet, so there is nothing to compare.\n")
    ran = cli("drift", "--detailed-exitcode")
    assert (ran.code, ran.out) == (3, "")
    assert "nothing to compare" in ran.err
    assert cli("drift", "--unmanaged").code == 2  # a service that people run is on every emulator
    ran = cli("drift", "--format", "json")
    told = json.loads(ran.out)
    assert told.pop("unmanaged")["members"] == []
    assert (ran.code, told) == (0, {"format_version": 1, "resources": [], "not_visible": {}, "partial": {}})
    assert f"No inventory at {OLD} {NEW}" in ran.err


@pytest.mark.usefixtures("dev_and_prod")
def test_a_bucket_that_does_not_exist_is_no_empty_inventory(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as s3:
        for name, value in s3.environ.items():
            monkeypatch.setenv(name, value)
        configure(lambda config: config["targets"]["prod"].update(inventory="s3://no-such-bucket/prod.json"))
        for command in (["plan"], ["drift"], ["apply", "-y"], ["destroy", "-y"]):
            ran = cli(*command, "--target", "prod")
            assert ran.code == 3, (command, ran)
            assert "there is no bucket or folder no-such-bucket" in ran.err
        bucket = s3.bucket()
        configure(lambda config: config["targets"]["prod"].update(inventory=f"s3://{bucket}/prod.json"))
        assert f"No inventory at s3://{bucket}/prod.json {NEW}" in cli("plan", "--target", "prod").err
        ran = cli("apply", "-y", "--target", "prod")
        assert ran.code == 0, ran.err
        assert cli("plan", "--target", "prod", "--detailed-exitcode").code == 0
        assert "No drift" in cli("drift", "--target", "prod", "--detailed-exitcode").out


@pytest.mark.usefixtures("dev_and_prod")
@pytest.mark.parametrize("url", ["memory://inv/x.json", "simplecache::s3://bucket/x.json", "data:application/json,{}"])
def test_a_place_that_keeps_nothing_is_refused(url: str, cli: Cli) -> None:
    configure(lambda config: config["targets"]["prod"].update(inventory=url))
    for command in (["plan"], ["drift"], ["apply", "-y"], ["forget", "User/ada"], ["unlock", "-y"]):
        ran = cli(*command, "--target", "prod")
        assert ran.code == 3, (command, ran)
        assert "Unusable inventory URL" in ran.err
    assert not [path for path in Path().iterdir() if ":" in path.name]


def test_a_place_that_does_not_answer_is_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its opening ends only once it was spoken of."""
    was_told = threading.Event()
    told: list[str] = []

    class Told(Session):
        def warn(self, text: str) -> None:
            told.append(text)
            was_told.set()

    class Slow:
        def load(self) -> None:
            assert was_told.wait(30)

    monkeypatch.setattr(inventories, "PATIENCE", 0.01)
    monkeypatch.setattr(inventories, "inventory_of", lambda *_: Slow())
    inventories.open_inventory(Told(), Config(inventory="gs://ada:secret@bucket/x.json"))
    assert told == ["gs://bucket/x.json has not answered for 0.01 s: are credentials and address right?"]


def test_what_a_cluster_says_is_gone_and_still_shows_stays_ours(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "faults.yaml").write_text(
        "requests:\n- {match: {method: DELETE, path: /api/user_groups/*}, act: status, status: 404}\n"
    )
    folder = workspace / "manifests"
    folder.mkdir()
    group = "---\napiVersion: iguazio.com/v1\nkind: Group\nmetadata: {{name: {}}}\nspec: {{description: x}}\n"
    (folder / "groups.yaml").write_text(group.format("ops") + group.format("ds"))
    emulator = Emulator(options=Options(job_seconds=0.02, faults=workspace / "faults.yaml"))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        assert cli("apply", "-y").code == 0
        (folder / "groups.yaml").write_text(group.format("ops"))
        pruned = cli("apply", "-y", "--prune")
        again = cli("plan", "--prune", "--detailed-exitcode")
    emulator.close()
    assert (pruned.code, "Not kept by the cluster" in pruned.out) == (5, True)
    assert (again.code, "1 to delete" in again.out) == (2, True), again.out
