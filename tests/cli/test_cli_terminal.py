"""What only a real terminal or a real process shows: questions, drawing, signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from igz_apply.emulator import Emulator, Options, Server, serving
from tests.cli.cli_world import MANIFESTS, Cli

PROGRAM = [sys.executable, "-m", "igz_apply"]


@pytest.fixture
def slow_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A cluster whose jobs take long enough for somebody to press Ctrl-C."""
    emulator = Emulator(options=Options(job_seconds=1.0))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        yield server
    emulator.close()


def terminal(*arguments: str) -> pexpect.spawn[str]:
    environ = {**os.environ, "TERM": "xterm-256color"}
    return pexpect.spawn(
        PROGRAM[0], [*PROGRAM[1:], *arguments], encoding="utf-8", dimensions=(40, 100), timeout=20, env=environ
    )


def ended(child: pexpect.spawn[str]) -> tuple[str, int | None]:
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before), child.exitstatus


@pytest.mark.usefixtures("cluster", "manifests")
def test_yes_goes_on_and_the_screen_shows_what_ended() -> None:
    child = terminal("apply")
    child.expect("Create 3 on http://127.0.0.1:[0-9]+ as admin")
    child.expect("Only `yes` goes on: ")
    child.sendline("yes")
    shown, code = ended(child)
    assert code == 0
    assert "\x1b[32m" in shown
    assert "3 of 3 changes applied" in shown


@pytest.mark.usefixtures("cluster")
def test_what_is_asked_counts_restarts(cli: Cli, manifests: Path) -> None:
    head = "---\napiVersion: iguazio.com/v1\nkind: AppService\n"
    notebook = head + "metadata: {name: n}\nspec: {kind: jupyter, owner: ada}\n"
    actions = "version: 1\nactions: [{restart: AppService/n, on: [Project/churn]}]\n"
    (manifests / "all.yaml").write_text(MANIFESTS + notebook)
    (manifests.parent / "igz-apply.yaml").write_text(actions)
    assert cli("apply", "-y").code == 0
    (manifests / "all.yaml").write_text(MANIFESTS.replace("Churn prediction", "Churn") + notebook)
    child = terminal("apply")
    child.expect("Update 1, restart 1 on http://127.0.0.1:[0-9]+ as admin")
    child.sendline("yes")
    shown, code = ended(child)
    assert code == 0
    assert "2 of 2 changes and operations applied" in shown


@pytest.mark.usefixtures("cluster", "manifests")
@pytest.mark.parametrize("answer", ["no", "y", "YES", ""])
def test_anything_but_yes_changes_nothing(cli: Cli, answer: str) -> None:
    child = terminal("apply")
    child.expect("Only `yes` goes on: ")
    child.sendline(answer)
    shown, code = ended(child)
    assert code == 130
    assert "Nothing was changed." in shown
    assert cli("get", "User", "ada").code == 1


@pytest.mark.usefixtures("cluster", "manifests")
def test_ctrl_c_at_the_question_changes_nothing(workspace: Path) -> None:
    child = terminal("apply")
    child.expect("Only `yes` goes on: ")
    child.sendintr()
    shown, code = ended(child)
    assert code == 130
    assert "Interrupted." in shown
    assert "Traceback" not in shown
    assert not (workspace / ".igz-apply" / "inventory.json.lock").exists()


@pytest.mark.usefixtures("slow_cluster", "manifests")
def test_ctrl_c_brings_what_runs_to_its_end_and_says_what_did_not_start(cli: Cli) -> None:
    child = terminal("apply", "-y")
    child.expect("Group/data-science")
    child.expect(", job ")
    child.sendintr()
    shown, code = ended(child)
    assert code == 130
    assert "nothing new starts" in shown
    assert "Not started (1)" in shown
    assert "2 of 3 changes applied, 1 cancelled" in shown
    assert cli("get", "User", "ada").code == 0
    assert cli("get", "Project", "churn").code == 1


@pytest.mark.usefixtures("slow_cluster", "manifests")
def test_a_second_signal_leaves_at_once() -> None:
    child = terminal("apply", "-y")
    child.expect(", job ")
    child.sendintr()
    child.expect("nothing new starts")
    child.sendintr()
    assert ended(child)[1] == 130


@pytest.mark.usefixtures("slow_cluster")
def test_a_service_that_restarts_is_drawn_while_it_is_waited_for() -> None:
    child = terminal("service", "restart", "grafana")
    child.expect("AppService/grafana waits for job")
    shown, code = ended(child)
    assert code == 0
    assert "AppService/grafana is restarted." in shown


@pytest.mark.usefixtures("slow_cluster", "manifests")
def test_sigterm_of_a_pipeline_is_a_ctrl_c() -> None:
    with subprocess.Popen([*PROGRAM, "apply", "-y"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert "No inventory" in run.stderr.readline()
        assert "Group/data-science" in run.stderr.readline()
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "nothing new starts" in err
    assert "Interrupted: " in out


@pytest.mark.usefixtures("manifests")
def test_ctrl_c_does_not_wait_for_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("IGZ_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setenv("V3IO_ACCESS_KEY", "00000000-0000-4000-8000-000000000000")
        child = terminal("plan", "-vv")
        deaf.settimeout(20)
        connection, _ = deaf.accept()
        child.sendintr()
        shown, code = ended(child)
        connection.close()
    assert code == 130
    assert "Interrupted." in shown


def test_the_emulator_announces_itself_and_stops_at_sigterm(workspace: Path) -> None:
    command = [*PROGRAM, "emulator", "--listen", "127.0.0.1:0", "--db", "e.db", "--log", "requests.jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        lines = [run.stdout.readline() for _ in range(4)]
        assert [line.partition("=")[0] for line in lines] == [
            "export IGZ_ENDPOINT",
            "export V3IO_USERNAME",
            "export V3IO_PASSWORD",
            "export V3IO_ACCESS_KEY",
        ]
        url = lines[0].partition("=")[2].strip()
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=20) == 0
    assert (workspace / "e.db").exists()


@pytest.mark.usefixtures("manifests")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("igz-apply pl", "plan"),
        ("igz-apply explain App", "AppService"),
        ("igz-apply plan --only User/", "User/ada"),
        ("igz-apply forget Gr", "Group/data-science"),
        ("igz-apply plan --target pr", "prod"),
        ("igz-apply service re", "restart"),
        ("igz-apply validate --format gi", "github"),
    ],
)
def test_the_shell_is_offered_commands_kinds_addresses_and_targets(workspace: Path, words: str, offered: str) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {endpoint: embedded}}\n")
    environ = {
        **os.environ,
        "_IGZ_APPLY_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(PROGRAM, env=environ, capture_output=True, text=True, check=False)
    assert f"plain,{offered}" in done.stdout.splitlines()
    assert done.stderr == ""


def test_a_defect_is_named_without_a_traceback_unless_it_is_asked_for() -> None:
    program = (
        "import sys; from igz_apply.cli import main; from igz_apply.cli.commands import schema; "
        "schema.as_json = lambda data: {}['canary']; sys.exit(main.run(['schema', *sys.argv[1:]]))"
    )
    quiet = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert "igz-apply itself failed (KeyError in" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    loud = subprocess.run([sys.executable, "-c", program, "-vv"], capture_output=True, text=True, check=False)
    assert "Traceback (most recent call last):" in loud.stderr
    assert "\nKeyError\n" in loud.stderr
    assert "canary" not in loud.stderr
