"""What was approved is what is applied: digests, saved plans, `show`, `diff`, and the events beside the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from igz_apply.controlplane import Client, User
from igz_apply.emulator import Server
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.changes import Plan
from igz_apply.planning.plan_document import from_data
from igz_apply.reports.saved_plans import plan_bytes
from igz_apply.reports.write import FORMS
from tests.cli.cli_world import MANIFESTS, Cli

pytestmark = pytest.mark.usefixtures("cluster", "manifests")
OTHER = f"sha256:{'0' * 64}"


def digest_of(cli: Cli) -> str:
    return str(json.loads(cli("plan", "--format", "json").out)["digest"])


def saved(path: Path) -> Plan:
    return from_data(json.loads(path.read_text()), KINDS)


def test_every_form_of_output_tells_the_digest(cli: Cli, workspace: Path) -> None:
    reports = [f"--report=r{suffix}" for suffix in FORMS]
    ran = cli("plan", *reports)
    digest = digest_of(cli)
    assert ran.out.endswith(f"\nDigest: {digest}\n")
    for suffix in (".md", ".html", ".json", ".xml"):
        assert digest in (workspace / f"r{suffix}").read_text(), suffix


def test_an_apply_of_the_digest_that_was_approved_goes_on(cli: Cli) -> None:
    digest = digest_of(cli)
    ran = cli("apply", "-y", "--expect", digest, "--format", "json")
    events = [json.loads(text) for text in ran.out.splitlines()]
    assert ran.code == 0
    assert [event["digest"] for event in events if event["type"] == "plan"] == [digest]


def test_another_digest_sends_nothing_and_says_what_to_do(cli: Cli, workspace: Path) -> None:
    digest = digest_of(cli)
    ran = cli("apply", "-y", "--expect", OTHER, "--report", "r.md")
    told = " ".join(ran.err.split())
    assert ran.code == 4
    assert "Not the approved plan [IGZ-732]" in told
    assert f"has 3 changes and the digest {digest}; what was approved has {OTHER}." in told
    assert f"apply it with --expect {digest}" in told
    assert "Not the approved plan" in (workspace / "r.md").read_text()
    assert cli("get", "Project", "churn").code == 1


def test_what_was_applied_already_is_said_to_have_been(cli: Cli) -> None:
    digest = digest_of(cli)
    assert cli("apply", "-y", "--expect", digest).code == 0
    ran = cli("apply", "-y", "--expect", digest)
    assert (ran.code, "it may have been applied already" in " ".join(ran.err.split())) == (4, True)


def test_a_change_on_the_cluster_after_the_approval_is_noticed(cli: Cli, manifests: Path, cluster: Server) -> None:
    cli("apply", "-y")
    (manifests / "all.yaml").write_text(MANIFESTS.replace("email: ada@", "email: ada.l@"))
    digest = digest_of(cli)
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        ada = next(user for user in User.list(client) if user.username == "ada")
        ada.department = "somewhere"
        ada.update(client)
    ran = cli("apply", "-y", "--expect", digest)
    assert (ran.code, "has 1 change and" in " ".join(ran.err.split())) == (4, True)
    assert digest_of(cli) != digest


def test_destroy_has_its_own_digest(cli: Cli) -> None:
    cli("apply", "-y")
    assert cli("destroy", "-y", "--expect", OTHER).code == 4
    said = cli("destroy", "-y", "--expect", OTHER).out.splitlines()[-1].removeprefix("Digest: ")
    assert cli("destroy", "-y", "--expect", said).code == 0


@pytest.mark.parametrize("text", ["", "sha256:", "4f" * 32, f"sha256:{'g' * 64}", f"sha256:{'0' * 63}"])
def test_what_is_no_digest_is_refused_as_a_wrong_command(text: str, cli: Cli) -> None:
    ran = cli("apply", "-y", "--expect", text)
    assert (ran.code, "is no digest of a plan" in " ".join(ran.err.split())) == (3, True)


def test_a_saved_plan_must_be_the_approved_one_too(cli: Cli) -> None:
    cli("plan", "--out", "a.plan")
    ran = cli("apply", "--plan", "a.plan", "-y", "--expect", OTHER)
    digest = digest_of(cli)
    assert (ran.code, f"The saved plan has the digest {digest}, and" in " ".join(ran.err.split())) == (4, True)
    assert cli("apply", "--plan", "a.plan", "-y", "--expect", digest).code == 0


def test_a_plan_is_refused_after_its_time(cli: Cli, workspace: Path) -> None:
    assert cli("plan", "--out", "a.plan", "--expires", "24h").code == 0
    plan = saved(workspace / "a.plan")
    assert plan.expires > "2026"
    (workspace / "old.plan").write_bytes(plan_bytes(replace(plan, expires="2026-01-01T00:00:00Z")))
    ran = cli("apply", "--plan", "old.plan", "-y", "--endpoint", "https://127.0.0.1:1")
    assert (ran.code, "error: Expired plan [IGZ-731]" in ran.err) == (4, True)
    assert "until 2026-01-01T00:00:00Z" in ran.err
    assert "It expired at 2026-01-01T00:00:00Z" in cli("show", "old.plan").out
    assert cli("apply", "--plan", "a.plan", "-y").code == 0


def test_the_config_says_how_long_plans_may_be_applied(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\ndefaults: {plan_expires: 12h}\n")
    cli("plan", "--out", "a.plan")
    assert saved(workspace / "a.plan").expires
    assert cli("plan", "--expires", "1h").code == 3  # nothing is saved that could expire


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    ran = subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def test_a_saved_plan_names_the_commit_and_the_tree_of_its_manifests(cli: Cli, workspace: Path) -> None:
    cli("plan", "--out", "a.plan")
    assert saved(workspace / "a.plan").checkout is None
    git(workspace, "init", "-q")
    git(workspace, "add", "manifests")
    git(workspace, "commit", "-qm", "first")
    cli("plan", "--out", "a.plan")
    checkout = saved(workspace / "a.plan").checkout
    assert checkout is not None
    assert (checkout.commit, checkout.is_dirty) == (git(workspace, "rev-parse", "HEAD"), False)
    assert checkout.tree == git(workspace, "rev-parse", "HEAD:manifests")
    (workspace / "manifests" / "new.txt").write_text("")
    cli("plan", "--out", "b.plan")
    told = cli("show", "b.plan").out
    assert f"commit {checkout.commit}, and of changes that were not committed." in " ".join(told.split())
    assert saved(workspace / "b.plan").digest == saved(workspace / "a.plan").digest


def test_a_saved_plan_is_shown_in_every_form_without_a_cluster(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [f"--report=of{suffix}" for suffix in FORMS]
    ran = cli("plan", "--out", "a.plan", *reports)
    for name in ("IGZ_ENDPOINT", "V3IO_USERNAME", "V3IO_ACCESS_KEY"):
        monkeypatch.delenv(name)
    shown = cli("show", "a.plan", *(f"--report=again{suffix}" for suffix in FORMS))
    assert shown.out.startswith(ran.out)
    assert (shown.code, cli("show", "a.plan", "--detailed-exitcode").code) == (0, 2)
    assert cli("show", "a.plan", "--format", "json").out == (workspace / "a.plan").read_text()
    assert cli("show", "of.json", "--format", "json").out == (workspace / "a.plan").read_text()
    for suffix in FORMS:
        assert (workspace / f"again{suffix}").read_bytes() == (workspace / f"of{suffix}").read_bytes(), suffix


def test_the_report_of_an_apply_is_shown_as_its_plan(cli: Cli) -> None:
    cli("apply", "-y", "--report", "r.json")
    ran = cli("show", "r.json")
    assert (ran.code, "3 to create" in ran.out) == (0, True)
    assert ran.out.endswith("It is the report of an apply, which ended with exit code 0.\n")
    cli("apply", "-y", "--expect", OTHER, "--report", "refused.json")
    assert "A report tells 1 problem of it" in cli("show", "refused.json").out


def test_an_edited_file_is_shown_no_more_than_it_is_applied(cli: Cli, workspace: Path) -> None:
    cli("plan", "--out", "a.plan")
    path = workspace / "a.plan"
    path.write_text(path.read_text().replace("ada@example.com", "eve@example.com"))
    shown, applied = cli("show", "a.plan"), cli("apply", "--plan", "a.plan", "-y")
    assert (shown.code, shown.err) == (applied.code, applied.err) == (4, shown.err)
    assert "Edited plan" in shown.err
    assert cli("show", "nowhere.plan").code == 3


def test_two_plans_are_compared_change_by_change_and_field_by_field(cli: Cli, manifests: Path) -> None:
    cli("plan", "--out", "a.plan")
    first, rest = MANIFESTS.split("---\n", 1)
    changed = rest.replace("email: ada@", "email: lovelace@").replace("name: churn", "name: fraud")
    (manifests / "all.yaml").write_text(f"{first}---\n{changed}")
    cli("plan", "--out", "b.plan")
    ran = cli("diff", "a.plan", "b.plan", "--detailed-exitcode")
    assert ran.code == 2
    assert ran.out.partition("\n\n")[2] == (
        "In A alone\n"
        "  + create  Project/churn\n"
        "\n"
        "In B alone\n"
        "  + create  Project/fraud\n"
        "\n"
        "In both, and different\n"
        "  User/ada\n"
        "      email\n"
        "        A: (unset) → ada@example.com\n"
        "        B: (unset) → lovelace@example.com\n"
        "\n"
        "Not the same plan. 1 change alike, 1 different, 1 in A alone, 1 in B alone.\n"
    )
    data = json.loads(cli("diff", "a.plan", "b.plan", "-o", "json").out)
    assert (data["same"], data["alike"], len(data["different"])) == (False, 1, 1)
    assert cli("diff", "a.plan", "b.plan").code == 0


def test_plans_of_one_digest_are_the_same_whatever_else_they_say(cli: Cli) -> None:
    cli("plan", "--out", "a.plan")
    cli("plan", "--out", "b.plan", "--expires", "1h")
    ran = cli("diff", "a.plan", "b.plan", "--detailed-exitcode")
    assert (ran.code, "The same plan. 3 changes alike" in ran.out, "expires\n    A: -\n" in ran.out) == (0, True, True)


def test_events_are_written_beside_what_people_read(cli: Cli, workspace: Path) -> None:
    ran = cli("apply", "-y", "--events", "events.jsonl")
    assert "Applied: 3 of 3 changes applied in " in ran.out
    events = [json.loads(text) for text in (workspace / "events.jsonl").read_text().splitlines()]
    assert (events[0]["type"], events[-1]["type"], events[-1]["exit_code"]) == ("version", "summary", 0)
    both = cli("destroy", "-y", "--events", "more.jsonl", "--format", "json")
    kinds = [
        [json.loads(text)["type"] for text in each.splitlines()]
        for each in (both.out, (workspace / "more.jsonl").read_text())
    ]
    assert kinds[0] == kinds[1]
    refused = cli("apply", "-y", "--expect", OTHER, "--events", "events.jsonl")
    assert (refused.code, '"exit_code": 4' in (workspace / "events.jsonl").read_text()) == (4, True)


def test_events_that_cannot_be_written_are_told_before_anything_is_sent(cli: Cli) -> None:
    ran = cli("apply", "-y", "--events", "no/such/folder.jsonl")
    assert (ran.code, "error: No place for the events [IGZ-431]" in ran.err) == (3, True)
    assert cli("get", "User", "ada").code == 1


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (".igz-apply/inventory.json", ()),
        ("manifests/all.yaml", ()),
        ("a.plan", ("--plan", "a.plan")),
        ("new.json", ("--report", "new.json")),
        ("new.json", ("--report", "folder/../new.json")),
    ],
)
def test_events_are_written_over_nothing_else(cli: Cli, workspace: Path, name: str, more: tuple[str, ...]) -> None:
    (workspace / "folder").mkdir()
    cli("apply", "-y", "--only", "Group/*")
    cli("plan", "--out", "a.plan")
    path = workspace / name
    before = path.read_bytes() if path.exists() else None
    ran = cli("apply", "-y", "--events", name, *more)
    assert (ran.code, "No place for the events" in ran.err) == (3, True)
    assert (path.read_bytes() if path.exists() else None) == before
    assert cli("get", "User", "ada").code == 1


def test_events_take_the_place_of_events_and_of_nothing(cli: Cli, workspace: Path) -> None:
    (workspace / "e.jsonl").touch()
    for _ in range(2):
        assert cli("apply", "-y", "--events", "e.jsonl").code == 0
        assert (workspace / "e.jsonl").read_text().count('{"type": "version"') == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--out"),
        ("plan", "--report"),
        ("apply", "-y", "--report"),
        ("destroy", "-y", "--report"),
        ("show", "a.plan", "--report"),
    ],
)
def test_no_plan_and_no_report_is_written_over_an_inventory(
    cli: Cli, workspace: Path, arguments: tuple[str, ...]
) -> None:
    cli("apply", "-y")
    cli("plan", "--out", "a.plan")
    path = workspace / ".igz-apply" / "inventory.json"
    before = path.read_bytes()
    ran = cli(*arguments, ".igz-apply/inventory.json")
    assert (ran.code, "Inventory in the way [IGZ-432]" in ran.err) == (3, True)
    assert path.read_bytes() == before
    assert cli("get", "User", "ada").code == 0
    cli("plan", "--out", "a.plan")
    assert cli("plan", "--out", "a.plan", "--report", "r.json").code == 0  # what is none may be written over


def test_a_report_in_the_place_of_a_new_inventory_is_not_written_over_it(cli: Cli, workspace: Path) -> None:
    ran = cli("apply", "-y", "--report", ".igz-apply/inventory.json")
    assert "Applied: 3 of 3" in ran.out
    assert "an inventory, which holds what igz-apply owns" in " ".join(ran.err.split())
    assert "User/ada" in json.loads((workspace / ".igz-apply" / "inventory.json").read_text())["entries"]


def test_a_time_that_has_no_end_is_the_last_there_is(cli: Cli, workspace: Path) -> None:
    assert cli("plan", "--out", "a.plan", "--expires", "99999999h").code == 0
    assert saved(workspace / "a.plan").expires == "9999-12-31T23:59:59Z"
    ran = cli("plan", "--out", "b.plan", "--expires", "0h")
    assert (ran.code, (workspace / "b.plan").exists()) == (3, False)


@pytest.mark.parametrize("late", [2, 3])
def test_a_plan_whose_time_ends_while_it_waits_is_not_applied(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    """It ends while another run holds the inventory, or while a question stands."""
    cli("plan", "--out", "a.plan", "--expires", "24h")
    asked = []

    def is_expired(plan: Plan, now: str) -> bool:
        asked.append(now)
        return bool(plan.expires) and len(asked) >= late

    monkeypatch.setattr("igz_apply.planning.approval.is_expired", is_expired)
    ran = cli("apply", "--plan", "a.plan", "-y")
    assert (ran.code, "Expired plan" in ran.err, len(asked)) == (4, True, late)
    assert cli("get", "User", "ada").code == 1
    monkeypatch.undo()
    assert not list((workspace / ".igz-apply").glob("*.runs/*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_full_disk_under_the_events_stops_no_apply(cli: Cli) -> None:
    ran = cli("apply", "-y", "--events", "/dev/full")
    assert (ran.code, "Applied: 3 of 3" in ran.out) == (1, True)
    assert ran.err.count("The events could not all be written") == 1
    assert cli("get", "User", "ada").code == 0


def test_the_question_names_the_plan(workspace: Path) -> None:
    pty = pytest.importorskip("pty")
    del pty
    code = (
        "import sys, pty, os\n"
        "def read(fd):\n"
        "    data = os.read(fd, 1024)\n"
        "    if b'goes on' in data: os.write(fd, b'no\\n')\n"
        "    return data\n"
        "sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.executable, '-m', 'igz_apply', 'apply'], read)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workspace,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    text = ran.stdout.decode().replace("\r", "")
    digest = text.partition("Digest: ")[2].split()[0]
    assert f"?\nPlan {digest}\nOnly `yes` goes on: " in text
    assert ran.returncode == 130
