"""Plan files that somebody changed, in every part and of both platforms: refused, each with its reason, or harmless.

Some are changed and left as they are, others sealed anew by somebody who knows the format, and who has to leave the
digest, since that is what was approved. Of the latter only what an apply does not go by may be another.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from igz_apply import workflow
from igz_apply.errors import PlanRefused
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.changes import Plan
from igz_apply.model.resources import LiveState, Owned, Resource, SecretRef
from igz_apply.planning.digest import plan_digest
from igz_apply.planning.ownership import learnt, opened
from igz_apply.planning.plan_document import UnreadablePlan, canonical, from_data, parse, seal, to_data
from igz_apply.planning.staleness import fingerprints
from igz_apply.platform import Platform
from tests.builders import absent, cluster, entry, group, live, manifests, owned, plan_for, project, user

pytestmark = pytest.mark.full

Mutation = Callable[[Any], None]


@dataclass(frozen=True)
class World:
    platform: Platform
    plan: Plan
    live: LiveState
    owned: Owned

    @property
    def data(self) -> Any:
        return parse(canonical(to_data(self.plan, tool_version="1")))


def world(platform: Platform, *more: Resource) -> World:
    ops, bob = group("ops", description="x"), user("bob", email="b@x.org", prevent_destroy=True)
    old, gone = project("old", owner="admin"), user("gone", email="g@x.org")
    left = group("left", description="y", on_removal="forget")
    admin = live(user("admin", assigned_policies=["Security Admin", "IT Admin"]), is_system=True)
    seen = cluster(live(user("ada", first_name="A")), live(bob), live(ops), live(old, contents=""), live(left), admin)
    inventory = owned(user("ada", first_name="A"), replace(bob, lifecycle=replace(bob.lifecycle)), ops, old, gone, left)
    inventory = replace(inventory, entries={**inventory.entries, ops.address: entry(group("ops"))})
    ada = user("ada", first_name="Ada", password=SecretRef(from_env="ADA"), depends_on=("Group/new",))
    desired = manifests(ada, bob, ops, group("new", description="n"), user("eve", email="e@x.org"), absent(old), *more)
    stale = {ada.address: {"password": "was never sent"}}
    made = plan_for(desired, seen, inventory, prune=True, stale=stale, kinds=platform.kinds)
    learns = learnt(made, inventory.entries, platform.kinds)
    made = replace(made, fingerprints=fingerprints(made, seen, platform.kinds), learns=learns, platform=platform.name)
    return World(platform, replace(made, digest=plan_digest(made)), seen, inventory)


WORLDS = {"iguazio3": world(IGUAZIO3), "iguazio4": world(IGUAZIO4)}


def inner(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in the data, but the seals themselves."""
    for key, item in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if key not in ("seal", "digest"):
            yield (*path, key)
            yield from inner(item, (*path, key))


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def others_for(value: Any) -> Iterator[Any]:
    """Yield what may stand in the place of a value, also of its own type."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield from (f"{value}x", "User/bob")
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, list):
        yield from ([*value, *value[:1]] or ["User/bob"], value[1:], value[::-1])
    elif isinstance(value, dict):
        yield from ({**value, "added": 1}, {})
    yield None


def mutations(data: Any) -> Iterator[tuple[str, Any]]:
    """Yield changed data with what was done to it."""
    for path in inner(data):
        name = ".".join(map(str, path))
        for number, other in enumerate(others_for(at(data, path))):
            if other != at(data, path):
                changed = copy.deepcopy(data)
                at(changed, path[:-1])[path[-1]] = other
                yield f"{name} is another ({number})", changed
        removed = copy.deepcopy(data)
        del at(removed, path[:-1])[path[-1]]
        yield f"{name} is removed", removed
    for key in ("digest", "seal"):
        yield f"{key} is another", {**data, key: f"sha256:{'0' * 64}"}
        yield f"{key} is removed", {name: item for name, item in data.items() if name != key}


def resealed(data: Any) -> Any:
    """Return data that is sealed anew; the digest is left as it was approved."""
    for change in data["changes"]:
        kept = {key: value for key, value in change.items() if key != "digest"}
        change["digest"] = hashlib.sha256(canonical(kept)).hexdigest()[:32]
    return {**data, "seal": seal(data)}


@pytest.mark.parametrize("name", WORLDS)
def test_every_changed_file_is_refused_with_its_reason(name: str) -> None:
    this = WORLDS[name]
    told: Counter[str] = Counter()
    for what, changed in mutations(this.data):
        with pytest.raises(UnreadablePlan) as caught:
            from_data(changed, this.platform.kinds)
        problem = caught.value.problem
        assert all((problem.detail, problem.hint)), what
        told[problem.summary] += 1
        if what.startswith("changes.") and problem.summary == "Edited plan" and what.count(".") > 2:
            assert "since it was written" in problem.detail or "removed" in problem.detail, what
    assert told.total() >= 200
    assert told.keys() <= {"Edited plan", "Plan of another format", "Not a saved plan"}


@pytest.mark.parametrize("name", WORLDS)
def test_a_file_that_is_cut_off_or_spoilt_is_refused(name: str) -> None:
    this = WORLDS[name]
    content = canonical(this.data)
    for end in range(0, len(content) - 2, len(content) // 50):
        with pytest.raises(UnreadablePlan):
            parse(content[:end])
    for text in (b"[]", b"null", b'{"format_version": 1}', b'{"format_version": 3}', b"\xff", content + content):
        with pytest.raises(UnreadablePlan):
            from_data(parse(text), this.platform.kinds)


@pytest.mark.parametrize("name", WORLDS)
def test_a_file_that_was_sealed_anew_is_refused_or_does_the_very_same(name: str) -> None:
    this = WORLDS[name]
    expected = outcome(this, this.plan)
    told: Counter[str] = Counter()
    for what, changed in mutations(this.data):
        found = fate(this, changed, what)
        if found == expected:
            told["harmless"] += 1
        else:
            assert isinstance(found, str), what
            told[found] += 1
    assert told["refused as it is read"] >= 200
    assert told["refused as it is applied"] >= 10
    assert told["cannot be sealed"] < 20


def fate(this: World, changed: Any, what: str) -> Any:
    """Return what becomes of a file that is sealed anew: why nothing, or what an apply of it would do."""
    try:
        whole = resealed(changed)
    except (KeyError, TypeError, AttributeError):
        return "cannot be sealed"
    try:
        again = from_data(whole, this.platform.kinds)
        assert again.digest == this.plan.digest, what
        return outcome(this, again)
    except UnreadablePlan:
        return "refused as it is read"
    except PlanRefused:
        return "refused as it is applied"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AssertionError(what) from error


def outcome(this: World, plan: Plan) -> Any:
    """Return what an apply of a saved plan would send and remember. Raises PlanRefused."""
    kinds = this.platform.kinds
    proposal = workflow.reopen(plan, "", this.live, this.owned, platform=this.platform)
    current = proposal.approved()
    steps = [
        (it.key, it.verb, it.addresses, sorted(map(str, it.needs))) for it in this.platform.steps_of(current, kinds)
    ]
    return current.digest, sorted(steps, key=str), opened(this.owned.entries, current)


def test_the_worlds_hold_every_kind_of_part() -> None:
    for this in WORLDS.values():
        counts = this.plan.counts
        assert all(counts[action] for action in ("create", "update", "delete", "no_change")), counts
        assert all((this.plan.dropped, this.plan.forgotten, this.plan.learns))
        assert json.loads(canonical(this.data))["platform"] == this.platform.name
