"""A kind that nobody has heard of: its table, its schema and a resource on the emulator are all it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from igz_apply import workflow
from igz_apply.controlplane import Client
from igz_apply.emulator import (
    RESOURCES,
    Attribute,
    Emulator,
    Form,
    Options,
    Relationship,
    ResourceType,
    serving,
)
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.iguazio3.wire import LINK, PAIRS, Collection
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.local.clock import SystemClock
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Field, Kind, Kinds, Shape
from igz_apply.model.outcomes import Report
from tests.fakes import FakeSecrets, MemoryInventory

QUOTA = Kind(
    name="Quota",
    wire=Collection(path="quotas", type="quota", include=("holder",)),
    fields=(
        Field("description"),
        Field("cpu", shape=Shape.QUANTITY),
        Field("labels", shape=Shape.MAP, wire=PAIRS),
        Field("settings", shape=Shape.OBJECT, fields=(Field("strict"), Field("burst", shape=Shape.QUANTITY))),
        Field("holder", refers_to="User", holds=True, wire=LINK),
    ),
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "iguazio.com/v1"},
        "kind": {"const": "Quota"},
        "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "description": {"type": ["string", "null"]},
                "cpu": {"type": ["string", "number"]},
                "labels": {"type": "object"},
                "settings": {"type": "object"},
                "holder": {"type": "string"},
            },
        },
        "lifecycle": {"type": "object"},
    },
}
SERVED = ResourceType(
    name="quota",
    key="name",
    attributes=(
        Attribute("name", required=True, immutable=True),
        Attribute("description"),
        Attribute("cpu"),
        Attribute("labels", Form.PAIRS, default=[]),
        Attribute("settings", Form.OBJECT, default={"strict": False, "later": 1}),
    ),
    relationships=(Relationship("holder", "user"),),
)
EVERY = Kinds((*KINDS, QUOTA), api_version=KINDS.api_version)
KNOWN = replace(
    IGUAZIO3, kinds=EVERY, schema_of=lambda kind: SCHEMA if kind == QUOTA.name else IGUAZIO3.schema_of(kind)
)
HEAD = "---\napiVersion: iguazio.com/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
ADA = HEAD.format(kind="User", name="ada") + "spec: {first_name: Ada, last_name: L, email: a@x.org}\n"
BATCH = HEAD.format(kind="Quota", name="batch")


class Place:
    """A cluster that knows the kind, the manifests in a file, and the inventory."""

    def __init__(self, client: Client, log: Path, folder: Path) -> None:
        self.inventory = MemoryInventory()
        self._client = client
        self._log = log
        self._file = folder / "manifests.yaml"

    def plan(self, *documents: str) -> Plan:
        self._file.write_text("".join(documents), encoding="utf-8")
        loaded = workflow.load([str(self._file)], platform=KNOWN)
        with ThreadPoolExecutor(8) as pool:
            self.live = ClusterReader(self._client, EVERY).live(pool)
        proposal = workflow.plan(loaded, self.live, self.inventory.load(), secrets=FakeSecrets(), platform=KNOWN)
        return proposal.approved()

    def apply(self, plan: Plan) -> Report:
        clock, secrets = SystemClock(), FakeSecrets()
        writer = ClusterWriter(self._client, EVERY, secrets)
        with ThreadPoolExecutor(8) as pool:
            outside = workflow.Ports(
                ClusterReader(self._client, EVERY),
                writer,
                self.inventory,
                secrets,
                clock,
                pool,
                lambda _: None,
                clock.inbox(),
            )
            return workflow.apply(plan, self.live, self.inventory.load(), outside, platform=KNOWN)

    def writes(self) -> list[tuple[str, str]]:
        """Return the method and path of every call that changed something, sessions left out."""
        lines = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        calls = [(line["method"], line["path"]) for line in lines if line["method"] != "GET"]
        return [call for call in calls if "session" not in call[1]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    log = tmp_path / "requests.jsonl"
    emulator = Emulator(options=Options(job_seconds=0.01, log=log), resources=(*RESOURCES, SERVED))
    with (
        serving(emulator) as server,
        Client(endpoint=server.url, username=server.username, access_key=server.access_key) as client,
    ):
        yield Place(client, log, tmp_path)
    emulator.close()


def actions(plan: Plan) -> dict[str, str]:
    return {str(change.address): change.action.value for change in plan.changes}


def test_a_new_kind_is_loaded_planned_applied_and_found_unchanged(place: Place) -> None:
    stated = BATCH + "spec: {cpu: 2, labels: {b: '1', a: '2'}, settings: {burst: 500m}, holder: ada}\n"
    first = place.plan(stated, ADA)
    assert actions(first) == {"User/ada": "create", "Quota/batch": "create"}
    assert [str(address) for address in first.changes[1].depends_on] == ["User/ada"]
    assert place.apply(first).exit_code == 0
    assert actions(place.plan(stated, ADA)) == {"Quota/batch": "no_change", "User/ada": "no_change"}
    same = BATCH + "spec: {cpu: 2000m, labels: {a: '2', b: '1'}, settings: {burst: 0.5}, holder: ada}\n"
    assert actions(place.plan(same, ADA)) == {"Quota/batch": "no_change", "User/ada": "no_change"}

    changed = place.plan(BATCH + "spec: {settings: {strict: true}}\n", ADA)
    assert [item.dotted for item in changed.writes[0].diff] == ["settings.strict"]
    assert place.apply(changed).exit_code == 0
    assert place.plan(BATCH + "spec: {settings: {strict: true, burst: 500m}, cpu: 2}\n", ADA).writes == ()

    gone = place.plan(BATCH + "lifecycle: {state: absent}\nspec: {}\n", ADA)
    assert actions(gone) == {"Quota/batch": "delete", "User/ada": "no_change"}
    assert place.apply(gone).exit_code == 0
    assert actions(place.plan(ADA)) == {"User/ada": "no_change"}
    identity = place.writes()[2][1]
    assert place.writes() == [
        ("POST", "/api/users"),
        ("POST", "/api/quotas"),
        ("PUT", identity),
        ("DELETE", identity),
    ]
    assert list(map(str, place.inventory.entries)) == ["User/ada"]
