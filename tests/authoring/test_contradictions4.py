"""Who holds a policy, stated from both sides: by those who hold it, and by the list of its holders."""

from __future__ import annotations

from igz_apply.authoring.contradictions import contradictions
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.model.resources import Resource
from tests.builders import absent, group, manifests, resource, user

VIEWER = "oris-viewer"
AT = "manifests/test.yaml:spec"


def binding(**spec: object) -> Resource:
    return resource("PolicyBinding", VIEWER, **spec)


def told(*resources: Resource) -> list[tuple[str, str]]:
    found = list(contradictions(manifests(*resources), KINDS))
    assert {it.summary for it in found} <= {"Holder left out"}
    return [(str(it.address), it.detail) for it in found]


def test_a_list_that_leaves_out_who_states_the_policy_is_told_at_both_places() -> None:
    (problem,) = contradictions(manifests(binding(users=["bob"]), user("ada", policies=["x", VIEWER])), KINDS)
    assert str(problem.source) == f"{AT}:policies:1:1:1"
    assert problem.detail == (
        f"User/ada states {VIEWER} in policies, and users of PolicyBinding/{VIEWER}, at {AT}:users:1:1, lack ada."
    )
    assert problem.hint == f"Take {VIEWER} out here, or add ada to users there."
    ((address, detail),) = told(binding(groups=[]), group("g", policies=[VIEWER]))
    assert address == "Group/g"
    assert detail.endswith(f"groups of PolicyBinding/{VIEWER}, at {AT}:groups:1:1, lack g.")


def test_who_is_listed_and_states_policies_without_it_is_told_at_both_places() -> None:
    (problem,) = contradictions(manifests(binding(users=["bob", "ada"]), user("ada", policies=[])), KINDS)
    assert str(problem.source) == f"{AT}:users:1:1:1"
    assert problem.detail == (
        f"ada is in users of PolicyBinding/{VIEWER}, and policies of User/ada, at {AT}:policies:1:1, lack {VIEWER}."
    )
    assert problem.hint == f"Add {VIEWER} to policies of User/ada, or take ada out here."
    assert told(binding(users=["ada"], membership="additive"), user("ada", policies=["x"]))
    assert told(binding(users=["ada"]), user("ada", policies=None))


def test_a_list_that_is_to_be_gone_takes_the_policy_from_everybody() -> None:
    ((address, detail),) = told(absent(binding()), user("ada", policies=[VIEWER]))
    assert address == "User/ada"
    assert f"PolicyBinding/{VIEWER}, at manifests/{VIEWER}.yaml:1:1, is declared absent" in detail
    assert told(absent(binding()), user("ada", policies=["x"])) == []


def test_what_may_be_true_together_is_left_alone() -> None:
    ada = user("ada", policies=[VIEWER])
    assert told(binding(users=["ada"]), ada) == []
    assert told(binding(users=["bob"], membership="additive"), ada) == []
    assert told(binding(groups=[]), ada) == []  # it says nothing of users
    assert told(binding(users=[], ignore_changes=["users"]), ada) == []
    assert told(binding(users=[]), user("ada", policies=[VIEWER], ignore_changes=["policies"])) == []
    assert told(binding(users=["ada"]), user("ada", policies=["x"], membership="additive")) == []
    assert told(binding(users=["ada"]), user("ada")) == []
    assert told(binding(users=[]), absent(ada)) == []
    assert told(binding(groups=["ada"], users=["ada"]), ada) == []
