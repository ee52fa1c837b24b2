"""Edits of manifests that layers have put together: each where it is stated, and nothing else with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.local.files import Files
from igz_apply.manifests.config import Config, load_config
from igz_apply.manifests.editing.files import edited_files
from igz_apply.manifests.loading import Loaded, checked
from igz_apply.manifests.reader import read
from igz_apply.model.addresses import Address
from igz_apply.model.edits import Edit
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import LiveState, Resource
from igz_apply.planning.accepting import Wish, accepted
from igz_apply.planning.offboarding import leaving
from igz_apply.planning.places import NOWHERE
from igz_apply.planning.standing import own_document
from tests.builders import cluster, owned, plan_for, user

ADA = Address("User", "ada")
FILES = {
    "igz-apply.yaml": """\
version: 1
values: {boss: ada, memory: 4Gi, family: L}  # for now
patches:
  - address: AppService/jupyter-*
    patch: {spec: {resources: {limits: {memory: {from_value: memory}}}}}
""",
    "manifests/_defaults.yaml": """\
apiVersion: iguazio.com/v1
kind: Project
spec:
  owner: ada  # owns most
  labels: {team: retail}
  description: none
""",
    "manifests/all.yaml": """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {description: c, members: {editor: {users: [{from_value: boss}, bob]}}, owner: carl}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: fraud}
spec: {owner: {from_value: boss}}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: other}
spec: {labels: {tier: gold}}
---
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {users: [ada, carl]}
""",
    "manifests/people/listed.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: listed}
members: [ada, bob]  # by hand
resources:
  - kind: User
    metadata: {name: "{member}"}
    spec: {first_name: F, last_name: {from_value: family}, email: "{member}@example.com"}
""",
    "manifests/people/told.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: told}
members:
  ada: {mentor: bob}
  bob: {mentor: ada}  # hers
resources:
  - kind: Project
    metadata: {name: "own-{member}"}
    spec: {owner: "{member}", members: {viewer: {users: [{from_member: mentor}]}}}
""",
    "manifests/people/team.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: team}
members_of: ds
resources:
  - kind: AppService
    metadata: {name: "jupyter-{member}"}
    spec: {kind: jupyter, owner: "{member}"}
""",
}


def load(files: Mapping[str, str]) -> tuple[Loaded, Config]:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    config = load_config(None, None)
    loaded = checked(read(config.manifests), IGUAZIO3, layers=config.layers)
    assert not errors_of(loaded.problems), loaded.problems
    return loaded, config


@pytest.fixture
def layered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """Manifests of all layers."""
    monkeypatch.chdir(tmp_path)
    return load(FILES)[0]


def after(edits: tuple[Edit, ...]) -> dict[str, str]:
    """Return the files that the edits change, as they are then."""
    return {it.path: it.after.decode() if it.after is not None else "" for it in edited_files(edits, Files())}


def there(*resources: Resource, **specs: Mapping[str, object]) -> LiveState:
    """Return a cluster as manifests say, but for some fields of some."""
    found = [user("carl")]
    for resource in resources:
        changed = specs.get(resource.address.name.replace("-", "_"), {})
        spec = {**resource.spec, **changed}
        found.append(Resource(resource.address, spec, resource.positions, resource.source))
    return cluster(*found)


def test_who_leaves_is_taken_out_of_every_layer(layered: Loaded) -> None:
    found = leaving(ADA, "bob", layered.desired, KINDS)
    changed = after(found.edits)
    assert changed["igz-apply.yaml"] == FILES["igz-apply.yaml"].replace("boss: ada", "boss: bob")
    assert changed["manifests/_defaults.yaml"] == FILES["manifests/_defaults.yaml"].replace("ada", "bob")
    assert changed["manifests/all.yaml"] == (
        FILES["manifests/all.yaml"].replace("[{from_value: boss}, bob]", "[bob]").replace("[ada, carl]", "[carl]")
    )
    assert changed["manifests/people/listed.yaml"] == FILES["manifests/people/listed.yaml"].replace(
        "[ada, bob]", "[bob]"
    )
    assert changed["manifests/people/told.yaml"] == FILES["manifests/people/told.yaml"].replace(
        "  ada: {mentor: bob}\n", ""
    ).replace("[{from_member: mentor}]", "[]")
    assert sorted(map(str, found.gone)) == ["AppService/jupyter-ada", "Project/own-ada", "User/ada"]
    assert "manifests/people/team.yaml" not in changed


