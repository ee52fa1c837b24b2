"""What of a plan may be healed: what is held back takes along what needs it, and rails look at what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from igz_apply import workflow
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.model.operations import OperationRule
from igz_apply.model.reconciling import Mode
from igz_apply.model.resources import DesiredState, Home, LiveState, Owned, Resource, SecretRef
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.holding import Restraints
from igz_apply.planning.policing import PlanPolicy, Policing
from igz_apply.planning.rails import refusals
from igz_apply.planning.resting import Resting
from igz_apply.workflow import Limits
from igz_apply.workflow.healing import Healing, healing
from igz_apply.workflow.proposing import Proposal
from tests.builders import absent, cluster, entry, group, live, manifests, owned, project, restart, service, steps, user
from tests.fakes import FakeSecrets

ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"])
PAUSED = HeldBack(Cause.PAUSED, "paused: moved by hand")
FROZEN = HeldBack(Cause.FROZEN, "frozen until 2026-12-31 18:00 +0100: the year's end")
HEAL = Restraints(lambda _: Mode.HEAL)


def proposed(
    desired: DesiredState,
    seen: LiveState,
    known: Owned = Owned(),  # noqa: B008 - a frozen value
    *,
    prune: bool = False,
    rules: tuple[OperationRule, ...] = (),
    **limits: Any,
) -> Proposal:
    loaded = Loaded(desired, (), operations=rules)
    found = workflow.plan(loaded, seen, known, secrets=FakeSecrets(), prune=prune, limits=Limits(**limits))
    assert found.plan is not None, found.problems
    return found


def paused(*patterns: str) -> Restraints:
    return Restraints(lambda _: Mode.HEAL, (Resting(patterns, PAUSED),))


def told(*kinds: str) -> Restraints:
    return Restraints(lambda kind: Mode.TELL if kind in kinds else Mode.HEAL)


def left(found: Healing) -> list[str]:
    return steps(plan_of(found))


def plan_of(found: Healing) -> Plan:
    assert found.proposal.plan is not None
    return found.proposal.plan


def causes(found: Healing) -> Mapping[str, str]:
    return {str(address): each.cause.value for address, each in found.held.items()}


def why(found: Healing, address: str) -> str:
    return found.held[Address.parse(address)].why


# By kind, and by address


def test_nothing_is_held_and_the_plan_is_the_very_same() -> None:
    proposal = proposed(manifests(ADMIN, user("ada")), cluster(ADMIN), owned(ADMIN))
    assert healing(proposal, HEAL) == Healing(proposal, {})


def test_a_plan_that_does_nothing_is_left_as_it_is_whatever_rests() -> None:
    proposal = proposed(manifests(ADMIN), cluster(ADMIN), owned(ADMIN))
    assert healing(proposal, paused("User")).proposal is proposal


def test_a_kind_that_is_told_of_is_held_and_so_is_what_waits_for_it() -> None:
    desired = manifests(ADMIN, user("ada"), group("ops", description="d"), project("churn", owner="ada"))
    found = healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), told("User"))
    assert left(found) == ["create Group/ops"]
    assert causes(found) == {"User/ada": "mode", "Project/churn": "waits"}
    assert why(found, "User/ada") == "differences of kind User are told, and not healed"
    assert why(found, "Project/churn") == "it comes after User/ada, which is held back"


def test_what_is_paused_and_what_is_frozen_say_so() -> None:
    desired = manifests(ADMIN, group("ops", description="d"), group("ds", description="d"))
    rests = Restraints(lambda _: Mode.HEAL, (Resting(("Group/o*",), PAUSED), Resting((), FROZEN)))
    found = healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), rests)
    assert left(found) == []
    assert found.held == {Address("Group", "ops"): PAUSED, Address("Group", "ds"): FROZEN}


def test_only_one_field_of_a_change_that_flaps_holds_all_of_it_and_others_go_on() -> None:
    desired = manifests(ADMIN, group("ops", description="d"), group("ds", description="d"))
    seen = cluster(ADMIN, group("ops"), group("ds"))
    rests = Restraints(
        lambda _: Mode.HEAL,
        flapping={
            Address("Group", "ops"): {"assigned_policies": "not this", "description": "somebody else writes it"},
            Address("Group", "ds"): {"assigned_policies": "somebody else writes it"},
            Address("Group", "gone"): {"description": "it is in no plan"},
        },
    )
    found = healing(proposed(desired, seen, owned(ADMIN)), rests)
    assert left(found) == ["update Group/ds"]
    assert found.held == {Address("Group", "ops"): HeldBack(Cause.FLAPPING, "somebody else writes it")}


def test_what_is_made_again_and_again_flaps_too() -> None:
    desired = manifests(ADMIN, group("ops", description="d"))
    rests = Restraints(lambda _: Mode.HEAL, flapping={Address("Group", "ops"): {"": "somebody else deletes it"}})
    assert causes(healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), rests)) == {"Group/ops": "flapping"}


def test_the_inventory_learns_nothing_of_what_is_only_told_of() -> None:
    known = owned(ADMIN, **{"Group/gone": entry(id="x"), "Group/kept": entry(group("kept", on_removal="forget"))})
    desired = manifests(ADMIN, group("ops"), replace_lifecycle(group("ds"), prevent_destroy=True))
    seen = cluster(ADMIN, group("ops"), group("ds"), group("kept"))
    known = Owned({**known.entries, Address("Group", "ds"): entry(group("ds", description=None))})
    proposal = proposed(desired, seen, known, prune=True)
    whole = proposal.plan
    assert whole is not None
    assert (whole.counts["adopt"], [*map(str, whole.dropped)], [*map(str, whole.forgotten)]) == (
        1,
        ["Group/gone"],
        ["Group/kept"],
    )
    assert [*map(str, whole.learns)] == ["Group/ds"]
    found = healing(proposal, told("Group"))
    plan = plan_of(found)
    assert (plan.counts["adopt"], plan.dropped, plan.forgotten, plan.learns) == (0, {}, frozenset(), frozenset())
    assert found.held == {}
    assert plan.digest != whole.digest


def replace_lifecycle(resource: Resource, **values: Any) -> Resource:
    return replace(resource, lifecycle=replace(resource.lifecycle, **values))


def test_what_is_held_for_itself_says_so_and_not_what_it_waits_for() -> None:
    desired = manifests(ADMIN, user("ada"), project("churn", owner="ada"))
    rests = Restraints(told("User").mode_of, (Resting(("Project/churn",), PAUSED),))
    found = healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), rests)
    assert causes(found) == {"User/ada": "mode", "Project/churn": "paused"}


# What needs what


def test_a_membership_waits_for_both_its_sides_whichever_change_holds_it() -> None:
    desired = manifests(ADMIN, user("ada", groups=["ops"]), group("ops"), group("ds", users=[]))
    seen = cluster(ADMIN, user("ada"), user("bob", groups=["ds"]), group("ops"), group("ds"))
    proposal = proposed(desired, seen, owned(ADMIN, group("ops")))
    assert left(healing(proposal, HEAL)) == ["update Group/ds", "update User/ada"]
    found = healing(proposal, paused("Group/ops"))
    assert left(found) == ["update Group/ds"]
    assert why(found, "User/ada") == "it adds User/ada to Group/ops, and Group/ops is held back"
    found = healing(proposal, paused("User/bob"))
    assert left(found) == ["update User/ada"]
    assert why(found, "Group/ds") == "it takes User/bob out of Group/ds, and User/bob is held back"


def test_of_which_kind_a_membership_is_the_change_that_holds_it_says() -> None:
    desired = manifests(ADMIN, user("ada", groups=["ops"]), group("ops"), group("ds", users=[]))
    seen = cluster(ADMIN, user("ada"), user("bob", groups=["ds"]), group("ops"), group("ds"))
    proposal = proposed(desired, seen, owned(ADMIN, group("ops")))
    assert left(healing(proposal, told("Group"))) == ["update User/ada"]
    assert left(healing(proposal, told("User"))) == ["update Group/ds"]
    rests = replace(told("Group"), resting=(Resting(("Group/ops",), PAUSED),))
    assert left(healing(proposal, rests)) == []


def test_a_delete_waits_for_what_still_names_it() -> None:
    desired = manifests(ADMIN, absent(user("bob")), project("churn", owner="admin"))
    seen = cluster(ADMIN, user("bob"), project("churn", owner="bob"))
    found = healing(proposed(desired, seen, owned(ADMIN, user("bob"))), paused("Project/churn"))
    assert left(found) == []
    assert causes(found) == {"Project/churn": "paused", "User/bob": "waits"}


def test_a_delete_that_would_take_a_member_or_a_role_from_what_is_paused_waits() -> None:
    seen = cluster(
        ADMIN,
        user("bob", groups=["ds"]),
        user("cy"),
        group("ds"),
        group("ops"),
        project("churn", owner="admin", members={"viewer": {"users": ["cy"], "groups": []}}),
    )
    desired = manifests(ADMIN, *(absent(it) for it in (user("bob"), user("cy"), group("ops"))))
    proposal = proposed(desired, seen, owned(ADMIN))
    assert left(healing(proposal, HEAL)) == ["delete Group/ops", "delete User/bob", "delete User/cy"]
    assert left(healing(proposal, paused("Group/ds"))) == ["delete Group/ops", "delete User/cy"]
    found = healing(proposal, paused("Project/churn"))
    assert left(found) == ["delete Group/ops", "delete User/bob"]
    assert why(found, "User/cy") == "Project/churn would change with it, which is paused: moved by hand"
    gone = manifests(ADMIN, absent(group("ds")))
    assert left(healing(proposed(gone, seen, owned(ADMIN)), paused("User/bob"))) == []
    assert left(healing(proposed(gone, seen, owned(ADMIN)), paused("User/cy"))) == ["delete Group/ds"]
    # A service that is deleted is in nobody's list.
    nb = service("nb", kind="jupyter", owner="admin")
    off = manifests(ADMIN, absent(nb))
    assert left(healing(proposed(off, cluster(ADMIN, nb), owned(ADMIN)), paused("User/cy"))) == ["delete AppService/nb"]


def replacing() -> Proposal:
    ann = replace_lifecycle(user("ann", first_name="A"), renamed_from="ada")
    desired = manifests(ADMIN, ann, project("churn", owner="ann"))
    seen = cluster(ADMIN, user("ada", first_name="A"), project("churn", owner="ada"))
    known = owned(ADMIN, user("ada", first_name="A"), project("churn", owner="ada"))
    return proposed(desired, seen, known, waivers={("replace", "User"): 1})


def test_what_takes_the_place_of_another_comes_with_its_end_or_not_at_all() -> None:
    assert left(healing(replacing(), HEAL)) == ["create User/ann", "update Project/churn", "delete User/ada"]
    for pattern in ("User/ada", "User/ann", "Project/churn"):
        assert left(healing(replacing(), paused(pattern))) == []
    found = healing(replacing(), paused("User/ann"))
    assert why(found, "User/ada") == "User/ann is held back, and takes its place"
    found = healing(replacing(), paused("Project/churn"))
    assert why(found, "User/ann") == "User/ada is held back, and makes way for it"


def test_roles_are_not_taken_from_somebody_who_does_not_leave_yet() -> None:
    bob = user("bob", admin_status="up", on_removal="disable")
    churn = project("churn", owner="admin", members={"viewer": {"users": ["bob"]}, "editor": {"users": ["cy"]}})
    mine = project("churn", owner="admin", description="d", members={"editor": {"users": []}})
    known = owned(ADMIN, bob, churn)
    seen = cluster(ADMIN, bob, user("cy"), churn, project("fraud", owner="admin"))
    desired = manifests(ADMIN, mine, project("fraud", owner="admin", description="d"))
    proposal = proposed(desired, seen, known, prune=True)
    assert left(healing(proposal, HEAL)) == ["update Project/churn", "update Project/fraud", "update User/bob"]
    found = healing(proposal, paused("User/bob"))
    assert left(found) == ["update Project/fraud"]
    assert causes(found) == {"User/bob": "paused", "Project/churn": "waits"}
    assert why(found, "Project/churn") == "it takes a role from User/bob, which is held back"
    found = healing(proposal, paused("Project/churn"))
    assert left(found) == ["update Project/fraud", "update User/bob"]


def test_what_a_leaver_stays_named_by_is_told_anew() -> None:
    bob, cy = (user(it, admin_status="up", on_removal="disable") for it in ("bob", "cy"))
    seen = cluster(
        ADMIN, bob, cy, service("nb", kind="jupyter", owner="bob"), service("nc", kind="jupyter", owner="cy")
    )
    proposal = proposed(manifests(ADMIN), seen, owned(ADMIN, bob, cy), prune=True)
    assert proposal.plan is not None
    assert (
        proposal.plan.warnings
        == (
            "User/bob is disabled and stays named by AppService/nb (spec.owner)",
            "User/cy is disabled and stays named by AppService/nc (spec.owner)",
        )
        or len(proposal.plan.warnings) == 2
    )
    found = healing(proposal, paused("User/cy"))
    assert plan_of(found).warnings == proposal.plan.warnings[:1]


def test_an_entry_of_another_name_ends_with_what_follows_it_or_not_at_all() -> None:
    known = Owned({Address("User", "admin"): entry(ADMIN), Address("User", "ada"): entry(user("ada"))})
    seen = cluster(ADMIN, live(user("ann"), id="user-ada"))
    proposal = proposed(manifests(ADMIN, user("ann")), seen, known)
    whole = proposal.plan
    assert whole is not None
    assert [*map(str, whole.dropped)] == ["User/ada"]
    assert plan_of(healing(proposal, paused("User/ann"))).dropped == {}
    found = plan_of(healing(proposal, paused("User/ada")))
    assert (found.dropped, found.counts["adopt"]) == ({}, 0)


# Operations


RULE = restart("AppService/nb", "Group/*")
NB = service("nb", kind="jupyter", owner="admin")


def operating(*more: Resource, known: Owned, **options: Any) -> Proposal:
    seen = cluster(ADMIN, NB, group("ops"), group("ds"))
    desired = manifests(ADMIN, NB, group("ops", description="d"), group("ds", description="d"), *more)
    return proposed(desired, seen, known, rules=(RULE,), **options)


def triggers(plan: Plan) -> list[list[str]]:
    return [[str(it.address) for it in operation.triggers] for operation in plan.operations]


def test_an_operation_comes_about_by_what_is_left() -> None:
    proposal = operating(known=owned(ADMIN, NB))
    assert triggers(plan_of(healing(proposal, HEAL))) == [["Group/ds", "Group/ops"]]
    assert triggers(plan_of(healing(proposal, paused("Group/ds")))) == [["Group/ops"]]
    assert triggers(plan_of(healing(proposal, told("Group")))) == []


def test_an_operation_on_what_rests_is_remembered_for_later() -> None:
    found = healing(operating(known=owned(ADMIN, NB)), paused("AppService/nb"))
    plan = plan_of(found)
    assert left(found) == ["update Group/ds", "update Group/ops"]
    assert (plan.operations, plan.put_off) == ((), {Address("AppService", "nb"): ("restart",)})
    assert causes(found) == {"AppService/nb": "paused"}


def test_what_brings_about_an_operation_that_nobody_could_remember_waits() -> None:
    found = healing(operating(known=owned(ADMIN)), paused("AppService/nb"))
    assert left(found) == []
    assert why(found, "Group/ds") == "it brings about the restart of AppService/nb, which is held back"


def test_an_operation_that_a_rail_refuses_holds_what_brings_it_about() -> None:
    found = healing(operating(known=owned(ADMIN, NB), protect=("AppService/nb",)), HEAL)
    assert left(found) == []
    assert causes(found) == {"AppService/nb": "rail", "Group/ds": "waits", "Group/ops": "waits"}
    assert why(found, "Group/ds") == "it brings about the restart of AppService/nb, which is refused"
    assert [it.summary for it in found.stops] == ["Protected"]


def test_what_was_left_over_and_nothing_asks_for_any_more_stays_remembered_where_it_rests() -> None:
    stopped = service("nb", kind="jupyter", owner="admin", desired_state="disabled")
    known = Owned({**owned(ADMIN).entries, NB.address: replace(entry(NB), due=("restart",))})
    proposal = proposed(manifests(ADMIN, stopped), cluster(ADMIN, NB), known)
    assert plan_of(healing(proposal, HEAL)).given_up == {NB.address: ("restart",)}
    assert plan_of(healing(proposal, paused("AppService"))).given_up == {}


# Rails


def people(*names: str, **spec: Any) -> list[Resource]:
    return [user(name, **spec) for name in names]


def test_a_limit_holds_all_that_it_counts_and_nothing_else() -> None:
    five = people("a", "b", "c", "d", "e")
    desired = manifests(ADMIN, group("ops", description="d"))
    proposal = proposed(desired, cluster(ADMIN, *five), owned(ADMIN, *five), prune=True)
    assert [it.summary for it in proposal.refusals] == ["Too many deletes"]
    found = healing(proposal, HEAL)
    assert left(found) == ["create Group/ops"]
    assert causes(found) == dict.fromkeys([f"User/{it}" for it in "abcde"], "rail")
    held = found.held[Address("User", "a")]
    assert held.code == proposal.refusals[0].code != ""
    assert held.why.startswith("Too many deletes: The plan deletes 5 of kind User")
    assert found.stops == proposal.refusals


def test_what_is_over_a_limit_is_not_let_through_bit_by_bit_because_some_of_it_rests() -> None:
    five = people("a", "b", "c", "d", "e")
    proposal = proposed(manifests(ADMIN), cluster(ADMIN, *five), owned(ADMIN, *five), prune=True)
    found = healing(proposal, paused("User/a", "User/b", "User/c"))
    assert left(found) == []
    assert causes(found) == dict.fromkeys([f"User/{it}" for it in "abcde"], "rail")


def test_entries_beyond_the_limit_are_not_forgotten() -> None:
    known = owned(ADMIN, **{f"Group/{it}": entry(group(it), id=it) for it in "abcde"})
    found = healing(proposed(manifests(ADMIN), cluster(ADMIN), known), HEAL)
    assert plan_of(found).dropped == {}
    assert causes(found) == dict.fromkeys([f"Group/{it}" for it in "abcde"], "rail")


def test_a_replacement_that_nobody_has_waived_is_held_on_both_sides() -> None:
    proposal = replacing()
    assert proposal.facts is not None
    assert proposal.plan is not None
    facts = replace(proposal.facts, waivers={})
    unwaived = replace(proposal, facts=facts, refusals=refusals(proposal.plan, facts))
    found = healing(unwaived, HEAL)
    assert left(found) == []
    assert causes(found) == {"User/ada": "rail", "User/ann": "waits", "Project/churn": "waits"}


def test_a_rail_that_names_an_address_holds_that_and_what_needs_it() -> None:
    churn = project("churn", owner="ada")
    desired = manifests(ADMIN, user("ada"), absent(user("sys")), churn, group("ops", description="d"))
    seen = cluster(ADMIN, live(user("sys"), is_system=True))
    found = healing(proposed(desired, seen, owned(ADMIN)), HEAL)
    assert left(found) == ["create Group/ops", "create User/ada", "create Project/churn"]
    assert causes(found) == {"User/sys": "rail"}


def test_what_the_cluster_does_not_show_is_held_and_the_rest_goes_on() -> None:
    seen = replace(cluster(ADMIN), hidden={Address("Project", "churn"): "may not be seen"})
    desired = manifests(ADMIN, project("churn", owner="admin"), group("ops", description="d"))
    proposal = proposed(desired, seen, owned(ADMIN))
    found = healing(proposal, HEAL)
    assert left(found) == ["create Group/ops"]
    assert causes(found) == {"Project/churn": "rail"}
    assert plan_of(found).not_visible == {}
    assert causes(healing(proposal, told("Project", "Group"))) == {"Group/ops": "mode"}


def test_the_last_administrator_does_not_go_before_the_new_one_has_come() -> None:
    root = user("root", assigned_policies=["Security Admin", "Developer", "Service Admin"])
    chief = user("chief", assigned_policies=["Security Admin"])
    old = user("chief", assigned_policies=["Data"])
    seen = cluster(replace(root, spec={**root.spec, "admin_status": "down"}), user("ada"), chief)
    ada = user("ada", assigned_policies=["Security Admin"])
    proposal = proposed(manifests(old, ada, group("ops", description="d")), seen, owned(chief, user("ada")))
    assert proposal.refusals == ()
    found = healing(proposal, paused("User/ada"))
    assert left(found) == []
    assert causes(found) == {"Group/ops": "rail", "User/ada": "paused", "User/chief": "rail"}
    assert [it.summary for it in found.stops] == ["Lock-out"]
    assert left(healing(proposal, HEAL)) == ["create Group/ops", "update User/ada", "update User/chief"]


def test_an_inventory_of_another_cluster_leaves_a_refusal_of_the_whole() -> None:
    known = replace(owned(ADMIN), home=Home(endpoint="https://elsewhere.test"))
    found = healing(proposed(manifests(ADMIN, group("ops", description="d")), cluster(ADMIN), known), HEAL)
    assert left(found) == []
    assert [it.summary for it in found.proposal.refusals] == ["Inventory of another cluster"]
    assert causes(found)["Group/ops"] == "rail"


def test_a_policy_that_names_an_address_holds_that_and_one_of_the_whole_holds_all() -> None:
    named = PlanPolicy("O-1", {"properties": {"address": {"not": {"const": "Group/ops"}}}}, "Not ops.", each="change")
    whole = PlanPolicy("O-2", {"properties": {"changes": {"maxItems": 1}}}, "One at most.")
    desired = manifests(ADMIN, group("ops", description="d"), group("ds", description="d"))
    seen = cluster(ADMIN)
    found = healing(proposed(desired, seen, owned(ADMIN), policing=Policing((named,), "2026-01-01")), HEAL)
    assert left(found) == ["create Group/ds"]
    assert found.held[Address("Group", "ops")].code == "O-1"
    found = healing(proposed(desired, seen, owned(ADMIN), policing=Policing((whole,), "2026-01-01")), HEAL)
    assert left(found) == []
    assert {it.code for it in found.held.values()} == {"O-2"}


def test_what_a_policy_says_of_the_rest_alone_holds_more_of_it() -> None:
    two = PlanPolicy("O-3", {"properties": {"triggers": {"minItems": 2}}}, "Two at least.", each="operation")
    proposal = operating(known=owned(ADMIN, NB), policing=Policing((two,), "2026-01-01"))
    assert left(healing(proposal, HEAL)) == ["update Group/ds", "update Group/ops"]
    found = healing(proposal, paused("Group/ds"))
    assert left(found) == []
    assert causes(found) == {"AppService/nb": "rail", "Group/ds": "paused", "Group/ops": "waits"}


# Groups inside groups


def test_what_lies_inside_what_is_renamed_or_deleted_rests_with_it() -> None:
    kinds = IGUAZIO4.kinds
    assert kinds["Group"].inside == "/"
    seen = cluster(group("a"), group("a/b"), group("c"))
    loaded = Loaded(manifests(absent(group("c")), replace_lifecycle(group("z"), renamed_from="a")), ())
    known = owned(group("a"), group("c"))
    found = workflow.plan(loaded, seen, known, secrets=FakeSecrets(), platform=IGUAZIO4)
    assert found.plan is not None, found.problems
    assert steps(found.plan) == ["delete Group/c", "update Group/z"]
    assert left(healing(found, paused("Group/z/b"))) == ["delete Group/c"]
    assert left(healing(found, paused("Group/a/b"))) == ["delete Group/c"]
    assert left(healing(found, paused("Group/a"))) == ["delete Group/c"]
    assert left(healing(found, paused("Group/b"))) == ["delete Group/c", "update Group/z"]


# What cannot be narrowed


def test_a_proposal_without_a_plan_stays_as_it_is() -> None:
    assert healing(Proposal(None), HEAL) == Healing(Proposal(None), {})


def test_a_saved_plan_is_taken_whole() -> None:
    proposal = proposed(manifests(ADMIN, group("ops")), cluster(ADMIN), owned(ADMIN))
    with pytest.raises(ValueError, match="a saved plan is applied whole"):
        healing(replace(proposal, consequences=None), HEAL)


def test_what_follows_from_changes_is_of_those_that_are_left() -> None:
    proposal = proposed(manifests(ADMIN, group("ops", description="d"), group("ds")), cluster(ADMIN), owned(ADMIN))
    found = plan_of(healing(proposal, paused("Group/ds")))
    assert {it.address.name for it in found.changes if it.action is Action.CREATE} == {"ops"}
    assert found.fingerprints.keys() == {Address("Group", "ops")}


# Secrets


def test_a_change_whose_secret_is_not_at_hand_is_held_with_what_waits_for_it_and_the_rest_is_made() -> None:
    ada = user("ada", password=SecretRef(from_env="ADA"))
    eve = user("eve", password=SecretRef(from_env="EVE"))
    desired = manifests(ADMIN, ada, eve, group("ops", description="d"), project("churn", owner="ada"))
    found = healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), paused("User/eve"))
    assert left(found) == ["create Group/ops"]
    assert causes(found) == {"User/ada": "secret", "User/eve": "paused", "Project/churn": "waits"}
    assert why(found, "User/ada").startswith("Missing secret: password of User/ada comes from ")
    assert found.held[Address("User", "ada")].code == "IGZ-709"
    assert [it.summary for it in found.stops] == ["Missing secret"]


def test_no_secret_is_looked_at_of_what_is_only_told_of() -> None:
    desired = manifests(ADMIN, user("ada", password=SecretRef(from_env="ADA")))
    found = healing(proposed(desired, cluster(ADMIN), owned(ADMIN)), told("User"))
    assert (causes(found), found.stops) == ({"User/ada": "mode"}, ())
