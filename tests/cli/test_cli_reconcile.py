"""`reconcile` from outside: what a round tells, heals and leaves alone, and what ends it."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.cli import rounds
from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.round_flags import RoundFlags
from igz_apply.cli.round_session import shown_as
from igz_apply.cli.rounds import Reconciler
from igz_apply.cli.session import Session
from igz_apply.cli.transaction import ApplyFlags
from igz_apply.controlplane import Client, Group
from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.emulator.engine.messages import Request
from igz_apply.execution.fencing import FencedWriter
from igz_apply.inventory import DEFAULT_PLACE, FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event
from igz_apply.model.rounds import Ending, Round
from igz_apply.workflow.rounds import STOP
from tests.cli.cli_world import Cli
from tests.torture.tortured_plane import tortured

SCHEMAS = [
    jsonschema_rs.validator_for(
        json.loads((Path(__file__).parents[2] / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    )
    for name in ("rounds", "events")
]


def lines_of(out: str) -> list[dict[str, Any]]:
    """Return JSON lines, each as both schemas have it."""
    lines = [json.loads(line) for line in out.splitlines()]
    for line in lines:
        for schema in SCHEMAS:
            schema.validate(line)
    assert [line["type"] for line in (lines[0], lines[-1])] == ["version", "end"]
    return lines


def rounds_of(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == "round"]


def once(cli: Cli, *more: str, code: int) -> dict[str, Any]:
    """Run one round, and return it."""
    ran = cli("reconcile", "--once", "--format", "json", *more)
    lines = lines_of(ran.out)
    assert (ran.code, lines[-1]["exit_code"]) == (code, code), ran
    return rounds_of(lines)[0]


def described(server: Server) -> str:
    """Return what the group on the cluster is described as, "" where it is not there."""
    with client(server) as api:
        return next((it.description or "" for it in Group.list(api) if it.name == "data-science"), "")


@contextmanager
def client(server: Server) -> Iterator[Any]:
    with Client(endpoint=server.url, username=server.username, access_key=server.access_key) as api:
        yield api


@pytest.mark.usefixtures("manifests")
def test_what_differs_is_told_and_left_alone_unless_somebody_says_heal(cli: Cli, cluster: Server) -> None:
    told = once(cli, code=2)
    assert told["ending"] == "drifted"
    assert [it["address"] for it in told["differs"]] == ["Group/data-science", "User/ada", "Project/churn"]
    assert {it["address"]: it["cause"] for it in told["held"]} == {
        "Group/data-science": "mode",
        "User/ada": "mode",
        "Project/churn": "mode",
    }
    assert (told["healed"], told["run"], described(cluster)) == ([], None, "")


@pytest.mark.usefixtures("manifests")
def test_what_may_be_healed_is_and_a_round_after_it_finds_nothing(cli: Cli, cluster: Server) -> None:
    ran = cli("reconcile", "--once", "--heal", "*", "--format", "json")
    lines = lines_of(ran.out)
    kinds = [line["type"] for line in lines]
    healed = rounds_of(lines)[0]
    assert ran.code == 0
    assert healed["ending"] == "healed"
    assert [it["address"] for it in healed["healed"]] == ["Group/data-science", "User/ada", "Project/churn"]
    assert kinds[1:6] == ["round_began", "plan", "planned_change", "planned_change", "planned_change"]
    assert kinds.count("step_ended") == 3
    assert described(cluster) == "Data scientists"
    after = once(cli, "--heal", "*", code=0)
    assert (after["ending"], after["differs"], after["resources"]) == ("in_sync", [], 3)


@pytest.mark.usefixtures("manifests", "cluster")
def test_a_round_leaves_a_record_as_an_apply_does(cli: Cli) -> None:
    run = once(cli, "--heal", "*", code=0)["run"]
    record = json.loads(Path(f".igz-apply/inventory.runs/{run}.json").read_text())
    assert record["run"]["command"] == "reconcile"
    assert "reconcile" in cli("history", run).out


@pytest.mark.usefixtures("manifests", "cluster")
def test_the_config_says_what_is_healed_too(cli: Cli) -> None:
    Path("igz-apply.yaml").write_text('{version: 1, reconcile: {modes: {"*": heal}}}')
    assert once(cli, code=0)["ending"] == "healed"


@pytest.mark.usefixtures("manifests", "cluster")
def test_the_command_line_heals_what_the_config_only_tells_of(cli: Cli) -> None:
    Path("igz-apply.yaml").write_text("{version: 1, reconcile: {modes: {User: tell}}}")
    assert once(cli, "--heal", "*", code=0)["ending"] == "healed"


@pytest.mark.usefixtures("manifests", "cluster")
def test_the_text_of_a_round_is_one_line_where_nothing_differs(cli: Cli) -> None:
    told = cli("reconcile", "--once")
    assert "3 differences left alone  3 resources" in told.out.splitlines()[0]
    assert told.out.count("left alone: ") == 3
    healed = cli("reconcile", "--once", "--heal", "*")
    assert "healed 3  3 resources" in healed.out.splitlines()[0]
    assert healed.out.count("✓ applied") == 3
    calm = cli("reconcile", "--once")
    assert (calm.code, len(calm.out.splitlines()), calm.err) == (0, 1, "")
    assert "in sync  3 resources, " in calm.out


@pytest.mark.usefixtures("manifests", "cluster")
def test_an_inventory_that_another_holds_is_told_and_nothing_is_sent(cli: Cli) -> None:
    Path("igz-apply.yaml").write_text("{version: 1, defaults: {lock_timeout: 0s}}")
    with FsspecInventory(DEFAULT_PLACE, clock=SystemClock(), holder="grace@ci").locked(0):
        told = once(cli, "--heal", "*", code=4)
    assert told["ending"] == "standby"
    assert "held by grace@ci" in told["error"]


@pytest.mark.usefixtures("cluster")
def test_manifests_that_are_wrong_are_a_round_of_their_own(cli: Cli, manifests: Path) -> None:
    (manifests / "bad.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Grop\nmetadata: {name: x}\n")
    told = once(cli, code=3)
    assert told["ending"] == "invalid"
    assert told["problems"][0]["file"] == "manifests/bad.yaml"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--heal", "Usr"], "--heal Usr names no kind"),
        (["-"], "Standard input can be read once only"),
        (["--interval", "0"], "a second at least"),
        (["--lease", "0.5"], "a second at least"),
        (["--interval", "99999999h"], "a year at most"),
        (["--interval", "soon"], "not a duration"),
        (["--target", "prod"], "target 'prod'"),
    ],
)
@pytest.mark.usefixtures("manifests", "cluster")
def test_a_command_line_that_is_wrong_ends_it_before_any_round(cli: Cli, arguments: list[str], says: str) -> None:
    ran = cli("reconcile", "--once", *arguments)
    assert (ran.code, ran.out) == (3, "")
    assert says in ran.err


@pytest.mark.usefixtures("manifests", "cluster")
def test_a_config_that_is_wrong_ends_it_before_any_round(cli: Cli) -> None:
    Path("igz-apply.yaml").write_text("{version: 1, reconcile: {modes: {User: mend}}}")
    ran = cli("reconcile")
    assert (ran.code, ran.out) == (3, "")


@pytest.mark.usefixtures("manifests")
def test_a_run_without_an_endpoint_ends_before_any_round(cli: Cli) -> None:
    ran = cli("reconcile")
    assert (ran.code, ran.out) == (3, "")
    assert "no cluster to talk to" in ran.err


@pytest.mark.usefixtures("manifests")
def test_a_cluster_that_does_not_answer_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "key")
    told = once(cli, "--endpoint", "http://127.0.0.1:9", "--retries", "0", code=1)
    assert told["ending"] == "failed"
    assert "127.0.0.1:9" in told["error"]


@pytest.mark.usefixtures("cluster")
def test_what_a_rail_refuses_is_never_made(cli: Cli, manifests: Path) -> None:
    once(cli, "--heal", "*", code=0)
    Path("igz-apply.yaml").write_text("{version: 1, protect: [User/ada], defaults: {prune: true}}")
    text = (manifests / "all.yaml").read_text().split("---")
    (manifests / "all.yaml").write_text("---".join((text[0], text[2].replace("owner: ada", "owner: admin"))))
    before = cli("get", "user", "ada").code
    first = once(cli, "--heal", "*", code=2)  # what does not need it is made
    assert (first["ending"], first["problems"][0]["summary"]) == ("healed", "Protected")
    assert [it["cause"] for it in first["held"]] == ["rail"]
    assert once(cli, "--heal", "*", code=4)["ending"] == "refused"
    assert (before, cli("get", "user", "ada").code) == (0, 0)


@pytest.mark.usefixtures("manifests", "cluster")
def test_what_goes_wrong_beside_the_changes_is_told(cli: Cli) -> None:
    hook = {"command": [sys.executable, "-c", "raise SystemExit(7)"]}
    Path("igz-apply.yaml").write_text(json.dumps({"version": 1, "hooks": {"after_apply": [hook]}}))
    told = once(cli, "--heal", "*", code=5)
    assert told["ending"] == "partly"
    assert "ended with 7" in told["failures"][0]


@pytest.mark.usefixtures("manifests", "cluster")
def test_a_hook_that_says_no_refuses_the_round(cli: Cli) -> None:
    hook = {"command": [sys.executable, "-c", "raise SystemExit(7)"]}
    Path("igz-apply.yaml").write_text(json.dumps({"version": 1, "hooks": {"before_apply": [hook]}}))
    told = once(cli, "--heal", "*", code=4)
    assert (told["ending"], told["problems"][0]["summary"]) == ("refused", "Hook refused")
    assert len(told["differs"]) == 3


@pytest.mark.full
@pytest.mark.usefixtures("manifests", "cluster")
def test_a_password_on_standard_input_is_read_once_for_all_rounds(
    cluster: Server, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    Path("igz-apply.yaml").write_text("{version: 1, reconcile: {backoff: {first: 1s, most: 1s}}}")
    with command.start("--password-stdin", "--username", cluster.username, stdin="wrong\n") as process:
        first = command.next(process, "round")
        second = command.next(process, "round")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert [first["ending"], second["ending"]] == ["failed", "failed"]
    assert all("no password" not in str(it["error"]) for it in (first, second))


class Stopper:
    """Ends the loop after so many rounds, and looks how many plans are left each time."""

    def __init__(self, rounds: int) -> None:
        self.reconciler: Reconciler | None = None
        self.plans: list[int] = []
        self.endings: list[Ending] = []
        self._rounds = rounds

    def began(self, number: int, at: str) -> None:
        """Count what is left of the rounds before."""
        assert at
        gc.collect()
        self.plans.append(sum(isinstance(it, Plan) for it in gc.get_objects()))
        if number == self._rounds:
            assert self.reconciler is not None
            self.reconciler._inbox.put(STOP)

    def event(self, event: Event) -> None:
        """Do nothing."""

    def ended(self, round: Round) -> None:
        self.endings.append(round.ending)

    def standing_by(self, holder: str) -> None:
        """Do nothing."""

    def closed(self) -> None:
        """Do nothing."""


def watched(rounds: int, **more: Any) -> Stopper:
    """Run so many rounds in this process, without a pause."""
    flags = RoundFlags(
        PlanFlags(), ApplyFlags(True, False, None, None, command="reconcile"), interval=0.001, heal=("*",), **more
    )
    session = Session()
    reconciler = Reconciler(session, flags, shown_as(session, "json"))
    stopper = Stopper(rounds)
    stopper.reconciler = reconciler
    reconciler._watchers = (*reconciler._watchers, stopper)
    assert reconciler.run() == 0
    return stopper


@pytest.mark.usefixtures("manifests", "cluster")
def test_nothing_is_kept_of_rounds_that_are_over() -> None:
    stopper = watched(6)
    assert stopper.endings == [Ending.HEALED, *[Ending.IN_SYNC] * 5]
    assert len(set(stopper.plans[1:])) == 1  # the first is of whatever ran here before
    assert not Path(f"{DEFAULT_PLACE}.leader").exists()


@pytest.mark.usefixtures("cluster")
def test_each_round_reads_config_and_manifests_anew(manifests: Path) -> None:
    class Editing(Stopper):
        def ended(self, round: Round) -> None:
            super().ended(round)
            if round.number == 1:
                text = (manifests / "all.yaml").read_text()
                (manifests / "all.yaml").write_text(text.replace("Data scientists", "Scientists"))
            if round.number == 3:
                Path("igz-apply.yaml").write_text("{version: 1, manifests: [elsewhere]}")

    flags = RoundFlags(PlanFlags(), ApplyFlags(True, False, None, None), interval=0.001, heal=("*",))
    session = Session()
    reconciler = Reconciler(session, flags, shown_as(session, "text"))
    stopper = Editing(4)
    stopper.reconciler = reconciler
    reconciler._watchers = (stopper,)
    reconciler.run()
    assert stopper.endings == [Ending.HEALED, Ending.HEALED, Ending.IN_SYNC, Ending.INVALID]


class Command:
    """The real command, in a process."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    @contextmanager
    def start(self, *more: str, stdin: str = "", interval: str = "1") -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "igz_apply", "reconcile", "--format", "json", "--interval", interval, *more]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        process.stdin = None
        with process:
            try:
                yield process
            finally:
                process.kill()

    def next(self, process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
        """Return the next line of that type."""
        assert process.stdout is not None
        for line in process.stdout:
            found: dict[str, Any] = json.loads(line)
            self.lines.append(found)
            if found["type"] == kind:
                return found
        assert process.stderr is not None
        raise AssertionError(f"it ended with {process.wait()}: {process.stderr.read()} {self.lines}")


@pytest.fixture
def command() -> Command:
    return Command()


@pytest.mark.usefixtures("manifests", "cluster")
def test_a_pause_of_what_there_is_not_is_told_as_it_may_be_misspelt(cli: Cli) -> None:
    paused = "paused: {User/adda: {reason: r}, User/ada: {reason: r}, 'User/x*': {reason: r}}"
    Path("igz-apply.yaml").write_text(f"version: 1\nreconcile: {{{paused}}}\n")
    ran = cli("reconcile", "--once")
    assert ran.err.count("note: `paused` names") == 1, ran.err
    assert "`paused` names User/adda, which is neither declared nor owned" in ran.err


@pytest.mark.full
@pytest.mark.usefixtures("manifests")
def test_what_others_change_is_healed_round_by_round_until_a_signal_comes(cluster: Server, command: Command) -> None:
    with command.start("--heal", "*") as process:
        assert command.next(process, "round")["ending"] == "healed"
        with client(cluster) as api:
            group = next(it for it in Group.list(api) if it.name == "data-science")
            group.description = "Somebody else was here"
            group.update(api)
        while command.next(process, "round")["ending"] != "healed":
            pass
        assert described(cluster) == "Data scientists"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err.splitlines()) == (
        0,
        [
            f"note: {cluster.connection['IGZ_ENDPOINT']}: a round every 1.0s; all that differs is healed.",
            "note: No inventory at .igz-apply/inventory.json yet: igz-apply owns nothing here.",
        ],
    )
    assert json.loads(out.splitlines()[-1])["type"] == "end"
    assert sorted(path.name for path in Path(".igz-apply").iterdir()) == ["inventory.json", "inventory.runs"]


