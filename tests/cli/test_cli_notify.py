"""Notifications of `reconcile`: to real receivers, told once over several processes, and no address is ever shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from igz_apply.cli.notifying import commit_url
from igz_apply.emulator import Server
from tests.cli.cli_world import Cli
from tests.notifying.hook_server import Hook, receiving

KEY = "K4NARY-key-of-enough-letters"
SECRET = "S3CRETpath"


def config(workspace: Path, *notifications: str, more: str = "") -> None:
    lines = "".join(f"    - {each}\n" for each in notifications)
    (workspace / "igz-apply.yaml").write_text(f"version: 1\nreconcile:\n  notify:\n{lines}{more}")


def topics(hook: Hook) -> list[str]:
    return [json.loads(each.body)["topic"] for each in hook.got]


@pytest.mark.usefixtures("cluster", "manifests")
def test_what_a_round_finds_is_told_once_by_however_many_processes(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(workspace, "{url_env: HOOK, secret_env: HOOK_KEY}")
    monkeypatch.setenv("HOOK_KEY", KEY)
    shown = ""
    with receiving() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        for arguments, code in (((), 2), ((), 2), (("--heal", "*"), 0), (("--heal", "*"), 0)):
            ran = cli("reconcile", "--once", "-vv", *arguments)
            assert ran.code == code, ran
            shown += ran.out + ran.err
    assert topics(hook) == ["drift", "healed"]
    told = json.loads(hook.got[0].body)
    assert told["title"].endswith(": 3 resources differ")
    assert [each["address"] for each in told["changes"]] == ["Group/data-science", "User/ada", "Project/churn"]
    assert {each["cause"] for each in told["changes"]} == {"mode"}
    assert json.loads(hook.got[1].body)["undo"].startswith("igz-apply undo 20")
    assert hook.got[0].headers["X-Igz-Apply-Signature"].startswith("t=")
    kept = (workspace / ".igz-apply" / "inventory.json.told").read_text()
    for text in (shown, kept):
        assert SECRET not in text
        assert KEY not in text
    assert "ada" not in kept
    assert "notification 1 (json, HOOK): drift" in shown


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_receiver_that_is_away_changes_nothing_about_a_round(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(workspace, "{url_env: HOOK, shape: slack}")
    with receiving(404) as hook:
        monkeypatch.setenv("HOOK", hook.url)
        ran = cli("reconcile", "--once", "--heal", "*", "-v")
    assert ran.code == 0
    assert "notification 1 (slack, HOOK) did not arrive: it answers 404" in ran.err
    assert SECRET not in ran.out + ran.err


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_hook_that_writes_its_environment_shows_no_address_and_no_key(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = "hooks: {before_plan: [{command: [sh, -c, 'echo $HOOK and $HOOK_KEY']}]}\n"
    config(workspace, "{url_env: HOOK, secret_env: HOOK_KEY}", more=hooks)
    monkeypatch.setenv("HOOK_KEY", KEY)
    with receiving() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        ran = cli("reconcile", "--once", "-vv")
    assert ran.code == 2
    assert "*** and ***" in ran.err
    assert SECRET not in ran.out + ran.err
    assert KEY not in ran.out + ran.err


@pytest.mark.usefixtures("cluster", "manifests")
def test_invalid_manifests_are_told_with_their_place(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, manifests: Path
) -> None:
    config(workspace, "{url_env: HOOK}")
    (manifests / "all.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g}\nspec: {x: 1}\n")
    with receiving() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        assert cli("reconcile", "--once").code == 3
        assert cli("reconcile", "--once").code == 3
    (told,) = (json.loads(each.body) for each in hook.got)
    assert (told["topic"], told["ending"]) == ("failure", "invalid")
    assert told["problems"][0]["place"] == "manifests/all.yaml:4"
    assert told["problems"][0]["code"].startswith("IGZ-")


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_variable_that_is_missing_is_told_at_the_start_with_its_place(cli: Cli, workspace: Path) -> None:
    config(workspace, "{url_env: HOOK, shape: slack}")
    ran = cli("reconcile", "--once")
    assert ran.code == 3
    assert "Missing webhook [IGZ-745]" in ran.err
    assert "igz-apply.yaml:4:17" in ran.err
    config(workspace, "{url_env: HOOK}", more="targets:\n  prod:\n    reconcile:\n      notify: [{url_env: OTHER}]\n")
    ran = cli("reconcile", "--once", "--target", "prod")
    assert "takes an address from OTHER" in ran.err
    assert "igz-apply.yaml:8:26" in ran.err


@pytest.mark.usefixtures("cluster", "manifests")
def test_what_a_variable_holds_is_not_shown_where_it_cannot_be_used(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(workspace, "{url_env: HOOK, secret_env: HOOK_KEY}")
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("HOOK_KEY", "K4NARY")
    ran = cli("reconcile", "--once", "-vv")
    assert ran.code == 3
    assert "IGZ-746" in ran.err
    assert "IGZ-747" in ran.err
    assert SECRET not in ran.out + ran.err
    assert "K4NARY" not in ran.out + ran.err


@pytest.mark.usefixtures("manifests")
def test_a_trial_tells_of_each_receiver_whether_it_arrived(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, cluster: Server
) -> None:
    config(workspace, "{url_env: HOOK}", "{url_env: OTHER, shape: teams}")
    with receiving() as hook, receiving(410) as other:
        monkeypatch.setenv("HOOK", hook.url)
        monkeypatch.setenv("OTHER", other.url)
        ran = cli("reconcile", "--try-notify")
        assert ran.code == 1
        assert "notification 1 (json, HOOK) arrived" in ran.err
        assert "notification 2 (teams, OTHER) did not arrive: it answers 410" in ran.err
        assert topics(hook) == ["trial"]
        config(workspace, "{url_env: HOOK}")
        assert cli("reconcile", "--try-notify").code == 0
    assert cluster.url


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_trial_without_anybody_to_tell_is_an_error(cli: Cli) -> None:
    ran = cli("reconcile", "--try-notify")
    assert ran.code == 3
    assert "Neither `reconcile.notify` of the config nor IGZ_NOTIFY names anybody." in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("repo", "shown"),
    [
        ("https://user:S3CRET@github.com/corvid/cluster.git", "https://github.com/corvid/cluster/commit/4f0c"),
        ("https://gitlab.example.com/corvid/cluster/", "https://gitlab.example.com/corvid/cluster/commit/4f0c"),
        ("https://git.example.com/corvid/cluster", ""),
        ("git@github.com:corvid/cluster.git", ""),
        ("", ""),
    ],
)
def test_a_commit_is_linked_where_its_host_is_known_to_show_it(repo: str, shown: str) -> None:
    assert commit_url(repo, "4f0c") == shown
    assert commit_url(repo, "") == ""


SECRETS = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: Lovelace, email: ada@example.com, password: {from_env: ADA_PASSWORD}}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notes}
spec:
  kind: jupyter
  owner: admin
  jupyter: {extra_environment_vars: {TZ: ZONE, DB_PASSWORD: K4NARY-SETTING}}
"""


@pytest.mark.usefixtures("cluster")
def test_no_message_holds_a_secret(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workspace / "manifests").mkdir()
    shapes = [f"{{url_env: HOOK, shape: {shape}}}" for shape in ("json", "slack", "teams")]
    config(workspace, *shapes)
    with receiving() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        for number, word in enumerate(("K4NARY-SETTING", "K4NARY-LATER")):
            text = SECRETS.replace("K4NARY-SETTING", word).replace("ZONE", f"zone {number}")
            (workspace / "manifests" / "all.yaml").write_text(text)
            monkeypatch.setenv("ADA_PASSWORD", f"K4NARY-Pass-{number}!")
            assert cli("reconcile", "--once").code == 2
            assert cli("reconcile", "--once", "--heal", "*").code == 0
    sent = [each.body.decode() for each in hook.got]
    assert len(sent) == 3 * 4
    assert any("zone 1" in body for body in sent), "what is no secret is told"
    assert any("password" in body for body in sent), "and that there is one"
    assert not [body for body in sent if "K4NARY" in body]
