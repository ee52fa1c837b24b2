"""Programs of one's own around a plan and an apply: what they are told, what they stop, and what they cost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import igz_apply
from igz_apply.emulator import Server
from igz_apply.local.package_data import load_schema
from tests.cli.cli_world import Cli
from tests.processes import is_gone

GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: ops}\nspec: {description: first}\n"
KEEP = "import os, sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"


def keeping(name: str = "told.jsonl") -> list[str]:
    return [sys.executable, "-c", KEEP, name]


def doing(code: str) -> list[str]:
    return [sys.executable, "-c", code]


Hooks = Mapping[str, Sequence[Mapping[str, Any]]]


def write(hooks: Hooks, of_target: Hooks | None = None) -> None:
    Path("manifests").mkdir(exist_ok=True)
    Path("manifests/ops.yaml").write_text(GROUP)
    config = {"version": 1, "hooks": hooks, "targets": {"t": {"hooks": of_target or {}}}}
    Path("igz-apply.yaml").write_text(json.dumps(config))


def told(name: str = "told.jsonl") -> list[dict[str, Any]]:
    path = Path(name)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def events() -> list[tuple[str, str, Any]]:
    return [(each["event"], each["command"], each["exit_code"]) for each in told()]


EVERY = {event: [{"command": keeping()}] for event in ("before_plan", "before_apply", "after_apply", "on_failure")}


@pytest.mark.usefixtures("cluster")
def test_each_hook_is_told_what_happens_as_its_schema_says(cli: Cli) -> None:
    write(EVERY, {"after_apply": [{"command": keeping(), "timeout": 30}]})
    assert cli("plan").code == 0
    assert events() == [("before_plan", "plan", None)]
    assert cli("apply", "-y", "--target", "t").code == 0
    assert events()[1:] == [
        ("before_plan", "apply", None),
        ("before_apply", "apply", None),
        ("after_apply", "apply", 0),
        ("after_apply", "apply", 0),  # the target's own
    ]
    for each in told():
        jsonschema.validate(each, load_schema("hook"))
        if each["plan"] is not None:
            jsonschema.validate(each["plan"], load_schema("plan"))
            assert each["digest"] == each["plan"]["digest"] != ""
    last = told()[-1]
    assert (last["target"], last["report"]["counts"]["applied"]) == ("t", 1)
    assert cli("apply", "-y", "--target", "t").code == 0
    assert events()[5:] == [("before_plan", "apply", None)]  # nothing to do
    assert cli("destroy", "-y", "--target", "t").code == 0
    assert [event[1] for event in events()[6:]] == ["destroy"] * 4


def test_a_hook_that_says_no_stops_the_run_before_anything_is_sent(cli: Cli, cluster: Server) -> None:
    del cluster
    no = doing("import sys; print('frozen until monday'); sys.exit(3)")
    write({**EVERY, "before_apply": [{"command": no}]})
    ran = cli("apply", "-y")
    assert ran.code == 4
    assert "error: Hook refused [IGZ-680]" in ran.err
    assert f"The before_apply hook {sys.executable} ended with 3." in ran.err
    assert "frozen until monday" in ran.err
    assert events() == [("before_plan", "apply", None), ("on_failure", "apply", 4)]
    assert "ended with 3" in told()[-1]["error"]
    assert "1 to create" in cli("plan").out

    write({**EVERY, "before_plan": [{"command": no}]})
    assert (cli("plan").code, cli("apply", "-y").code) == (4, 4)


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        (
            {"command": doing("import time; time.sleep(60)"), "timeout": 0.2},
            "took longer than its 0.2 s, and was ended",
        ),
        ({"command": doing("import os; os.kill(os.getpid(), 9)")}, "was ended by signal 9"),
        (
            {"command": ["./nowhere.sh"]},
            (
                "there is no program ./nowhere.sh. Nothing was sent. "
                "Next: Correct it in `hooks.before_apply` of igz-apply.yaml"
            ),
        ),
        ({"command": doing("print('x' * 3_000_000)")}, "wrote more than a hook may, and was ended"),
    ],
)
@pytest.mark.usefixtures("cluster")
def test_a_hook_that_cannot_be_asked_stops_the_run_as_well(cli: Cli, hook: Mapping[str, Any], says: str) -> None:
    write({"before_apply": [hook]})
    ran = cli("apply", "-y")
    said = " ".join(ran.err.split())
    assert (ran.code, says in said, "Nothing was sent." in said) == (1, True, True)
    assert "1 to create" in cli("plan").out


@pytest.mark.usefixtures("cluster")
def test_a_hook_that_fails_after_an_apply_is_an_outcome(cli: Cli) -> None:
    write(
        {"after_apply": [{"command": doing("exit(1)")}, {"command": keeping()}], "on_failure": [{"command": keeping()}]}
    )
    ran = cli("apply", "-y", "--report", "r.json")
    assert (ran.code, f"The after_apply hook {sys.executable} ended with 1." in ran.out + ran.err) == (5, True)
    assert events() == [("after_apply", "apply", 0), ("on_failure", "apply", 5)]  # the second one ran all the same
    report = json.loads(Path("r.json").read_text())["report"]
    assert (report["exit_code"], report["counts"]["applied"]) == (5, 1)
    assert report["failures"] == [f"The after_apply hook {sys.executable} ended with 1."]
    [record] = (json.loads(path.read_text()) for path in Path(".igz-apply/inventory.runs").glob("*.json"))
    assert (record["exit_code"], record["failures"]) == (5, report["failures"])
    assert "Applied, with a failure beside it: 1 of 1 change applied" in ran.out
    (kept,) = json.loads(cli("history", "-o", "json").out)["runs"]
    assert (kept["exit_code"], kept["run"]) == (5, report["run"])


@pytest.mark.usefixtures("cluster")
def test_what_stops_a_run_is_told_to_hooks_after_a_failure(cli: Cli) -> None:
    write({"on_failure": [{"command": keeping()}, {"command": doing("exit(1)")}]})
    Path("manifests/ops.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Grup\n")
    ran = cli("apply", "-y")
    assert (ran.code, "The on_failure hook" in ran.err) == (3, True)
    assert events() == [("on_failure", "apply", 3)]
    assert "Unknown kind" in told()[0]["error"]
    assert cli("plan").code == 3
    assert len(events()) == 1  # a plan changes nothing that could fail


@pytest.mark.usefixtures("cluster")
def test_a_failure_of_our_own_is_told_to_hooks_too_and_not_what_it_says(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("Kanary7")

    write({"on_failure": [{"command": keeping()}]})
    monkeypatch.setattr("igz_apply.workflow.reconcile", broken)
    assert cli("apply", "-y").code == 1
    assert [(each["exit_code"], each["error"]) for each in told()] == [(1, "igz-apply itself failed (KeyError)")]


def test_no_hook_is_given_our_credentials_or_shows_one(
    cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADA_PASSWORD", "Kanary7 pass!A1")
    show = "import os, json; print(json.dumps(dict(os.environ)))"
    show += f"; print({cluster.access_key!r}); print('it is Kanary7 pass!A1')"
    write({"after_apply": [{"command": doing(show)}, {"command": keeping()}]})
    Path("manifests/ada.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: ada}\n"
        "spec: {first_name: A, last_name: L, email: a@x.org, password: {from_env: ADA_PASSWORD}}\n"
    )
    ran = cli("apply", "-y", "-v")
    assert ran.code == 0
    assert "V3IO_ACCESS_KEY" not in ran.err
    for secret in (cluster.access_key, "Kanary7"):
        assert secret not in ran.out + ran.err
        assert secret not in Path("told.jsonl").read_text()
    assert "it is ***" in ran.err


def test_a_key_of_a_file_is_masked_too(cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"before_apply": [{"command": doing("print(open('key').read())")}]})
    Path("key").write_text(cluster.access_key)
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    ran = cli("apply", "-y", "--access-key-file", "key")
    assert (ran.code, cluster.access_key in ran.err, ": ***" in ran.err) == (0, False, True), ran.err


# What a pull request may decide


def test_pinned_hooks_come_from_outside_alone(cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    del cluster
    write(EVERY)
    monkeypatch.setenv("IGZ_PINNED", "hooks")
    for command in (("plan",), ("apply", "-y"), ("destroy", "-y")):
        ran = cli(*command)
        assert (ran.code, "Pinned setting [IGZ-403]" in ran.err, "IGZ_HOOKS names none" in ran.err) == (3, True, True)
    monkeypatch.setenv("IGZ_HOOKS", "{}")
    assert cli("plan").code == 0
    assert told() == []
    monkeypatch.setenv("IGZ_HOOKS", json.dumps({"before_plan": [{"command": keeping("outside.jsonl")}]}))
    assert cli("plan").code == 0
    assert (told(), len(told("outside.jsonl"))) == ([], 1)


def test_pinned_hooks_run_nothing_that_lies_in_the_checkout(
    cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    del cluster
    write({})
    evil = workspace / "evil.py"
    evil.write_text("#!/usr/bin/env python3\nopen('ran', 'w')\n")
    evil.chmod(0o755)
    (workspace / ".git").mkdir()
    monkeypatch.setenv("IGZ_PINNED", "hooks")
    monkeypatch.setenv("PATH", f"{workspace}{os.pathsep}.{os.pathsep}{os.environ['PATH']}")
    for command in (["./evil.py"], [sys.executable, "evil.py"], ["env", "--x=evil.py"], ["evil.py"], [str(evil)]):
        monkeypatch.setenv("IGZ_HOOKS", json.dumps({"before_plan": [{"command": command}]}))
        ran = cli("plan")
        assert (ran.code, "checkout" in ran.err, Path("ran").exists()) == (1, True, False)
    monkeypatch.delenv("IGZ_PINNED")
    assert (cli("plan").code, Path("ran").exists()) == (0, True)


def test_pinned_hooks_come_from_no_file_of_the_checkout(
    cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch, workspace: Path
) -> None:
    del cluster
    write({})
    text = json.dumps({"before_plan": [{"command": ["sh", "-c", "touch ran"]}]})
    monkeypatch.setenv("IGZ_PINNED", "hooks")
    for name in ("hooks.json", str(workspace / "hooks.json"), "../linked.json"):
        Path("hooks.json").write_text(text)
        Path("../linked.json").unlink(missing_ok=True)
        Path("../linked.json").symlink_to(workspace / "hooks.json")
        monkeypatch.setenv("IGZ_HOOKS", name)
        ran = cli("plan")
        said = " ".join(ran.err.split())
        assert (ran.code, "lies in the checkout, where a branch can change it" in said) == (3, True), ran.err
    assert not Path("ran").exists()
    Path("trusted/.git").mkdir(parents=True)  # another checkout, as CI makes it of the main branch
    Path("trusted/hooks.json").write_text(text)
    monkeypatch.setenv("IGZ_HOOKS", "trusted/hooks.json")
    assert (cli("plan").code, Path("ran").exists()) == (0, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{before_plan: [{command: ls}]}", "command"),
        ("two.yaml", "More than one document"),
        ("{on_monday: []}", "on_monday"),
        ("nowhere.json", "IGZ_HOOKS names nowhere.json, which cannot be read"),
        ("{", "IGZ_HOOKS"),
    ],
)
@pytest.mark.usefixtures("cluster")
def test_hooks_of_the_environment_are_checked(cli: Cli, given: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write({})
    Path("two.yaml").write_text("{}\n---\nbefore_plan: [{command: [touch, ran]}]\n")
    monkeypatch.setenv("IGZ_HOOKS", given)
    ran = cli("plan")
    assert (ran.code, says in ran.err) == (3, True), ran.err


def test_hooks_may_stand_in_a_file_outside(cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    del cluster
    write({})
    Path("hooks.yaml").write_text(json.dumps({"before_plan": [{"command": keeping()}]}))
    monkeypatch.setenv("IGZ_HOOKS", "hooks.yaml")
    assert cli("plan").code == 0
    assert events() == [("before_plan", "plan", None)]


# Programs, and Ctrl-C


def test_a_program_s_apply_runs_them_too(cluster: Server, workspace: Path) -> None:
    del cluster
    write({**EVERY, "after_apply": [{"command": doing("exit(1)")}]})
    with igz_apply.open("t", folder=workspace) as session:
        report = session.apply(session.plan(), approve=True)
    assert (report.exit_code, len(report.failures)) == (5, 1)
    assert events() == [("before_plan", "plan", None), ("before_apply", "apply", None), ("on_failure", "apply", 5)]


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.parametrize(("event", "code"), [("before_apply", 130), ("after_apply", 5)])
def test_ctrl_c_ends_the_hook_with_its_children(cluster: Server, event: str, code: int, workspace: Path) -> None:
    del cluster
    child = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); open('child', 'w').write(str(p.pid)); p.wait()"
    )
    write({event: [{"command": doing(child)}]})
    process = subprocess.Popen(
        [sys.executable, "-m", "igz_apply", "apply", "-y"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(300):
        if (workspace / "child").exists() and (workspace / "child").read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, out + err
    assert ("was interrupted" in out + err) == (event == "after_apply")
    assert is_gone((workspace / "child").read_text())
