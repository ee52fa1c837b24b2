"""Operations of a plan as an apply does them: in order, once, and remembered until they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from igz_apply import workflow
from igz_apply.errors import StalePlan
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.executor import INTERRUPT
from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.operations import OperationRule
from igz_apply.model.outcomes import Report, Status
from igz_apply.model.resources import Owned, Resource
from igz_apply.planning.staleness import fingerprints
from igz_apply.workflow.applying import apply
from tests.builders import entry, group, manifests, plan_for, restart, service
from tests.emulated import EmulatedPlane
from tests.fakes import MemoryInventory

ADA, BOB = Address("AppService", "jupyter-ada"), Address("AppService", "jupyter-bob")
DS = Address("Group", "ds")
UPDATE, RESTART = "document app_services_manifests", "restart app_services_manifests"
ON_IMAGE = restart("AppService/jupyter-ada", "jupyter.image_name")
ON_POLICIES = restart("AppService/jupyter-*", "Group/ds#assigned_policies")


def jupyter(name: str = "jupyter-ada", image: str = "old", **more: Any) -> Resource:
    spec = {"kind": "jupyter", "owner": "admin", "desired_state": "ready", "jupyter": {"image_name": image}, **more}
    return service(name, **spec)


def ds(*policies: str) -> Resource:
    return group("ds", assigned_policies=list(policies))


BEFORE = (ds("Data"), jupyter(), jupyter("jupyter-bob"))


class Site:
    """A plane with a group and two services that are ours, and what is planned and applied there."""

    def __init__(self, *, job_seconds: float = 10.0, of: type[EmulatedPlane] = EmulatedPlane) -> None:
        self.plane = of(*BEFORE, job_seconds=job_seconds)
        live = self.plane.live()
        ours = {it.address: entry(it, id=live.resources[it.address].id) for it in BEFORE}
        self.store = MemoryInventory(ours)
        self.ports = self.plane.ports(self.store)

    def plan(self, *others: Resource, rules: tuple[OperationRule, ...] = (ON_IMAGE, ON_POLICIES)) -> Plan:
        stated = {it.address: it for it in (*BEFORE, *others)}
        return plan_for(manifests(*stated.values()), self.plane.live(), Owned(self.store.entries), operations=rules)

    def apply(self, plan: Plan, **options: Any) -> Report:
        owned = Owned(dict(self.store.entries))
        return apply(plan, self.plane.live(), owned, self.ports, ApplyOptions(**options))

    def due(self, address: Address = ADA) -> tuple[str, ...]:
        return self.store.entries[address].due


def ends(report: Report) -> dict[str, str]:
    return {str(it.address): it.status.value for it in report.operated}


def test_a_restart_is_sent_once_the_update_has_ended() -> None:
    site = Site()
    report = site.apply(site.plan(jupyter(image="new")))
    assert site.plane.sent == [UPDATE, RESTART]
    assert (report.exit_code, ends(report)) == (0, {"AppService/jupyter-ada": "applied"})
    updated, restarted = report.outcomes[0], report.operated[0]
    assert updated.ended is not None
    assert restarted.started is not None
    assert restarted.started >= updated.ended >= 10.0
    assert restarted.job
    assert restarted.job != updated.job
    assert report.counts["applied"] == 2
    assert site.due() == ()
    assert not site.plan(jupyter(image="new")).acts


def test_services_are_restarted_by_one_job() -> None:
    site = Site()
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert site.plane.sent == ["update Group/ds", RESTART]
    assert len({it.job for it in report.operated}) == 1
    assert ends(report) == {"AppService/jupyter-ada": "applied", "AppService/jupyter-bob": "applied"}


def test_it_is_remembered_before_anything_is_sent() -> None:
    site = Site()
    site.apply(site.plan(jupyter(image="new")))
    assert site.store.saves[0][ADA].due == ("restart",)
    assert site.store.saves[-1][ADA].due == ()


def test_a_run_that_is_cut_off_between_the_two_leaves_it_over() -> None:
    site = Site()

    class Killed(BaseException):
        pass

    perform = site.plane.perform

    def killed(step: Any, ids: Mapping[Address, str]) -> Any:
        if step.key == RESTART:
            raise Killed
        return perform(step, ids)

    site.plane.perform = killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        site.apply(site.plan(jupyter(image="new")))
    site.plane.perform = perform  # type: ignore[method-assign]
    plan = site.plan(jupyter(image="new"))
    assert plan.writes == ()
    assert plan.operations[0].is_left_over
    assert ends(site.apply(plan)) == {"AppService/jupyter-ada": "applied"}
    assert not site.plan(jupyter(image="new")).acts


def test_a_trigger_that_is_refused_skips_it_and_leaves_nothing_over() -> None:
    site = Site()
    site.plane.trouble("update Group/ds", "fails")
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert ends(report) == {"AppService/jupyter-ada": "skipped", "AppService/jupyter-bob": "skipped"}
    assert report.operated[0].detail == "it needs update Group/ds, which did not succeed"
    assert report.exit_code == 5
    assert site.due() == ()
    assert site.plane.sent == []


def test_one_that_has_lost_its_trigger_does_not_keep_the_others() -> None:
    site = Site()
    site.plane.trouble("update Group/ds", "fails")
    rules = (ON_IMAGE, restart("AppService/jupyter-bob", "Group/ds"))
    report = site.apply(site.plan(jupyter(image="new"), ds(), rules=rules))
    assert ends(report) == {"AppService/jupyter-ada": "applied", "AppService/jupyter-bob": "skipped"}
    assert site.plane.sent == [UPDATE, RESTART]


def test_a_trigger_that_may_have_happened_leaves_it_over() -> None:
    site = Site()
    site.plane.trouble("update Group/ds", *["lost after"] * 5)
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert report.outcomes[0].status is Status.UNKNOWN
    assert ends(report)["AppService/jupyter-ada"] == "skipped"
    assert site.due() == ("restart",)
    assert site.plan(ds("Data", "Developer")).operations[0].is_left_over


def test_a_restart_whose_answer_was_lost_is_not_sent_again_where_it_runs() -> None:
    site = Site()
    site.plane.trouble(RESTART, "lost after")
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert site.plane.sent == ["update Group/ds", RESTART]
    assert set(ends(report).values()) == {"applied"}
    assert report.operated[0].job


def test_a_restart_that_never_arrived_is_sent_again() -> None:
    site = Site()
    site.plane.trouble(RESTART, "lost before")
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert site.plane.sent == ["update Group/ds", RESTART]
    assert set(ends(report).values()) == {"applied"}


def test_a_restart_that_may_have_ended_before_anybody_looked_is_not_sent_again() -> None:
    site = Site(job_seconds=0.0)  # its job ends, and the marks are cleared, before the look
    site.plane.trouble(RESTART, "lost after")
    report = site.apply(site.plan(ds("Data", "Developer")))
    assert site.plane.sent == ["update Group/ds", RESTART]
    assert set(ends(report).values()) == {"unknown"}
    assert "whether job " in report.operated[0].detail
    assert (report.exit_code, site.due()) == (5, ("restart",))


def test_what_is_gone_since_is_a_conflict_and_the_rest_is_restarted() -> None:
    site = Site()
    plan = site.plan(ds("Data", "Developer"))
    manifest = site.plane._own_machine().emulator.store.get("app_services_manifest", "0")
    assert manifest is not None
    kept = [it for it in manifest.attributes["app_services"] if it["spec"]["name"] != "jupyter-bob"]
    live = site.plane.live()
    manifest.attributes["app_services"] = kept
    site.plane._own_machine().emulator.store.save(manifest)
    report = apply(plan, live, Owned(dict(site.store.entries)), site.ports)
    assert ends(report) == {"AppService/jupyter-ada": "applied", "AppService/jupyter-bob": "conflict"}
    assert report.operated[1].detail == "it is gone since the plan was made"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("desired_state", "disabled", "it does not run any more, and starts fresh"),
        ("owner", "somebody", "another of its name stands there now than the plan was made from"),
    ],
)
def test_what_was_switched_off_or_replaced_since_is_not_restarted(name: str, value: str, said: str) -> None:
    site = Site()
    plan, live = site.plan(ds("Data", "Developer")), site.plane.live()
    store = site.plane._own_machine().emulator.store
    manifest = store.get("app_services_manifest", "0")
    assert manifest is not None
    for each in manifest.attributes["app_services"]:
        each["spec"][name] = value
    store.save(manifest)
    report = apply(plan, live, Owned(dict(site.store.entries)), site.ports)
    assert {it.detail for it in report.operated} == {said}
    assert site.plane.sent == ["update Group/ds", RESTART]  # it was answered: nothing had to be sent


def test_what_is_stopped_before_it_is_cancelled_and_left_over() -> None:
    site = Site()
    site.plane.clock.at(5.0, lambda: site.ports.inbox.put(INTERRUPT))
    report = site.apply(site.plan(jupyter(image="new")))
    assert (report.exit_code, ends(report)) == (130, {"AppService/jupyter-ada": "cancelled"})
    assert site.due() == ("restart",)


def test_a_deadline_between_the_two_leaves_it_over() -> None:
    site = Site()
    deadline = Deadline(5.0, 5.0, site.plane.clock)
    report = site.apply(site.plan(jupyter(image="new")), deadline=deadline)
    assert (report.deadline, ends(report)) == (5.0, {"AppService/jupyter-ada": "cancelled"})
    assert report.exit_code == 5
    assert site.due() == ("restart",)


def test_fail_fast_cancels_what_has_not_been_sent() -> None:
    site = Site()
    site.plane.trouble("update Group/ds", "fails")
    rules = (ON_IMAGE,)
    report = site.apply(site.plan(jupyter(image="new"), ds(), rules=rules), fail_fast=True)
    assert ends(report) == {"AppService/jupyter-ada": "cancelled"}


def test_a_restart_that_does_not_end_in_time_has_timed_out() -> None:
    site = Site(job_seconds=100.0)
    report = site.apply(site.plan(ds("Data", "Developer")), job_timeout=20.0)
    assert set(ends(report).values()) == {"timed_out"}
    assert site.due() == ("restart",)


def test_what_is_taken_over_and_not_written_is_not_remembered() -> None:
    site = Site()
    del site.store.entries[ADA]
    site.plane.trouble(UPDATE, "fails")
    report = site.apply(site.plan(jupyter(image="new")))
    assert ends(report) == {"AppService/jupyter-ada": "skipped"}
    assert ADA not in site.store.entries


def test_what_is_taken_over_and_cut_off_owes_its_restart() -> None:
    site = Site()
    del site.store.entries[ADA]
    site.plane.clock.at(5.0, lambda: site.ports.inbox.put(INTERRUPT))
    site.apply(site.plan(jupyter(image="new")))
    assert site.due() == ("restart",)


def test_what_is_given_up_is_saved_though_nothing_is_sent() -> None:
    site = Site()
    site.store.entries[ADA] = replace(site.store.entries[ADA], due=("restart",))
    plan = site.plan(rules=())
    assert plan.given_up
    assert not plan.acts
    site.apply(plan)
    assert site.due() == ()


def test_a_plan_that_somebody_was_asked_about_is_looked_at_again() -> None:
    site = Site()
    before = site.plane.live()
    plan = site.plan(ds("Data", "Developer"))
    plan = replace(plan, fingerprints=fingerprints(plan, before, KINDS))
    moved = replace(before.resources[BOB], spec={**before.resources[BOB].spec, "description": "moved"})
    now = replace(before, resources={**before.resources, BOB: moved})
    owned = Owned(site.store.entries)
    assert workflow.recheck(plan, before, owned)[0].operations == plan.operations
    with pytest.raises(StalePlan):
        workflow.recheck(plan, now, owned)
