"""Groups that are renamed and moved by `renamed_from`, on the emulator of Iguazio 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.errors import StalePlan
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio4.client import Failure, Request
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.addresses import Address
from igz_apply.model.changes import AccessImpact, Action, Origin, Plan
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.plan_document import from_data, to_data
from igz_apply.planning.selection import Selection
from tests.iguazio4.site4 import GENEROUS, KINDS, Manifest, Ran, Site, group, manifest, project, spec_of, user


def renamed(path: str, old: str, **spec: Any) -> Manifest:
    return manifest("Group", path, spec, renamed_from=old)


def ids_of(live: LiveState) -> dict[str, str]:
    return {it.name: each.id for it, each in live.resources.items() if it.kind == "Group"}


def done(plan: Plan) -> dict[str, tuple[str, dict[str, tuple[Any, Any]]]]:
    return {
        str(it.address): (it.action.value, {diff.dotted: (diff.before, diff.after) for diff in it.diff})
        for it in plan.writes
    }


def named(old: str, new: str) -> tuple[str, dict[str, tuple[Any, Any]]]:
    return ("update", {"metadata.name": (old, new)})


def entries(site: Site) -> set[str]:
    return {it.name for it in site.inventory.load().entries if it.kind == "Group"}


def people(top: str, below: str) -> list[Manifest]:
    """Everything that names groups, by whatever they are called."""
    return [
        user("ada", groups=[below]),
        user("bob", groups=[top, below]),
        project("churn", owner="admin", members={"viewer": {"groups": [below]}, "editor": {"groups": [top]}}),
        manifest("PolicyBinding", "oris-viewer", {"groups": [top]}),
    ]


def settled(site: Site, manifests: list[Manifest], expected: Mapping[str, Any]) -> LiveState:
    """See that exactly this is planned, apply it, and see that nothing is made, deleted or left."""
    before = ids_of(site.live())
    ran = site.planned(manifests)
    assert done(ran.plan) == expected
    assert ran.plan.access_impact == AccessImpact()
    assert (ran.plan.dropped, ran.plan.kept, ran.plan.warnings) == ({}, (), ())
    assert ran.proposal is not None
    assert ran.proposal.refusals == ()
    live = site.converged(manifests)
    assert sorted(ids_of(live).values()) == sorted(before.values())
    return live


def test_a_group_with_all_inside_it_is_renamed_and_nobody_loses_anything() -> None:
    site = Site()
    first = [group("research"), group("research/nlp", policies=["oris-developer"]), group("research/nlp/llm")]
    ids = ids_of(site.converged([*first, *people("research", "research/nlp")]))
    second = [
        renamed("science", "research"),
        group("science/nlp", policies=["oris-developer"]),
        group("science/nlp/llm"),
        *people("science", "science/nlp"),
    ]
    live = settled(site, second, {"Group/science": named("research", "science")})
    assert [ids_of(live)[it] for it in ("science", "science/nlp", "science/nlp/llm")] == [
        ids[it] for it in ("research", "research/nlp", "research/nlp/llm")
    ]
    assert live.groups_of["bob"] == {"science", "science/nlp"}
    assert entries(site) == {"science", "science/nlp", "science/nlp/llm"}
    assert site.planned(second, prune=False).plan.writes == ()
    site.converged([group("science"), *second[1:]])


def test_a_group_is_renamed_and_moved_at_once_with_its_own_differences() -> None:
    site = Site()
    ids = ids_of(site.converged([group("research"), group("research/language"), group("lab")]))
    second = [group("research"), group("lab"), renamed("lab/nlp", "research/language", policies=["oris-viewer"])]
    name, differs = named("research/language", "lab/nlp")
    plan = site.planned(second).plan
    assert done(plan) == {"Group/lab/nlp": (name, {**differs, "policies": (None, ["oris-viewer"])})} or done(plan) == {
        "Group/lab/nlp": (name, {**differs, "policies": ([], ["oris-viewer"])})
    }
    live = site.converged(second)
    assert ids_of(live)["lab/nlp"] == ids["research/language"]
    assert spec_of(live, "Group/lab/nlp")["policies"] == ["oris-viewer"]


def test_a_group_is_moved_to_the_top_and_below() -> None:
    site = Site()
    site.converged([group("a"), group("a/b"), group("c")])
    live = settled(site, [group("a"), renamed("b", "a/b"), group("c")], {"Group/b": named("a/b", "b")})
    assert set(ids_of(live)) >= {"a", "b", "c"}
    settled(site, [group("a"), renamed("c/b", "b"), group("c")], {"Group/c/b": named("b", "c/b")})


def test_a_child_leaves_a_parent_that_goes_for_one_that_comes() -> None:
    site = Site()
    ids = ids_of(site.converged([group("research"), group("research/nlp"), group("research/nlp/llm")]))
    second = [group("lab"), renamed("lab/nlp", "research/nlp"), group("lab/nlp/llm")]
    plan = site.planned(second).plan
    assert done(plan) == {
        "Group/lab": ("create", {}),
        "Group/lab/nlp": named("research/nlp", "lab/nlp"),
        "Group/research": ("delete", {}),
    }
    delete = next(it for it in plan.writes if it.action is Action.DELETE)
    assert Address("Group", "lab/nlp") in delete.depends_on
    live = site.converged(second)
    assert (ids_of(live)["lab/nlp"], ids_of(live)["lab/nlp/llm"]) == (ids["research/nlp"], ids["research/nlp/llm"])
    assert "research" not in ids_of(live)


def test_parent_and_child_are_renamed_in_one_plan_by_either_way_to_say_it() -> None:
    for old in ("research/language", "science/language"):
        site = Site()
        site.converged([group("research"), group("research/language")])
        second = [renamed("science", "research"), renamed("science/nlp", old)]
        settled(
            site,
            second,
            {
                "Group/science": named("research", "science"),
                "Group/science/nlp": named("research/language", "science/nlp"),
            },
        )


def test_what_nobody_declares_gets_its_path_with_its_parent_and_is_told() -> None:
    site = Site()
    site.converged([group("research")])
    site.client.create_group("by-hand", parent_id=ids_of(site.live())["research"])
    second = [renamed("science", "research")]
    plan = site.planned(second).plan
    assert plan.writes[0].warnings == ("1 group gets another path, inside it and declared by no manifest",)
    assert "science/by-hand" in ids_of(site.converged(second))


def test_a_group_that_nobody_owns_is_renamed_and_owned_from_then_on() -> None:
    site = Site()
    identity = str(site.client.create_group("research")["metadata"]["id"])
    second = [renamed("science", "research")]
    change = site.planned(second).plan.writes[0]
    assert (change.takes_over, change.reason) == (True, "differs, and is owned from now on")
    site.converged(second)
    assert site.inventory.load().entries[Address("Group", "science")].id == identity


def test_a_name_that_somebody_gave_by_hand_is_settled_without_a_change() -> None:
    site = Site()
    identity = ids_of(site.converged([group("research"), group("research/nlp")]))["research"]
    site.client.rename_group(identity, "science")
    plan = site.planned([renamed("science", "research"), group("science/nlp")]).plan
    assert {it.action for it in plan.changes} == {Action.NO_CHANGE}
    assert plan.dropped == {}
    site.converged([renamed("science", "research"), group("science/nlp")])
    assert entries(site) == {"science", "science/nlp"}


def told(ran: Ran) -> list[tuple[str, str]]:
    assert ran.proposal is not None
    return [(it.summary, it.severity) for it in ran.proposal.problems]


def test_old_and_new_alive_is_a_question_and_neither_is_a_create() -> None:
    site = Site()
    site.converged([group("research"), group("science")])
    ran = site.planned([renamed("science", "research")])
    assert told(ran) == [("Unclear rename", "error")]
    assert ran.proposal is not None
    assert ran.proposal.plan is None
    fresh = Site()
    ran = fresh.planned([renamed("science", "research")])
    assert told(ran) == [("Nothing to rename", "warning")]
    assert done(ran.plan)["Group/science"][0] == "create"


def test_what_comes_along_into_the_place_of_another_is_a_question() -> None:
    site = Site()
    site.converged([group("research"), group("research/nlp"), group("other"), group("other/nlp")])
    ran = site.planned([renamed("science", "research"), renamed("science/nlp", "other/nlp"), group("other")])
    assert told(ran) == [("Unclear rename", "error")]


def cut_after(site: Site, what: str) -> list[Owned]:
    """Let nothing through once a call has been made; gives what the inventory held right before it."""
    kept: list[Owned] = []

    def interfere(request: Request, pass_on: Any) -> Any:
        if kept and request.method != "GET":
            return Failure("cut off", sent=False)
        if request.method == "PUT" and request.url.endswith(what):
            kept.append(site.inventory.load())
        return pass_on(request)

    site.line.interfere = interfere
    return kept


@pytest.mark.parametrize("is_owned", [True, False])
def test_an_apply_that_is_killed_between_name_and_place_is_ended_by_the_next(is_owned: bool) -> None:
    site = Site()
    first = [group("research"), group("research/language"), group("research/language/llm"), group("lab")]
    ids = ids_of(site.converged(first))
    if not is_owned:
        site.inventory.save({})
    second = [group("research"), group("lab"), renamed("lab/nlp", "research/language"), group("lab/nlp/llm")]
    kept = cut_after(site, "/rename")
    assert site.applied(second).code != 0
    site.line.interfere = None
    site.inventory.save(kept[0].entries)
    assert "research/nlp" in ids_of(site.live())
    plan = site.planned(second).plan
    assert done(plan) == {"Group/lab/nlp": named("research/nlp", "lab/nlp")}
    live = site.converged(second)
    assert (ids_of(live)["lab/nlp"], ids_of(live)["lab/nlp/llm"]) == (
        ids["research/language"],
        ids["research/language/llm"],
    )


def test_without_an_inventory_what_was_cut_off_is_named_before_another_is_made() -> None:
    site = Site()
    site.converged([group("research"), group("research/nlp"), group("lab")])
    site.inventory.save({})
    ran = site.planned([group("research"), group("lab"), renamed("lab/nlp", "research/language")])
    assert told(ran) == [("Nothing to rename", "warning")]
    assert ran.proposal is not None
    assert "Group/research/nlp lives, and is called as a rename that was cut off" in ran.proposal.problems[0].detail


def saved(site: Site, manifests: list[Manifest]) -> Plan:
    ran = site.planned(manifests)
    assert ran.proposal is not None
    assert ran.proposal.live is not None
    made = workflow.following(ran.plan, site.inventory.load())
    return from_data(to_data(made, tool_version="0"), KINDS)


SUBTREE = [renamed("science", "research"), group("science/nlp", policies=["oris-viewer"])]


def test_a_saved_plan_renames_and_is_stale_once_somebody_else_has() -> None:
    site = Site()
    site.converged([group("research"), group("research/nlp")])
    plan = saved(site, SUBTREE)
    owned = site.inventory.load()
    proposal = workflow.reopen(plan, "d", site.live(), owned, limits=GENEROUS, platform=IGUAZIO4)
    assert proposal.live is not None
    report = workflow.apply(proposal.approved(), proposal.live, owned, site.ports(), ApplyOptions(), IGUAZIO4)
    assert (report.exit_code, report.not_converged) == (0, ())
    site.converged(SUBTREE)

    other = Site()
    other.converged([group("research"), group("research/nlp")])
    plan = saved(other, SUBTREE)
    other.client.rename_group(ids_of(other.live())["research"], "science")
    with pytest.raises(StalePlan):
        workflow.reopen(plan, "d", other.live(), other.inventory.load(), limits=GENEROUS, platform=IGUAZIO4)


def test_a_run_that_leaves_the_rename_out_leaves_every_name_as_it_is() -> None:
    site = Site()
    site.converged([group("research"), group("research/nlp"), user("ada")])
    second = [renamed("science", "research"), group("science/nlp"), user("ada", first_name="Augusta")]
    ran = site.planned(second, selection=Selection(only=("User/ada",)))
    assert set(done(ran.plan)) == {"User/ada"}
    assert ran.proposal is not None
    assert ran.proposal.live is not None
    assert "research/nlp" in ids_of(ran.proposal.live)
    ran = site.planned(second, selection=Selection(only=("Group/science/nlp",)))
    assert done(ran.plan) == {"Group/science": named("research", "science")}


def test_what_has_the_name_half_way_goes_first_or_stops_the_plan() -> None:
    site = Site()
    first = [group("research"), group("research/language"), group("research/nlp"), group("lab")]
    ids = ids_of(site.converged(first))
    second = [group("research"), group("lab"), renamed("lab/nlp", "research/language")]
    assert told(site.planned([*second, group("research/nlp")])) == [("Name taken", "error")]
    assert [it.action.value for it in site.planned(second).plan.writes] == ["delete", "update"]
    assert ids_of(site.converged(second))["lab/nlp"] == ids["research/language"]


def test_drift_tells_a_rename_by_a_manifest_from_one_on_the_cluster() -> None:
    site = Site()
    site.converged([group("research"), group("research/nlp")])
    second = [renamed("science", "research"), group("science/nlp")]
    made = site.planned(second).plan
    assert [it.reason for it in made.writes] == ["renamed in git"]
    (drift,) = workflow.drift(made, site.inventory.load(), IGUAZIO4)
    assert (drift.origin, drift.note) == (Origin.GIT, "")
    site.converged(second)
    site.client.rename_group(ids_of(site.live())["science"], "physics")
    made = site.planned(second).plan
    assert done(made) == {"Group/science": named("physics", "science")}
    assert [it.reason for it in made.writes] == ["renamed on the cluster"]
    site.converged(second)


# Any tree, with any of its groups called otherwise and put elsewhere


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[str], dict[str, str]]:
    """Return the paths of a tree, and old path -> new path of all of it after some were renamed and moved."""
    count = draw(st.integers(2, 6))
    parents = [draw(st.integers(-1, index - 1)) for index in range(count)]
    moved = [draw(st.booleans()) for _ in range(count)]
    names = [f"n{index}" for index in range(count)]
    new_parents, new_names = list(parents), list(names)
    for index in range(count):
        if moved[index]:
            new_names[index] = draw(st.sampled_from([names[index], f"m{index}"]))
            new_parents[index] = draw(st.integers(-1, index - 1))

    def path(index: int, above: list[int], called: list[str]) -> str:
        return called[index] if above[index] < 0 else f"{path(above[index], above, called)}/{called[index]}"

    olds = [path(index, parents, names) for index in range(count)]
    return olds, {olds[index]: path(index, new_parents, new_names) for index in range(count)}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.booleans())
def test_any_tree_becomes_any_other_of_the_same_groups(tree: tuple[list[str], dict[str, str]], owns: bool) -> None:
    olds, news = tree
    site = Site()
    ids = ids_of(site.converged([group(path) for path in olds]))
    if not owns:
        site.inventory.save({})
    second = [group(new) if new == old else renamed(new, old) for old, new in news.items()]
    plan = site.planned(second).plan
    assert {it.action for it in plan.changes} <= {Action.UPDATE, Action.NO_CHANGE, Action.ADOPT}
    live = site.converged(second)
    assert {new: ids[old] for old, new in news.items()} == {new: ids_of(live)[new] for new in news.values()}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(), st.booleans(), st.integers(0, 5))
def test_wherever_an_apply_is_killed_the_next_ends_it(
    tree: tuple[list[str], dict[str, str]], owns: bool, calls: int
) -> None:
    olds, news = tree
    site = Site()
    ids = ids_of(site.converged([group(path) for path in olds]))
    if not owns:
        site.inventory.save({})
    second = [group(new) if new == old else renamed(new, old) for old, new in news.items()]
    left, kept = calls, list[Owned]()

    def interfere(request: Request, pass_on: Any) -> Any:
        nonlocal left
        if request.method == "GET":
            return pass_on(request)
        if left == 0:
            kept.extend([] if kept else [site.inventory.load()])
            return Failure("cut off", sent=False)
        left -= 1
        return pass_on(request)

    site.line.interfere = interfere
    site.applied(second)
    site.line.interfere = None
    if kept:
        site.inventory.save(kept[0].entries)
    live = site.converged(second)
    assert {new: ids_of(live)[new] for new in news.values()} == {new: ids[old] for old, new in news.items()}
