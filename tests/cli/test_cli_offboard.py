"""`offboard`: manifests without somebody who leaves, over real HTTP, and the plan of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.cli.manifest_edits import telling_if_interrupted
from igz_apply.cli.session import Session
from igz_apply.controlplane import Client
from igz_apply.controlplane.users import User
from igz_apply.emulator import Server
from igz_apply.errors import Interrupted
from igz_apply.local.files import Files
from igz_apply.manifests.editing.files import EditedFile
from tests.cli.cli_world import Cli

pytestmark = pytest.mark.full

PEOPLE = """\
# Who works here

# Ada
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: L, email: ada@example.com}
---
# Katherine
apiVersion: iguazio.com/v1
kind: User
metadata: {name: katherine}
spec: {first_name: K, last_name: J, email: k@example.com}
---
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec:
  description: Data scientists
  users:
    - ada  # since 2020
    - katherine
"""
PROJECT = """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec:
  owner: ada  # for now
  members: {editor: {groups: [ds], users: [katherine]}}
"""
LEFT = PEOPLE.replace("    - ada  # since 2020\n", "").replace(
    PEOPLE[PEOPLE.index("# Ada") : PEOPLE.index("---\n# Kath")], ""
)
HANDED_OVER = PROJECT.replace("owner: ada", "owner: katherine").replace("[katherine]}}", "[]}}")


@pytest.fixture
def company(cli: Cli, workspace: Path, cluster: Server) -> Server:
    """A cluster to which a small company was applied."""
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "people.yaml").write_text(PEOPLE)
    (workspace / "manifests" / "churn.yaml").write_text(PROJECT)
    assert cli("apply", "-y").code == 0
    return cluster


def texts(workspace: Path) -> tuple[str, str]:
    return tuple((workspace / "manifests" / f"{name}.yaml").read_text() for name in ("people", "churn"))  # type: ignore[return-value]


@pytest.mark.usefixtures("company")
def test_who_leaves_is_taken_out_and_the_plan_is_shown(cli: Cli, workspace: Path) -> None:
    ran = cli("offboard", "User/ada", "--to", "katherine", "--prune")
    assert ran.code == 0, ran.err
    assert texts(workspace) == (LEFT, HANDED_OVER)
    assert "-    - ada  # since 2020\n" in ran.out
    assert "+  owner: katherine  # for now\n" in ran.out
    assert ran.out.index("+  owner: katherine") < ran.out.index("- delete  User/ada")
    assert "2 files edited." in ran.err
    assert cli("apply", "-y", "--prune").code == 0
    assert cli("plan", "--detailed-exitcode").code == 0
    assert cli("refs", "User/ada").code == 3


@pytest.mark.usefixtures("company")
def test_a_dry_run_shows_all_of_it_and_writes_nothing(cli: Cli, workspace: Path) -> None:
    ran = cli("offboard", "user/ada", "--to", "User/katherine", "--dry-run", "--prune")
    assert (ran.code, texts(workspace)) == (0, (PEOPLE, PROJECT))
    assert "- delete  User/ada" in ran.out
    assert "Nothing was written (--dry-run)" in ran.err
    assert cli("offboard", "User/ada", "--to", "katherine", "--prune").out == ran.out


@pytest.mark.usefixtures("company")
def test_without_prune_it_is_said_that_the_account_stays(cli: Cli) -> None:
    ran = cli("offboard", "User/ada", "--to", "katherine", "--dry-run")
    assert ran.code == 0
    assert "User/ada is kept on the cluster until a run with --prune" in ran.err


@pytest.mark.usefixtures("company")
def test_what_becomes_of_the_account_by_its_lifecycle_is_said(cli: Cli, workspace: Path) -> None:
    path = workspace / "manifests" / "people.yaml"
    for said, what in (("disable", "disabled and kept"), ("forget", "forgotten and left as it is")):
        path.write_text(PEOPLE.replace("---\n# Kath", f"lifecycle: {{on_removal: {said}}}\n---\n# Kath"))
        assert cli("apply", "-y").code == 0
        ran = cli("offboard", "User/ada", "--to", "katherine", "--dry-run", "--prune")
        assert f"User/ada will be {what} (lifecycle.on_removal)" in ran.err


@pytest.mark.usefixtures("company")
def test_an_end_that_was_never_applied_is_told_since_the_prune_does_not_know_it(cli: Cli, workspace: Path) -> None:
    path = workspace / "manifests" / "people.yaml"
    path.write_text(PEOPLE.replace("---\n# Kath", "lifecycle: {on_removal: disable}\n---\n# Kath"))
    ran = cli("offboard", "User/ada", "--to", "katherine", "--dry-run", "--prune")
    assert "- delete  User/ada" in ran.out
    assert "which was never applied, so a prune deletes it: apply that first" in ran.err


@pytest.mark.usefixtures("company")
def test_a_second_time_says_that_there_is_nothing_to_edit_and_what_the_plan_does(cli: Cli, workspace: Path) -> None:
    (workspace / "manifests" / "hers.yaml").write_text(
        "---\n".join(PROJECT.replace("churn", name).replace("[katherine]", "[]") for name in ("lab", "den"))
    )
    assert cli("apply", "-y").code == 0
    (workspace / "manifests" / "hers.yaml").unlink()
    assert cli("offboard", "User/ada", "--to", "katherine").code == 0
    for more in ((), ("--dry-run",)):
        ran = cli("offboard", "User/ada", "--to", "User/katherine", "--prune", *more)
        assert (ran.code, ran.err) == (0, "There is nothing to edit.\n")
        assert "Only on the cluster" not in ran.out
        assert all(f"- delete  {it}" in ran.out for it in ("User/ada", "Project/lab", "Project/den"))
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert "User/ada is kept on the cluster until a run with --prune" in ran.err
    assert "no manifest declares" not in ran.err


@pytest.mark.usefixtures("company")
def test_what_is_not_possible_is_refused_and_nothing_written(cli: Cli, workspace: Path) -> None:
    for arguments, code, said in (
        (("User/ada",), 3, "No successor [IGZ-544]"),
        (("User/ada", "--to", "kathrine"), 3, "Did you mean User/katherine?"),
        (("User/ada", "--to", "ada"), 3, "Unfit successor [IGZ-545]"),
        (("User/adda", "--to", "katherine"), 3, "Did you mean User/ada?"),
        (("Group/ds",), 3, "Nobody to offboard [IGZ-546]"),
        (("User/admin", "--to", "katherine"), 3, "the platform's own account"),
        (("User/ada", "-", "--to", "katherine"), 3, "standard input"),
    ):
        ran = cli("offboard", *arguments)
        assert (ran.code, said in ran.err) == (code, True), ran.err
        assert texts(workspace) == (PEOPLE, PROJECT)


@pytest.mark.usefixtures("company")
def test_manifests_that_are_wrong_before_or_after_are_left_alone(cli: Cli, workspace: Path) -> None:
    path = workspace / "manifests" / "bad.yaml"
    path.write_text("apiVersion: iguazio.com/v1\nkind: Usr\n")
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert (ran.code, "bad.yaml:2" in ran.err) == (3, True)
    path.write_text(PROJECT.replace("churn", "fraud").replace("owner: ada", "owner: tim"))
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert (ran.code, "User/tim" in ran.err) == (3, True)  # by the plan, which knows that nobody is called so
    assert texts(workspace) == (PEOPLE, PROJECT)


@pytest.mark.usefixtures("company")
def test_a_policy_that_the_edit_would_break_refuses_it(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\npolicies: [p.json]\n")
    rule = '{"if": {"properties": {"kind": {"const": "Group"}}}, "then": {"properties": {"spec": {"properties":'
    (workspace / "p.json").write_text(rule + '{"users": {"minItems": 2, "x-message": "two at least"}}}}}}')
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert (ran.code, "Invalid after the edit [IGZ-543]" in ran.err, "Policy not met" in ran.err) == (3, True, True)
    quoted = LEFT.split("\n").index("    - katherine")  # as it would be then, and not what lies there still
    assert f"people.yaml:{quoted + 1}:5: error" in ran.err
    assert f"{quoted + 1} |     - katherine\n" in ran.err
    assert texts(workspace) == (PEOPLE, PROJECT)


@pytest.mark.usefixtures("company")
def test_who_is_declared_absent_already_is_taken_out_where_others_name_them(cli: Cli, workspace: Path) -> None:
    absent = PEOPLE.replace("---\n# Kath", "lifecycle: {state: absent}\n---\n# Kath")
    (workspace / "manifests" / "people.yaml").write_text(absent)
    assert cli("plan").code == 3
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert ran.code == 0, ran.err
    assert texts(workspace) == (absent.replace("    - ada  # since 2020\n", ""), HANDED_OVER)
    assert "- delete  User/ada" in ran.out


def test_what_only_lives_is_told_with_what_to_do(cli: Cli, workspace: Path, company: Server) -> None:
    other = workspace / "other"
    other.mkdir()
    (other / "all.yaml").write_text(PROJECT.replace("churn", "foreign").replace("[katherine]", "[]"))
    assert cli("apply", "-y", str(other)).code == 0
    assert cli("forget", "Project/foreign").code == 0
    ran = cli("offboard", "User/ada", "--to", "users/katherine", "--dry-run")
    assert ran.code == 0, ran.err
    assert "Project/foreign  owner: give it to katherine there" in ran.out
    with Client(endpoint=company.url, access_key=company.access_key) as client:
        assert User.get_by_username(client, "ada").username == "ada"


@pytest.mark.usefixtures("company")
def test_who_is_not_ours_is_said_not_to_be_deleted(cli: Cli, workspace: Path) -> None:
    assert cli("forget", "User/ada").code == 0
    assert "was never applied from here" in cli("offboard", "User/ada", "--to", "katherine", "--dry-run").err
    (workspace / "manifests" / "people.yaml").write_text(LEFT)
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert (ran.code, "no manifest declares User/ada" in ran.err) == (0, True), ran.err
    assert texts(workspace) == (LEFT, HANDED_OVER)


def test_offline_it_edits_alone(cli: Cli, workspace: Path) -> None:
    (workspace / "manifests").mkdir()
    (workspace / "manifests" / "people.yaml").write_text(PEOPLE)
    (workspace / "manifests" / "churn.yaml").write_text(PROJECT)
    ran = cli("offboard", "User/ada", "--to", "katherine", "--offline")
    assert ran.code == 0, ran.err
    assert texts(workspace) == (LEFT, HANDED_OVER)
    assert "there is no plan" in ran.err


@pytest.mark.usefixtures("company")
def test_a_plan_that_a_rail_refuses_is_shown_and_the_files_are_edited(cli: Cli, workspace: Path) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\nprotect: [User/ada]\n")
    ran = cli("offboard", "User/ada", "--to", "katherine", "--prune")
    assert (ran.code, "Protected [IGZ-602]" in ran.err) == (4, True)
    assert texts(workspace) == (LEFT, HANDED_OVER)


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("call", "number", "said", "count"),
    [
        ("read", 1, "Interrupted. Nothing was written.", 0),
        ("replace", 2, "Interrupted. Nothing was written.", 0),
        ("sync_folder", 1, "Interrupted. 2 files were edited.", 2),
    ],
)
def test_who_stops_it_is_told_what_of_it_was_written(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, said: str, count: int
) -> None:
    whole, left = getattr(Files, call), number

    def stopping(*args: object) -> object:
        nonlocal left
        left -= "inventory" not in str(args)
        if left == 0:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(Files, call, stopping)
    ran = cli("offboard", "User/ada", "--to", "katherine")
    assert (ran.code, said in ran.err) == (130, True), ran.err
    assert ("git diff" in ran.err) == bool(count)
    assert sum(one != other for one, other in zip(texts(workspace), (PEOPLE, PROJECT), strict=True)) == count


def test_what_could_not_be_put_back_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("new")
    (tmp_path / "two.yaml").write_text("old")
    files = [EditedFile(str(tmp_path / name), b"old", b"new") for name in ("one.yaml", "two.yaml")]
    session = Session()

    @telling_if_interrupted
    def command(session: Session, /) -> None:
        session.writing = files
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="1 of 2 files were written") as caught:
        command(session)
    assert "Run the same command again for the rest" in caught.value.hint
