"""The digest of a plan: the same wherever the same would be done, another for everything else that could be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import Action, Change, FieldDiff, Handover, Origin, Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.plain_values import tagged
from igz_apply.model.resources import Caller, Lifecycle, Resource, SecretRef
from igz_apply.planning.digest import DIGEST, plan_digest
from igz_apply.planning.places import SavedPositions
from igz_apply.planning.plan_document import from_data, to_data

ADA, OPS = Address("User", "ada"), Address("Group", "ops")
SOURCE = Source("manifests/users.yaml", 3, 1)
SPEC = {"email": "ada@x.org", "labels": {"b": 1, "a": [None, True]}, "password": SecretRef(from_env="ADA")}


def stated(address: Address = ADA, source: Source = SOURCE, **lifecycle: object) -> Resource:
    return Resource(address, SPEC, SavedPositions(source), source, Lifecycle(**lifecycle))  # type: ignore[arg-type]


CHANGE = Change(ADA, Action.UPDATE, "differs", (FieldDiff(("email",), "a@x.org", "ada@x.org"),), desired=stated())
STAYS = Change(OPS, Action.NO_CHANGE, "as declared", desired=stated(OPS))
CALLER = Caller("https://dashboard.example.com/api", "admin", "t-1", "3.5.5", "prod")
PLAN = Plan((CHANGE, STAYS), CALLER, fingerprints={ADA: {"id": "1", "email": "f"}})


def but(**values: object) -> Plan:
    return replace(PLAN, changes=(CHANGE.but(**values), STAYS))


def test_it_is_one_word() -> None:
    assert re.fullmatch(DIGEST, plan_digest(PLAN))
    assert plan_digest(Plan((), CALLER)) == plan_digest(Plan((STAYS,), CALLER))


ALIKE: dict[str, Plan] = {
    "who asks": replace(PLAN, caller=replace(CALLER, username="ci", version="3.6.0", cluster="")),
    "how the endpoint is written": replace(PLAN, caller=replace(CALLER, endpoint="https://Dashboard.example.com:443")),
    "what is said": replace(but(reason="another", warnings=("w",)), warnings=("look",)),
    "places": but(desired=stated(source=Source("elsewhere.yaml", 9, 9))),
    "the order of keys": but(desired=replace(stated(), spec=dict(reversed(SPEC.items())))),
    "what is as declared": replace(PLAN, changes=(CHANGE,)),
    "whose change it was, field by field": but(diff=(CHANGE.diff[0].of_origin(Origin.CLUSTER),)),
    "what is seen beside": replace(PLAN, kept=(OPS,), foreign={"User": 3}, partial={"User": "x"}, unread=("Project",)),
    "the plan that was applied before": replace(PLAN, follows="sha256:1"),
    "the order of changes": replace(PLAN, changes=(STAYS, CHANGE)),
}


@pytest.mark.parametrize("plan", ALIKE.values(), ids=ALIKE)
def test_the_same_work_has_the_same_digest(plan: Plan) -> None:
    assert plan_digest(plan) == plan_digest(PLAN)


OTHERS: dict[str, Plan] = {
    "another cluster": replace(PLAN, caller=replace(CALLER, endpoint="https://other.example.com")),
    "another tenant": replace(PLAN, caller=replace(CALLER, tenant="t-2")),
    "another name": but(address=Address("User", "eve")),
    "another action": but(action=Action.CREATE),
    "another value": but(desired=replace(stated(), spec={**SPEC, "email": "eve@x.org"})),
    "another place of a secret": but(desired=replace(stated(), spec={**SPEC, "password": SecretRef(from_file="ADA")})),
    "a mapping in place of a secret": but(desired=replace(stated(), spec={**SPEC, "password": {"from_env": "ADA"}})),
    "another difference": but(diff=(replace(CHANGE.diff[0], before="b@x.org"),)),
    "one difference less": but(diff=()),
    "another order": but(depends_on=(OPS,)),
    "another way to delete": but(deletion_strategy="cascading"),
    "somebody else's": but(takes_over=True),
    "another origin": but(origin=Origin.CLUSTER),
    "a job": but(job=True),
    "something else's place": but(handover=Handover(OPS)),
    "what goes over": but(handover=Handover(carried=(("email",),), stated=((("labels", "a"), 1),))),
    "no manifest": but(desired=None),
    "another lifecycle": but(desired=stated(on_removal="forget", depends_on=(OPS,))),
    "a leaver": but(desired=replace(stated(), is_leaver=True)),
    "a leaver of no manifest": but(desired=replace(stated(source=Source("", 0, 0)), is_leaver=True)),
    "other live state": replace(PLAN, fingerprints={ADA: {"id": "1", "email": "g"}}),
    "an entry that ends": replace(PLAN, dropped={OPS: "gone"}),
    "an entry that is forgotten": replace(PLAN, forgotten=frozenset({OPS})),
    "what cannot be seen": replace(PLAN, not_visible={OPS: "403"}),
    "what the inventory learns": replace(PLAN, learns=frozenset({OPS})),
    "what had another name": replace(PLAN, changes=(CHANGE, STAYS.but(desired=stated(OPS, renamed_from="o")))),
    "a hidden value": but(desired=replace(stated(), spec={**SPEC, "settings": {"token": Hidden("p", "1")}})),
    "another hidden value": but(desired=replace(stated(), spec={**SPEC, "settings": {"token": Hidden("p", "2")}})),
    "a very long number": but(desired=replace(stated(), spec={**SPEC, "uid": 2**70})),
}


def test_other_work_has_another_digest() -> None:
    found = {name: plan_digest(plan) for name, plan in {"": PLAN, **OTHERS}.items()}
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("endpoint", ["embedded", "embedded:", "embedded:/home/ada/x.db", "embedded:..\\x.db"])
def test_an_emulator_inside_the_command_is_the_same_wherever_its_file_is(endpoint: str) -> None:
    def at(place: str) -> str:
        return plan_digest(replace(PLAN, caller=replace(CALLER, endpoint=place)))

    assert at(endpoint) == at("embedded:here.db") != at("embedded4:here.db")


@pytest.mark.parametrize("plan", [PLAN, *OTHERS.values()], ids=["", *OTHERS])
def test_a_saved_plan_has_the_digest_that_it_had(plan: Plan) -> None:
    again = from_data(to_data(plan, tool_version="1"), KINDS)
    assert again.digest == plan_digest(plan) == to_data(plan, tool_version="2")["digest"]


SCALARS: list[Callable[[str], object]] = [str, lambda text: [text], lambda text: {"k": text}, lambda text: (text, 1)]


@pytest.mark.parametrize("wrap", SCALARS)
def test_every_byte_of_a_value_counts(wrap: Callable[[str], object]) -> None:
    texts = ["a", "A", "a ", "ä", "\ud800", ""]
    plans = [but(desired=replace(stated(), spec={"email": wrap(text)})) for text in texts]
    assert len({plan_digest(plan) for plan in plans}) == len(texts)


def test_a_set_is_told_in_order() -> None:
    assert tagged(frozenset({"b", "a"})) == tagged(["a", "b"]) == ["a", "b"]
