"""A whole move: from an emulated Iguazio 3 with every oddity to an emulated Iguazio 4, which it converges on."""

from __future__ import annotations

from igz_apply.iguazio3.kinds import KINDS as KINDS3
from igz_apply.model.migration import Destination, Fate, Migration, PersonMapping
from igz_apply.planning.origins import origin_of_live
from tests.emulated import EmulatedPlane
from tests.iguazio4.moves import fate, group, loaded_problems, mapping, move, owned_by, project, service, told, user
from tests.iguazio4.site4 import Site, spec_of

ODD = (
    user("ada", email="Ada.Lovelace@Example.com", assigned_policies=["Developer", "Data"], groups=["Research.NLP"]),
    user("bob", email="bob@example.com", admin_status="down", phone_number="+44-20", job_title="Clerk", uid=4711),
    user("eve", first_name="É", last_name="O'Neil-Žižek", email="eve@example.com", primary_group="ops", groups=["ops"]),
    user("svc-train", groups=["ops"]),
    user("dot.ted_Name@x", description="a robot"),
    group("Research.NLP", description="Language", assigned_policies=["Application Read Only"]),
    group("ops", gid=4712),
    group("on call, nights"),
    group("empty"),
    project("churn", description="", owner="ada", labels={"team": "a b", "x/y": ""}, annotations={"a": "line\nline"}),
    project("fraud", owner="bob", admin_status="offline", members={"editor": {"groups": ["Research.NLP", "ops"]}}),
    project(
        "old",
        owner="admin",
        admin_status="archived",
        members={"viewer": {"users": ["svc-train"], "groups": ["all_users"]}},
        default_function_node_selector={"zone": "b"},
    ),
    service("jupyter", kind="jupyter", owner="ada"),
)
SAID = mapping(
    users={"svc-*": "*@robots.example.com", "dot*": PersonMapping(first_name="Dot")},
    groups={"all_users": "everybody", "on call*": "ops/on call*"},
    policies={"Developer": ["Developer"], "Data": "nothing there is like it", "Application Read Only": ["oris-viewer"]},
    projects={"fraud": owned_by("ada")},
    roles={"editor": "builder"},
    separator=".",
)
POLICIES = {"oris-developer": "Developer", "oris-viewer": "Viewer", "oris-system-admin": "System Admin"}


def moved() -> Migration:
    origin = origin_of_live(EmulatedPlane(*ODD).live(), KINDS3, "old")
    return move(origin=origin, said=SAID, to=Destination("new", POLICIES))


def test_every_oddity_ends_as_one_fate_and_what_is_written_converges() -> None:
    found = moved()
    assert told(found) == []
    assert [each.severity for each in loaded_problems(found)] == []
    counts = {each: sum(it.fate is each for it in found.objects) for each in Fate}
    assert counts[Fate.ADDED] == 1  # research
    assert sum(counts.values()) - counts[Fate.ADDED] == len(ODD) + 2  # with admin and all_users
    documents = [dict(each) for documents in found.documents.values() for each in documents]
    site = Site()
    live = site.converged(documents)
    assert spec_of(live, "Project/fraud")["owner"] == "ada.lovelace@example.com"
    assert spec_of(live, "Project/fraud")["state"] == "online"
    assert spec_of(live, "Project/old")["state"] == "archived"
    assert spec_of(live, "User/bob@example.com")["active"] is False
    assert live.groups_of["train@robots.example.com"] == {"everybody", "ops"}
    assert "bob@example.com" in {user for user, groups in live.groups_of.items() if "everybody" in groups}


def test_what_is_lost_of_the_oddities_is_said() -> None:
    found = moved()
    assert fate(found, "AppService/jupyter").fate is Fate.LOST
    lost = {
        (str(each.old), field.path) for each in found.objects for field in each.fields if field.fate is not Fate.CARRIED
    }
    assert lost >= {
        ("User/bob", "phone_number"),
        ("User/bob", "uid"),
        ("User/eve", "primary_group"),
        ("User/dot.ted_Name@x", "first_name"),
        ("Group/ops", "gid"),
        ("Group/Research.NLP", "description"),
        ("Project/fraud", "admin_status"),
        ("Project/fraud", "owner"),
        ("Project/fraud", "members.editor.groups"),
        ("Project/old", "default_function_node_selector"),
    }
