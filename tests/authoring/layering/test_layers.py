"""Layers put together: which wins, and where each value says that it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from igz_apply.authoring.layering.ground import NO_LAYERS, LayersGround
from igz_apply.authoring.layering.layers import layered
from igz_apply.authoring.layering.merging import merged
from igz_apply.authoring.layering.origins import LayeredPositions, Origin, cites_nothing, layers_of, origin_of
from igz_apply.authoring.layering.profiles import Profile, expanded
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.local.package_data import load_schema
from igz_apply.manifests.config import load_config
from igz_apply.manifests.loading import Loaded, checked, load
from igz_apply.manifests.reader import read, read_bytes
from igz_apply.model.addresses import Address, Source
from igz_apply.model.resources import Document
from tests.builders import Places

HEAD = "apiVersion: iguazio.com/v1\n"


def user(name: str) -> str:
    return HEAD + f"kind: User\nmetadata: {{name: {name}}}\n"


USER = user("ada")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(**texts: str) -> None:
    """Write files: `config`, and the others below `manifests`, with `__` for a slash."""
    for name, text in texts.items():
        path = Path("igz-apply.yaml" if name == "config" else f"manifests/{name.replace('__', '/')}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def loaded(target: str = "") -> Loaded:
    """Load what was written, which is right."""
    config = load_config(None, target or None)
    found = load(config.manifests, IGUAZIO3, layers=config.layers)
    assert found.problems == ()
    return found


def spec_of(address: str, target: str = "") -> Mapping[str, Any]:
    return loaded(target).desired.resources[Address.parse(address)].spec


def place_of(address: str, *path: str | int, target: str = "") -> str:
    return str(loaded(target).desired.resources[Address.parse(address)].positions.value(path))


def origin(address: str, *path: str | int, target: str = "") -> Origin:
    return origin_of(loaded(target).desired.resources[Address.parse(address)].positions, path)


# Which wins


def test_mappings_merge_and_anything_else_replaces() -> None:
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(below, {"a": {"c": [3]}, "e": 2}) == {"a": {"b": 1, "c": [3]}, "d": 1, "e": 2}
    assert merged(below, {"a": 1}) == {"a": 1, "d": 1}
    assert merged({"a": 1}, {"a": {"b": None}}) == {"a": {"b": None}}
    assert merged(below, 7) == 7


def test_null_takes_away_what_lies_beneath_and_clears_where_nothing_does() -> None:
    written(
        _defaults=HEAD + "kind: User\nspec: {department: Retail, job_title: Analyst}\n",
        u=USER + "spec: {department: null, phone_number: null}\n",
    )
    assert spec_of("User/ada") == {"job_title": "Analyst", "phone_number": None}


def test_the_order_is_outer_defaults_deeper_ones_the_manifest_and_then_patches_of_the_top_and_of_the_target() -> None:
    fields = ("department", "job_title", "description", "phone_number", "avatar")
    said = {name: "".join(f"{field}: {name}, " for field in fields[at:]) for at, name in enumerate("abcde")}
    patch = "patches: [{{address: User/*, patch: {{spec: {{{}}}}}}}]\n"
    written(
        _defaults=HEAD + f"kind: User\nspec: {{{said['a']}}}\n",
        deep___defaults=HEAD + f"kind: User\nspec: {{{said['b']}}}\n",
        deep__u=USER + f"spec: {{{said['c']}}}\n",
        config="version: 1\n"
        + patch.format(said["d"])
        + "targets:\n  prod: {"
        + patch.format(said["e"]).strip()
        + "}\n",
    )
    found = load(["manifests"], IGUAZIO3, layers=load_config(None, "prod").layers)
    spec = found.documents[0].data["spec"]
    assert [spec[field] for field in fields] == list("abcde")
    positions = found.documents[0].positions
    assert [origin_of(positions, ("spec", field)).layer for field in fields] == [
        "defaults", "defaults", "manifest", "patch", "patch",
    ]  # fmt: skip
    assert [layer.layer for layer in layers_of(positions)] == ["patch", "patch", "manifest", "defaults", "defaults"]


def test_defaults_are_for_their_folder_and_below_and_for_their_kind_alone() -> None:
    written(
        a__u=USER + "spec: {}\n",
        a__b__u=user("bob") + "spec: {}\n",
        c__u=user("cy") + "spec: {}\n",
        a___defaults=HEAD + "kind: User\nspec: {department: A}\n---\n" + HEAD + "kind: Group\nspec: {description: A}\n",
        a__g=HEAD + "kind: Group\nmetadata: {name: g}\nspec: {}\n",
    )
    found = loaded().desired.resources
    assert {str(address): dict(it.spec) for address, it in found.items()} == {
        "Group/g": {"description": "A"},
        "User/ada": {"department": "A"},
        "User/bob": {"department": "A"},
        "User/cy": {},
    }


def test_values_are_typed_and_those_of_the_target_win() -> None:
    written(
        config="version: 1\nvalues: {uid: 7, groups: [], mode: {name: x}}\ntargets: {prod: {values: {uid: 8}}}\n",
        u=USER + "spec: {uid: {from_value: uid}, groups: {from_value: groups}}\n",
    )
    assert spec_of("User/ada") == {"uid": 7, "groups": []}
    assert spec_of("User/ada", "prod") == {"uid": 8, "groups": []}


def test_a_name_that_looks_like_a_pattern_is_a_name_first() -> None:
    project = HEAD + "kind: Group\nmetadata: {name: 'ops*'}\nspec: {}\n---\n" + HEAD
    written(
        g=project + "kind: Group\nmetadata: {name: ops-one}\nspec: {}\n",
        config="version: 1\npatches: [{address: 'Group/ops*', patch: {spec: {description: x}}}]\n",
    )
    found = load(["manifests"], IGUAZIO3, layers=load_config(None, None).layers)
    stated = {document.data["metadata"]["name"]: document.data["spec"] for document in found.documents}
    assert stated == {"ops*": {"description": "x"}, "ops-one": {}}


@pytest.mark.parametrize(
    ("address", "expected"),
    [("User", {"ada", "bob"}), ("User/a*", {"ada"}), ("*/ada", {"ada"}), ("User/bob", {"bob"})],
)
def test_a_patch_is_for_a_kind_a_pattern_or_an_address(address: str, expected: set[str]) -> None:
    written(
        u=USER + "spec: {}\n---\n" + user("bob") + "spec: {}\n",
        g=HEAD + "kind: Group\nmetadata: {name: g}\nspec: {}\n",
        config=f"version: 1\npatches: [{{address: '{address}', patch: {{spec: {{description: x}}}}}}]\n",
    )
    found = loaded().desired.resources
    assert {it.name for it, resource in found.items() if resource.spec.get("description")} == expected


def test_without_layers_documents_are_the_very_ones_that_were_read() -> None:
    written(u=USER + "spec: {}\n")
    reading = read(["manifests"])
    assert checked(reading, IGUAZIO3).documents == reading.documents
    ground = LayersGround(IGUAZIO3.kinds, IGUAZIO3.schemas, load_schema("profile"), (), {}, ())
    assert layered(reading.documents, NO_LAYERS, ground).documents == reading.documents


def test_what_is_no_manifest_passes_by() -> None:
    texts = ("just text\n", "kind: [User]\n", HEAD + "kind: User\nmetadata: ada\n", HEAD + "kind: Other\n")
    written(_defaults=HEAD + "kind: User\nspec: {department: A}\n", u="---\n".join(texts))
    config = "version: 1\npatches: [{address: User/ada, patch: {spec: {description: x}}}]\n"
    written(config=config)
    found = load(["manifests"], IGUAZIO3, layers=load_config(None, None).layers)
    assert {problem.summary for problem in found.problems} >= {"Not a manifest", "Unknown kind", "Wrong type"}


# Profiles


def test_a_profile_makes_its_resources_for_each_member_with_defaults_and_patches() -> None:
    written(
        p=HEAD
        + "kind: Profile\nmetadata: {name: p}\nmembers: {ada: {uid: 7}, bob: {uid: 8}}\nresources:\n"
        + '  - kind: User\n    metadata: {name: "{member}"}\n'
        + '    spec: {uid: {from_member: uid}, description: "About {member}"}\n'
        + "    lifecycle: {prevent_destroy: true}\n",
        _defaults=HEAD + "kind: User\nspec: {department: A}\n",
        config="version: 1\npatches: [{address: User/bob, patch: {spec: {department: B}}}]\n",
    )
    assert spec_of("User/ada") == {"uid": 7, "description": "About ada", "department": "A"}
    assert spec_of("User/bob") == {"uid": 8, "description": "About bob", "department": "B"}
    assert loaded().desired.resources[Address("User", "ada")].lifecycle.prevent_destroy
    assert origin("User/ada", "spec", "uid").layer == "member"
    assert place_of("User/bob", "spec", "uid") == "manifests/p.yaml:4:37"
    told = origin("User/ada", "spec", "description")
    assert (told.layer, told.path, told.name) == ("profile", ("resources", 0, "spec", "description"), "ada")


def test_a_member_may_be_named_wherever_a_name_or_free_text_stands() -> None:
    written(
        p=HEAD + "kind: Profile\nmetadata: {name: p}\nmembers: [ada]\nresources:\n"
        '  - kind: Project\n    metadata: {name: "p-{member}"}\n'
        '    spec: {owner: admin, members: {editor: {users: ["{member}"]}}, labels: {who: "{member}"}}\n'
        '    lifecycle: {depends_on: ["User/{member}"], renamed_from: "old-{member}"}\n---\n' + USER + "spec: {}\n",
    )  # fmt: skip
    made = loaded().desired.resources[Address("Project", "p-ada")]
    assert made.spec["members"] == {"editor": {"users": ["ada"]}}
    assert made.spec["labels"] == {"who": "ada"}
    assert made.lifecycle.renamed_from == "old-ada"
    assert made.lifecycle.depends_on == (Address("User", "ada"),)


def test_members_of_takes_the_people_of_a_group_as_either_side_states_them_and_as_profiles_make_them() -> None:
    written(
        g=HEAD + "kind: Group\nmetadata: {name: a}\nspec: {users: [ada, eve]}\n---\n" + HEAD
        + "kind: User\nmetadata: {name: bob}\nspec: {groups: [a]}\n---\n" + HEAD
        + "kind: User\nmetadata: {name: ada}\nspec: {}\n---\n" + HEAD
        + "kind: User\nmetadata: {name: eve}\nlifecycle: {state: absent}\n---\n" + HEAD
        + 'kind: Profile\nmetadata: {name: one}\nmembers: [cy]\nresources:\n'
        + '  - {kind: User, metadata: {name: "{member}"}, spec: {groups: [a]}}\n---\n' + HEAD
        + 'kind: Profile\nmetadata: {name: two}\nmembers_of: a\nresources:\n'
        + '  - {kind: Project, metadata: {name: "p-{member}"}, spec: {owner: "{member}"}}\n',
    )  # fmt: skip
    found = load(["manifests"], IGUAZIO3)
    made = {it.data["metadata"]["name"] for it in found.documents if it.data["kind"] == "Project"}
    assert made == {"p-ada", "p-bob", "p-cy"}


def test_a_group_that_is_to_go_has_no_people() -> None:
    written(
        g=HEAD + "kind: Group\nmetadata: {name: a}\nlifecycle: {state: absent}\n---\n" + HEAD
        + 'kind: Profile\nmetadata: {name: two}\nmembers_of: a\nresources:\n'
        + '  - {kind: Project, metadata: {name: "p-{member}"}, spec: {owner: "{member}"}}\n',
    )  # fmt: skip
    assert [problem.summary for problem in load(["manifests"], IGUAZIO3).problems] == ["Unknown group of a Profile"]


def test_profiles_may_follow_each_other_as_long_as_they_come_to_an_end() -> None:
    groups = "".join(f"---\n{HEAD}kind: Group\nmetadata: {{name: g{n}}}\nspec: {{}}\n" for n in range(4))
    profiles = "".join(
        f"---\n{HEAD}kind: Profile\nmetadata: {{name: p{n}}}\nmembers_of: g{n}\nresources:\n"
        f'  - {{kind: User, metadata: {{name: "{{member}}{n}"}}, spec: {{groups: [g{n + 1}]}}}}\n'
        for n in reversed(range(3))
    )
    written(g=USER + "spec: {groups: [g0]}\n" + groups + profiles)
    found = load(["manifests"], IGUAZIO3)
    assert {it.data["metadata"]["name"] for it in found.documents if it.data["kind"] == "User"} == {
        "ada", "ada0", "ada01", "ada012",
    }  # fmt: skip
    assert found.problems == ()


def test_profiles_that_make_more_and_more_are_stopped() -> None:
    two = "".join(f'  - {{kind: User, metadata: {{name: "{{member}}{n}"}}, spec: {{groups: [g]}}}}\n' for n in range(8))
    profiles = "".join(
        f"---\n{HEAD}kind: Profile\nmetadata: {{name: p{n}}}\nmembers_of: g\nresources:\n{two}" for n in range(6)
    )
    written(g=USER + f"spec: {{groups: [g]}}\n---\n{HEAD}kind: Group\nmetadata: {{name: g}}\nspec: {{}}\n" + profiles)
    found = load(["manifests"], IGUAZIO3)
    assert {problem.summary for problem in found.problems} == {"Circle of Profiles"}


PEOPLE = (
    "kind: Profile\nmetadata: {name: lab}\nmembers:\n  ada: {}\n  kat: {renamed_from: kate}\nresources:\n"
    '  - {kind: User, metadata: {name: "{member}"}, spec: {}}\n'
    '  - {kind: Project, metadata: {name: "lab-{member}"}, spec: {}, lifecycle: {prevent_destroy: true}}\n'
    '  - {kind: Group, metadata: {name: "g-{member}"}, spec: {}, lifecycle: {renamed_from: h}}\n'
)


def test_what_is_made_for_a_member_was_called_after_the_name_that_the_member_had() -> None:
    written(lab=HEAD + PEOPLE.replace("spec: {}, lifecycle: {renamed_from: h}", "spec: {}"))
    resources = loaded().desired.resources
    assert {str(it): resources[it].lifecycle.renamed_from for it in resources} == {
        "Group/g-ada": "",
        "Group/g-kat": "g-kate",
        "Project/lab-ada": "",
        "Project/lab-kat": "lab-kate",
        "User/ada": "",
        "User/kat": "kate",
    }
    assert resources[Address("Project", "lab-kat")].lifecycle.prevent_destroy
    assert place_of("Project/lab-kat", "lifecycle", "renamed_from") == "manifests/lab.yaml:6:23"


def test_an_old_name_that_a_template_states_itself_counts() -> None:
    written(lab=HEAD + PEOPLE.replace("  ada: {}\n", ""))
    assert loaded().desired.resources[Address("Group", "g-kat")].lifecycle.renamed_from == "h"


def test_an_old_name_that_is_none_is_told_at_the_member() -> None:
    written(lab=HEAD + PEOPLE.replace("kate", "7"))
    problems = load(["manifests"], IGUAZIO3).problems
    assert ("Wrong type", "manifests/lab.yaml:6:23") in {(it.summary, str(it.source)) for it in problems}


def test_what_can_have_no_old_name_is_made_without_one() -> None:
    head = HEAD.replace("v1", "v4")
    written(
        lab=f"{head}kind: Profile\nmetadata: {{name: p}}\nmembers:\n  a@b.example: {{renamed_from: c@b.example}}\n"
        "resources:\n"
        '  - {kind: User, metadata: {name: "{member}"}, spec: {}}\n'
        '  - {kind: PolicyBinding, metadata: {name: "{member}"}, spec: {users: ["{member}"]}}\n'
    )
    found = load(["manifests"], IGUAZIO4)
    assert found.desired.resources[Address("User", "a@b.example")].lifecycle.renamed_from == "c@b.example"
    assert found.desired.resources[Address("PolicyBinding", "a@b.example")].lifecycle.renamed_from == ""


def test_a_text_for_others_is_let_through_and_holds_no_member() -> None:
    written(
        p=f"{HEAD}kind: Profile\nmetadata: {{name: p}}\nmembers: [ada]\nresources:\n"
        '  - kind: Project\n    metadata: {name: "lab-{member}"}\n'
        '    spec: {owner: admin, description: "${member} {{member}} {member} \\\\1"}\n',
        _defaults=f'{HEAD}kind: User\nspec: {{description: "${{member}}, {{{{member}}}}"}}\n',
    )
    assert spec_of("Project/lab-ada") == {"owner": "admin", "description": "${member} {{member}} ada \\1"}


def test_a_null_in_defaults_over_nothing_says_nothing() -> None:
    written(
        _defaults=HEAD + "kind: User\nspec: {job_title: null, department: A, groups: []}\n---\n"
        f"{HEAD}kind: Project\nmetadata: {{}}\nspec: {{labels: {{a: null}}, description: null}}\n",
        s___defaults=HEAD + "kind: User\nspec: {department: null, mobile: null}\n",
        s__u=USER + "spec: {first_name: A, last_name: L, email: a@example.com}\n",
        s__p=HEAD + "kind: Project\nmetadata: {name: p}\nspec: {owner: ada}\n",
    )
    assert spec_of("User/ada") == {"first_name": "A", "last_name": "L", "email": "a@example.com", "groups": []}
    assert spec_of("Project/p") == {"owner": "ada"}


def test_thousands_of_members_in_a_list_are_found_once() -> None:
    class Counted(list[str]):
        walks = 0

        def __iter__(self) -> Iterator[str]:
            Counted.walks += 1
            return super().__iter__()

        def index(self, *_: Any) -> int:
            raise AssertionError("a search for each member takes time by the square of their number")

    names = Counted(f"u{number}" for number in range(100))
    template = {"kind": "User", "metadata": {"name": "{member}"}}
    data = {"apiVersion": "iguazio.com/v1", "metadata": {"name": "p"}, "members": names, "resources": [template]}
    profile = Profile(Source("p.yaml", 1, 1), data, Places("p.yaml"))
    Counted.walks = 0
    made = list(expanded(profile, tuple(names)))
    assert made[7].layer.member == ("members", 7)
    assert Counted.walks <= 10


# Where values stand


def test_a_value_stands_in_the_config_and_says_who_asked_for_it() -> None:
    written(
        config="version: 1\nvalues:\n  limits: {memory: 8Gi}\ntargets:\n  prod:\n    values: {x: [a, b]}\n",
        s=HEAD + "kind: AppService\nmetadata: {name: s}\nspec:\n  kind: jupyter\n"
        "  resources: {limits: {from_value: limits}}\n",
    )
    assert place_of("AppService/s", "spec", "resources", "limits", "memory") == "igz-apply.yaml:3:20"
    told = origin("AppService/s", "spec", "resources", "limits", "memory")
    assert (told.layer, told.name, told.path) == ("value", "limits", ("values", "limits", "memory"))
    assert told.via is not None
    assert (told.via.layer, str(told.via.source)) == ("manifest", "manifests/s.yaml:6:23")
    resource = loaded().desired.resources[Address("AppService", "s")]
    assert str(resource.positions.key(("spec", "resources", "limits"))) == "manifests/s.yaml:6:15"
    assert str(resource.positions.key(("spec", "resources", "limits", "memory"))) == "igz-apply.yaml:3:12"
    assert resource.positions.text(("spec", "resources", "limits", "memory")) == "8Gi"
    assert resource.positions.text(("spec", "resources", "nothing")) == ""


def test_what_several_layers_state_stands_in_the_manifest_and_what_none_states_at_the_nearest() -> None:
    written(
        _defaults=HEAD + "kind: User\nspec:\n  groups: [a, b, c]\n  department: A\n",
        u=USER + "spec:\n  groups: [x]\n",
    )
    found = load(["manifests"], IGUAZIO3).documents[0].positions
    assert str(found.value(("spec",))) == "manifests/u.yaml:5:3"
    assert str(found.value(())) == "manifests/u.yaml:1:1"
    assert str(found.value(("spec", "groups", 0))) == "manifests/u.yaml:5:12"
    assert str(found.value(("spec", "groups", 2))) == "manifests/u.yaml:5:11"
    assert str(found.value(("spec", "department"))) == "manifests/_defaults.yaml:5:15"
    assert str(found.key(("spec", "nothing"))) == "manifests/u.yaml:5:3"
    assert not origin_of(found, ("spec", "groups", 2)).is_exact
    assert not origin_of(found, ("spec", "groups", "x")).is_exact


def test_a_document_that_is_as_it_was_read_is_its_own_layer() -> None:
    document = read_bytes("m.yaml", (USER + "spec: {uid: 7}\n").encode()).documents[0]
    found = origin_of(document.positions, ("spec", "uid"))
    assert (found.layer, found.path, str(found.source)) == ("manifest", ("spec", "uid"), "m.yaml:4:13")
    assert layers_of(document.positions) == ()


def test_a_profile_that_takes_values_tells_where_those_stand() -> None:
    written(
        config="version: 1\nvalues:\n  team: {ada: {uid: 7}}\n  mail: '{member}@example.com'\n",
        p=HEAD + "kind: Profile\nmetadata: {name: p}\nmembers: {from_value: team}\nresources:\n"
        '  - kind: User\n    metadata: {name: "{member}"}\n'
        "    spec: {uid: {from_member: uid}, email: {from_value: mail}}\n",
    )
    assert spec_of("User/ada") == {"uid": 7, "email": "ada@example.com"}
    assert place_of("User/ada", "spec", "uid") == "igz-apply.yaml:3:21"
    assert place_of("User/ada", "spec", "email") == "igz-apply.yaml:4:9"
    assert place_of("User/ada", "metadata", "name") == "manifests/p.yaml:7:22"


def test_a_document_is_a_layer_that_cites_nothing() -> None:
    document = Document(Source("m", 1, 1), {"a": {"from_value": "x"}}, read_bytes("m", b"a: 1").documents[0].positions)
    layer = LayeredPositions(document).own
    assert (layer.layer, layer.prefix, layer.cited) == ("manifest", (), cites_nothing)
    assert layer.cited(document.data["a"]) is None


def test_the_layers_of_a_config_are_those_of_the_target() -> None:
    written(config="version: 1\nvalues: {a: 1}\ntargets:\n  dev: {values: {b: 2}}\n  prod: {}\n")
    layers = load_config(None, "prod").layers
    assert layers is not None
    assert (set(layers.values.known), dict(layers.values.elsewhere)) == ({"a"}, {"b": ("dev",)})