@pytest.mark.full
@pytest.mark.usefixtures("manifests")
def test_what_was_sent_comes_to_its_end_before_a_signal_ends_it(
    monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    emulator = Emulator(options=Options(job_seconds=1.0))
    with serving(emulator) as server:
        for name, value in server.connection.items():
            monkeypatch.setenv(name, value)
        with command.start("--heal", "*") as process:
            command.next(process, "job_waiting")
            process.send_signal(signal.SIGTERM)
            told = command.next(process, "round")
            process.communicate(timeout=30)
    emulator.close()
    assert process.returncode == 0
    assert (told["ending"], told["next_in"]) == ("interrupted", None)
    assert {"address": "User/ada", "action": "create", "status": "applied"} in told["healed"]
    assert {it["address"] for it in told["unhealed"]} == {"Project/churn"}
    record = json.loads(Path(f".igz-apply/inventory.runs/{told['run']}.json").read_text())
    assert record["run"]["command"] == "reconcile"
    assert sorted(path.name for path in Path(".igz-apply").iterdir()) == ["inventory.json", "inventory.runs"]


@pytest.mark.full
@pytest.mark.usefixtures("manifests")
def test_a_round_that_only_looks_is_left_at_once(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("V3IO_USERNAME", "admin")
        monkeypatch.setenv("V3IO_ACCESS_KEY", "key")
        monkeypatch.setenv("IGZ_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with command.start() as process:
            silent.accept()
            process.send_signal(signal.SIGTERM)
            told = command.next(process, "round")
            process.communicate(timeout=30)
    assert (process.returncode, told["ending"]) == (0, "interrupted")


@pytest.mark.full
@pytest.mark.usefixtures("manifests", "cluster")
def test_a_round_comes_at_once_where_somebody_asks_for_it(command: Command) -> None:
    with command.start(interval="1h") as process:
        command.next(process, "round")
        process.send_signal(signal.SIGUSR1)
        assert command.next(process, "round")["round"] == 2


@pytest.mark.full
@pytest.mark.usefixtures("manifests", "cluster")
def test_of_two_replicas_one_waits_and_takes_over_once_the_other_is_gone(command: Command) -> None:
    with command.start("--lease", "2s") as first:
        command.next(first, "round")
        second_command = Command()
        with second_command.start("--lease", "2s") as second:
            told = second_command.next(second, "standing_by")
            assert f"(pid {first.pid})" in told["holder"]
            os.kill(first.pid, signal.SIGKILL)
            assert second_command.next(second, "round")["ending"] == "drifted"
            second.send_signal(signal.SIGINT)
            second.communicate(timeout=30)
            assert second.returncode == 0


GROUPS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {{name: g{}}}
spec: {{}}
"""


def test_what_rounds_delete_within_a_day_is_limited_together(cli: Cli, cluster: Server, tmp_path: Path) -> None:
    del cluster
    folder = tmp_path / "manifests"
    folder.mkdir()

    def declare(count: int) -> None:
        (folder / "all.yaml").write_text("---\n".join(GROUPS.format(n) for n in range(count)))

    declare(8)
    assert cli("apply", "-y").code == 0
    declare(6)
    assert len(once(cli, "--heal", "*", "--prune", code=0)["healed"]) == 2
    declare(5)
    assert len(once(cli, "--heal", "*", "--prune", code=0)["healed"]) == 1
    declare(4)
    for _ in range(2):
        told = once(cli, "--heal", "*", "--prune", code=4)
        assert [(it["address"], it["cause"], it["code"]) for it in told["held"]] == [("Group/g4", "rail", "IGZ-616")]
        assert "rounds did so with 3 within the last day" in told["held"][0]["why"]
    assert cli("apply", "-y", "--prune").code == 0
    assert once(cli, "--heal", "*", "--prune", code=0)["ending"] == "in_sync"


def test_a_secret_that_is_missing_holds_its_change_alone(cli: Cli, cluster: Server, tmp_path: Path) -> None:
    del cluster
    folder = tmp_path / "manifests"
    folder.mkdir()
    ada = "kind: User\nmetadata: {name: ada}\nspec: {first_name: A, last_name: L, email: a@example.com, "
    secret = "password: {from_env: ADA_PASSWORD}}\n"
    (folder / "all.yaml").write_text(f"{GROUPS.format(1)}---\napiVersion: iguazio.com/v1\n{ada}{secret}")
    told = once(cli, "--heal", "*", code=2)
    assert (told["ending"], [it["address"] for it in told["healed"]]) == ("healed", ["Group/g1"])
    assert [(it["address"], it["cause"], it["code"]) for it in told["held"]] == [("User/ada", "secret", "IGZ-709")]
    assert [it["summary"] for it in told["problems"]] == ["Missing secret"]
    assert once(cli, "--heal", "*", code=2)["ending"] == "drifted"


FREEZE = """\
version: 1
reconcile:
  freeze: [{time_zone: UTC, from: 2090-01-01T00:00, until: 2090-02-01T00:00, reason: a fair}]
"""


@pytest.mark.usefixtures("manifests", "cluster")
def test_a_freeze_that_begins_amid_a_round_lets_nothing_new_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    class Later(SystemClock):
        def utc(self) -> datetime:
            return datetime(2090, 1, 15, tzinfo=timezone.utc)

    class Freezing(Stopper):
        def event(self, event: Event) -> None:
            super().event(event)
            assert self.reconciler is not None
            self.reconciler._clock = Later()

    Path("igz-apply.yaml").write_text(FREEZE)
    flags = RoundFlags(
        PlanFlags(parallelism=1), ApplyFlags(True, False, None, None, command="reconcile"), interval=0.001, heal=("*",)
    )
    session = Session()
    reconciler = Reconciler(session, flags, shown_as(session, "text"))
    stopper = Freezing(2)
    stopper.reconciler = reconciler
    reconciler._watchers = (*reconciler._watchers, stopper)
    assert reconciler.run() == 0
    assert stopper.endings == [Ending.INTERRUPTED, Ending.DRIFTED]
    seen = capsys.readouterr()
    said = seen.out + seen.err
    assert said.count("nothing new is sent: frozen until 2090-02-01 00:00 +0000: a fair") == 1
    assert said.count("applied") == 1


def test_a_folder_that_is_half_written_deletes_nothing(
    cli: Cli, cluster: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, away = tmp_path / "manifests", tmp_path / "away.yaml"
    folder.mkdir()
    (folder / "a.yaml").write_text(GROUPS.format(1))
    (folder / "b.yaml").write_text(GROUPS.format(2))
    assert cli("apply", "-y").code == 0
    (folder / "b.yaml").rename(away)
    read: Any = vars(rounds)["of_manifests"]

    def pulling(*arguments: Any) -> Any:
        made = read(*arguments)
        if away.exists():
            away.rename(folder / "b.yaml")
        return made

    monkeypatch.setattr(rounds, "of_manifests", pulling)
    told = once(cli, "--heal", "*", "--prune", code=1)
    assert (told["ending"], [it["action"] for it in told["differs"]]) == ("failed", ["delete"])
    assert "The manifests changed while the plan was made" in told["error"]
    assert once(cli, "--heal", "*", "--prune", code=0)["ending"] == "in_sync"
    with client(cluster) as api:
        assert {"g1", "g2"} <= {it.name for it in Group.list(api)}


SERVICE = """\
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notes}
spec: {kind: jupyter, owner: admin, description: ours}
"""


def test_what_was_read_of_a_shared_document_is_not_written_once_another_may_be_writing(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    is_armed = threading.Event()
    place = Path(f"{DEFAULT_PLACE}.lock")

    def on_request(_: int, request: Request) -> None:
        if "app_services_manifests" not in request.path:
            return
        if request.method == "PUT":
            written.append(request.path)
        elif place.exists() and is_armed.is_set():
            place.unlink()  # as another does that takes it over
            time.sleep(1.2)  # asleep for longer than the lease

    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(SERVICE)
    with tortured(tmp_path / "cluster.db") as (torturer, server):
        for name, value in (("ENDPOINT", server.url), ("USERNAME", server.username)):
            monkeypatch.setenv(f"IGZ_{name}", value)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        assert once(cli, "--heal", "*", code=0)["ending"] == "healed"
        (tmp_path / "manifests" / "all.yaml").write_text(SERVICE.replace("ours", "still ours"))
        written.clear()
        torturer.on_request = on_request
        perform = FencedWriter.perform
        monkeypatch.setattr(FencedWriter, "perform", lambda *its: (is_armed.set(), perform(*its))[1])
        told = once(cli, "--heal", "*", "--lease", "1s", code=5)
    assert written == []
    assert [it["status"] for it in told["unhealed"]] == ["failed"]