NAMED_OTHERWISE = {
    "igz-apply.yaml": "version: 1\n",
    "manifests/accounts.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: accounts}
members:
  ada: {}
  bob: {}
resources:
  - kind: User
    metadata: {name: "u-{member}"}
    spec: {first_name: F, last_name: L, email: "{member}@example.com", groups: [ds]}
  - kind: Project
    metadata: {name: "lab-{member}"}
    spec: {owner: "u-{member}"}
---
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {}
""",
    "manifests/by-fact.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: notebooks}
members: [ada, bob]
resources:
  - kind: AppService
    metadata: {name: "jupyter-{member}"}
    spec: {kind: jupyter, owner: "u-{member}"}
""",
    "manifests/by-account.yaml": """\
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: scratch}
members: [u-ada, u-bob]
resources:
  - kind: Project
    metadata: {name: "scratch-{member}"}
    spec: {owner: "{member}"}
---
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: team}
members_of: ds
resources:
  - kind: Project
    metadata: {name: "team-{member}"}
    spec: {owner: "{member}"}
""",
    "manifests/other.yaml": """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Another, last_name: Ada, email: other@example.com, groups: [ds]}
""",
}


def test_a_user_is_the_member_that_a_profile_makes_the_account_for_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stated = load(NAMED_OTHERWISE)[0].desired
    found = leaving(Address("User", "u-ada"), "", stated, KINDS)
    assert sorted(map(str, found.gone)) == [
        "AppService/jupyter-ada",
        "Project/lab-ada",
        "Project/scratch-u-ada",
        "Project/team-u-ada",
        "User/u-ada",
    ]
    assert (found.handed_over, found.is_declared) == ((), True)
    assert after(found.edits) == {
        "manifests/accounts.yaml": NAMED_OTHERWISE["manifests/accounts.yaml"].replace("  ada: {}\n", ""),
        "manifests/by-fact.yaml": NAMED_OTHERWISE["manifests/by-fact.yaml"].replace("[ada, bob]", "[bob]"),
        "manifests/by-account.yaml": NAMED_OTHERWISE["manifests/by-account.yaml"].replace("[u-ada, u-bob]", "[u-bob]"),
    }
    other = leaving(ADA, "", stated, KINDS)
    assert sorted(map(str, other.gone)) == ["Project/team-ada", "User/ada"]
    assert after(other.edits) == {"manifests/other.yaml": ""}


@pytest.mark.parametrize(
    ("address", "spec", "path", "old", "new"),
    [
        ("Project/other", {"description": "new"}, "manifests/_defaults.yaml", "none", "new"),
        ("Project/other", {"labels": {"team": "new", "tier": "gold"}}, "manifests/_defaults.yaml", "retail", "new"),
        ("Project/other", {"labels": {"team": "retail", "tier": "new"}}, "manifests/all.yaml", "gold", "new"),
        (
            "Project/other",
            {"labels": {"team": "retail"}},
            "manifests/all.yaml",
            "{labels: {tier: gold}}",
            "{labels: {}}",
        ),
        ("Project/other", {"labels": {"team": "retail", "tier": "gold", "new": "x"}}, "manifests/all.yaml",
         "{tier: gold}", "{tier: gold, new: x}"),
        ("Project/fraud", {"owner": "carl"}, "igz-apply.yaml", "boss: ada", "boss: carl"),
        ("Project/churn", {"description": None}, "manifests/all.yaml", "description: c", "description: null"),
        ("AppService/jupyter-carl", {"resources": {"limits": {"memory": "8Gi"}}}, "igz-apply.yaml", "4Gi", "8Gi"),
        ("User/bob", {"last_name": "M"}, "igz-apply.yaml", "family: L", "family: M"),
        ("User/bob", {"first_name": "B"}, "manifests/people/listed.yaml", "first_name: F", "first_name: B"),
    ],
)  # fmt: skip
def test_what_the_cluster_has_is_written_where_it_is_stated(
    layered: Loaded, address: str, spec: Mapping[str, object], path: str, old: str, new: str
) -> None:
    stated = layered.desired
    of = Address.parse(address)
    lives = there(*stated.resources.values(), **{of.name.replace("-", "_"): spec})
    made = plan_for(stated, lives, owned(*stated.resources.values()))
    found = accepted([Wish(of)], made, stated, KINDS)
    assert after(found.edits) == {path: FILES[path].replace(old, new)}


