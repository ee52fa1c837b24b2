"""Snapshots from outside: taken of a cluster over HTTP, planned without one, compared, and handed on as a case."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Server
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry
from igz_apply.snapshots.files import read_snapshot, write_snapshot
from tests.cli.cli_world import MANIFESTS, Cli, Ran

MORE = """\
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notes}
spec:
  kind: jupyter
  owner: ada
  jupyter: {extra_environment_vars: {TZ: Europe/London, DB_PASSWORD: Canary9}}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: bob}
spec:
  first_name: Bob
  last_name: Baker
  email: bob@example.com
  password: {from_env: BOB_PASSWORD}
"""
ADDED = """\
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: fraud}
spec: {description: Fraud, owner: bob, labels: {team: risk}, members: {viewer: {groups: [data-science]}}}
"""
PASSWORD = "Bobs-Canary9!x"


@pytest.fixture
def adopted(cli: Cli, cluster: Server, manifests: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A cluster that is as the manifests say, which then change: here and on the cluster nothing is as it was."""
    monkeypatch.setenv("BOB_PASSWORD", PASSWORD)
    (manifests / "all.yaml").write_text(MANIFESTS + MORE)
    assert cli("apply", "-y").code == 0
    text = (MANIFESTS + MORE).replace("Lovelace", "Byron").replace("Europe/London", "Europe/Paris")
    (manifests / "all.yaml").write_text(text.replace("description: Churn prediction, ", "") + ADDED)
    (manifests / "group.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: ops}\nspec: {}\n")
    return cluster


