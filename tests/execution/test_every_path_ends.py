"""Whatever a cluster answers, an apply comes to an end, and each change to exactly one outcome."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.errors import AnswerLost, Conflict, Missing, PlaneError
from igz_apply.execution.options import ApplyOptions
from igz_apply.execution.running_step import SENDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import StepEnded
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, Found, JobSeen, Running, Taken, Unknown
from tests.builders import absent, cluster, group, live, manifests, owned, plan_for, project, service, user
from tests.execution.scripted import ScriptedWriter, run_plan

HERE = (
    user("ada"),
    project("churn", owner="ada"),
    service("jup", kind="jupyter", owner="ada"),
    group("ops", description="old"),
)
PLANS = {
    "creates": plan_for(
        manifests(
            group("ops"),
            user("ada", groups=["ops"]),
            user("bob"),
            project("p", owner="bob", members={"editor": {"users": ["ada"]}}),
            service("a", kind="jupyter", owner="ada"),
            service("b", kind="shell"),
        ),
        cluster(),
    ),
    "deletes": plan_for(manifests(*map(absent, HERE)), cluster(*HERE), owned(*HERE)),
    "awaits": plan_for(
        manifests(user("ada"), project("churn", owner="ada"), group("ops", description="new")),
        cluster(live(user("ada"), is_ready=False), group("ops", description="old")),
    ),
}


class WildWriter(ScriptedWriter):
    """Answers by lot: a `share` of the calls goes wrong, and of the looks that do not, a `share` finds nothing yet."""

    def __init__(self, lot: random.Random) -> None:
        super().__init__({})
        self.lost: Counter[str] = Counter()  # how many answers to a step's sends were lost
        self._lot = lot
        self._wrong = lot.choice((0.05, 0.3, 0.9))
        self._slow = lot.choice((0.3, 0.9, 1.0))
        self._is_crowded = lot.random() < 0.2  # whether others write to it all the time
        self._trouble = lot.choice((None, 403, 404, 503))  # what most looks go wrong by; None: now this, now that

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:  # noqa: ARG002 - the port's signature
        self._note(step.key)
        if self._is_crowded and self._lot.random() < 0.95:
            return Blocked(why="AppService/x moved")
        if self._lot.random() < self._wrong:
            error = self._error(step.addresses)
            self.lost[step.key] += isinstance(error, AnswerLost)
            raise error
        if self._lot.random() < 0.2:
            return Blocked(job=self._lot.choice(("", "theirs")))
        return self._sent(step)

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Found | None:  # noqa: ARG002 - the port's signature
        self._look(f"settle {step.key}")
        return self._lot.choice((None, None, Taken("it is another"), self._sent(step), self._sent(step)))

    def job(self, job: str) -> JobSeen:
        self._look(f"job {job}")
        if self._lot.random() < self._slow:
            return Running(self._lot.choice(("pending", "in_progress")))
        return self._lot.choice((Ended(True, "completed", 1.5), Ended(False, "failed: no room"), Unknown()))

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:  # noqa: ARG002 - the port's signature
        self._look(f"ready {step.key}")
        return self._lot.random() >= self._slow

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:  # noqa: ARG002
        self._look(f"failures {step.key}")
        return {address: "it failed" for address in step.addresses if self._lot.random() < 0.3}

    def _sent(self, step: Step) -> Done | Accepted:
        conflicts = {self._lot.choice(step.addresses): "moved"} if self._lot.random() < 0.2 else {}
        carried: dict[str, Any] = {"ids": dict.fromkeys(step.addresses, "id"), "conflicts": conflicts}
        job = self._lot.choice(("", "", f"of {step.key}"))
        if not job and self._lot.random() < 0.5:
            return Done(**carried)
        return Accepted(job=job, probes=not job or self._lot.random() < 0.5, **carried)

    def _error(self, addresses: tuple[Address, ...]) -> PlaneError:
        lost = AnswerLost("the answer was lost")
        lost.conflicts = {self._lot.choice(addresses): "moved"} if self._lot.random() < 0.3 else {}
        unread = PlaneError("down", method="GET", status=503)
        return self._lot.choice((lost, lost, unread, PlaneError("no", status=400), Conflict("taken", status=409)))

    def _look(self, call: str) -> None:
        self._note(call)
        if self._lot.random() < self._wrong:
            if self._trouble is None:
                raise self._lot.choice((PlaneError("down", status=503), Conflict("given up", status=409)))
            raise (Missing if self._trouble == 404 else PlaneError)("not now", status=self._trouble)

    def _note(self, call: str) -> None:
        self.calls.append(call)


@pytest.mark.parametrize("of", PLANS)
@given(st.randoms(use_true_random=False), st.sampled_from((None, 0.0, 0.3, 3.0, 70.0)))
def test_an_apply_ends_whatever_the_cluster_answers(of: str, lot: random.Random, interrupted_at: float | None) -> None:
    plan: Plan = PLANS[of]
    options = ApplyOptions(
        parallelism=lot.choice((1, 3, 10)), job_timeout=lot.choice((5.0, 100.0)), fail_fast=lot.random() < 0.2
    )
    writer = WildWriter(lot)
    ran = run_plan(plan, options=options, interrupted_at=interrupted_at, writer=writer)
    assert not ran.execution._running
    told = Counter(
        outcome.address for event in ran.events if isinstance(event, StepEnded) for outcome in event.outcomes
    )
    assert told == Counter(change.address for change in plan.writes)
    assert [outcome.address for outcome in ran.outcomes] == [change.address for change in plan.writes]
    assert max(writer.lost.values(), default=0) <= SENDS
