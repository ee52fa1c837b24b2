"""Who can still work after a plan."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.kind import Kinds
from igz_apply.planning.lockout import administrators, can_apply, touches_people
from tests.builders import absent, cluster, group, live, manifests, plan_for, service, user

SEC = (group("sec", assigned_policies=["Security Admin"]),)
WORLD = cluster(
    user("admin", assigned_policies=["Developer", "Data"], groups=["sec"]),
    group("sec", assigned_policies=["Security Admin"]),
)


def test_policies_are_counted_before_and_after() -> None:
    plan = plan_for(manifests(absent(group("sec"))), WORLD)
    assert can_apply("admin", WORLD, KINDS) == {"Developer", "Security Admin"}
    assert can_apply("admin", WORLD, KINDS, plan) == {"Developer"}
    assert administrators(WORLD, KINDS) == {"admin"}
    assert administrators(WORLD, KINDS, plan) == frozenset()


def test_groups_of_others_do_not_count() -> None:
    world = cluster(user("admin"), user("aaa", groups=["sec"]), user("zzz", groups=["sec"]), *SEC)
    assert can_apply("admin", world, KINDS) == frozenset()


def test_a_group_that_is_made_again_begins_without_members() -> None:
    world = cluster(user("admin", groups=["sec"]), live(SEC[0], is_deleting=True))
    plan = plan_for(manifests(*SEC), world)
    assert can_apply("admin", world, KINDS, plan) == frozenset()
    assert administrators(world, KINDS, plan) == frozenset()


def test_who_or_what_is_not_listed_has_nothing_to_give() -> None:
    assert can_apply("ghost", WORLD, KINDS) == frozenset()
    world = cluster(user("admin", assigned_policies=["Developer"], groups=["unseen"]))
    assert can_apply("admin", world, KINDS) == {"Developer"}


def test_only_plans_that_write_users_or_groups_touch_people() -> None:
    assert touches_people(plan_for(manifests(absent(group("sec"))), WORLD), KINDS)
    assert not touches_people(plan_for(manifests(service("s", kind="x")), WORLD), KINDS)


def test_without_users_nobody_is_anybody() -> None:
    alone = Kinds((KINDS["AppService"],))
    plan = plan_for(manifests(service("s", kind="x")), cluster(), kinds=alone)
    assert not touches_people(plan, alone)
    assert can_apply("admin", WORLD, alone) == frozenset()
    assert administrators(WORLD, alone) == frozenset()
