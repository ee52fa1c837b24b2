"""What a plan that undoes a run is made of, on worlds that are the same every time; random ones: `properties`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from igz_apply import workflow
from igz_apply.authoring.vetting import Judge
from igz_apply.errors import PlanRefused
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, FieldDiff, Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.kind import MARK_PATH, Kinds
from igz_apply.model.outcomes import Status
from igz_apply.model.problems import Problem
from igz_apply.model.records import Ended, Left, RunFacts, RunRecord
from igz_apply.model.resources import Document, LiveResource, LiveState, Owned, Resource
from igz_apply.model.server_defaults import hashes_of
from igz_apply.planning.ownership import opened
from igz_apply.planning.places import NOWHERE, SavedPositions
from igz_apply.planning.recording import befores, changed_entries, noted_by
from igz_apply.planning.renames import under_new_names, under_our_names
from igz_apply.planning.undoing import Undoing, undoing
from tests.builders import (
    absent,
    cluster,
    entry,
    group,
    live,
    manifests,
    owned,
    plan_for,
    planned,
    project,
    service,
    user,
)
from tests.fakes import MemoryRecords
from tests.properties.test_undo import changed, undoable
from tests.properties.undone import GENEROUS, Doom, Killed, Mortal, saved, state_of, undo_plan
from tests.properties.worlds import world_of

SEEDS = (
    (10, 436, 0),
    (9, 9, 0),
    (10, 167, 2),
    (8, 3668689405, 11),
    (10, 4086760136, 10),
    (9, 1433718966, 2),
    (10, 2511446565, 9),
    (7, 5, 4),
)


@pytest.mark.parametrize(("size", "seed", "at"), SEEDS)
@pytest.mark.parametrize("is_cut", [False, True])
def test_undo_gives_back_what_was(size: int, seed: int, at: int, is_cut: bool) -> None:
    world = undoable(world_of(size, seed))
    plane = world.plane()
    first = plane.live()
    doom = Doom(at, is_after=seed % 2 == 0) if is_cut else None
    inventory, records = Mortal(doom, world.remembered(first).entries), MemoryRecords()
    plan = planned(world.manifests, first, inventory.load(), prune=False).plan
    assert plan is not None
    then = state_of(first)
    if doom is not None:
        plane.watched(doom)
    with contextlib.suppress(Killed):
        workflow.apply(plan, first, inventory.load(), plane.ports(inventory, records))
    plane.watched(lambda send: send())
    inventory.doom = None
    try:
        proposal = undo_plan(records, plane, inventory)
    except PlanRefused as error:
        if {it.summary for it in error.problems} != {"Disabled owner"}:
            raise
        return
    assert proposal.plan is not None
    assert proposal.refusals == ()
    again, seal = saved(proposal.plan)
    now = plane.live()
    reopened = workflow.reopen(again, seal, now, inventory.load(), limits=GENEROUS)
    report = workflow.apply(
        reopened.approved(), reopened.live or now, inventory.load(), plane.ports(inventory, records)
    )
    assert report.exit_code == 0
    assert changed(state_of(plane.live()), then) == {}


def recorded(plan: Plan, before: LiveState, held: Owned, *, is_cut: bool = False, **left: Left) -> RunRecord:
    """Return the record of a run that has applied a plan, or was cut off before it told how that went."""
    entries = opened(held.entries, plan)
    changed_there = changed_entries(held.entries, entries, plan)
    return RunRecord(
        id="20261130-120000-0000",
        began="2026-11-30T12:00:00Z",
        ended="" if is_cut else "2026-11-30T12:01:00Z",
        exit_code=None if is_cut else 0,
        facts=RunFacts("apply"),
        caller=before.caller,
        digest="",
        undoes="",
        changes=tuple(befores(plan, before, KINDS)),
        entries=changed_there,
        noted=noted_by(changed_there, entries, plan),
        outcomes={} if is_cut else {change.address: Ended(Status.APPLIED) for change in plan.writes},
        left={Address.parse(text): each for text, each in left.items()},
    )


def found(record: RunRecord, now: LiveState, held: Owned | None = None, judge: Judge = lambda _: ()) -> Undoing:
    """Look for the way back; unless an inventory is given, it owns what the run changed."""
    if held is None:
        held = Owned({it.change.address: entry(id="x") for it in record.changes if it.change.action is Action.UPDATE})
    return undoing(record, now, held, KINDS, lambda _: True, judge)


def said(undone: Undoing) -> list[str]:
    return [problem.detail for problem in undone.moved]


ADA, OPS, CHURN = Address("User", "ada"), Address("Group", "ops"), Address("Project", "churn")
MADE = recorded(plan_for(manifests(group("ops", description="d")), cluster()), cluster(), owned())
CUT = recorded(plan_for(manifests(group("ops", description="d")), cluster()), cluster(), owned(), is_cut=True)


def test_what_was_made_and_has_gone_needs_nothing() -> None:
    assert found(MADE, cluster()).settled == (OPS,)


@pytest.mark.parametrize(
    ("left", "now", "told"),
    [
        (Left("group-ops"), live(group("ops", description="d"), id="another"), "made anew by somebody"),
        (Left("group-ops", born="1"), live(group("ops", description="d"), born="2"), "made anew by somebody"),
        (Left("group-ops"), live(group("ops", description="e")), "description was d after the run, and is e"),
        (
            Left("group-ops", spec={"description": "d"}, linked=("bob",)),
            live(group("ops", description="d")),
            "memberships was ['bob'] after the run, and is not set",
        ),
        (
            Left("group-ops", spec={"description": "d"}),
            live(group("ops", description="d", assigned_policies=["Data"])),
            "assigned_policies was not set after the run, and is ['Data']",
        ),
        (
            Left("group-ops", spec={"description": "d" * 99}),
            live(group("ops", description=Hidden("x", "y"))),
            f"description was {'d' * 60}… after the run, and is something that may be secret",
        ),
        (Left(), live(group("ops", description="d")), "is not known to be what the run made"),
    ],
)
def test_what_was_made_and_is_not_as_it_was_left_is_left_alone(left: Left, now: LiveResource, told: str) -> None:
    undone = found(replace(MADE, left={OPS: left}), cluster(now))
    assert told in said(undone)[0]
    assert undone.resources == {}


def test_what_a_run_that_died_has_sent_goes_where_it_is_as_it_was_sent() -> None:
    undone = found(CUT, cluster(live(group("ops", description="d"))), owned(**{"Group/ops": entry(is_pending=True)}))
    assert undone.resources[OPS].lifecycle.state == "absent"
    assert undone.restored == {OPS: None}
    assert undone.lost[OPS] == ("its making was sent by the run, and its end was not seen; it is as it was sent",)


PENDING = owned(**{"Group/ops": entry(is_pending=True), "Project/churn": entry(is_pending=True)})


@pytest.mark.parametrize(
    ("more", "edges", "told"),
    [
        ({"assigned_policies": ["Data"]}, (), "assigned_policies was not set after the run, and is ['Data']"),
        ({}, [("ada", "ops")], "memberships are also ada, of which the run knew nothing"),
    ],
)
def test_what_has_more_than_a_run_that_died_was_to_send_is_left_alone(
    more: dict[str, Any], edges: Iterable[tuple[str, str]], told: str
) -> None:
    """Somebody else made it, or has changed it: what was sent is all that is known."""
    now = cluster(group("ops", description="d", **more), user("ada"), edges=edges)
    assert said(found(CUT, now, PENDING)) == [f"Group/ops, which the run made, was changed since: {told}."]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"members": {"viewer": {"users": ["bob"]}}}, ["viewer also lists bob, of whom the run knew nothing"]),
        ({"labels": {"a": "b"}}, ["labels was not set after the run, and is {'a': 'b'}"]),
        ({"owner": "admin"}, []),  # the caller's, until a later call gives it away
        ({"members": {"admin": {"users": ["admin"]}}}, []),
    ],
)
def test_a_project_of_a_run_that_died_may_have_what_the_platform_gives(now: dict[str, Any], told: list[str]) -> None:
    before = cluster(user("ada"), user("bob"))
    record = recorded(plan_for(manifests(project("churn")), before), before, owned(), is_cut=True)
    undone = found(record, cluster(user("ada"), user("bob"), project("churn", **now)), PENDING)
    assert said(undone) == [f"Project/churn, which the run made, was changed since: {it}." for it in told]
    assert (CHURN in undone.resources) == (not told)


def test_a_service_of_a_run_that_died_may_have_what_the_platform_fills_in() -> None:
    def notes(**spec: Any) -> Resource:
        return service("notes", **{"kind": "jupyter", "owner": "admin", **spec})

    before = cluster(user("admin"))
    record = recorded(plan_for(manifests(notes()), before), before, owned(), is_cut=True)
    held = owned(**{"AppService/notes": entry(is_pending=True)})
    filled = {"desired_state": "disabled", "visible_to_all": False, "resources": {"limits": {"cpu": "1"}}}
    assert said(found(record, cluster(notes(**filled)), held)) == []
    for more in ({"description": "mine"}, {"labels": {"a": "b"}}, {"owner": "bob"}):
        assert "was changed since" in said(found(record, cluster(user("bob"), notes(**more)), held))[0]


def test_what_was_switched_off_since_it_was_made_is_left_alone() -> None:
    notes = service("notes", kind="jupyter", owner="admin", desired_state="ready")
    before = cluster(user("admin"))
    record = recorded(plan_for(manifests(notes), before), before, owned())
    address = notes.address
    record = replace(record, left={address: Left("notes", spec=notes.spec)})
    off = service("notes", kind="jupyter", owner="admin", desired_state="disabled")
    told = "desired_state was ready after the run, and is disabled"
    held = owned(**{"AppService/notes": entry(notes, id="notes")})
    assert said(found(record, cluster(off), held)) == [f"{address}, which the run made, was changed since: {told}."]


@pytest.mark.parametrize("is_cut", [False, True])
def test_what_somebody_gave_a_role_since_it_was_made_is_left_alone(is_cut: bool) -> None:
    """To delete it would take the role with it, which no diff shows; the roles that the run gave it go the same way."""
    before = cluster(project("churn"), project("fraud"))
    given = {"viewer": {"groups": ["ops"]}}
    stated = manifests(group("ops", description="d"), project("fraud", members=given))
    record = recorded(plan_for(stated, before), before, owned(project("fraud")), is_cut=is_cut)
    if not is_cut:
        record = replace(record, left={OPS: Left("group-ops")})
    held = owned(project("fraud"), **{"Group/ops": entry(id="group-ops")})
    ops, fraud = group("ops", description="d"), project("fraud", members=given)
    assert said(found(record, cluster(ops, project("churn"), fraud), held)) == []
    told = "somebody gave it the role viewer in Project/churn"
    now = cluster(ops, project("churn", members=given), fraud)
    assert said(found(record, now, held)) == [f"Group/ops, which the run made, was changed since: {told}."]


def test_what_is_not_visible_is_left_alone() -> None:
    now = replace(cluster(), hidden={OPS: "no right"})
    assert said(found(MADE, now)) == ["Group/ops is not visible now: no right."]


def deleted(
    of: LiveResource, *others: Resource, edges: Iterable[tuple[str, str]] = (), is_cut: bool = False
) -> RunRecord:
    before = cluster(of, *others, edges=edges)
    gone = absent(Resource(of.address, {}, SavedPositions(NOWHERE), NOWHERE))
    return recorded(plan_for(manifests(gone), before), before, owned(), is_cut=is_cut)


BOB = live(user("bob", first_name="B", email="b@x.org", groups=["ops"]))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (live(user("bob"), id="another"), "User/bob was made anew since the run deleted it."),
        (live(user("bob"), born="2"), "User/bob was made anew since the run deleted it."),
    ],
)
def test_what_was_deleted_and_made_anew_is_left_alone(now: LiveResource, told: str) -> None:
    record = deleted(replace(BOB, born="1"), group("ops"), edges=[("bob", "ops")])
    assert said(found(record, cluster(now, group("ops")))) == [told]


def test_what_was_to_be_deleted_and_lives_needs_nothing() -> None:
    record = deleted(BOB, group("ops"), edges=[("bob", "ops")], is_cut=True)
    assert found(record, cluster(BOB, group("ops"))).settled == (BOB.address,)


def test_a_service_that_lives_again_is_judged_by_what_it_is() -> None:
    notes = live(service("notes", kind="jupyter", owner="ada"))
    record = deleted(notes, user("ada"), is_cut=True)
    assert found(record, cluster(notes, user("ada"))).settled == (notes.address,)
    other = live(service("notes", kind="shell", owner="ada"))
    assert "made anew" in said(found(record, cluster(other, user("ada"))))[0]


def test_what_is_made_anew_gets_what_lives_and_says_what_is_lost() -> None:
    churn = live(
        project("churn", owner="ada", members={"viewer": {"users": ["bob", "cy"], "groups": []}}), contents="3 runs"
    )
    record = deleted(churn, user("ada"), user("bob"), user("cy"))
    undone = found(record, cluster(user("ada"), user("bob")))
    assert undone.resources[CHURN].spec["members"] == {"viewer": {"users": ["bob"]}}
    lost = " | ".join(undone.lost[CHURN])
    assert "users that are gone: cy" in lost
    assert "what is in it: 3 runs" in lost
    ada = live(user("bob", email="b@x.org"), unknown=frozenset({"assigned_policies"}))
    undone = found(deleted(ada, group("ops"), edges=[("bob", "ops")]), cluster())
    lost = " | ".join(undone.lost[ada.address])
    assert "its memberships with what is gone: ops" in lost
    assert "what the cluster did not tell: assigned_policies" in lost
    assert "secrets that nobody can read back: password" in lost


def test_of_a_kind_that_loses_nothing_by_being_made_anew_no_loss_is_told() -> None:
    """One without ids, of which a manifest tells everything."""
    plain = Kinds(tuple(replace(it, has_ids=False) if it.name == "Group" else it for it in KINDS), KINDS.powers, "t/v1")
    record = deleted(live(group("ops", description="d"), id=""))
    undone = undoing(record, cluster(), owned(), plain, lambda _: True, lambda _: ())
    assert undone.resources[OPS].spec["description"] == "d"
    assert undone.lost == {}


def test_what_may_be_secret_was_never_written_down() -> None:
    secret = Hidden("AppService/notes#jupyter", "x")
    notes = live(service("notes", kind="jupyter", jupyter={"extra_environment_vars": {"A": "1", "B_TOKEN": secret}}))
    undone = found(deleted(notes), cluster())
    assert undone.resources[notes.address].spec["jupyter"] == {"extra_environment_vars": {"A": "1"}}
    assert any("may be secret, and was never written down" in it for it in undone.lost[notes.address])


@pytest.mark.parametrize(("place", "is_left"), [('["spec", "description"]', True), ('["metadata", "name"]', False)])
def test_what_no_manifest_may_state_is_told(place: str, is_left: bool) -> None:
    def judge(documents: Sequence[Document]) -> Sequence[Problem]:
        return [
            Problem("Wrong", "It is wrong.", source=Source(place, 1, 1), address=OPS)
            for it in documents
            if "description" in it.data["spec"]
        ]

    undone = found(deleted(live(group("ops", description="d"))), cluster(), judge=judge)
    assert (OPS in undone.resources) is is_left
    assert any("It is wrong" in it for it in undone.lost[OPS])


def test_a_role_goes_to_what_is_made_anew_unless_its_place_has_gone_or_moved() -> None:
    churn = project("churn", owner="ada", members={"viewer": {"users": ["bob"]}})
    record = deleted(live(user("bob")), churn, user("ada"))
    without = project("churn", owner="ada", members={"editor": {"users": ["ada"]}})
    undone = found(record, cluster(without, user("ada")))
    assert undone.resources[CHURN].spec["members"]["viewer"]["users"] == ["bob"]
    assert CHURN in undone.restored
    assert "its role viewer in Project/churn" in found(record, cluster(user("ada"))).lost[Address("User", "bob")]


def test_a_role_that_the_run_took_itself_is_given_back_once() -> None:
    def churn(*users: str) -> Resource:
        return project("churn", owner="ada", members={"viewer": {"users": list(users)}})

    stay = (user("ada"), user("cy"), user("dan"))
    before = cluster(user("bob"), *stay, churn("bob", "cy", "dan"))
    gone = absent(Resource(Address("User", "bob"), {}, SavedPositions(NOWHERE), NOWHERE))
    record = recorded(plan_for(manifests(gone, churn("cy")), before), before, owned())
    undone = found(record, cluster(*stay, churn("cy")))
    assert undone.resources[CHURN].spec["members"]["viewer"]["users"] == ["bob", "cy", "dan"]
    assert undone.moved == ()


def updated(old: Resource, new: Resource, *others: Resource, is_cut: bool = False, **held: Any) -> RunRecord:
    before = cluster(live(old, **held), *others)
    return recorded(plan_for(manifests(new), before, owned(old)), before, owned(old), is_cut=is_cut)


OLD, NEW = user("ada", job_title="old"), user("ada", job_title="new")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ((), "User/ada was deleted since."),
        ((live(NEW, id="another"),), "User/ada was deleted since, and made anew by somebody."),
        ((live(NEW, born="2"),), "User/ada was deleted since, and made anew by somebody."),
        ((live(NEW, called="lady"),), "User/ada was given another name since: lady."),
        ((live(user("ada", job_title="x")),), "User/ada was changed since: job_title was new after the run, and is x."),
    ],
)
def test_what_was_changed_and_has_moved_is_left_alone(now: tuple[LiveResource, ...], told: str) -> None:
    undone = found(updated(OLD, NEW, born="1"), cluster(*now))
    assert said(undone) == [told]
    assert undone.resources == {}


def test_what_a_run_that_died_may_still_be_changing_is_waited_for() -> None:
    undone = found(updated(OLD, NEW, is_cut=True), cluster(live(NEW, is_ready=False)))
    assert "may still be under way" in said(undone)[0]


def test_a_field_that_is_as_before_needs_nothing_and_one_that_is_not_told_is_named() -> None:
    record = updated(OLD, NEW)
    assert found(record, cluster(OLD)).settled == (ADA,)
    undone = found(record, cluster(live(NEW, unknown=frozenset({"job_title"}))))
    assert undone.lost[ADA] == ("job_title: the cluster does not tell what it holds",)


def test_what_a_later_run_made_of_an_entry_stays() -> None:
    later = owned(**{"User/ada": entry(id="user-ada", values={"job_title": "new", "phone_number": "1"})})
    undone = found(updated(OLD, NEW), cluster(NEW), later)
    assert undone.restored[ADA] == entry(id="user-ada", values={"phone_number": "1", "job_title": "old"})


def test_who_was_switched_off_stays_so_where_that_is_not_undone() -> None:
    off = owned(**{"User/ada": entry(id="user-ada", values={"job_title": "new"}, is_removed=True)})
    undone = found(updated(OLD, NEW), cluster(live(user("ada", job_title="new", admin_status="down"))), off)
    assert undone.resources[ADA].spec == {"job_title": "old", "admin_status": "down"}


def test_a_membership_of_what_is_gone_is_named() -> None:
    before = cluster(user("ada", groups=["ops"]), group("ops"))
    plan = plan_for(manifests(user("ada", groups=[])), before)
    undone = found(recorded(plan, before, owned()), cluster(user("ada")))
    assert undone.lost[ADA] == ("the membership of ada in ops, one of which is gone",)
    assert found(recorded(plan, before, owned()), before).settled == (ADA,)


def test_the_inventory_alone_is_put_back_where_it_is_about_the_same() -> None:
    before = cluster(group("ops"))
    adopted = recorded(plan_for(manifests(group("ops")), before), before, owned())
    assert found(adopted, before, owned()).restored == {}
    assert found(adopted, before, owned(group("ops"))).restored == {OPS: None}
    other = owned(**{"Group/ops": entry(id="another")})
    assert said(found(adopted, before, other)) == ["Group/ops is another one now than the run took over."]
    noted = recorded(
        plan_for(manifests(group("ops", prevent_destroy=True)), before, owned(group("ops"))),
        before,
        owned(group("ops")),
    )
    now = owned(group("ops", prevent_destroy=True))
    assert found(noted, before, now).restored == {OPS: entry(group("ops"))}
    assert found(noted, before, owned(**{"Group/ops": entry(id="another")})).restored == {}


def test_what_was_forgotten_is_owned_again_where_the_very_one_lives() -> None:
    held = owned(group("ops"))
    plan = Plan((), cluster().caller, forgotten=frozenset({OPS}))
    record = recorded(plan, cluster(group("ops")), held)
    assert found(record, cluster(group("ops"))).restored == {OPS: entry(group("ops"))}
    assert found(record, cluster(live(group("ops"), id="another"))).settled == (OPS,)
    assert found(record, cluster()).settled == (OPS,)


def test_an_object_that_is_only_valid_whole_is_stated_whole() -> None:
    def notes(uid: int) -> Resource:
        context = {"run_as_user": uid, "run_as_group": 1, "fs_group": 1}
        return service("notes", kind="jupyter", owner="ada", security_context=context)

    record = updated(notes(1), notes(2), user("ada"))
    undone = found(record, cluster(notes(2), user("ada")))
    context = {"run_as_user": 1, "run_as_group": 1, "fs_group": 1}
    assert undone.resources[Address("AppService", "notes")].spec == {"security_context": context}


def test_settings_are_given_back_as_far_as_they_are_not_secret() -> None:
    def notes(zone: str, word: str) -> Resource:
        hidden = Hidden("AppService/notes#x", word)
        settings = {"extra_environment_vars": {"TZ": zone, "A_TOKEN": hidden}}
        return service("notes", kind="jupyter", owner="ada", jupyter=settings)

    address = Address("AppService", "notes")
    undone = found(updated(notes("a", "one"), notes("b", "one"), user("ada")), cluster(notes("b", "one"), user("ada")))
    assert undone.resources[address].spec["jupyter"]["extra_environment_vars"] == {
        "TZ": "a",
        "A_TOKEN": Hidden("AppService/notes#x", "one"),
    }
    undone = found(updated(notes("a", "one"), notes("b", "two"), user("ada")), cluster(notes("b", "two"), user("ada")))
    assert undone.resources[address].spec["jupyter"]["extra_environment_vars"] == {"TZ": "a"}
    assert undone.lost[address] == ("jupyter.extra_environment_vars: may be secret, and was never written down",)


def test_a_hidden_value_alone_or_in_a_list_is_named() -> None:
    def strange(word: Any) -> Resource:
        return service("notes", kind="newkind", owner="ada", newkind={"size": 1, "password": word})

    address = Address("AppService", "notes")
    for one, two in ((Hidden("p", "one"), Hidden("p", "two")), ([Hidden("p", "one")], [Hidden("p", "two")])):
        undone = found(updated(strange(one), strange(two), user("ada")), cluster(strange(two), user("ada")))
        assert undone.lost[address] == ("newkind.password: may be secret, and was never written down",)
        assert address not in undone.resources


def test_a_secret_that_was_sent_and_a_mark_stay() -> None:
    change = Change(
        ADA,
        Action.UPDATE,
        "",
        (
            FieldDiff(("password",), "(set)", "(from P)", sensitive=True),
            FieldDiff(MARK_PATH, None, "ours"),
        ),
        desired=NEW,
        live=live(OLD),
    )
    before = cluster(OLD)
    undone = found(recorded(Plan((change,), before.caller), before, owned(OLD)), cluster(OLD))
    assert undone.lost[ADA] == (
        "password: a secret was sent, and the one before it is not known",
        "the mark of this repository stays in it",
    )
    assert undone.settled == (ADA,)


def test_what_was_cleared_of_a_service_and_filled_in_counts_as_the_runs() -> None:
    def notes(**more: Any) -> Resource:
        return service("notes", kind="jupyter", owner="ada", **more)

    address = Address("AppService", "notes")
    record = updated(notes(description="old"), notes(description=None), user("ada"))
    filled = hashes_of([FieldDiff(("description",), "theirs", None)])
    held = owned(**{"AppService/notes": entry(notes(), filled=filled)})
    undone = found(record, cluster(notes(description="theirs"), user("ada")), held)
    assert undone.resources[address].spec == {"description": "old"}
    record = updated(notes(), notes(description="new", display_name="new"), user("ada"))
    undone = found(record, cluster(notes(description="new", display_name="new"), user("ada")))
    assert "description: nothing was there before; the platform may keep something" in undone.lost[address]


def test_an_owner_that_nobody_was_before_is_not_taken_from_a_service() -> None:
    def notes(**more: Any) -> Resource:
        return service("notes", kind="jupyter", **more)

    address = Address("AppService", "notes")
    record = updated(notes(), notes(owner="ada", description="new"), user("ada"))
    undone = found(record, cluster(notes(owner="ada", description="new"), user("ada")))
    assert undone.resources[address].spec == {"description": None}
    assert "owner: nothing was there before; the platform may keep something" in undone.lost[address]


def renamed(new: Resource, *, is_cut: bool = False) -> RunRecord:
    """Return the record of a run that gave the group `old` another name, and whatever else differs."""
    before = cluster(live(group("old", description="d"), id="g"), user("ada", groups=["old"]))
    held = owned(**{"Group/old": entry(group("old"), id="g")})
    stated = manifests(replace(new, lifecycle=replace(new.lifecycle, renamed_from="old")))
    ours = under_our_names(before, held, KINDS, stated.declared, stated.resources)
    plan = plan_for(stated, ours, under_new_names(held, ours.resources, stated.resources, KINDS))
    return recorded(plan, ours, held, is_cut=is_cut)


@pytest.mark.parametrize("is_done", [True, False])
def test_a_rename_goes_the_other_way_or_has_not_happened(is_done: bool) -> None:
    record = renamed(group("new", description="e"), is_cut=not is_done)
    if is_done:
        undone = found(record, cluster(live(group("new", description="e"), id="g")))
        old = undone.resources[Address("Group", "old")]
        assert (old.lifecycle.renamed_from, old.spec) == ("new", {"description": "d"})
    else:
        assert found(record, cluster(live(group("old", description="d"), id="g"))).resources == {}


def test_a_name_that_somebody_gave_back_since_is_not_given_back_again() -> None:
    """It lives under the name that we own it by, and is called as it was before."""
    new = group("new", description="e")
    undone = found(renamed(new), cluster(live(new, id="g", called="old")))
    old = undone.resources[Address("Group", "old")]
    assert (old.lifecycle.renamed_from, old.spec) == ("", {"description": "d"})
    new = group("new", description="d")
    assert found(renamed(new), cluster(live(new, id="g", called="old"))).settled == (new.address,)


def test_what_has_got_a_third_name_since_it_was_renamed_is_left_alone() -> None:
    new = group("new", description="e")
    undone = found(renamed(new), cluster(live(new, id="g", called="third")))
    assert said(undone) == ["Group/new was given another name since: third."]


def test_only_what_is_wanted_and_may_have_changed_is_undone() -> None:
    record = replace(MADE, left={OPS: Left("group-ops")})
    now = cluster(live(group("ops", description="d")))
    assert undoing(record, now, owned(), KINDS, lambda _: False, lambda _: ()).resources == {}
    skipped = replace(record, outcomes={OPS: Ended(Status.SKIPPED)})
    assert found(skipped, now).resources == {}


def test_roles_of_what_a_run_that_died_has_made_are_not_held_against_it() -> None:
    before = cluster(user("ada"))
    record = recorded(plan_for(manifests(project("churn", owner="ada")), before), before, owned(), is_cut=True)
    made = project("churn", owner="ada", members={"admin": {"users": ["ada"]}})
    undone = found(record, cluster(user("ada"), made), owned(**{"Project/churn": entry(is_pending=True)}))
    assert undone.resources[CHURN].spec == {"deletion_strategy": "restricted"}


def test_a_change_of_which_the_inventory_knows_nothing_restores_nothing() -> None:
    record = replace(updated(OLD, NEW), entries={})
    assert found(record, cluster(NEW)).restored == {ADA: entry(id="x")}


def test_what_is_not_owned_any_more_is_left_alone() -> None:
    """It was forgotten since, and may be somebody else's; where it is as before there is nothing to do, or to own."""
    told = "is not owned any more: it was forgotten since, or the inventory of then was lost."
    assert said(found(updated(OLD, NEW), cluster(NEW), Owned())) == [f"User/ada {told}"]
    as_before = found(updated(OLD, NEW), cluster(OLD), Owned())
    assert (as_before.settled, as_before.moved, as_before.restored) == ((ADA,), (), {})
    made, there = replace(MADE, left={OPS: Left("group-ops")}), cluster(group("ops", description="d"))
    assert said(found(made, there, Owned())) == [f"Group/ops {told}"]
    assert said(found(made, there, owned(**{"Group/ops": entry(id="another")}))) == [f"Group/ops {told}"]
    before = cluster(user("ada"), group("ops"))
    joined = recorded(plan_for(manifests(user("ada", groups=["ops"])), before, owned(user("ada"))), before, owned())
    now = cluster(user("ada", groups=["ops"]), group("ops"))
    assert said(found(joined, now, Owned())) == [f"User/ada {told}"]
    never_done = replace(updated(OLD, NEW), outcomes={ADA: Ended(Status.UNKNOWN)}, entries={ADA: None})
    assert found(never_done, cluster(NEW), Owned()).resources[ADA].spec == {"job_title": "old"}