def test_a_default_is_stated_in_the_manifest_itself_where_that_is_asked_for(layered: Loaded) -> None:
    stated = layered.desired
    lives = there(
        *stated.resources.values(),
        other={"description": None, "labels": {"team": "new", "tier": "gold"}},
        churn={"members": {"editor": {"users": ["bob"]}}},
        jupyter_carl={"resources": {"limits": {"memory": "8Gi"}}},
    )
    made = plan_for(stated, lives, owned(*stated.resources.values()))
    wishes = [Wish(Address("Project", "other")), Wish(Address("Project", "churn"))]
    found = accepted(wishes, made, stated, KINDS, is_here=True)
    assert after(found.edits)["manifests/all.yaml"] == (
        FILES["manifests/all.yaml"]
        .replace("spec: {labels: {tier: gold}}", "spec: {labels: {tier: gold, team: new}, description: null}")
        .replace("[{from_value: boss}, bob]", "[bob]")
    )
    made_by_a_profile = accepted([Wish(Address("AppService", "jupyter-carl"))], made, stated, KINDS, is_here=True)
    assert [edit.document for edit in made_by_a_profile.edits] == [NOWHERE]


def test_what_a_profile_makes_and_is_gone_is_told(layered: Loaded) -> None:
    stated = layered.desired
    gone = Address("AppService", "jupyter-carl")
    lives = there(*(it for it in stated.resources.values() if it.address != gone))
    made = plan_for(stated, lives, owned(*stated.resources.values()))
    found = accepted([Wish(gone)], made, stated, KINDS)
    assert (found.edits, found.left) == (
        (),
        ("AppService/jupyter-carl is gone from the cluster; a Profile makes it for carl: take carl out there.",),
    )
    assert own_document(stated.resources[gone].positions) is None


CREW = {
    "igz-apply.yaml": """\
version: 1
values: {crew: [ada, carl], roles: {editor: {users: [ada]}}, lab: {team: a, tier: b}}
""",
    "manifests/all.yaml": """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ds}
spec: {users: {from_value: crew}}
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {labels: {from_value: lab}, members: {from_value: roles}}
---
apiVersion: iguazio.com/v1
kind: Profile
metadata: {name: teams}
members:
  one: {people: [ada, carl]}
resources:
  - kind: Group
    metadata: {name: "team-{member}"}
    spec: {users: {from_member: people}}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {email: a@x.org, first_name: F, last_name: L}
""",
}


def test_a_list_that_stands_for_another_loses_who_leaves_where_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stated = load(CREW)[0].desired
    found = leaving(ADA, "", stated, KINDS)
    changed = after(found.edits)
    assert changed["igz-apply.yaml"] == CREW["igz-apply.yaml"].replace("[ada, carl]", "[carl]").replace("[ada]", "[]")
    assert changed["manifests/all.yaml"].partition("---\napiVersion: iguazio.com/v1\nkind: User")[0] == (
        CREW["manifests/all.yaml"].partition("---\napiVersion: iguazio.com/v1\nkind: User")[0]
    ).replace("people: [ada, carl]", "people: [carl]")


def test_a_key_of_a_map_that_stands_for_another_is_stated_here_with_the_whole_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stated = load(CREW)[0].desired
    churn = Wish(Address("Project", "churn"))
    for labels in ({"team": "c", "tier": "b"}, {"team": "c", "tier": "d"}, {"tier": "b"}):
        lives = there(*stated.resources.values(), churn={"labels": labels})
        made = plan_for(stated, lives, owned(*stated.resources.values()))
        found = accepted([churn], made, stated, KINDS, is_here=True)
        changed = after(found.edits)
        written = ", ".join(f"{key}: {value}" for key, value in labels.items())
        expected = CREW["manifests/all.yaml"].replace("labels: {from_value: lab}", f"labels: {{{written}}}")
        assert changed == {"manifests/all.yaml": expected}
