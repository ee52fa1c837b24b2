"""Whether a plan is the approved one, in time, and what differs where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, EdgeChange, FieldDiff, Handover, Plan, Undo
from igz_apply.model.checkout import Checkout
from igz_apply.model.hidden import Hidden
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.resources import Caller, Edge, Entry, Lifecycle, Owned, Resource, SecretRef
from igz_apply.planning.approval import expired, has_effect, is_expired, unexpected
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.ownership import learnt
from igz_apply.planning.places import NOWHERE
from igz_apply.planning.plan_difference import Part, plan_difference
from igz_apply.planning.staleness import UNTOLD, of_another_platform, stale
from tests.builders import Places, cluster, entry, group, live, manifests, owned, plan_for, service, user

ADA, OPS, NB = Address("User", "ada"), Address("Group", "ops"), Address("AppService", "nb")
CALLER = Caller("https://x", "admin", "t", "3.5.5")
OTHER = f"sha256:{'0' * 64}"


def stated(address: Address = ADA, **spec: object) -> Resource:
    return Resource(address, spec, Places(), NOWHERE)


def update(address: Address = ADA, **values: object) -> Change:
    return Change(address, Action.UPDATE, "differs", desired=stated(address)).but(**values)


def made(*changes: Change, **values: object) -> Plan:
    plan = Plan(changes, CALLER)
    plan = replace(plan, **values)  # type: ignore[arg-type]
    return replace(plan, digest=plan_digest(plan))


def test_the_approved_plan_is_expected() -> None:
    plan = made(update())
    assert list(unexpected(plan, plan.digest, is_saved=False)) == []


OPERATION = PlannedOperation("restart", NB, ())


@pytest.mark.parametrize(
    ("plan", "is_saved", "said"),
    [
        (made(update()), False, "The plan made now has 1 change and the digest "),
        (made(update(), update(OPS)), False, "The plan made now has 2 changes and the digest "),
        (made(update(), operations=(OPERATION,)), False, "The plan made now has 1 change, 1 to do beside, and "),
        (made(), False, f"Nothing is left to change, and {OTHER} was approved: it may have been applied already."),
        (made(update()), True, "The saved plan has the digest "),
    ],
)
def test_another_plan_is_told_with_what_to_do(plan: Plan, is_saved: bool, said: str) -> None:
    (problem,) = unexpected(plan, OTHER, is_saved=is_saved)
    assert problem.summary == "Not the approved plan"
    assert problem.detail.startswith(said)
    assert OTHER in problem.detail
    assert problem.hint


def test_the_digest_of_one_plan_of_many_is_no_way_to_go_on() -> None:
    (problem,) = unexpected(made(update()), OTHER, is_saved=False, is_one_of_many=True)
    assert "have moved since" in problem.detail
    assert problem.hint == "Make a new plan, have it reviewed, and apply that."


@pytest.mark.parametrize(
    "plan",
    [
        made(update()),
        made(Change(ADA, Action.ADOPT, "as declared", desired=stated())),
        made(dropped={ADA: "gone"}),
        made(forgotten=frozenset({ADA})),
        made(learns=frozenset({ADA})),
        made(operations=(OPERATION,)),
        made(put_off={NB: ("restart",)}),
        made(given_up={NB: ("restart",)}),
        made(undo=Undo("run", {}, {})),
    ],
)
def test_what_the_inventory_learns_is_an_effect_too(plan: Plan) -> None:
    assert has_effect(plan)
    assert not has_effect(made(kept=(ADA,)))


def test_a_plan_expires_at_its_time_and_never_without_one() -> None:
    plan = made(update(), expires="2026-11-30T14:00:00Z")
    assert not is_expired(plan, "2026-11-30T13:59:59Z")
    assert not is_expired(made(update()), "2999-01-01T00:00:00Z")
    assert list(expired(made(update()), "2999-01-01T00:00:00Z")) == []
    (problem,) = expired(plan, "2026-11-30T14:00:00Z")
    assert (
        problem.detail == "The plan was to be applied until 2026-11-30T14:00:00Z, and it is 2026-11-30T14:00:00Z now."
    )


def test_a_plan_of_another_platform_is_for_another_target() -> None:
    problem = of_another_platform(made(update(), platform="iguazio4"), "iguazio3")
    assert (problem.summary, "iguazio4" in problem.detail) == ("Other target", True)


# What differs


def test_plans_that_differ_in_words_and_time_are_the_same() -> None:
    one = made(update(reason="x"), expires="2026-11-30T14:00:00Z", checkout=Checkout("c1", "t", is_dirty=True))
    other = made(update(reason="y"), caller=replace(CALLER, username="ci"))
    found = plan_difference(one, other)
    assert (found.is_same, found.alike, found.differing) == (True, 1, ())
    assert found.beside == (
        Part("username", "admin", "ci"),
        Part("commit", "c1, and changes that were not committed", None),
        Part("expires", "2026-11-30T14:00:00Z", None),
    )


def test_what_stands_in_one_alone_is_told_by_its_side() -> None:
    as_declared = Change(OPS, Action.NO_CHANGE, "as declared", desired=stated(OPS))
    found = plan_difference(made(update(), update(OPS)), made(as_declared, update(NB)))
    assert [it.address for it in found.only_first] == [OPS, ADA]
    assert [it.address for it in found.only_second] == [NB]
    assert not found.is_same


def email(before: object, after: object, *, sensitive: bool = False) -> tuple[FieldDiff, ...]:
    return (FieldDiff(("email",), before, after, sensitive),)


PARTS: Mapping[str, tuple[Change, Change, Part]] = {
    "a value": (
        update(diff=(*email("a", "b"), FieldDiff(("uid",), 1, 2))),
        update(diff=(*email("a", "c"), FieldDiff(("uid",), 1, 2))),
        Part("email", {"before": "a", "after": "b"}, {"before": "a", "after": "c"}),
    ),
    "a field of one alone": (
        update(diff=email("a", "b")),
        update(),
        Part("email", {"before": "a", "after": "b"}, None),
    ),
    "what may be a secret": (
        update(diff=email(Hidden("p", "1"), Hidden("p", "2"))),
        update(diff=email(Hidden("p", "1"), Hidden("p", "3"))),
        Part("email", *[{"before": "(hidden: may be a secret)", "after": "(hidden: may be a secret)"}] * 2),
    ),
    "words about a secret": (
        update(diff=email("set", "changed", sensitive=True)),
        update(diff=email("set", "rotated", sensitive=True)),
        Part("email", {"before": "set", "after": "changed"}, {"before": "set", "after": "rotated"}),
    ),
    "the action": (
        Change(ADA, Action.DELETE, "absent"),
        Change(ADA, Action.DELETE, "absent", deletion_strategy="cascading"),
        Part("deletion_strategy", None, "cascading"),
    ),
    "a membership": (
        update(edges=(EdgeChange(Edge("ada", "ops"), adds=True),)),
        update(edges=(EdgeChange(Edge("ada", "ops"), adds=False),)),
        Part("memberships", ["+ ada in ops"], ["- ada in ops"]),
    ),
    "what takes its place": (
        update(handover=Handover(OPS, NB, (("email",),))),
        update(handover=Handover(OPS, NB)),
        Part("carried", ["email"], []),
    ),
    "what is stated and there already": (
        update(desired=stated(password=SecretRef(from_env="A"))),
        update(desired=stated(password=SecretRef(from_env="B"))),
        Part("password, as stated", {"from_env": "A"}, {"from_env": "B"}),
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_change_in_both_is_told_part_by_part(name: str) -> None:
    one, other, part = PARTS[name]
    found = plan_difference(made(one), made(other))
    assert [each.parts for each in found.differing] == [(part,)]


def test_live_state_that_has_moved_is_named_by_its_fields() -> None:
    prints = [{ADA: {"id": "1", "email": text}} for text in "ab"]
    one, other = (made(update(), fingerprints=each) for each in prints)
    assert [each.parts for each in plan_difference(one, other).differing] == [(Part("live state", None, ["email"]),)]


def test_what_is_no_change_of_one_resource_is_told_beside() -> None:
    one = made(operations=(OPERATION,), put_off={NB: ("restart",)}, undo=Undo("run-1", {}, {}), dropped={OPS: "gone"})
    assert plan_difference(one, made()).beside == (
        Part("operations", ["restart AppService/nb"], None),
        Part("put_off", ["restart AppService/nb"], None),
        Part("undo", "run-1", None),
        Part("dropped", ["Group/ops"], None),
    )


# What the inventory learns


def learns(of: Resource, known: Entry | None) -> bool:
    inventory = Owned({} if known is None else {of.address: known})
    return bool(learnt(plan_for(manifests(of), cluster(of), owned(of)), inventory.entries, KINDS))


OPS_STATED = group("ops", description="x")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (entry(OPS_STATED), False),
        (None, False),
        (entry(OPS_STATED, prevent_destroy=True), True),
        (entry(OPS_STATED, on_removal="forget"), True),
        (entry(OPS_STATED, ignored=("description",)), True),
        (entry(OPS_STATED, depends_on=(ADA,)), True),
        (entry(OPS_STATED, is_removed=True), True),
        (entry(group("ops", description="y")), True),
        (entry(group("ops")), True),
    ],
)
def test_the_inventory_learns_what_it_does_not_say_yet(known: Entry | None, expected: bool) -> None:
    assert learns(OPS_STATED, known) is expected


def test_what_is_hidden_or_a_secret_teaches_the_inventory_nothing() -> None:
    one = user("ada", email="a", password=SecretRef(from_env="A"))
    assert not learns(one, entry(user("ada", email="a")))
    settings = {"token": Hidden("p", "1"), "a": [1, "b"]}
    nb = service("nb", kind="jupyter", custom=settings)
    change = Change(NB, Action.NO_CHANGE, "as declared", desired=nb)
    for kept, expected in (
        ({"token": Hidden(kept="x"), "a": [1, "b"]}, False),
        ({"token": Hidden(kept="x"), "a": [1, "c"]}, True),
        ({"token": Hidden(kept="x"), "a": [1]}, True),
        ({"token": Hidden(kept="x")}, True),
    ):
        known = {NB: entry(service("nb", kind="jupyter", custom=kept))}
        assert bool(learnt(made(change), known, KINDS)) is expected


def test_what_was_switched_off_teaches_the_inventory_once() -> None:
    leaver = replace(stated(admin_status="down"), lifecycle=Lifecycle(on_removal="disable"), is_leaver=True)
    plan = made(Change(ADA, Action.NO_CHANGE, "switched off", desired=leaver))
    for known, expected in (
        (Entry("1", values={"admin_status": "down", "email": "x"}, on_removal="disable", is_removed=True), False),
        (Entry("1", values={"admin_status": "up"}, on_removal="disable", is_removed=True), True),
        (Entry("1", values={"admin_status": "down"}, on_removal="disable"), True),
        (Entry("1", values={"admin_status": "down"}, is_removed=True), True),
    ):
        assert bool(learnt(plan, {ADA: known}, KINDS)) is expected


def test_a_saved_plan_takes_back_nothing_that_the_inventory_has_learnt_since() -> None:
    plan = plan_for(manifests(OPS_STATED), cluster(OPS_STATED), owned(OPS_STATED))
    since = Owned({OPS: entry(OPS_STATED, prevent_destroy=True)})
    (problem,) = stale(plan, cluster(OPS_STATED), since, KINDS, was_used=False)
    assert problem.detail.startswith("Group/ops stays as it is. The inventory remembers something else of it")
    known = replace(plan, learns=learnt(plan, since.entries, KINDS))
    assert list(stale(known, cluster(OPS_STATED), since, KINDS, was_used=False)) == []


def test_what_is_not_told_is_no_part_of_how_something_has_moved() -> None:
    before = live(group("ops", description="x", assigned_policies=["Data"]))
    changed = group("ops", description="y")
    plan = plan_for(manifests(changed), cluster(before), owned(OPS_STATED))
    plan = replace(plan, fingerprints={OPS: {"id": "other", "description": UNTOLD, "memberships": "m"}})
    now = cluster(replace(before, unknown=frozenset({"assigned_policies"})))
    (problem,) = stale(plan, now, owned(OPS_STATED), KINDS, was_used=False)
    assert problem.detail == "Group/ops was deleted and made anew since the plan."
