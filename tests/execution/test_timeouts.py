"""How long a job may take: what its manifest says, over what the run and the kind say."""

from __future__ import annotations

import pytest

from igz_apply.execution.options import ApplyOptions
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.resources import Resource
from igz_apply.ports import Accepted
from tests.builders import absent, cluster, manifests, owned, plan_for, project, service
from tests.execution.scripted import run_plan

CHURN, DOCUMENT = "create Project/churn", "document app_services_manifests"


def late_at(plan: Plan, key: str, options: ApplyOptions = ApplyOptions()) -> float:
    """Return when a run gives up a job that does not end."""
    ran = run_plan(plan, {key: Accepted(job="j"), "job j": "running"}, options=options)
    assert set(ran.statuses.values()) == {"timed_out"}
    return ran.clock.time


@pytest.mark.parametrize(
    ("stated", "option", "seconds"),
    [(None, None, KINDS["Project"].job_seconds), (None, 60.0, 60.0), (90.0, 60.0, 90.0), (30.0, 60.0, 30.0)],
)
def test_the_manifest_wins_over_the_run_and_the_run_over_the_kind(
    stated: float | None, option: float | None, seconds: float
) -> None:
    plan = plan_for(manifests(project("churn", timeout=stated)), cluster())
    assert late_at(plan, CHURN, ApplyOptions(job_timeout=option)) == pytest.approx(seconds, abs=11)


def test_a_delete_has_the_time_that_its_manifest_says_and_a_pruned_one_the_usual() -> None:
    churn = project("churn", timeout=300.0)
    run = ApplyOptions(job_timeout=60.0)
    going = plan_for(manifests(absent(churn)), cluster(churn))
    assert late_at(going, "delete Project/churn", run) == pytest.approx(300, abs=11)
    pruned = plan_for(
        manifests(project("lab")), cluster(project("lab"), churn), owned(project("lab"), churn), prune=True
    )
    assert late_at(pruned, "delete Project/churn", run) == pytest.approx(60, abs=11)


@pytest.mark.parametrize(("one", "other", "seconds"), [(30.0, 90.0, 90), (30.0, None, 60), (30.0, 40.0, 40)])
def test_a_job_of_several_has_the_longest_of_their_times(one: float, other: float | None, seconds: float) -> None:
    both: list[Resource] = [service("a", kind="x", timeout=one), service("b", kind="x", timeout=other)]
    plan = plan_for(manifests(*both), cluster())
    assert late_at(plan, DOCUMENT, ApplyOptions(job_timeout=60.0)) == pytest.approx(seconds, abs=11)


def test_two_services_in_a_chain_are_two_jobs_one_after_the_other() -> None:
    plan = plan_for(manifests(service("a", kind="x"), service("b", kind="x", depends_on=["AppService/a"])), cluster())
    script = {
        DOCUMENT: Accepted(job="one", ids={Address("AppService", "a"): "a"}),
        f"{DOCUMENT}, write 2": Accepted(job="two", ids={Address("AppService", "b"): "b"}),
    }
    ran = run_plan(plan, script)
    assert set(ran.statuses.values()) == {"applied"}
    assert [it for it in ran.writer.calls if not it.startswith("failures")] == [
        DOCUMENT,
        "job one",
        f"{DOCUMENT}, write 2",
        "job two",
    ]


def test_what_comes_after_a_service_that_failed_is_not_sent() -> None:
    both = (service("a", kind="x"), service("b", kind="x", depends_on=["AppService/a"]), service("c", kind="x"))
    why = {Address("AppService", "a"): "its image is not there"}
    script = {DOCUMENT: Accepted(job="one"), f"failures {DOCUMENT}": why}
    ran = run_plan(plan_for(manifests(*both), cluster()), script)
    assert ran.statuses == {"AppService/a": "failed", "AppService/b": "skipped", "AppService/c": "applied"}