def forked(folder: Path, *arguments: str) -> Ran:
    """Run a command as the job of a fork does: a process of its own, without endpoint, credentials and inventory."""
    known = ("PATH", "HOME", "LANG", "SYSTEMROOT", "PYTHONPATH")
    environ = {name: value for name, value in os.environ.items() if name in known}
    done = subprocess.run(
        [sys.executable, "-m", "igz_apply", *arguments], cwd=folder, env=environ, capture_output=True, text=True
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def checkout(manifests: Path, folder: Path) -> Path:
    """Return another folder with the same manifests, and nothing else."""
    (folder / "manifests").mkdir(parents=True)
    for path in manifests.iterdir():
        (folder / "manifests" / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_forks_plan_has_the_digest_of_the_trusted_one_and_that_is_applied(
    cli: Cli, adopted: Server, manifests: Path, tmp_path: Path
) -> None:
    del adopted
    fork = checkout(manifests, tmp_path / "fork")
    taken = cli("snapshot", "fork/live.json")  # the scheduled job
    assert (taken.code, taken.err) == (0, ""), taken.err
    assert "Canary9" not in (fork / "live.json").read_text()
    assert "scrypt" not in (fork / "live.json").read_text()

    ran = forked(fork, "plan", "--live", "live.json", "--report", "plan.md", "--report", "plan.json")
    assert ran.code == 0, ran.err
    assert re.search(r"Made from the snapshot live.json, taken \S+Z, \d+ s before this plan", " ".join(ran.out.split()))
    assert "not compared, as a snapshot holds no secret: AppService/notes#" in " ".join(ran.out.split())
    told = json.loads((fork / "plan.json").read_text())
    assert told["live"].keys() == {"snapshot", "taken", "age_seconds", "sanitised"}
    comment = (fork / "plan.md").read_text()
    assert "Made from the snapshot live.json" in comment
    assert told["digest"] in comment

    trusted = json.loads(cli("plan", "--format", "json").out)  # the trusted job
    assert trusted["digest"] == told["digest"]
    assert "live" not in trusted
    assert _form(trusted) == _form(told)
    assert trusted["summary"]["update"] == 2
    assert trusted["fingerprints"].keys() == told["fingerprints"].keys()

    other = f"sha256:{'0' * 64}"
    assert cli("apply", "-y", "--expect", other).code == 4
    applied = cli("apply", "-y", "--expect", re.findall(r"sha256:[0-9a-f]{64}", comment)[0])
    assert applied.code == 0, applied.err
    assert cli("plan", "--detailed-exitcode").code == 0


def test_a_plan_that_a_fork_has_saved_is_applied(cli: Cli, adopted: Server, manifests: Path, tmp_path: Path) -> None:
    del adopted
    fork = checkout(manifests, tmp_path / "fork")
    assert cli("snapshot", "fork/live.json").code == 0
    assert forked(fork, "plan", "--live", "live.json", "--out", "a.plan").code == 0
    assert cli("apply", "-y", "--plan", "fork/a.plan").code == 0  # it was made of what lives still
    assert cli("plan", "--detailed-exitcode").code == 0


def test_a_forks_plan_is_refused_once_what_it_touches_has_moved(
    cli: Cli, adopted: Server, manifests: Path, tmp_path: Path
) -> None:
    del adopted
    fork = checkout(manifests, tmp_path / "fork")
    assert cli("snapshot", "fork/live.json").code == 0
    assert forked(fork, "plan", "--live", "live.json", "--out", "a.plan").code == 0
    before = (manifests / "all.yaml").read_text()
    (manifests / "all.yaml").write_text(MANIFESTS + MORE.replace("Europe/London", "Asia/Tokyo"))
    assert cli("apply", "-y", "--only", "AppService/notes").code == 0
    (manifests / "all.yaml").write_text(before)
    ran = cli("apply", "-y", "--plan", "fork/a.plan")
    assert (ran.code, "AppService/notes has changed on the cluster since the plan: jupyter." in ran.err) == (4, True)


def _form(plan: dict[str, Any]) -> Any:
    """What a plan does, without what tells where it was made."""
    keys = ("address", "action", "depends_on", "edges", "reason", "job", "origin")
    changes = [
        {**{key: it[key] for key in keys}, "diff": [each["path"] for each in it["diff"]]} for it in plan["changes"]
    ]
    return changes, plan["summary"], plan["access_impact"], plan["foreign"]


def test_a_sanitised_case_gives_a_plan_of_the_same_form(
    cli: Cli, adopted: Server, workspace: Path, tmp_path: Path
) -> None:
    del adopted
    (workspace / "igz-apply.yaml").write_text("version: 1\nprotect: [User/b*]\nowner: ours\ndefaults: {prune: true}\n")
    assert cli("snapshot", "case.json", "--with-manifests", "--sanitise").code == 0
    text = (workspace / "case.json").read_text()
    for word in ("ada", "bob", "Byron", "Lovelace", "example.com", "data-science", "churn", "fraud", "notes", "retail"):
        assert not re.search(rf"\b{word}\b", text, re.IGNORECASE), word
    for word in ("Churn", "Fraud", "Europe", "risk", "ours", "127.0.0.1", "BOB_PASSWORD", "Canary9", "manifests/all"):
        assert word not in text.replace("--with-manifests", ""), word
    plain = json.loads(cli("plan", "--format", "json").out)
    support = tmp_path / "support"
    support.mkdir()
    (support / "case.json").write_text(text)
    ran = forked(support, "plan", "--live", "case.json", "--format", "json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["live"]["sanitised"] is True
    assert told["summary"] == plain["summary"]
    assert shape_of(told) == shape_of(plain)
    assert len(told["access_impact"]["roles"]) == len(plain["access_impact"]["roles"])


def shape_of(plan: dict[str, Any]) -> Any:
    """What is left of a plan without names: how many of each kind change how, and in which fields."""
    return Counter(
        (
            it["address"].partition("/")[0],
            it["action"],
            len(it["depends_on"]),
            len(it["edges"]),
            tuple(sorted(each["path"].split(".")[0] for each in it["diff"])),
        )
        for it in plan["changes"]
    )


def test_a_case_is_planned_of_its_own_manifests_unless_others_are_named(cli: Cli, adopted: Server) -> None:
    del adopted
    assert cli("snapshot", "case.json", "--with-manifests").code == 0
    own = json.loads(cli("plan", "--live", "case.json", "--format", "json").out)
    assert own["changes"][0]["desired"]["source"]["path"].startswith("case.json#")
    named = json.loads(cli("plan", "--live", "case.json", "--format", "json", "manifests").out)
    assert named["changes"][0]["desired"]["source"]["path"] == "manifests/all.yaml"
    assert _form(named) == _form(own)
    named_so = cli("drift", "--live", "case.json")
    assert (named_so.code, "case.json#" in named_so.err) == (0, True)


def test_questions_are_answered_from_a_snapshot_too(cli: Cli, adopted: Server, tmp_path: Path, manifests: Path) -> None:
    del adopted
    fork = checkout(manifests, tmp_path / "fork")
    assert cli("snapshot", "fork/live.json").code == 0
    for line, word in (
        ("drift --live live.json", "No drift"),
        ("access User/ada --live live.json", "Project/churn"),
        ("refs User/ada --live live.json", "Project/churn"),
        ("export --live live.json --only Group/data-science", "Data scientists"),
    ):
        ran = forked(fork, *line.split())
        assert (ran.code, word in ran.out) == (0, True), (line, ran.out, ran.err)
        assert re.search(r"Read from the snapshot live.json, taken \S+Z, \d+ s old: no cluster was asked.", ran.err)
        secret = "not compared, as a snapshot holds no secret: AppService/notes#jupyter.extra_environment_vars.DB_PASSW"
        assert (secret in ran.err) == line.startswith("drift")
    ran = forked(fork, "refs", "User/admin", "--live", "live.json")
    assert "not looked at: access keys of User/admin: live.json is a snapshot, which holds no access keys" in ran.err


def test_what_is_missing_and_nobody_looked_for_is_not_taken_for_gone(
    cli: Cli, adopted: Server, workspace: Path
) -> None:
    """An entry that was put into the inventory of a snapshot by hand was never looked for."""
    del adopted
    assert cli("snapshot", "live.json").code == 0
    found = read_snapshot(workspace / "live.json")
    owned = found.ownership.owned
    values = owned.entries[Address("Project", "churn")].values
    lost = {**owned.entries, Address("Project", "lost"): Entry("lost@t", values=values)}
    ownership = replace(found.ownership, owned=replace(owned, entries=lost))
    write_snapshot(workspace / "live.json", replace(found, ownership=ownership))
    told = json.loads(cli("plan", "--live", "live.json", "--format", "json").out)
    assert "nobody looked for it by itself" in told["not_visible"]["Project/lost"]
    assert told["dropped"] == []


BOB = ADDED[: ADDED.index("spec:")].replace("Project", "User").replace("fraud", "bob")
BOB += "spec: {first_name: Bob, last_name: Baker, email: bob@example.com}\n"


def test_a_password_that_was_never_sent_is_shown_as_the_trusted_plan_shows_it(
    cli: Cli, cluster: Server, manifests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reviews a fork's plan has to see that an account gets another password."""
    del cluster
    monkeypatch.setenv("BOB_PASSWORD", PASSWORD)
    (manifests / "all.yaml").write_text(MANIFESTS + BOB)
    assert cli("apply", "-y").code == 0
    stated = BOB.replace("example.com}", "example.com, password: {from_env: BOB_PASSWORD}}")
    (manifests / "all.yaml").write_text(MANIFESTS + stated)
    fork = checkout(manifests, tmp_path / "fork")
    assert cli("snapshot", "fork/live.json").code == 0
    told = json.loads(forked(fork, "plan", "--live", "live.json", "--format", "json").out)
    assert told["warnings"] == [
        "taken for available where this is applied, and not sent if they are not: User/bob#password"
    ]
    trusted = json.loads(cli("plan", "--format", "json").out)
    assert (_form(told), told["digest"]) == (_form(trusted), trusted["digest"])
    assert [each["path"] for it in told["changes"] for each in it["diff"]] == ["password"]

    assert cli("apply", "-y").code == 0
    assert cli("snapshot", "fork/live.json").code == 0
    for more in ((), ("--rotate", "User/bob#password")):
        told = json.loads(forked(fork, "plan", "--live", "live.json", "--format", "json", *more).out)
        assert told["digest"] == json.loads(cli("plan", "--format", "json", *more).out)["digest"]
        assert told["summary"]["update"] == len(more) // 2


def test_contradictions_are_refused(cli: Cli, cluster: Server, manifests: Path, workspace: Path) -> None:
    del cluster
    assert cli("snapshot", "live.json", "--key-file", "key").code == 3
    assert cli("snapshot", "live.json").code == 0
    assert cli("plan", "--live", "live.json", "--endpoint", "embedded").code == 3
    ran = cli("plan", "--live", "")  # as of a variable that is not set: no cluster is asked instead
    assert (ran.code, "it names no file" in ran.err) == (3, True)
    ran = cli("plan", "--live", "live.json", "--platform", "iguazio4")
    assert (ran.code, "live.json was taken of one" in " ".join(ran.err.split())) == (3, True), ran.err
    (manifests / "bad.yaml").write_text("apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: [x]}\n")
    ran = cli("snapshot", "live.json")
    assert (ran.code, "was not looked for" in " ".join(ran.err.split())) == (0, True)
    assert cli("snapshot", "live.json", "--with-manifests").code == 3
    assert (workspace / "live.json").stat().st_mode & 0o777 == 0o600


def test_compare_tells_what_differs_since_a_snapshot(
    cli: Cli, adopted: Server, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("snapshot", "before.json").code == 0
    assert cli("apply", "-y").code == 0
    monkeypatch.delenv("IGZ_ENDPOINT")
    (workspace / "igz-apply.yaml").write_text(f"version: 1\ntargets: {{prod: {{endpoint: '{adopted.url}'}}}}\n")
    ran = cli("compare", "before.json", "prod", "--detailed-exitcode")
    assert ran.code == 2, ran.err
    rows = {tuple(line.split()) for line in ran.out.splitlines()}
    assert ("User/ada", "last_name", "Lovelace", "Byron") in rows
    assert ("Project/fraud", "-", "there") in rows
    assert ("Group/ops", "-", "there") in rows
    assert ("AppService/notes", "jupyter.extra_environment_vars", "{DB_PASSWORD:") in {row[:3] for row in rows}
    told = json.loads(cli("compare", "prod", "before.json", "--only", "User", "-o", "json").out)
    assert [(it["address"], it["path"], it["one"]) for it in told["differences"]] == [
        ("User/ada", "last_name", "Byron")
    ]
    ran = cli("compare", "prod", "prod")
    assert (ran.code, "No differences" in ran.err) == (0, True)


def test_what_one_side_does_not_show_is_no_difference(cli: Cli, cluster: Server, workspace: Path) -> None:
    del cluster
    assert cli("snapshot", "a.json").code == 0
    found = read_snapshot(workspace / "a.json")
    seen = {it: each for it, each in found.live.resources.items() if it.kind != "User"}
    by_half = replace(found, live=replace(found.live, resources=seen, partial={"User": "no policy shows all"}))
    write_snapshot(workspace / "b.json", by_half)
    for pair, side in ((("a.json", "b.json"), "one"), (("b.json", "a.json"), "other")):
        ran = cli("compare", *pair, "--detailed-exitcode")
        assert (ran.code, "Whether they differ cannot be said" in ran.err) == (1, True)
        assert re.search(r"No differences in what both show; \d+ not seen on one side", ran.err)
        assert "not seen: no policy shows all" in ran.out
        told = json.loads(cli("compare", *pair, "-o", "json").out)
        assert told["differences"] == []
        assert {it["there_in"] for it in told["not_seen"]} == {side}
    without = replace(found, live=replace(found.live, resources=seen))
    write_snapshot(workspace / "b.json", without)
    ran = cli("compare", "a.json", "b.json", "--detailed-exitcode")
    assert (ran.code, "not seen" in ran.err) == (2, False)


def test_two_sides_that_may_have_more_than_they_show_are_not_told_to_be_alike(
    cli: Cli, cluster: Server, workspace: Path
) -> None:
    del cluster
    assert cli("snapshot", "a.json").code == 0
    found = read_snapshot(workspace / "a.json")
    write_snapshot(workspace / "b.json", replace(found, live=replace(found.live, partial={"Project": "half"})))
    for more, code in (
        ((), 1),
        (("--only", "Project"), 1),
        (("--except", "User/admin"), 1),
        (("--only", "User"), 0),
        (("--except", "Project"), 0),
        (("--except", "Project/*"), 0),
    ):
        ran = cli("compare", "b.json", "a.json", "--detailed-exitcode", *more)
        assert (ran.code, "No differences in what both show" in ran.err) == (code, code == 1), (more, ran.err)
        assert ("one side does not show every Project." in " ".join(ran.err.split())) == (code == 1)
        told = json.loads(cli("compare", "b.json", "a.json", "-o", "json", *more).out)
        assert (told["differences"], bool(told["partial"])) == ([], code == 1)
    assert cli("compare", "b.json", "a.json").code == 0


def test_compare_refuses_what_it_cannot_compare(cli: Cli, cluster: Server, workspace: Path) -> None:
    del cluster
    assert cli("snapshot", "a.json").code == 0
    assert cli("snapshot", "b.json", "--sanitise").code == 0
    assert "Not comparable" in cli("compare", "a.json", "b.json").err
    assert "neither a target nor a file" in cli("compare", "a.json", "nowhere").err
    assert cli("compare", "a.json", "a.json", "--endpoint", "embedded").code == 3
    (workspace / "key").write_text("0123456789abcdef")
    for name in ("c.json", "d.json"):
        assert cli("snapshot", name, "--sanitise", "--key-file", "key").code == 0
    assert cli("compare", "c.json", "d.json", "--detailed-exitcode").code == 0


def test_compare_takes_a_slip_of_the_pen_for_no_answer(cli: Cli, cluster: Server) -> None:
    del cluster
    assert cli("snapshot", "a.json").code == 0
    for option, text in (("--only", "Grup"), ("--only", "Group/nobody-has-this"), ("--except", "User/nobody")):
        ran = cli("compare", "a.json", "a.json", option, text, "--detailed-exitcode")
        assert (ran.code, "No differences" in ran.err) == (3, False), ran.err
    ran = cli("compare", "a.json", "a.json", "--only", "User/zzz*")
    assert (ran.code, "matches nothing on either side" in " ".join(ran.err.split())) == (0, True)


def test_manifests_are_not_held_against_hashed_names(cli: Cli, adopted: Server, manifests: Path) -> None:
    del adopted
    assert cli("snapshot", "hashed.json", "--sanitise").code == 0
    assert cli("snapshot", "case.json", "--sanitise", "--with-manifests").code == 0
    for arguments in (("hashed.json",), ("hashed.json", str(manifests)), ("case.json", str(manifests))):
        for command in ("plan", "drift"):
            ran = cli(command, "--live", *arguments)
            assert (ran.code, "Hashed names" in ran.err) == (3, True), ran.out
    assert cli("plan", "--live", "case.json").code == 0
    assert cli("access", "--live", "hashed.json").code == 0
