"""What rounds took away lately counts toward the limits of the next one: nothing goes bit by bit."""

from __future__ import annotations

from dataclasses import replace

from igz_apply import workflow
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.outcomes import Status
from igz_apply.model.reconciling import Mode
from igz_apply.model.records import Before, Ended, RunFacts, RunRecord
from igz_apply.model.resources import Caller
from igz_apply.planning.holding import Restraints
from igz_apply.planning.spending import Spent, spent_by, together
from igz_apply.workflow.healing import Healing, healing
from tests.builders import cluster, entry, group, manifests, owned, steps, user
from tests.fakes import FakeSecrets

ADMIN = user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"])
HEAL = Restraints(lambda _: Mode.HEAL)
GONE, NEW, KEPT = (Address("Group", name) for name in ("gone", "new", "kept"))


def groups(*numbers: int) -> frozenset[Address]:
    return frozenset(Address("Group", f"g{n}") for n in numbers)


def pruned(stays: int, spent: Spent, *, of: int = 5) -> Healing:
    """Return what is left of a plan that prunes all but some groups."""
    there = [ADMIN, *(group(f"g{n}") for n in range(of))]
    desired = manifests(*there[: stays + 1])
    proposal = workflow.plan(Loaded(desired, ()), cluster(*there), owned(*there), secrets=FakeSecrets(), prune=True)
    return healing(proposal, HEAL, lambda: spent)


def left(found: Healing) -> list[str]:
    assert found.proposal.plan is not None
    return steps(found.proposal.plan)


def test_what_rounds_took_away_before_counts_with_what_the_next_one_would() -> None:
    assert left(pruned(3, {})) == ["delete Group/g3", "delete Group/g4"]
    assert left(pruned(3, {"delete": groups(7)})) == ["delete Group/g3", "delete Group/g4"]
    found = pruned(3, {"delete": groups(7, 8)})
    assert left(found) == []
    held = found.held[Address("Group", "g3")]
    assert (held.cause.value, held.code) == ("rail", "IGZ-616")
    assert held.why == (
        "Too many deletes: The plan deletes 2 of kind Group; rounds did so with 2 within the last "
        "day, and limits.delete allows 10%"
    )
    assert found.stops[0].hint.startswith("If that is what you want, apply it yourself: igz-apply apply.")


def test_other_kinds_and_what_goes_again_count_nothing() -> None:
    spent = {"delete": frozenset({*groups(3, 4), *(Address("User", f"u{n}") for n in range(9))}), "forget": groups(9)}
    assert left(pruned(3, spent)) == ["delete Group/g3", "delete Group/g4"]


def test_nobody_asks_what_was_taken_where_nothing_is() -> None:
    def asked() -> Spent:
        raise AssertionError("nothing is taken away")

    proposal = workflow.plan(
        Loaded(manifests(ADMIN, group("new", description="d")), ()), cluster(ADMIN), owned(ADMIN), secrets=FakeSecrets()
    )
    assert healing(proposal, HEAL, asked).proposal is proposal


def record(*changes: Change, **outcomes: Status) -> RunRecord:
    return RunRecord(
        id="20261130-150000-0000",
        began="2026-11-30T15:00:00Z",
        ended="",
        exit_code=None,
        facts=RunFacts("reconcile"),
        caller=Caller("http://c", "admin", "t", ""),
        digest="",
        undoes="",
        changes=tuple(map(Before, changes)),
        entries={GONE: entry(group("gone")), NEW: None, KEPT: entry(group("kept"))},
        noted={GONE: None, NEW: None, KEPT: entry(group("kept"))},
        outcomes={Address("Group", name): Ended(status) for name, status in outcomes.items()},
    )


def delete(name: str, strategy: str = "") -> Change:
    return Change(Address("Group", name), Action.DELETE, reason="", deletion_strategy=strategy)


def test_a_record_tells_what_went_and_what_may_have() -> None:
    leaver = user("ada")
    off = Change(leaver.address, Action.UPDATE, reason="", desired=replace(leaver, is_leaver=True))
    found = spent_by(
        record(
            delete("done"),
            delete("all", "cascading"),
            delete("unknown"),
            delete("unsent"),
            off,
            Change(Address("Group", "made"), Action.CREATE, reason=""),
            done=Status.APPLIED,
            all=Status.APPLIED,
            unsent=Status.CANCELLED,
        )
    )
    assert {verb: sorted(map(str, addresses)) for verb, addresses in found.items()} == {
        "delete": ["Group/all", "Group/done", "Group/unknown"],
        "cascade": ["Group/all"],
        "disable": ["User/ada"],
        "forget": ["Group/gone"],
    }


def test_what_went_twice_counts_once() -> None:
    parts = [{"delete": groups(1, 2)}, {}, {"delete": groups(2), "forget": groups(3)}]
    assert together(iter(parts)) == {"delete": groups(1, 2), "forget": groups(3)}
