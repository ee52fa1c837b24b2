"""Which file an exported resource goes to."""

from __future__ import annotations

from collections.abc import Iterable

from igz_apply.authoring.exporting import exported
from igz_apply.authoring.layouts import files_of
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import LiveState
from tests.builders import cluster, group, project, service, user


def laid_out(world: LiveState, layout: str, taken: Iterable[str] = (), kinds: Kinds = KINDS) -> dict[str, list[str]]:
    files = files_of(exported(world, kinds), layout, world, kinds, taken)
    return {path: [str(each.address) for each in found] for path, found in files.items()}


def test_each_kind_or_each_resource_has_a_file() -> None:
    world = cluster(user("ada"), user("bob"), group("d/s"), group(".x"), group("..."))
    assert laid_out(world, "kind") == {
        "Group.yaml": ["Group/...", "Group/.x", "Group/d/s"],
        "User.yaml": ["User/ada", "User/bob"],
    }
    assert laid_out(world, "resource") == {
        "Group/_.yaml": ["Group/..."],
        "Group/d_s.yaml": ["Group/d/s"],
        "Group/x.yaml": ["Group/.x"],
        "User/ada.yaml": ["User/ada"],
        "User/bob.yaml": ["User/bob"],
    }


def test_names_that_differ_in_case_alone_or_become_one_have_files_that_no_system_takes_for_one() -> None:
    world = cluster(group("Data"), group("data"), group("DATA"), group("data-2"), group("a/b"), group("a:b"))
    files = laid_out(world, "resource")
    assert len(files) == len({path.casefold() for path in files}) == 6
    assert files["Group/DATA.yaml"] == ["Group/DATA"]
    assert files["Group/a_b-2.yaml"] == ["Group/a:b"]


def test_no_file_has_the_name_of_a_device() -> None:
    assert list(laid_out(cluster(user("con"), user("Com1.x"), user("console")), "resource")) == [
        "User/_Com1.x.yaml",
        "User/_con.yaml",
        "User/console.yaml",
    ]


def test_a_path_that_is_taken_in_another_case_is_given_to_none() -> None:
    assert list(laid_out(cluster(user("ada")), "kind", ["user.yaml", "User-2.yaml"])) == ["User-3.yaml"]


def test_a_team_is_a_group_with_its_users_and_what_they_own() -> None:
    world = cluster(
        group("ds"),
        group("ops"),
        user("ada", primary_group="ds", groups=["ds", "ops"]),
        user("bob", groups=["ops", "all_users"]),
        user("cy", groups=["ds", "ops"]),
        user("di", primary_group="all_users"),
        project("churn", owner="ada"),
        project("lost", owner="gone"),
        project("nobodys"),
        service("nb", kind="jupyter", owner="bob"),
    )
    assert laid_out(world, "team") == {
        "common.yaml": ["Project/lost", "Project/nobodys", "User/cy", "User/di"],
        "ds.yaml": ["Group/ds", "Project/churn", "User/ada"],
        "ops.yaml": ["AppService/nb", "Group/ops", "User/bob"],
    }


def test_a_team_of_the_name_common_has_a_file_of_its_own() -> None:
    world = cluster(group("common"), user("ada"))
    assert laid_out(world, "team") == {"common-2.yaml": ["Group/common"], "common.yaml": ["User/ada"]}


def test_kinds_without_groups_or_owners_belong_to_no_team() -> None:
    assert laid_out(cluster(project("p")), "team", kinds=Kinds((KINDS["Project"],))) == {"common.yaml": ["Project/p"]}
