"""Plans as data: nothing is lost on the way out and back, and an edited file is noticed."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import (
    DISABLED,
    ENABLED,
    AccessImpact,
    AccountChange,
    Action,
    Change,
    EdgeChange,
    FieldDiff,
    Handover,
    MadeOf,
    Plan,
    PolicyChange,
    RoleChange,
    Undo,
)
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import Caller, Edge, Entry, Lifecycle, LiveResource, Resource, SecretRef
from igz_apply.model.resources import Path as KeyPath
from igz_apply.planning.places import SavedPositions
from igz_apply.planning.plan_document import UnreadablePlan, canonical, from_data, parse, to_data
from igz_apply.planning.plan_document import seal as sealed
from tests.builders import live, policy_change, role_change, service

SCHEMA = jsonschema_rs.validator_for(
    json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
)
ADA, OPS = Address("User", "ada"), Address("Group", "ops")
SOURCE = Source("manifests/users.yaml", 3, 1)


def desired(address: Address = ADA, **spec: Any) -> Resource:
    return Resource(address, spec, SavedPositions(SOURCE), SOURCE)


PLAN = Plan(
    changes=(
        Change(
            ADA,
            Action.CREATE,
            "not on the cluster",
            diff=(FieldDiff(("email",), None, "ada@x.org"), FieldDiff(("password",), None, "set", sensitive=True)),
            edges=(EdgeChange(Edge("ada", "ops"), adds=True),),
            depends_on=(OPS,),
            job=True,
            warnings=("careful",),
            desired=desired(email="ada@x.org", password=SecretRef(from_env="ADA_PASSWORD"), labels={"a": None}),
            handover=Handover(
                Address("User", "countess"), carried=(("email",), ("labels", "a")), stated=((("labels", "a"), "x"),)
            ),
        ),
        Change(
            OPS,
            Action.DELETE,
            "absent",
            live=LiveResource(OPS, "g-1", {"users": ["bob"]}),
            deletion_strategy="x",
            handover=Handover(replaced_by=Address("Group", "crew")),
        ),
    ),
    caller=Caller("https://x", "admin", "default", "3.5.5"),
    access_impact=AccessImpact(
        (role_change("ada", "churn", None, "admin", "group ops"),),
        (policy_change("ada", ("Data",), (), "group ops"),),
    ),
    warnings=("look",),
    fingerprints={ADA: {}, OPS: {"id": "abc"}},
    kept=(Address("User", "old"),),
    foreign={"User": 3},
    dropped={Address("User", "gone"): "gone from the cluster"},
    not_visible={Address("Project", "unseen"): "403"},
    partial={"Project": "hidden"},
    tombstones=(Address("Project", "stone"),),
    doubtful=(Address("AppService", "nb"),),
)

names = st.text(min_size=1, max_size=8)
paths = st.tuples(names.filter(lambda name: "." not in name))
addresses = st.builds(Address, st.sampled_from(["User", "Group", "Project", "AppService"]), names)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
keys = st.sampled_from(["$secret", "$literal", "from_env"]) | names
json_values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
references = st.builds(SecretRef, from_env=names) | st.builds(SecretRef, from_file=names)
spec_values = st.recursive(
    leaves | references, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
specs = st.dictionaries(keys, spec_values, max_size=4)
sources = st.builds(Source, names, st.integers(1, 10**6), st.integers(1, 500))
lifecycles = st.builds(
    Lifecycle,
    state=st.sampled_from(["present", "absent"]),
    prevent_destroy=st.booleans(),
    ignore_changes=st.lists(names, max_size=2).map(tuple),
    membership=st.sampled_from(["exact", "additive"]),
)


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=2).map(tuple)


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


@st.composite
def changes(draw: st.DrawFn) -> Change:
    address, source = draw(addresses), draw(sources)
    diff = draw(some(st.builds(FieldDiff, paths, json_values, json_values, st.booleans())))
    # A map's keys may come from elsewhere, beside the whole of it.
    stated = [item.path for item in diff] + [(*item.path, key) for item in diff for key in _keys(item.after)]
    layers = {("spec", *path): draw(sources) for path in stated if draw(st.booleans())}
    positions = SavedPositions(source, layers)
    resource = st.builds(Resource, st.just(address), specs, st.just(positions), st.just(source), lifecycles)
    live = st.builds(LiveResource, st.just(address), names, specs, st.booleans(), st.booleans(), st.booleans())
    return Change(
        address=address,
        action=draw(st.sampled_from(Action)),
        reason=draw(st.text(max_size=8)),
        diff=diff,
        edges=draw(some(st.builds(EdgeChange, st.builds(Edge, names, names), st.booleans()))),
        depends_on=draw(some(addresses)),
        job=draw(st.booleans()),
        warnings=draw(some(st.text(max_size=8))),
        desired=draw(st.none() | resource),
        live=draw(st.none() | live),
        deletion_strategy=draw(st.sampled_from(["", "restricted", "cascading"])),
    )


users, projects = st.builds(Address, st.just("User"), names), st.builds(Address, st.just("Project"), names)
role_names = st.none() | names
states = st.sampled_from((ENABLED, DISABLED))
plans = st.builds(
    Plan,
    changes=st.lists(changes(), max_size=2, unique_by=lambda change: change.address).map(tuple),
    caller=st.builds(Caller, names, names, names, st.text(max_size=5)),
    access_impact=st.builds(
        AccessImpact,
        some(st.builds(RoleChange, users, projects, role_names, role_names, names, st.booleans(), st.booleans())),
        some(st.builds(PolicyChange, users, some(names), some(names), names, st.booleans())),
        some(st.builds(AccountChange, users, states, st.none() | states)),
        st.dictionaries(names, names, max_size=2),
    ),
    warnings=some(st.text(max_size=8)),
    fingerprints=st.dictionaries(addresses, st.dictionaries(names, names, max_size=2), max_size=2),
    kept=some(addresses),
    foreign=st.dictionaries(names, st.integers(0, 100), max_size=2),
    dropped=st.dictionaries(addresses, names, max_size=3),
    not_visible=st.dictionaries(addresses, names, max_size=3),
    partial=st.dictionaries(names, names, max_size=2),
    tombstones=some(addresses),
    doubtful=some(addresses),
)


def saved(plan: Plan) -> dict[str, Any]:
    return to_data(plan, tool_version="0.1.0")


@given(plans)
def test_a_plan_that_was_written_and_read_is_the_same_plan(plan: Plan) -> None:
    assert from_data(parse(canonical(saved(plan))), KINDS) == plan


@given(plans)
def test_every_plan_fits_the_schema(plan: Plan) -> None:
    SCHEMA.validate(saved(plan))


@given(plans)
def test_the_bytes_of_a_plan_are_a_fixed_point(plan: Plan) -> None:
    content = canonical(saved(plan))
    assert canonical(saved(from_data(parse(content), KINDS))) == content


def test_the_schema_is_a_schema_and_knows_every_key() -> None:
    schema = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    data = saved(PLAN)
    assert data.keys() == set(schema["required"])
    change = schema["$defs"]["change"]
    beside = {"replaces", "carried", "stated"}  # they stand where there are any
    assert data["changes"][0].keys() == set(change["required"]) | beside
    assert change["properties"].keys() == set(change["required"]) | beside | {"replaced_by"}
    assert data["changes"][1]["live"].keys() == set(schema["$defs"]["live"]["required"])
    assert data["changes"][0]["desired"].keys() == set(schema["$defs"]["desired"]["required"])
    assert data["target"].keys() == set(schema["properties"]["target"]["required"])
    assert data["summary"].keys() == set(schema["properties"]["summary"]["required"])


def test_what_few_kinds_know_is_written_where_it_is_known_and_read_back() -> None:
    made, gone = PLAN.changes
    assert gone.live is not None
    assert made.desired is not None
    lives = replace(gone.live, unknown=frozenset({"members", "active"}), contents="two runs")
    desired = replace(made.desired, lifecycle=Lifecycle(renamed_from="before", timeout=45.0, on_removal="forget"))
    data = saved(replace(PLAN, changes=(replace(made, desired=desired), replace(gone, live=lives))))
    SCHEMA.validate(data)
    made, gone = from_data(parse(canonical(data)), KINDS).changes
    assert gone.live is not None
    assert made.desired is not None
    assert (gone.live.unknown, gone.live.contents) == (lives.unknown, "two runs")
    assert made.desired.lifecycle == Lifecycle(renamed_from="before", timeout=45.0, on_removal="forget")


def test_no_field_of_the_plans_types_is_forgotten() -> None:
    data = saved(PLAN)
    parts = {field.name for each in (Change, Handover) for field in fields(each)}
    assert parts - {"handover"} <= data["changes"][0].keys() | {"replaced_by"}
    assert data["changes"][1]["replaced_by"] == "Group/crew"
    beside = {"address", "unknown", "contents"}
    assert {field.name for field in fields(LiveResource)} - beside == data["changes"][1]["live"].keys()
    assert {field.name for field in fields(Caller)} == data["target"].keys()
    assert {field.name for field in fields(Plan) if field.init} - data.keys() == {
        "caller",
        "unknown",
        "unread",
        "forgotten",
        "learns",
        "checkout",
        "made_of",
        "undo",
        "operations",
        "put_off",
        "given_up",
    }
    desired = data["changes"][0]["desired"].keys()
    assert {field.name for field in fields(Resource)} - desired == {"address", "positions", "is_leaver"}


def test_what_a_plan_undoes_comes_back_without_hashes_of_secrets() -> None:
    known = Entry(
        "u-1",
        is_pending=True,
        values={"email": "a@x.org"},
        prevent_destroy=True,
        deletion_strategy="cascading",
        mark="ours",
        born="2026",
        filled={"spec.a": "1"},
        ignored=("avatar",),
        on_removal="disable",
        is_removed=True,
        depends_on=(OPS,),
        due=("restart",),
    )
    undo = Undo("20261130-120000-0000", {ADA: known, OPS: None}, {ADA: "hash", OPS: ""})
    plan = replace(PLAN, undo=undo)
    data = saved(plan)
    SCHEMA.validate(data)
    assert from_data(data, KINDS).undo == undo
    told = saved(replace(plan, undo=replace(undo, restored={ADA: replace(known, secrets={"password": "scrypt$1"})})))
    assert "scrypt$1" not in canonical(told).decode()


def test_the_form_is_the_contracts() -> None:
    data = saved(PLAN)
    assert data["target"] == {
        "endpoint": "https://x",
        "version": "3.5.5",
        "tenant": "default",
        "username": "admin",
        "cluster": "",
    }
    assert data["summary"] == {
        **{"create": 1, "update": 0, "delete": 1, "adopt": 0, "no_change": 0, "total": 2},
        **{"kept": 1, "dropped": 1, "foreign": 3, "not_visible": 1, "tombstones": 1, "doubtful": 1},
    }
    first = data["changes"][0]
    assert (first["address"], first["action"], first["depends_on"], first["job"]) == (
        "User/ada",
        "create",
        ["Group/ops"],
        True,
    )
    assert first["diff"][0] == {
        **{"path": "email", "before": None, "after": "ada@x.org"},
        **{"sensitive": False, "origin": "unknown"},
    }
    assert data["access_impact"]["roles"] == [
        {
            "user": "ada",
            "project": "churn",
            "before": None,
            "after": "admin",
            "through": "group ops",
            "loses": False,
            "dormant": False,
        }
    ]


def test_the_same_plan_gives_the_same_bytes_whatever_the_order_of_its_mappings() -> None:
    turned = replace(PLAN, fingerprints=dict(reversed(tuple(PLAN.fingerprints.items()))))
    assert canonical(saved(turned)) == canonical(saved(PLAN))


def test_a_secret_is_written_as_a_reference() -> None:
    spec = saved(PLAN)["changes"][0]["desired"]["spec"]
    assert spec["password"] == {"$secret": {"from_env": "ADA_PASSWORD"}}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": value})


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_no_plan(content: bytes) -> None:
    with pytest.raises(UnreadablePlan) as caught:
        parse(content)
    assert caught.value.problem.summary == "Not a saved plan"
    assert not caught.value.was_edited


@pytest.mark.parametrize("data", [None, [], {}, {"format_version": True}, {"format_version": 2}, {"resources": 1}])
def test_other_json_is_no_plan(data: Any) -> None:
    with pytest.raises(UnreadablePlan) as caught:
        from_data(data, KINDS)
    assert caught.value.problem.summary == "Not a saved plan"


@pytest.mark.parametrize("version", [0, 1, 99])
def test_another_format_is_named(version: int) -> None:
    with pytest.raises(UnreadablePlan, match=f"format {version}") as caught:
        from_data({"format_version": version, "plan": "another form"}, KINDS)
    assert caught.value.problem.summary == "Plan of another format"
    assert "new plan" in caught.value.problem.hint


def lacking(*path: str) -> Any:
    """Return the data of a plan that another version saved: it lacks a key, and its digests fit."""
    data = saved(PLAN)
    if path[0] == "changes":
        (change, *others) = data["changes"]
        kept = {key: value for key, value in change.items() if key not in (*path, "digest")}
        signed = hashlib.sha256(canonical(kept)).hexdigest()[:32]
        data["changes"] = [{**kept, "digest": signed}, *others]
    else:
        del data[path[0]]
    return {**data, "seal": sealed(data)}


@pytest.mark.parametrize("path", [("kept",), ("why_dropped",), ("changes", "takes_over")])
def test_a_plan_of_another_version_is_refused_and_told_what_to_do(path: tuple[str, ...]) -> None:
    with pytest.raises(UnreadablePlan) as caught:
        from_data(lacking(*path), KINDS)
    problem = caught.value.problem
    assert problem.summary == "Plan of another version"
    assert problem.detail == f"The plan was made by another igz-apply (0.1.0): it says nothing of `{path[-1]}`."
    assert problem.hint.startswith("Make a new plan")
    assert not caught.value.was_edited


def test_a_plan_with_right_digests_and_values_of_another_form_is_of_another_version() -> None:
    data = saved(PLAN)
    data["target"]["planet"] = "earth"
    data["seal"] = sealed(data)
    with pytest.raises(UnreadablePlan, match="another form"):
        from_data(data, KINDS)


def test_an_edited_change_is_named() -> None:
    data = saved(PLAN)
    data["changes"][0]["diff"][0]["after"] = "eve@x.org"
    with pytest.raises(UnreadablePlan, match="User/ada") as caught:
        from_data(data, KINDS)
    assert (caught.value.was_edited, caught.value.addresses) == (True, (ADA,))


def edits(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every leaf and container of the data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(found for key, item in inner for found in edits(item, (*path, key)))]


def test_every_single_edit_is_noticed() -> None:
    whole = saved(PLAN)
    paths = [path for path in edits(whole) if path]
    assert len(paths) > 60
    for path in paths:
        data = copy.deepcopy(whole)
        target: Any = data
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = "changed"
        with pytest.raises(UnreadablePlan):
            from_data(data, KINDS)


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data["changes"].reverse(),
        lambda data: data["changes"].pop(),
        lambda data: data["changes"].append(data["changes"][0]),
        lambda data: data["changes"].append(7),
        lambda data: data.update(new=1),
        lambda data: data["changes"][0].pop("digest"),
        lambda data: data.pop("digest"),
        lambda data: data.pop("seal"),
        lambda data: data["changes"][0].pop("address"),
    ],
)
def test_a_rearranged_plan_is_an_edited_one(edit: Any) -> None:
    data = saved(PLAN)
    edit(data)
    with pytest.raises(UnreadablePlan) as caught:
        from_data(data, KINDS)
    assert caught.value.was_edited


def test_white_space_and_the_order_of_keys_are_no_edit() -> None:
    text = json.dumps(dict(reversed(saved(PLAN).items())), indent=4)
    assert from_data(parse(text.encode()), KINDS) == PLAN


def test_what_a_report_adds_is_no_edit() -> None:
    assert from_data({**saved(PLAN), "report": {}, "problems": []}, KINDS) == PLAN


def test_frozen_values_become_plain_ones() -> None:
    frozen = MappingProxyType({"a": (1, frozenset({"y", "x"})), "p": SecretRef(from_file="f")})
    assert plain(frozen) == {"a": [1, ["x", "y"]], "p": {"from_file": "f"}}


def test_the_place_of_a_saved_resource_is_where_its_document_began() -> None:
    positions = SavedPositions(SOURCE)
    assert positions.value(("spec", "email")) == positions.key(("spec",)) == SOURCE


def test_a_saved_plan_tells_where_values_come_from_that_the_manifest_does_not_state() -> None:
    there, here = Source("igz-apply.yaml", 9, 3), Source("manifests/_defaults.yaml", 4, 5)
    layers: dict[KeyPath, Source] = {("spec", "email"): there, ("spec", "labels", "a.b"): here}
    diff = (FieldDiff(("email",), None, "a@x.org"), FieldDiff(("labels",), None, {"a.b": "c", "d": "e"}))
    resource = Resource(ADA, {"labels": {"a.b": "c", "d": "e"}}, SavedPositions(SOURCE, layers), SOURCE)
    plan = replace(PLAN, changes=(Change(ADA, Action.CREATE, "not on the cluster", diff, desired=resource),))
    data = saved(plan)
    SCHEMA.validate(data)
    first, second = data["changes"][0]["diff"]
    assert (first["source"], "sources" in first) == ({"path": "igz-apply.yaml", "line": 9, "column": 3}, False)
    assert "source" not in second
    assert second["sources"] == [
        {"keys": ["a.b"], "source": {"path": "manifests/_defaults.yaml", "line": 4, "column": 5}}
    ]
    assert from_data(data, KINDS) == plan


def test_how_a_resource_of_a_saved_plan_was_written_is_not_known() -> None:
    assert SavedPositions(SOURCE).text(("spec", "email")) == ""


def test_two_differences_that_are_written_alike_are_read_as_the_two_that_they_are() -> None:
    wanted = service("odd", kind="new", new={"x": {"y.z": 30}, "x.y": {"z": 10}, "": 1})
    there = live(service("odd", kind="new", new={"x": {"y.z": 1}, "x.y": {"z": 1}}))
    diff = (
        FieldDiff(("new", ""), None, 1),
        FieldDiff(("new", "x.y", "z"), 1, 10),
        FieldDiff(("new", "x", "y.z"), 1, 30),
    )
    change = Change(wanted.address, Action.UPDATE, "differs", diff=diff, desired=wanted, live=there)
    read = from_data(saved(replace(PLAN, changes=(change,))), KINDS)
    assert {item.path for item in read.changes[0].diff} == {item.path for item in diff}


def test_a_difference_of_a_plan_that_says_it_twice_is_read_twice() -> None:
    twice = (FieldDiff(("email",), None, "a@x.org"), FieldDiff(("email",), None, "b@x.org"))
    change = Change(ADA, Action.UPDATE, "differs", diff=twice, desired=desired(email="b@x.org"))
    assert from_data(saved(replace(PLAN, changes=(change,))), KINDS).changes[0].diff == twice


def test_a_plan_of_a_snapshot_says_so_and_another_does_not() -> None:
    made_of = MadeOf("live.json", "2026-11-30T15:00:00Z", 61.0, is_sanitised=True)
    data = saved(replace(PLAN, made_of=made_of))
    assert data["live"] == {
        "snapshot": "live.json",
        "taken": "2026-11-30T15:00:00Z",
        "age_seconds": 61,
        "sanitised": True,
    }
    assert from_data(data, KINDS).made_of == made_of
    assert "live" not in saved(PLAN)
    assert data["digest"] == saved(PLAN)["digest"]


def test_what_stands_twice_and_a_time_of_another_form_are_refused() -> None:
    twice = replace(PLAN, changes=(PLAN.changes[0], PLAN.changes[0]))
    with pytest.raises(UnreadablePlan, match="Something stands in it twice") as caught:
        from_data(to_data(twice, tool_version="1"), KINDS)
    assert caught.value.was_edited
    timed = replace(PLAN, expires="2026-11-30T14:00:00Z")
    assert from_data(to_data(timed, tool_version="1"), KINDS).expires == timed.expires
    with pytest.raises(UnreadablePlan, match="is no time of the form"):
        from_data(to_data(replace(PLAN, expires="tomorrow"), tool_version="1"), KINDS)


def test_what_is_no_spec_is_refused_before_anything_looks_at_it() -> None:
    data = saved(PLAN)
    for side, index in (("desired", 0), ("live", 1)):
        wrong = copy.deepcopy(data)
        change = wrong["changes"][index]
        change[side]["spec"] = None
        change["digest"] = hashlib.sha256(
            canonical({key: value for key, value in change.items() if key != "digest"})
        ).hexdigest()[:32]
        with pytest.raises(UnreadablePlan, match="is no spec"):
            from_data({**wrong, "seal": sealed(wrong)}, KINDS)
