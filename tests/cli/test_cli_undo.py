"""`history` and `undo`: what a run leaves behind, and the way back from it, from outside."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from igz_apply.emulator import Emulator, Options, Server, serving
from tests.cli.cli_world import Cli, Ran

SCHEMAS = Path(__file__).parents[2] / "schemas"
RUNS = Path(".igz-apply/inventory.runs")


@pytest.fixture
def applied(cli: Cli, cluster: Server, manifests: Path) -> Server:
    """A cluster as the manifests say, by one run."""
    assert cli("apply", "-y", str(manifests)).code == 0
    return cluster


def runs(cli: Cli) -> list[dict[str, Any]]:
    found = cli("history", "-o", "json")
    assert found.code == 0
    return list(json.loads(found.out)["runs"])


def edit(manifests: Path, old: str, new: str) -> None:
    path = manifests / "all.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def described(cli: Cli, kind: str, name: str) -> str:
    return str(json.loads(cli("get", kind, name, "-o", "json").out)["attributes"]["description"])


def description(cli: Cli, name: str = "churn") -> str:
    return described(cli, "Project", name)


def undo(cli: Cli, *arguments: str) -> Ran:
    """Plan the way back, and take it."""
    planned = cli("undo", *(arguments or ("last",)), "--out", "undo.json")
    assert planned.code == 0, planned.err
    return cli("apply", "--plan", "undo.json", "-y")


@pytest.mark.usefixtures("cli")
def test_each_run_leaves_one_record_that_fits_its_schema(applied: Server) -> None:
    [path] = RUNS.glob("*.json")
    record = json.loads(path.read_text())
    schema = json.loads((SCHEMAS / "run.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(record)
    assert (record["id"], record["exit_code"], record["counts"]) == (path.stem, 0, {"applied": 3})
    assert record["run"]["command"] == "apply"
    assert record["caller"]["endpoint"] == applied.url
    assert record["digest"].startswith("sha256:")


@pytest.mark.usefixtures("applied")
def test_a_run_that_changes_nothing_leaves_none(cli: Cli) -> None:
    assert cli("apply", "-y").code == 0
    assert len(runs(cli)) == 1


@pytest.mark.usefixtures("applied")
def test_the_comment_of_an_undo_says_how_exactly_that_is_applied(cli: Cli) -> None:
    assert cli("undo", "last", "--allow", "delete:User=1", "--out", "undo.json", "--report", "undo.md").code == 0
    comment = Path("undo.md").read_text()
    [(options, digest)] = re.findall(r"`igz-apply apply (.*)--expect (sha256:[0-9a-f]{64})`", comment)
    assert options == "--plan FILE "
    assert cli("apply", "-y", "--plan", "undo.json", "--expect", digest).code == 0


@pytest.mark.usefixtures("applied")
def test_undo_takes_a_whole_apply_back(cli: Cli) -> None:
    ended = undo(cli)
    assert ended.code == 0, ended.err
    assert json.loads(Path(".igz-apply/inventory.json").read_text())["entries"] == {}
    assert "3 to create" in cli("plan").out
    newest, first = runs(cli)
    assert newest["undoes"] == first["run"]


@pytest.mark.usefixtures("applied")
def test_what_no_undo_may_delete_is_told_by_its_name(cli: Cli, manifests: Path) -> None:
    (manifests / "kept.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: kept}\nspec: {description: d}\n"
        "lifecycle: {prevent_destroy: true}\n"
    )
    assert cli("apply", "-y").code == 0
    refused = cli("undo", "last", "--report", "undo.json")
    assert refused.code == 4
    assert "\nGroup/kept: error: Destroy prevented [IGZ-604]\n" in f"\n{refused.err}"
    [problem] = json.loads(Path("undo.json").read_text())["problems"]
    assert (problem["file"], problem["line"], problem["address"]) == (None, None, "Group/kept")


@pytest.mark.usefixtures("applied")
def test_undo_of_an_undo_makes_it_anew_and_says_what_is_lost(cli: Cli) -> None:
    undo(cli)
    shown = cli("undo", "last").out
    assert "not given back: made anew, without its id" in shown
    assert "its home directory" in shown
    assert undo(cli).code == 0
    assert "No changes" in cli("plan").out


@pytest.mark.usefixtures("applied")
def test_undo_gives_a_field_back_and_leaves_others_alone(cli: Cli, manifests: Path) -> None:
    edit(manifests, "Churn prediction", "Another one")
    assert cli("apply", "-y").code == 0
    assert description(cli) == "Another one"
    assert undo(cli).code == 0
    assert description(cli) == "Churn prediction"
    entry = json.loads(Path(".igz-apply/inventory.json").read_text())["entries"]["Project/churn"]
    assert entry["values"] == {"description": "Churn prediction", "owner": "ada"}


@pytest.mark.usefixtures("applied")
def test_what_has_moved_since_is_refused_by_name_and_can_be_left_out(cli: Cli, manifests: Path) -> None:
    edit(manifests, "Churn prediction", "Another one")
    edit(manifests, "Data scientists", "Scientists")
    assert cli("apply", "-y").code == 0
    edit(manifests, "Another one", "A third one")
    assert cli("apply", "-y").code == 0
    run = runs(cli)[1]["run"]
    refused = cli("undo", run, "--out", "undo.json")
    assert refused.code == 4
    assert "Moved since the run [IGZ-660]" in refused.err
    assert (
        "Project/churn was changed since: description was Another one after the run, and is A third one." in refused.err
    )
    assert not Path("undo.json").exists()
    assert undo(cli, run, "--except", "Project/churn").code == 0
    assert description(cli) == "A third one"
    assert described(cli, "Group", "data-science") == "Data scientists"


@pytest.mark.usefixtures("applied")
def test_a_plan_of_undo_is_applied_once_and_to_what_it_was_made_for(cli: Cli, manifests: Path) -> None:
    edit(manifests, "Churn prediction", "Another one")
    assert cli("apply", "-y").code == 0
    assert cli("undo", "last", "--out", "undo.json").code == 0
    edit(manifests, "Another one", "A third one")
    assert cli("apply", "-y").code == 0
    stale = cli("apply", "--plan", "undo.json", "-y")
    assert stale.code == 4
    assert "Moved since the plan" in stale.err


@pytest.mark.usefixtures("applied")
def test_what_was_taken_over_is_given_up_again(cli: Cli) -> None:
    Path(".igz-apply/inventory.json").unlink()
    assert cli("apply", "-y").code == 0
    assert "Owned from then on (3)" in cli("history", "last").out
    shown = cli("undo", "last").out
    assert "Forgotten, as before that run" in shown
    assert "Nothing to undo on the cluster." in shown
    assert undo(cli).code == 0
    assert json.loads(Path(".igz-apply/inventory.json").read_text())["entries"] == {}
    assert "3 to adopt" not in shown


@pytest.mark.usefixtures("applied")
def test_what_was_forgotten_is_owned_again(cli: Cli) -> None:
    before = json.loads(Path(".igz-apply/inventory.json").read_text())["entries"]
    assert cli("forget", "User/ada").code == 0
    assert runs(cli)[0]["planned"] == {"forget": 1}
    machine = runs(cli)[0]["process"].partition(" ")[0]
    assert cli("history").out.splitlines()[1].split()[1:3] == [machine, "forget"]  # no cluster was asked who it was
    assert undo(cli).code == 0
    assert json.loads(Path(".igz-apply/inventory.json").read_text())["entries"] == before


@pytest.mark.usefixtures("cluster")
def test_history_tells_who_what_and_of_which_commit(cli: Cli, manifests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/config")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", str(manifests)], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert cli("apply", "-y", "--allow", "delete:User=7").code == 0
    table = cli("history").out
    assert f"admin (ada)  apply    create 3  done   {commit[:10]}" in table
    shown = cli("history", "last").out
    assert commit in shown
    assert "https://git.example.com/team/config/actions/runs/42" in shown
    assert "delete:User=7" in shown
    assert commit[:10] in cli("undo", "last").out
    assert "edited" not in table + shown
    for path in manifests.glob("*.yaml"):
        path.write_text(path.read_text().replace("description: ", "description: not "))
    assert cli("apply", "-y", "--allow", "delete:User=7").code == 0
    assert f"{commit[:10]}, edited\n" in cli("history").out
    assert f"{commit}, and changes that were not" in cli("history", "last").out


@pytest.mark.usefixtures("applied")
def test_a_run_that_died_is_told_and_can_be_undone(cli: Cli) -> None:
    [path] = RUNS.glob("*.json")
    record = json.loads(path.read_text())
    for key in ("outcomes", "left", "counts", "failures", "not_converged"):
        del record[key]
    path.write_text(json.dumps({**record, "ended": None, "exit_code": None}))
    assert "did not end" in cli("history").out
    assert "its end was not seen" in cli("history", "last").out
    assert "that run did not end, or runs still" in cli("undo", "last").out
    assert undo(cli).code == 0
    assert "3 to create" in cli("plan").out


@pytest.mark.usefixtures("manifests", "workspace")
def test_an_apply_that_ends_badly_names_its_run_and_the_way_back(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = {"requests": [{"match": {"method": "POST", "path": "/api/projects"}, "act": "status", "status": 400}]}
    emulator = Emulator(options=Options(job_seconds=0.02, faults=faults))
    with serving(emulator) as server:
        for name, value in (
            ("IGZ_ENDPOINT", server.url),
            ("V3IO_USERNAME", server.username),
            ("V3IO_ACCESS_KEY", server.access_key),
        ):
            monkeypatch.setenv(name, value)
        ended = cli("apply", "-y", "--report", "r.json", "--report", "r.md")
        assert ended.code == 5
        run = runs(cli)[0]
        assert (run["exit_code"], run["counts"]) == (5, {"applied": 2, "failed": 1})
        text = " ".join(ended.out.split())
        assert f"This was run {run['run']}: `igz-apply undo {run['run']} --out undo.json` plans the way back." in text
        assert json.loads(Path("r.json").read_text())["report"]["run"] == run["run"]
        assert run["run"] in Path("r.md").read_text()
        assert undo(cli).code == 0
        assert "No resources" not in cli("history", "last").err
    emulator.close()


@pytest.mark.usefixtures("cluster", "manifests")
def test_the_summary_of_the_events_names_the_run(cli: Cli) -> None:
    lines = cli("apply", "-y", "--format", "json").out.splitlines()
    assert json.loads(lines[-1])["run"] == runs(cli)[0]["run"]
    lines = cli("apply", "-y", "--format", "json").out.splitlines()
    assert "run" not in json.loads(lines[-1])


@pytest.mark.usefixtures("cluster", "manifests")
def test_where_no_record_can_be_begun_nothing_is_sent(cli: Cli) -> None:
    RUNS.parent.mkdir()
    RUNS.write_text("in the way")
    ended = cli("apply", "-y")
    assert ended.code == 1
    assert "cannot take the record of this run" in ended.err
    assert "Nothing was sent." in ended.err
    RUNS.unlink()
    assert "3 to create" in cli("plan").out


@pytest.mark.usefixtures("applied")
def test_a_damaged_record_is_named_and_the_others_are_shown(cli: Cli, manifests: Path) -> None:
    edit(manifests, "Churn prediction", "Another one")
    assert cli("apply", "-y").code == 0
    newest, oldest = sorted(RUNS.glob("*.json"), reverse=True)
    for content, why in (
        (b"", "it is empty"),
        (b"{", "it is no JSON"),
        (b"[1]", "it is not what igz-apply writes"),
        (b'{"format_version": 1, "id": "another"}', "it says that it is of another"),
        (json.dumps({"format_version": 1, "id": oldest.stem}).encode(), "it says nothing of `run`"),
        (json.dumps({"format_version": 1, "id": oldest.stem, "run": 1, "caller": 1}).encode(), "`manifests`"),
        (json.dumps({**json.loads(newest.read_text()), "id": oldest.stem, "caller": 1}).encode(), "another form"),
    ):
        oldest.write_bytes(content)
        listed = cli("history")
        assert listed.code == 0
        assert newest.stem in listed.out
        assert oldest.stem not in listed.out
        assert f"{oldest} cannot be used: " in listed.err
        assert why in listed.err
        for command in ("history", "undo"):
            refused = cli(command, oldest.stem)
            assert (refused.code, "Damaged record [IGZ-758]" in refused.err) == (3, True)
    assert len(json.loads(cli("history", "-o", "json").out)["damaged"]) == 1


@pytest.mark.usefixtures("applied")
def test_a_record_of_a_newer_format_is_refused_with_words(cli: Cli) -> None:
    [path] = RUNS.glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "format_version": 2}))
    assert "has format 2; this igz-apply knows formats up to 1." in cli("history").err
    refused = cli("undo", "last")
    assert refused.code == 3
    assert "Record is too new [IGZ-759]" in refused.err
    assert "Use the igz-apply that wrote it, or a newer one." in refused.err


@pytest.mark.usefixtures("cluster")
def test_where_nothing_was_applied_there_is_no_history(cli: Cli) -> None:
    found = cli("history")
    assert (found.code, "No run has left a record yet." in found.err) == (0, True)
    refused = cli("undo", "last")
    assert refused.code == 3
    assert "No such run [IGZ-757]" in refused.err
    assert "has no record of any run" in refused.err


@pytest.mark.usefixtures("applied")
def test_the_run_of_another_cluster_is_not_undone(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(options=Options(job_seconds=0.02))
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        refused = cli("undo", "last")
    emulator.close()
    assert refused.code == 4
    assert "The run was on" in refused.err


@pytest.mark.usefixtures("applied")
def test_only_names_exactly_what_is_undone(cli: Cli) -> None:
    shown = cli("undo", "last", "--only", "Project/*").out
    assert "1 to delete" in shown
    refused = cli("undo", "last", "--only", "User")
    assert refused.code == 4
    assert "User/ada is to be deleted, but Project/churn names it as owner." in refused.err
    assert "Or leave it out with --except." in refused.err


@pytest.mark.usefixtures("applied")
def test_what_was_forgotten_since_is_neither_deleted_nor_owned_again(cli: Cli, manifests: Path) -> None:
    def is_refused(*arguments: str) -> bool:
        refused = cli("undo", "--only", "Project/*", "--out", "refused.json", *arguments)
        assert not Path("refused.json").exists()
        return refused.code == 4 and "Project/churn is not owned any more: it was forgotten since" in refused.err

    made = runs(cli)[0]["run"]
    assert cli("forget", "Project/churn").code == 0
    assert is_refused(made)
    assert undo(cli).code == 0
    edit(manifests, "Churn prediction", "Another one")
    assert cli("apply", "-y").code == 0
    changed = runs(cli)[0]["run"]
    Path(".igz-apply/inventory.json").unlink()
    assert is_refused(changed)


@pytest.mark.usefixtures("applied")
def test_roles_of_what_is_made_anew_stay_away_from_what_is_left_out(cli: Cli, manifests: Path) -> None:
    text = (manifests / "all.yaml").read_text()
    bob = "---\n" + text.partition("---\n")[2].partition("---\n")[0].replace("name: ada", "name: bob").replace(
        "ada@", "bob@"
    )
    roles = text.replace("owner: ada}", "owner: ada, members: {viewer: {users: [bob]}}}")
    (manifests / "all.yaml").write_text(roles + bob)
    assert cli("apply", "-y").code == 0
    (manifests / "all.yaml").write_text(text)
    assert cli("apply", "-y", "--prune").code == 0
    for chosen in (("--except", "Project/churn"), ("--only", "User/bob")):
        shown = cli("undo", "last", *chosen).out
        assert "+ create  User/bob" in shown
        assert "not given back: its role viewer in Project/churn" in " ".join(shown.split())
        assert "1 to create, 0 to update, 0 to delete" in shown


@pytest.mark.usefixtures("applied")
def test_history_is_cut_to_the_newest(cli: Cli, manifests: Path) -> None:
    edit(manifests, "Churn prediction", "Another one")
    assert cli("apply", "-y").code == 0
    assert len(cli("history", "--limit", "1").out.splitlines()) == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [("planned", {"create": "x"}), ("counts", {"exploded": 1}), ("ended", 5), ("manifests", {"commit": 7})],
)
@pytest.mark.usefixtures("applied")
def test_one_odd_record_is_named_and_hides_no_other(cli: Cli, manifests: Path, key: str, value: Any) -> None:
    [odd] = RUNS.glob("*.json")
    odd.write_text(json.dumps({**json.loads(odd.read_text()), key: value}))
    (RUNS / "20260101-000000-0000.json").mkdir()
    edit(manifests, "Churn", "Gone")
    assert cli("apply", "-y").code == 0
    listed = cli("history", "-o", "json")
    document = json.loads(listed.out)
    assert (listed.code, len(document["runs"])) == (0, 1)
    assert [each["run"] for each in document["damaged"]] == [odd.stem, "20260101-000000-0000"]
    assert "has another form" in listed.err
    refused = cli("history", odd.stem)
    assert (refused.code, "Damaged record" in refused.err) == (3, True), refused.err
    assert cli("undo", "last").code == 0


@pytest.mark.usefixtures("applied")
def test_a_record_with_an_action_that_there_is_not_is_damaged(cli: Cli) -> None:
    [odd] = RUNS.glob("*.json")
    record = json.loads(odd.read_text())
    record["changes"][0]["action"] = "explode"
    odd.write_text(json.dumps(record))
    assert "Damaged record" in cli("history", "last").err
    assert cli("history").code == 0
