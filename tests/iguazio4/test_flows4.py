"""Whole flows on the emulator of Iguazio 4: plan, apply, and the plan after it."""

from __future__ import annotations

from igz_apply.model.addresses import Address
from tests.iguazio4.site4 import Site, group, manifest, project, spec_of, user

COMPANY = [
    group("research", policies=["oris-viewer"]),
    group("research/nlp"),
    group("research/nlp/llm"),
    user("ada", groups=["research/nlp"], policies=["oris-developer"]),
    user("bob@example.com", email="bob@example.com", groups=["research", "research/nlp/llm"]),
    user("eve", active=False),
    project(
        "churn",
        description="Churn",
        owner="ada",
        labels={"team": "retail"},
        members={
            "admin": {"users": ["bob@example.com"]},
            "viewer": {"groups": ["research/nlp"]},
            "curator": {"users": ["eve"]},
        },
    ),
    project("plain"),
]


def test_a_company_is_made_and_the_next_plan_is_empty() -> None:
    site = Site()
    live = site.converged(COMPANY)
    assert spec_of(live, "User/ada")["policies"] == ["oris-developer"]
    assert live.groups_of["bob@example.com"] == {"research", "research/nlp/llm"}
    assert spec_of(live, "User/eve")["active"] is False
    churn = spec_of(live, "Project/churn")
    assert (churn["owner"], churn["labels"], churn["description"]) == ("ada", {"team": "retail"}, "Churn")
    assert churn["members"] == {
        "admin": {"users": ["bob@example.com"]},
        "viewer": {"groups": ["research/nlp"]},
        "curator": {"users": ["eve"]},
    }
    assert spec_of(live, "Project/plain")["owner"] == "admin"


def test_everything_is_changed() -> None:
    site = Site()
    site.converged(COMPANY)
    changed = [
        group("research", policies=[]),
        group("research/nlp", policies=["oris-viewer"]),
        user("ada", groups=["research"], policies=[]),
        user("bob@example.com", first_name="Robert", groups=[]),
        user("eve", active=True, policies=["oris-viewer"]),
        project(
            "churn",
            description="Churn prediction",
            owner="eve",
            labels={"team": "growth", "cost": "7"},
            members={"admin": {}, "editor": {"users": ["ada"]}, "viewer": {"groups": ["research"]}},
        ),
        project("plain", state="archived"),
    ]
    live = site.converged(changed)
    assert Address("Group", "research/nlp/llm") not in live.resources
    assert spec_of(live, "User/bob@example.com")["first_name"] == "Robert"
    assert spec_of(live, "Project/churn")["owner"] == "eve"
    assert spec_of(live, "Project/plain")["state"] == "archived"
    assert site.converged([group("research")]).resources.keys() >= {Address("Group", "research")}


def test_a_policy_is_bound_from_its_own_side() -> None:
    site = Site()
    people = [group("ops"), user("ada"), user("bob")]
    live = site.converged([*people, manifest("PolicyBinding", "oris-viewer", {"users": ["ada"], "groups": ["ops"]})])
    assert spec_of(live, "PolicyBinding/oris-viewer") == {"users": ["ada"], "groups": ["ops"]}
    live = site.converged([*people, manifest("PolicyBinding", "oris-viewer", {"users": ["bob"], "groups": []})])
    assert spec_of(live, "PolicyBinding/oris-viewer") == {"users": ["bob"]}
    live = site.converged(people)
    assert Address("PolicyBinding", "oris-viewer") not in live.resources
