"""What of rounds is news: each thing is told once, a changed one anew, and once that it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.model.addresses import Source
from igz_apply.model.changes import EdgeChange, Plan
from igz_apply.model.news import Fate, Topic
from igz_apply.model.operations import PlannedOperation
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Edge
from igz_apply.model.rounds import Cause, Ending, HeldBack, Round
from igz_apply.planning.news import MOST_FAILURES, Standing, Told, differences, standing_of, told_anew
from tests.notifying.news_builders import CALLER, a_round, at, change, drifted, healed, update

ADA, BOB = update("User/ada"), update("User/bob")


def told(rounds: Sequence[Round], about: Sequence[str] = ()) -> list[str]:
    """Return the topic of each message that rounds make, "" for none."""
    known, found = Told(), []
    for each in rounds:
        topic, known = told_anew(known, standing_of(each), about)
        found.append(topic.value if topic is not None else "")
    return found


CALM = a_round()
LOST = a_round("failed", error="The control plane cannot be reached: Connection refused (GET /api/users)")


def test_the_same_drift_is_told_once_and_that_it_is_over_once() -> None:
    assert told([CALM, drifted(ADA), drifted(ADA), CALM, CALM]) == ["", "drift", "", "over", ""]


def test_another_value_in_the_same_field_is_the_same_drift() -> None:
    assert told([drifted(ADA), drifted(update("User/ada", before="third"))]) == ["drift", ""]


@pytest.mark.parametrize(
    "other",
    [
        drifted(ADA, BOB),
        drifted(BOB),
        drifted(update("User/ada", "first_name")),
        drifted(change("delete", "User/ada")),
        drifted(ADA, why=HeldBack(Cause.PAUSED, "until later")),
        drifted(ADA, why=HeldBack(Cause.RAIL, "too many", "IGZ-616")),
        drifted(replace(ADA, edges=(EdgeChange(Edge("ada", "ops"), True),))),
        drifted(replace(ADA, diff=())),
    ],
)
def test_a_changed_drift_is_told_anew(other: Round) -> None:
    assert told([drifted(ADA), other, other]) == ["drift", "drift", ""]


def test_why_something_is_left_is_a_cause_and_not_its_words() -> None:
    until = [drifted(ADA, why=HeldBack(Cause.PAUSED, f"paused for {n} s more")) for n in (30, 20)]
    assert told(until) == ["drift", ""]


def test_what_is_healed_is_told_once_until_it_was_well_in_between() -> None:
    assert told([healed(ADA), healed(ADA), CALM, healed(ADA), healed(BOB)]) == ["healed", "", "", "healed", "healed"]


def test_what_a_healing_round_left_is_not_told_again_by_the_next() -> None:
    assert told([healed(ADA, left=(BOB,)), drifted(BOB), CALM]) == ["healed", "", "over"]


def test_a_failure_is_told_by_its_kind_and_not_by_its_numbers() -> None:
    again = a_round("failed", error="The control plane cannot be reached: 503 (GET /api/users, ctx 77fe01aa22)")
    other = a_round("failed", error="s3://state/prod.json cannot be read: timed out.")
    assert told([LOST, again, other, LOST, CALM, LOST]) == ["failure", "", "failure", "", "over", "failure"]


def test_errors_that_read_otherwise_every_time_are_told_so_often_and_no_more() -> None:
    words = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "eps",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
    ]
    rounds = [a_round("failed", error=f"It broke in {word}") for word in words]
    assert told(rounds) == ["failure"] * MOST_FAILURES + [""] * (len(words) - MOST_FAILURES)


def test_problems_are_told_by_their_codes_and_places() -> None:
    def invalid(summary: str, path: str = "manifests/a.yaml", line: int = 1, detail: str = "d") -> Round:
        return a_round("invalid", problems=(Problem(summary, detail, source=Source(path, line, 1)),))

    rounds = [
        invalid("Unknown field"),
        invalid("Unknown field", line=7, detail="other words"),
        invalid("Unknown field", "checkouts/4f0c2d9e8b7a6655/manifests/b.yaml"),
        invalid("Unknown field", "checkouts/77fe01aa224f0c2d/manifests/b.yaml"),
        invalid("Two roles", "manifests/b.yaml"),
        a_round("invalid", problems=(Problem("Of a policy of ours", "d", own_code="ORG-1", address=at("User/ada")),)),
    ]
    assert told(rounds) == ["failure", "", "failure", "", "failure", "failure"]


def test_a_drift_that_was_told_is_not_told_again_after_a_failure() -> None:
    assert told([drifted(ADA), LOST, drifted(ADA), drifted(ADA)]) == ["drift", "failure", "over", ""]


def test_a_refused_plan_is_a_failure_and_one_that_refuses_more_is_told_anew() -> None:
    rail = HeldBack(Cause.RAIL, "too many", "IGZ-616")
    one, more = (replace(drifted(*them, why=rail), ending=Ending.REFUSED) for them in ((ADA,), (ADA, BOB)))
    assert told([one, one, more, more, CALM]) == ["failure", "", "failure", "", "over"]


def test_a_partly_healed_round_is_told_by_what_failed_in_it() -> None:
    failed = healed(ADA, status="failed")
    both = healed(ADA, BOB, status="failed")
    assert told([failed, failed, both, healed(ADA, BOB)]) == ["failure", "", "failure", "healed"]
    beside = healed(ADA, ending="partly", report={"failures": ("The inventory cannot be written: disk full",)})
    assert told([healed(ADA), beside, beside]) == ["healed", "failure", ""]


def test_what_fails_each_time_is_told_once_whether_a_round_tries_it_or_lets_it_rest() -> None:
    tried, later = healed(ADA, status="failed"), healed(ADA, status="timed_out")
    rests = replace(drifted(ADA, why=HeldBack(Cause.FAILING, "failed 3 times in a row")), ending=Ending.PARTLY)
    assert told([tried, rests, later, rests, tried, CALM]) == ["failure", "", "", "", "", "over"]
    skipped = replace(
        tried,
        plan=Plan((ADA, BOB), CALLER),
        report=Report(
            tried.plan or Plan((), CALLER),
            (
                *(tried.report.outcomes if tried.report else ()),
                Outcome(BOB.address, BOB.action, Status.SKIPPED),
            ),
        ),
    )
    waits = {"User/ada": HeldBack(Cause.FAILING, "no"), "User/bob": HeldBack(Cause.WAITS, "for ada")}
    both = replace(drifted(ADA, BOB, why=waits), ending=Ending.PARTLY)
    assert told([skipped, both, skipped]) == ["failure", "", ""]


def test_what_the_cluster_did_not_keep_is_not_healed() -> None:
    lost = healed(ADA, ending="partly", report={"not_converged": (NotConverged(ADA.address, ADA.diff),)})
    (found,) = differences(lost)
    assert (found.fate, found.end.detail if found.end else "") == (Fate.FAILED, "the cluster did not keep email")


def test_an_operation_is_a_difference_too() -> None:
    left = PlannedOperation("restart", at("AppService/x"))
    round_ = a_round(
        "drifted", plan=Plan((), CALLER, operations=(left,)), held={left.address: HeldBack(Cause.MODE, "")}
    )
    assert [(it.verb, it.fate) for it in differences(round_)] == [("restart", Fate.HELD)]
    assert told([round_, round_]) == ["drift", ""]
    done = healed(ADA, report={"operated": (Outcome(left.address, ADA.action, Status.FAILED, operation="restart"),)})
    assert done.report is not None
    done = replace(done, plan=Plan((ADA,), CALLER, operations=(left,)), ending=Ending.PARTLY)
    assert [(it.verb, it.fate) for it in differences(done)] == [("restart", Fate.FAILED), ("update", Fate.HEALED)]


def test_a_replica_that_stands_by_and_a_round_that_is_ended_say_nothing() -> None:
    rounds = [drifted(ADA), a_round("standby"), a_round("interrupted"), drifted(ADA)]
    assert told(rounds) == ["drift", "", "", ""]
    assert standing_of(a_round("standby")).is_silent


def test_who_asks_for_some_endings_hears_of_these_and_that_they_are_over() -> None:
    rounds = [drifted(ADA), LOST, drifted(ADA), healed(ADA), CALM, CALM]
    assert told(rounds, ["failed"]) == ["", "failure", "over", "", "", ""]
    assert told(rounds, ["healed"]) == ["", "", "", "healed", "", ""]
    assert told(rounds, ["drifted"]) == ["drift", "", "", "over", "", ""]
    assert told([CALM, CALM, drifted(ADA), CALM], ["in_sync"]) == ["in_sync", "", "", "in_sync"]
    assert told([CALM, drifted(ADA), CALM, CALM], ["in_sync", "drifted"]) == ["in_sync", "drift", "over", ""]


def test_a_failing_round_that_made_no_plan_says_nothing_of_what_differs() -> None:
    assert told([drifted(ADA), LOST, CALM]) == ["drift", "failure", "over"]
    assert told([LOST, drifted(ADA), CALM]) == ["failure", "drift", "over"]


HASHES = ("", "a", "b")
ENDINGS = (Ending.IN_SYNC, Ending.DRIFTED, Ending.HEALED, Ending.PARTLY, Ending.FAILED, Ending.INVALID, Ending.STANDBY)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    ending = draw(st.sampled_from(ENDINGS))
    if ending is Ending.IN_SYNC or ending is Ending.STANDBY:
        return Standing(ending)
    if ending is Ending.DRIFTED:
        return Standing(ending, draw(st.sampled_from(HASHES[1:])))
    if ending is Ending.HEALED:
        return Standing(ending, draw(st.sampled_from(HASHES)), draw(st.sampled_from(HASHES[1:])))
    return Standing(ending, draw(st.sampled_from(("unknown", *HASHES))), "", draw(st.sampled_from("xyz")))


@given(st.lists(standings(), max_size=30), st.sampled_from([(), ("drifted",), ("failed", "healed"), ("in_sync",)]))
def test_nothing_is_told_twice_and_nothing_that_stands_stays_untold(
    rounds: list[Standing], about: tuple[str, ...]
) -> None:
    known = Told()
    for each in rounds:
        before = known
        topic, known = told_anew(known, each, about)
        again, settled = told_anew(known, each, about)
        assert again is None, "the same round twice is told once"
        assert settled == known
        if topic is Topic.OVER:
            assert before.failures or before.differs, "only what was told is over"
        if not about and each.ending is not Ending.STANDBY:
            assert each.differs in ("", "unknown", known.differs), "what differs has been told"
            assert not each.failure or each.failure in known.failures
            assert each.failure or not known.failures, "that it is over has been told"
