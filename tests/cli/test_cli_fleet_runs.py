"""What a run over several targets does with each: stops, hooks, questions, files, and what it loads."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.cli.fleet_stopping import LeavablePool, TargetStop
from igz_apply.cli.fleet_views import write_fleet_reports
from igz_apply.cli.main import run
from igz_apply.cli.plan_reading import proposal_of
from igz_apply.cli.session import Session
from igz_apply.errors import Interrupted
from igz_apply.execution.executor import INTERRUPT
from igz_apply.local.clock import SystemClock
from igz_apply.planning.fleet_report import FleetReport
from tests.cli.cli_world import Cli
from tests.cli.fleet_world import ADMIN, clusters, embedded, password_of, write_fleet

BAD = {"endpoint": "embedded:bad.db", "policies": ["no/such/*.yaml"]}


def applied(workspace: Path) -> set[str]:
    return {path.name.split(".")[1] for path in (workspace / ".igz-apply").glob("inventory.*.json")}


def test_a_canary_that_fails_stops_the_run(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, {"one": BAD, **embedded("two")})
    ran = cli("apply", "-y", "--all-targets", "--max-failures", "9")
    assert (ran.code, applied(workspace)) == (3, set())
    assert cli("apply", "-y", "--all-targets", "--max-failures", "9", "--canary", "0").code == 5
    assert applied(workspace) == {"two"}


@pytest.mark.full
def test_no_more_are_changed_than_may_be(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b", "c"))
    assert cli("apply", "-y", "--all-targets", "--canary", "0", "--max-changed", "2").code == 5
    assert applied(workspace) == {"a", "b"}
    assert cli("apply", "-y", "--all-targets", "--canary", "0", "--max-changed", "2").code == 0
    assert applied(workspace) == {"a", "b", "c"}


@pytest.mark.full
@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 130), ("", 130)])
def test_one_question_is_asked_for_all(
    answer: str, code: int, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    write_fleet(workspace, embedded("a", "b"))
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    ran = cli("apply", "--all-targets")
    assert (ran.code, ran.err.count("Only `yes` goes on")) == (code, 1), ran.err
    assert "Create 2 on 2 of 2 targets, in 2 waves?" in ran.err
    assert applied(workspace) == ({"a", "b"} if code == 0 else set())


@pytest.mark.full
def test_what_moves_while_somebody_is_asked_is_refused_there_alone(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def readline(self, *_: object) -> str:  # type: ignore[override]
            assert run(["apply", "-y", "--target", "b"]) == 0
            return "yes\n"

    write_fleet(workspace, embedded("a", "b", "c"))
    monkeypatch.setattr(sys, "stdin", Terminal())
    ran = cli("apply", "--all-targets", "--max-failures", "2", "--format", "json")
    assert ran.code == 5, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines() if line.startswith("{")]
    ends = {it["target"]: it["status"] for it in lines if it["type"] == "target_ended"}
    assert ends["b"] == "refused"
    assert "--expect" not in ran.out  # a digest of one target is not what a run over several takes
    assert applied(workspace) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("event", "edit", "code"),
    [
        ("after_apply", "open('manifests/all.yaml', 'a').write('# seen by no canary')", 5),
        ("after_apply", "open('manifests/new.yaml', 'w').write('')", 5),
        ("after_apply", "open('manifests/notes.txt', 'w').write('of no manifest')", 0),
        ("before_plan", "open('manifests/all.yaml', 'a').write('# made for each target')", 0),
    ],
)
def test_manifests_that_move_under_a_run_are_taken_for_no_other_target(
    event: str, edit: str, code: int, cli: Cli, workspace: Path
) -> None:
    hooks = {event: [{"command": [sys.executable, "-c", edit]}]}
    write_fleet(workspace, embedded("canary", "other"), hooks=hooks)
    ran = cli("apply", "-y", "--all-targets")
    assert (ran.code, "Manifests have moved" in ran.out) == (code, bool(code)), ran.err
    assert applied(workspace) == ({"canary"} if code else {"canary", "other"})


@pytest.mark.full
def test_nothing_is_asked_where_nothing_is_to_be_changed(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_fleet(workspace, embedded("a"))
    assert cli("apply", "-y", "--all-targets").code == 0
    monkeypatch.setattr("igz_apply.cli.commands.apply.require_a_way_to_ask", lambda _: None)
    ran = cli("apply", "--all-targets")
    assert (ran.code, "Only `yes`" in ran.err) == (0, False)


@pytest.mark.full
def test_hooks_and_secrets_are_those_of_the_target(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = "import json, os, sys; name = json.load(sys.stdin)['target']; open(name, 'w').write(repr(dict(os.environ)))"
    hooks = json.dumps({"before_apply": [{"command": [sys.executable, "-c", keep]}]})
    manifests = (
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\n"
        "spec: {first_name: A, last_name: L, email: a@example.com, password: {from_env: ADA}}\n"
    )
    with clusters("a", "b") as found:
        targets = {name: {"endpoint": server.url} for name, (_, server) in found.items()}
        write_fleet(workspace, targets, manifests=manifests)
        monkeypatch.setenv("V3IO_USERNAME", ADMIN)
        monkeypatch.setenv("IGZ_HOOKS", hooks)
        for name in ("a", "b"):
            monkeypatch.setenv(f"V3IO_PASSWORD__{name.upper()}", password_of(name))
            monkeypatch.setenv(f"ADA__{name.upper()}", f"Secret-of-{name}-1!")
        ran = cli("apply", "-y", "--all-targets", "--events", "events.jsonl", "--report", "fleet.md")
        assert ran.code == 0, ran.err
        for name, other in (("a", "b"), ("b", "a")):
            heard, seen = found[name][0].text, (workspace / name).read_text()
            assert f"Secret-of-{name}-1!" in heard
            assert f"Secret-of-{other}" not in heard + seen
            assert password_of(other) not in heard + seen
        told = ran.out + ran.err + "".join((workspace / each).read_text() for each in ("events.jsonl", "fleet.md"))
        assert "Secret-of-" not in told
        assert not any(password_of(name) in told for name in found)


@pytest.mark.full
def test_drift_and_what_is_not_in_git_are_told_of_each(cli: Cli, workspace: Path) -> None:
    write_fleet(workspace, embedded("a", "b"))
    first = cli("drift", "--all-targets", "--detailed-exitcode")
    assert (first.code, "No inventory" in first.out + first.err) == (3, True)
    assert cli("drift", "--all-targets").code == 0
    assert cli("drift", "--all-targets", "--unmanaged").code == 2
    ran = cli("drift", "--all-targets", "--format", "json")
    assert [each["target"] for each in json.loads(ran.out)["targets"]] == ["a", "b"]


@pytest.mark.full
def test_a_target_that_fails_by_surprise_is_its_own_end(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(told: Session, *arguments: object, **more: object) -> object:
        if told.target == "a":
            raise ZeroDivisionError("a secret")
        return proposal_of(told, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("igz_apply.cli.fleet_run.proposal_of", broken)
    write_fleet(workspace, embedded("a", "b"))
    ran = cli("plan", "--all-targets")
    assert (ran.code, "this is a defect" in ran.out + ran.err, "a secret" in ran.out + ran.err) == (1, True, False)
    assert "create 1" in ran.out


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_is_applied_once_nobody_can_see_it(form: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fleet(workspace, embedded("a", "b"))
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert run(["apply", "-y", "--all-targets", "--format", form]) == 1
    assert applied(workspace) == set()


@pytest.mark.full
def test_a_run_of_one_target_loads_nothing_of_fleets_or_moves(workspace: Path) -> None:
    write_fleet(workspace, embedded("a"))
    script = (
        "import sys; from igz_apply.cli.main import run; run(['plan', '--target', 'a']);"
        "print([m for m in sys.modules if m.startswith('igz_apply') and ('fleet' in m or 'migrat' in m)])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found = set(eval(done.stdout.splitlines()[-1]))
    assert found == {"igz_apply.cli.fleet_options"}


# How one target is asked to end


def test_what_only_looks_is_left_when_it_is_asked() -> None:
    woken = []
    stop = TargetStop(lambda: woken.append(1))
    gate = SystemClock().inbox()
    pool = LeavablePool(1, stop)
    waiting = pool.submit(gate.get, 30)
    assert not stop.may_be_left
    stop.ask()
    with pytest.raises(Interrupted):
        waiting.result(5)
    with pytest.raises(Interrupted):
        pool.submit(int)
    with pytest.raises(Interrupted), stop.applying(gate):
        pass
    assert (stop.may_be_left, woken) == (True, [1])
    gate.put("go")
    pool.shutdown()


def test_what_is_being_applied_is_asked_to_end_and_waited_for() -> None:
    stop, inbox = TargetStop(lambda: None), SystemClock().inbox()
    pool = LeavablePool(1, stop)
    with stop.applying(inbox):
        stop.ask()
        assert inbox.get(0) is INTERRUPT
        assert not stop.may_be_left
        assert pool.submit(lambda: 7).result(5) == 7
        assert not stop.leash().is_pulled
    assert not stop.may_be_left
    pool.shutdown()


def test_an_error_in_a_pool_is_that_of_the_work() -> None:
    pool = LeavablePool(1, TargetStop(lambda: None))
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "x").result(5)
    pool.shutdown()


def test_programs_of_a_target_are_ended_with_it() -> None:
    stop = TargetStop(lambda: None)
    held = stop.leash()
    stop.ask()
    assert held.is_pulled
    assert stop.leash().is_pulled
    other = TargetStop(lambda: None)
    kept = other.leash()
    other.leave()
    assert kept.is_pulled


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_account_is_written_leaves_nobody_without_it(
    number: signal.Signals, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(paths: Sequence[str], report: FleetReport) -> None:
        os.kill(os.getpid(), number)
        write_fleet_reports(paths, report)

    monkeypatch.setattr("igz_apply.cli.fleet_run.write_fleet_reports", interrupted)
    write_fleet(workspace, embedded("a"))
    ran = cli("apply", "-y", "--all-targets", "--report", "fleet.json")
    assert (ran.code, applied(workspace)) == (0, {"a"}), ran.err
    assert json.loads((workspace / "fleet.json").read_text())["counts"]["applied"] == 1
    assert cli("plan", "--all-targets", "--report", "plan.json").code == 130
    assert not (workspace / "plan.json").exists()


# What is logged


@pytest.mark.full
def test_each_line_of_the_log_names_its_target(workspace: Path) -> None:
    command = [sys.executable, "-m", "igz_apply", "apply", "-y", "--all-targets", "-vv"]
    with clusters("a", "b") as found:
        write_fleet(workspace, {name: {"endpoint": server.url} for name, (_, server) in found.items()})
        environ = {f"V3IO_PASSWORD__{name.upper()}": password_of(name) for name in found}
        environ |= {**os.environ, "V3IO_USERNAME": ADMIN}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        lines = [line for line in done.stderr.splitlines() if " igz_apply." in line]
        for name in found:
            its = [line for line in lines if f" {name}: igz_apply." in line]
            assert any(" POST " in line for line in its)
            assert any(" GET " in line for line in its)
        assert all(" a: igz_apply." in line or " b: igz_apply." in line for line in lines), lines


@pytest.mark.full
def test_a_run_of_one_target_logs_as_ever(workspace: Path) -> None:
    command = [sys.executable, "-m", "igz_apply", "plan", "--target", "a", "-vv"]
    with clusters("a") as found:
        write_fleet(workspace, {name: {"endpoint": server.url} for name, (_, server) in found.items()})
        environ = {**os.environ, "V3IO_USERNAME": ADMIN, "V3IO_PASSWORD": password_of("a")}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        assert " igz_apply." in done.stderr
        assert " a: igz_apply." not in done.stderr
