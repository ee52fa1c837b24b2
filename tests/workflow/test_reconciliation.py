"""An apply as one transaction, from the lock to the report, as a Python program runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import igz_apply
from igz_apply import workflow
from igz_apply.errors import DeadlineReached, Interrupted, InvalidInput, InventoryLost, Locked, PlanRefused, StalePlan
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.executor import INTERRUPT
from igz_apply.execution.options import ApplyOptions
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Entry, LiveState, Owned
from igz_apply.model.step import Step
from igz_apply.planning.policing import PlanPolicy, Policing
from igz_apply.ports import Answer, Pool
from igz_apply.workflow import Approval, Lease, Limits, Ports, Source, StoreLease
from tests.builders import group, user
from tests.emulated import INLINE, EmulatedPlane
from tests.fakes import FakeSecrets, InlinePool, MemoryInventory

OPS = Address("Group", "ops")
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata:\n  name: ops\nspec:\n  description: ours\n"
USER = """\
---
apiVersion: iguazio.com/v1
kind: User
metadata:
  name: ada
spec:
  first_name: Ada
  last_name: Lovelace
  email: ada@example.com
  password: {from_env: WORD}
"""


class Plane(EmulatedPlane):
    """A plane which says in the log when it is read, and may take its time for a write."""

    log: list[str]
    seconds = 0.0

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        self.clock.sleep(self.seconds)
        return super().perform(step, ids)

    def live(self, pool: Pool = INLINE, kinds: frozenset[str] | None = None) -> LiveState:
        self.log.append("read")
        return super().live(pool, kinds)


class Inventory(MemoryInventory):
    """The inventory in memory, which says in the log what is done with it."""

    log: list[str]

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        self.log.append(f"lock for {timeout:g} s")
        with super().locked(timeout):
            yield
        self.log.append("unlock")

    def load(self) -> Owned:
        self.log.append("load")
        return super().load()

    def save(self, entries: Mapping[Address, Entry]) -> None:
        self.log.append("save")
        super().save(entries)

    def use_plan(self, seal: str) -> None:
        self.log.append(f"use {seal}")
        super().use_plan(seal)


@dataclass
class World:
    """A cluster, an inventory, and somebody who looks on and is asked."""

    plane: Plane
    store: Inventory
    folder: Path
    log: list[str]
    answer: Callable[[Plan], Approval] = lambda _: Approval.UNASKED
    masked: list[str] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self.plane.clock
        self.inbox = self.clock.inbox()
        self.secrets = FakeSecrets(WORD="Hidden-1!")

    # As the view

    def problems(self, problems: Sequence[Problem]) -> None:
        self.log.append(f"problems {len(problems)}")

    def plan(self, plan: Plan) -> None:
        self.plans.append(plan)
        self.log.append("show the plan")

    def event(self, event: Event) -> None:
        self.log.append(type(event).__name__)

    def report(self, report: Report) -> None:
        self.reports.append(report)
        self.log.append("show the report")

    # What a test does

    def approve(self, plan: Plan) -> Approval:
        self.log.append("ask")
        return self.answer(plan)

    def mask(self, texts: Iterable[str]) -> None:
        self.masked += texts
        self.log.append("mask")

    def source(self, text: str = GROUP, **options: object) -> Source:
        (self.folder / "all.yaml").write_text(text)
        loaded = igz_apply.load([str(self.folder)])
        return igz_apply.from_manifests(loaded, secrets=self.secrets, **options)  # type: ignore[arg-type]

    def run(self, source: Source | None = None, lease: Lease | None = None, deadline: float | None = None) -> Report:
        ports = Ports(
            reader=self.plane,
            writer=self.plane,
            store=self.store,
            secrets=self.secrets,
            clock=self.clock,
            pool=InlinePool(),
            observe=self.event,
            inbox=self.inbox,
            mask=self.mask,
        )
        options = ApplyOptions(deadline=None if deadline is None else Deadline(deadline, deadline, self.clock))
        return igz_apply.reconcile(
            source or self.source(), ports, self, self.approve, lease=lease, options=options, patience=2.0
        )

    def saved(self, text: str = GROUP) -> Plan:
        live, owned = self.plane.live(), self.store.load()
        proposal = self.source(text).propose(live, owned)
        assert proposal.plan is not None
        return workflow.following(proposal.plan, owned)


@pytest.fixture
def world(tmp_path: Path) -> World:
    log: list[str] = []
    found = World(Plane(secrets=FakeSecrets(WORD="Hidden-1!")), Inventory(), tmp_path, log)
    found.plane.log = found.store.log = log
    return found


def nothing_happened(world: World) -> bool:
    return (world.plane.sent, world.store.saves, world.store.used_plans, world.store.is_locked) == ([], [], [], False)


def test_an_apply_goes_from_the_lock_to_the_report_in_order(world: World) -> None:
    report = world.run()
    assert report.exit_code == 0
    assert world.plane.sent == ["create Group/ops"]
    assert world.log == [
        "lock for 2 s",
        "load",
        "read",
        "show the plan",
        "ask",
        "mask",
        "save",  # what is about to be created is pending
        "StepStarted",
        "StepEnded",
        "save",
        "read",
        "show the report",
        "unlock",
    ]
    assert (world.plans, world.reports) == ([report.plan], [report])


def test_who_was_asked_took_their_time_so_it_is_looked_again(world: World) -> None:
    world.answer = lambda _: Approval.YES
    assert world.run().exit_code == 0
    assert world.log[3:7] == ["show the plan", "ask", "read", "mask"]


def test_what_is_not_approved_sends_nothing_and_gives_the_lock_back(world: World) -> None:
    world.answer = lambda _: Approval.NO
    with pytest.raises(Interrupted, match="Nothing was changed"):
        world.run()
    assert nothing_happened(world)
    assert world.log[-1] == "ask"


def test_whoever_approves_may_raise_what_they_like(world: World) -> None:
    def refuse(_plan: Plan) -> Approval:
        raise KeyboardInterrupt

    world.answer = refuse
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert nothing_happened(world)


def test_what_moves_while_somebody_is_asked_is_stale(world: World) -> None:
    def answer(_plan: Plan) -> Approval:
        world.plane.add(group("ops", description="theirs"))
        return Approval.YES

    world.answer = answer
    with pytest.raises(StalePlan) as caught:
        world.run()
    assert caught.value.addresses == (OPS,)
    assert nothing_happened(world)


def test_what_a_policy_denies_by_the_time_that_somebody_has_answered_is_refused(world: World) -> None:
    nobody_gains = PlanPolicy("ORG-1", {"not": {}}, "Nobody gains anything.", each="access.policy")

    def answer(_plan: Plan) -> Approval:
        world.plane.add(user("eve", groups=["ops"]))  # who gains what the group does
        return Approval.YES

    world.plane.add(group("ops", description="ours"))
    world.answer = answer
    text = GROUP + "  assigned_policies: [Developer]\n"
    with pytest.raises(PlanRefused, match="Nobody gains anything"):
        world.run(world.source(text, limits=Limits(policing=Policing((nobody_gains,), "2026-11-30"))))
    assert world.log[3:] == ["show the plan", "ask", "read"]
    assert nothing_happened(world)


def test_rails_look_again_at_what_the_plan_does_not_touch(world: World) -> None:
    """Somebody else deletes another administrator, while somebody is asked."""
    for name in ("ada", "bob", "eve"):
        world.plane.add(user(name, assigned_policies=["Security Admin"]))

    def answer(_plan: Plan) -> Approval:
        world.plane.vanish(Address("User", "eve"))
        return Approval.YES

    text = "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: bob}\nspec: {assigned_policies: [Developer]}\n"
    source = world.source(text, limits=Limits(min_admins=3))
    world.answer = answer
    with pytest.raises(PlanRefused, match=r"limits\.min_admins is 3"):
        world.run(source)
    assert nothing_happened(world)


def test_what_is_refused_is_shown_and_nobody_is_asked(world: World) -> None:
    world.run()
    world.log.clear()
    gone = workflow.declare_absent(igz_apply.load([str(world.folder)]))
    source = igz_apply.from_manifests(gone, secrets=world.secrets, limits=Limits(protect=("Group/ops",)))
    with pytest.raises(PlanRefused, match="protect"):
        world.run(source)
    assert world.log == ["lock for 2 s", "load", "read", "show the plan"]
    assert [(change.action.value, change.address) for change in world.plans[-1].writes] == [("delete", OPS)]
    assert (world.plane.sent, world.store.is_locked) == (["create Group/ops"], False)


def test_manifests_that_are_wrong_are_no_plan(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.run(world.source(GROUP.replace("description", "descriptoin")))
    assert world.plans == []
    assert nothing_happened(world)


def test_doubts_are_shown_before_the_plan(world: World) -> None:
    def propose(live: LiveState, owned: Owned) -> workflow.Proposal:
        made = world.source().propose(live, owned)
        return workflow.Proposal(made.plan, (Problem("Odd", "It is.", severity="warning"),), (), made.live)

    world.run(Source(propose))
    assert world.log[3:5] == ["problems 1", "show the plan"]


def test_an_error_that_comes_with_a_plan_stops_it_all_the_same(world: World) -> None:
    def propose(live: LiveState, owned: Owned) -> workflow.Proposal:
        made = world.source().propose(live, owned)
        return workflow.Proposal(made.plan, (Problem("Wrong", "It is."),), (), made.live)

    with pytest.raises(InvalidInput, match="Wrong: It is"):
        world.run(Source(propose))
    assert world.plans == []
    assert nothing_happened(world)


class Busy(Inventory):
    """An inventory that another run holds."""

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        raise Locked(Problem("Locked", f"Not free for {timeout:g} s."), holder="another", since="noon")
        yield


def test_nothing_is_read_while_another_run_holds_the_inventory(world: World) -> None:
    with pytest.raises(Locked, match="Not free for 2 s"):
        world.run(lease=StoreLease(Busy()))
    assert world.log == []


def test_a_saved_plan_is_applied_once(world: World) -> None:
    saved = world.saved()
    source = igz_apply.from_saved_plan(saved, "sha256:1")
    assert world.run(source).exit_code == 0
    world.plane.vanish(OPS)
    world.store.entries = {}
    sent = list(world.plane.sent)
    with pytest.raises(StalePlan):
        world.run(source)
    assert (world.plane.sent, world.store.is_locked) == (sent, False)


def test_a_saved_plan_counts_as_used_before_the_first_call(world: World) -> None:
    saved = world.saved()
    world.log.clear()
    world.plane.trouble("create Group/ops", "fails")
    assert world.run(igz_apply.from_saved_plan(saved, "sha256:1")).exit_code == 5
    assert world.log.index("use sha256:1") < world.log.index("StepStarted")
    assert world.store.used_plans == ["sha256:1"]


def test_a_saved_plan_that_is_not_approved_may_be_used_later(world: World) -> None:
    source = igz_apply.from_saved_plan(world.saved(), "sha256:1")
    world.answer = lambda _: Approval.NO
    with pytest.raises(Interrupted):
        world.run(source)
    world.answer = lambda _: Approval.UNASKED
    assert world.run(source).exit_code == 0


def test_an_interrupt_is_told_by_the_report(world: World) -> None:
    world.inbox.put(INTERRUPT)
    report = world.run()
    assert (report.exit_code, report.interrupted, world.plane.sent) == (130, True, [])
    assert world.log[-2:] == ["show the report", "unlock"]
    assert world.store.entries == {}


def test_the_secrets_that_manifests_name_are_masked_before_anything_is_sent(world: World) -> None:
    world.run(world.source(GROUP + USER))
    assert world.masked == ["Hidden-1!"]
    assert world.log.index("mask") < world.log.index("StepStarted")


def test_a_plan_with_nothing_to_do_has_no_report_to_show(world: World) -> None:
    world.run()
    world.log.clear()
    assert world.run().exit_code == 0
    assert world.log == ["lock for 2 s", "load", "read", "show the plan", "ask", "mask", "unlock"]


class Stubborn(StoreLease):
    """A lease that is lost right before anything is changed."""

    @contextmanager
    def changing(self, approved: Plan) -> Iterator[None]:
        raise InventoryLost(f"{len(approved.writes)} changes, and no inventory")
        yield


def test_what_the_lease_raises_stops_the_run_before_anything_is_changed(world: World) -> None:
    with pytest.raises(InventoryLost, match="1 changes, and no inventory"):
        world.run(lease=Stubborn(world.store))
    assert nothing_happened(world)


def test_an_inventory_of_another_cluster_is_refused_unless_it_is_said_to_have_moved(world: World) -> None:
    world.run()
    home = world.store.home
    world.store.home = type(home)(
        **{**{name: getattr(home, name) for name in home.__slots__}, "endpoint": "https://old.test"}
    )
    with pytest.raises(PlanRefused):
        world.run()
    limits = Limits(waivers={("move", "inventory"): len(world.store.entries)})
    assert world.run(world.source(limits=limits)).exit_code == 0


def test_the_first_name_of_the_ports_is_still_taken(world: World) -> None:
    plane, store = world.plane, world.store
    outside = igz_apply.Outside(
        reader=plane,
        writer=plane,
        store=store,
        secrets=world.secrets,
        clock=world.clock,
        pool=InlinePool(),
        observe=world.event,
        mailbox=world.inbox,
    )
    assert isinstance(outside, igz_apply.Ports)
    live, owned = plane.live(), store.load()
    proposal = world.source().propose(live, owned)
    assert igz_apply.apply(proposal.approved(), live, owned, outside).exit_code == 0


# A deadline


TWO = (
    GROUP
    + GROUP.replace("apiVersion", "---\napiVersion", 1).replace("ops", "later")
    + "lifecycle: {depends_on: [Group/ops]}\n"
)


def test_a_deadline_leaves_the_rest_and_says_so(world: World) -> None:
    world.plane.seconds = 21.0
    report = world.run(world.source(TWO), deadline=20.0)
    assert (report.exit_code, report.deadline) == (5, 20.0)
    assert [(str(it.address), it.status.value, it.detail) for it in report.outcomes] == [
        ("Group/ops", "applied", ""),
        ("Group/later", "cancelled", "the deadline of 20s was reached before it was sent"),
    ]
    assert set(world.store.entries) == {OPS}
    assert world.log[-2:] == ["show the report", "unlock"]
    assert world.run(world.source(TWO)).exit_code == 0  # the same again finishes the rest


def test_a_deadline_that_comes_when_all_is_done_is_no_matter(world: World) -> None:
    world.plane.seconds = 21.0
    report = world.run(deadline=20.0)
    assert (report.exit_code, report.deadline) == (0, None)


def test_a_deadline_is_no_matter_where_it_kept_nothing_and_what_was_sent_went_wrong(world: World) -> None:
    world.plane.seconds = 21.0
    world.plane.trouble("create Group/ops", "fails")
    report = world.run(deadline=20.0)
    assert [it.status.value for it in report.outcomes] == ["failed"]
    assert (report.exit_code, report.deadline) == (5, None)


@pytest.mark.parametrize(
    ("when", "meanwhile"),
    [
        ("lock for 2 s", None),
        ("read", "the cluster was read"),
        ("ask", "somebody was asked"),
    ],
)
def test_a_deadline_before_anything_was_sent_changes_nothing(world: World, when: str, meanwhile: str | None) -> None:
    class Log(list[str]):
        def append(self, said: str) -> None:
            super().append(said)
            if said == when:
                world.clock.sleep(21.0)

    world.answer = lambda _: Approval.YES
    world.log = world.plane.log = world.store.log = Log()
    with pytest.raises(DeadlineReached) as error:
        world.run(deadline=20.0)
    assert f"while {meanwhile or 'the cluster was read'}. Nothing was changed." in str(error.value)
    assert nothing_happened(world)


def test_a_deadline_that_is_over_before_the_lock_takes_none(world: World) -> None:
    world.clock.sleep(21.0)
    with pytest.raises(DeadlineReached, match="while the manifests were read"):
        world.run(deadline=20.0)
    assert world.log == []


def test_the_lock_is_waited_for_no_longer_than_the_deadline(world: World) -> None:
    held = Locked(Problem("Inventory is locked", "It is held by ci.", ""), holder="ci", since="now")

    class Held(StoreLease):
        @contextmanager
        def hold(self, patience: float) -> Iterator[Owned]:
            world.clock.sleep(patience)
            raise held
            yield Owned()

    with pytest.raises(DeadlineReached) as error:
        world.run(lease=Held(world.store), deadline=1.5)
    assert "while another run held the inventory" in str(error.value)
    assert (error.value.hint, world.clock.time) == ("It is held by ci.", 1.5)
    with pytest.raises(Locked):
        world.run(lease=Held(world.store), deadline=60.0)  # its own two seconds are over first
