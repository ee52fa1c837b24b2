from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from igz_apply.emulator import Server
from tests.cli.cli_world import MANIFESTS, Cli


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paln"], "There is no command paln. Did you mean plan?"),
        (["plan", "--frobnicate"], "--frobnicate"),
        (["plan", "--allow", "User=3"], "for example delete:User=12"),
        (["plan", "--timeout", "soon"], "write 90, 90s, 5m or 2h"),
        (["apply"], "Add -y"),
        (["get"], "KIND"),
        (["get", "Usr"], "Did you mean User?"),
        (["get", "AppService", "--filter", "a=b"], "one document"),
        (["explain", "Uzer"], "Did you mean User?"),
        (["explain", "User.spec.emial"], "Did you mean User.spec.email?"),
        (["emulator", "--listen", "nowhere"], "127.0.0.1:8060"),
        (["plan", "-", "--password-stdin", "--endpoint", "embedded"], "Standard input cannot hold both"),
        (["whoami", "--endpoint", "http://127.0.0.1:1", "--access-key-file", "a", "--password-stdin"], "exclude"),
        (["whoami", "--endpoint", "http://127.0.0.1:1", "--access-key-file", "nosuch"], "cannot be read"),
        (["whoami"], "--endpoint embedded"),
        (["plan", "--target", "prod"], "prod"),
        (["plan", "nosuch.yaml", "--endpoint", "embedded"], "nosuch.yaml"),
    ],
)
def test_wrong_usage_exits_3_and_says_what_to_do(cli: Cli, arguments: list[str], said: str) -> None:
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_an_endpoint_that_does_not_answer_exits_1(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "canary-key-1234")
    ran = cli("whoami", "--endpoint", "http://127.0.0.1:1", "--retries", "0")
    assert ran.code == 1
    assert "Next: " in ran.err
    assert "canary-key-1234" not in ran.err + ran.out


def test_wrong_credentials_exit_1(cli: Cli, cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "00000000-0000-4000-8000-000000000000")
    ran = cli("whoami", "--endpoint", cluster.url)
    assert ran.code == 1
    assert "401" in ran.err


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_plan_exits_2_for_changes_only_when_asked_to(cli: Cli) -> None:
    assert cli("plan").code == 0
    assert cli("plan", "--detailed-exitcode").code == 2
    assert cli("apply", "-y").code == 0
    again = cli("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[-1]) == (0, "No changes. The cluster is as the manifests say.")


@pytest.mark.usefixtures("cluster")
def test_an_invalid_manifest_exits_3_at_its_place(cli: Cli, manifests: Path) -> None:
    (manifests / "all.yaml").write_text(MANIFESTS.replace("first_name", "firstname"))
    for command in ("validate", "plan", "drift"):
        ran = cli(command)
        assert ran.code == 3
        assert "manifests/all.yaml:10:3: error: " in ran.out + ran.err
        assert "first_name" in ran.out + ran.err


@pytest.mark.usefixtures("cluster")
def test_a_refused_plan_is_shown_whole_and_exits_4(cli: Cli, manifests: Path) -> None:
    assert cli("apply", "-y").code == 0
    (manifests / "all.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: monitoring}\nspec: {}\nlifecycle: {state: absent}\n"
    )
    for ran in (cli("plan"), cli("apply", "-y")):
        assert ran.code == 4
        assert "- delete  User/monitoring" in ran.out
        assert "Nothing was sent." in ran.err


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_question_that_is_not_answered_with_yes_changes_nothing(cli: Cli) -> None:
    ran = cli("apply")
    assert (ran.code, ran.out) == (3, "")


def test_a_closed_pipe_is_no_reason_to_complain(workspace: Path) -> None:
    program = f"{sys.executable} -m igz_apply schema | head -c 10"
    done = subprocess.run(program, shell=True, capture_output=True, text=True, cwd=workspace, check=False)
    assert (done.stdout, done.stderr) == ('{\n  "$sche', "")


def test_standard_output_that_is_full_is_told_without_a_traceback(workspace: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    program = f"{sys.executable} -m igz_apply schema > /dev/full"
    done = subprocess.run(program, shell=True, capture_output=True, text=True, cwd=workspace, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("command", ["schema", "validate", "plan --endpoint embedded"])
def test_closed_streams_are_as_good_as_nobody_who_listens(workspace: Path, command: str, closed: str) -> None:
    (workspace / "manifests").mkdir(exist_ok=True)
    (workspace / "manifests" / "all.yaml").write_text(MANIFESTS)
    program = f"{sys.executable} -m igz_apply {command} {closed}"
    done = subprocess.run(program, shell=True, capture_output=True, text=True, cwd=workspace, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_selected_run_says_that_it_never_prunes(cli: Cli) -> None:
    assert "a selected run never prunes" in cli("plan", "--only", "Group", "--prune").err
    assert "a selected run never prunes" not in cli("plan", "--only", "Group").err
    assert "a selected run never prunes" not in cli("plan", "--prune").err


def test_what_init_cannot_finish_is_taken_back(workspace: Path, cli: Cli) -> None:
    (workspace / "new").mkdir()
    (workspace / "new" / "manifests").write_text("where a folder has to be")
    ran = cli("init", "new")
    assert (ran.code, ran.out) == (1, "")
    assert "new/manifests" in ran.err
    assert [path.name for path in (workspace / "new").rglob("*") if path.is_file()] == ["manifests"]
    (workspace / "new" / "manifests").unlink()
    assert cli("init", "new").code == 0
