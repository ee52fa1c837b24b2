"""A resource type that is only described in the table is served in full."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.emulator import (
    RESOURCES,
    Attribute,
    Emulator,
    EmulatorError,
    Form,
    Options,
    Relationship,
    ResourceType,
)
from tests.contract.contract_plane import Clock, many, one, resource, wsgi_call

ROBOT = ResourceType(
    name="robot",
    path="robots",
    key="serial",
    write_policies=("IT Admin",),
    create_job="robot.assembly",
    delete_job="robot.scrapping",
    attributes=(
        Attribute("serial", required=True, immutable=True, pattern=r"[A-Z]{2}\d{3}\Z"),
        Attribute("mood", default="calm", values=("calm", "wild")),
        Attribute("arms", Form.INTEGER, default=2),
        Attribute("speed", Form.NUMBER),
        Attribute("tools", Form.STRINGS, default=[]),
        Attribute("pin", secret=True),
        Attribute("model", computed=True, default="T"),
        Attribute("wings", Form.BOOLEAN, since="9.0.0"),
        Attribute("created_at", Form.TIMESTAMP, computed=True),
        Attribute("updated_at", Form.TIMESTAMP, computed=True),
    ),
    relationships=(
        Relationship("owner", "user", shown=True),
        Relationship("friends", "robot", many=True),
        Relationship("admirers", "robot", many=True, inverse_of="robot.friends"),
    ),
)


class Robots:
    def __init__(self) -> None:
        self.clock = Clock()
        self.emulator = Emulator(resources=(*RESOURCES, ROBOT), clock=self.clock)

    def call(self, method: str, path: str = "", body: Any = None) -> Any:
        headers = {"Cookie": f'session=j:{{"sid": "{Emulator.access_key}"}}'}
        raw = b"" if body is None else json.dumps(body).encode()
        return wsgi_call(self.emulator.wsgi, method, f"/api/robots{path}", raw, headers)

    def add(self, serial: str, links: dict[str, Any] | None = None, **attributes: Any) -> str:
        reply = self.call("POST", "", resource("robot", {"serial": serial, **attributes}, links))
        assert reply.status == 201, reply.raw
        return str(reply.data["id"])

    def serials(self, query: str) -> list[str]:
        return [each["attributes"]["serial"] for each in self.call("GET", f"?{query}").data]


@pytest.fixture
def robots() -> Robots:
    return Robots()


def test_it_is_created_read_merged_and_deleted(robots: Robots) -> None:
    reply = robots.call("POST", "", resource("robot", {"serial": "AB123", "pin": "1234", "arms": 4}))
    assert reply.related("jobs")[0]["type"] == "job"
    path = f"/{reply.data['id']}"
    held = robots.call("GET", path).attributes
    assert {name: held[name] for name in ("mood", "arms", "tools", "model")} == {
        "mood": "calm",
        "arms": 4,
        "tools": [],
        "model": "T",
    }
    assert not {"pin", "speed", "wings"} & set(held)
    after = robots.call("PUT", path, resource("robot", {"mood": "wild", "speed": 1.5, "arms": None})).attributes
    assert (after["mood"], after["speed"], after["arms"]) == ("wild", 1.5, 2)
    assert robots.call("PUT", path, resource("robot", {"serial": "CD456"})).status == 400
    assert robots.call("DELETE", path).status == 202
    robots.clock.now += 10
    assert robots.call("GET", path).status == 404


def test_it_is_listed_with_filters_sort_pages_and_includes(robots: Robots) -> None:
    first = robots.add("AA001", arms=1, tools=["saw"])
    second = robots.add("AA002", {"friends": many("robot", [first])}, arms=3)
    robots.add("AA003", {"friends": many("robot", [first, second])}, arms=2)
    assert robots.serials("sort=-arms") == ["AA002", "AA003", "AA001"]
    assert robots.serials("filter[arms]=[$ge]2&sort=serial&page[size]=1&page[number]=1") == ["AA003"]
    assert robots.serials("filter[tools]=[$contains_any]saw,axe") == ["AA001"]
    reply = robots.call("GET", f"/{first}?include=admirers")
    assert {each["attributes"]["serial"] for each in reply.json["included"]} == {"AA002", "AA003"}
    nested = robots.call("GET", "?filter[serial]=AA003&include=friends.friends").json["included"]
    assert {each["attributes"]["serial"] for each in nested} == {"AA001", "AA002"}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"serial": "ab123"},
        {"serial": "AB123", "mood": "sad"},
        {"serial": "AB123", "arms": "two"},
        {"serial": "AB123", "wings": True},
    ],
)
def test_its_rules_are_those_of_the_table(robots: Robots, attributes: dict[str, Any]) -> None:
    assert robots.call("POST", "", resource("robot", attributes)).status == 400


def test_its_key_is_unique_and_its_links_lead_somewhere(robots: Robots) -> None:
    robots.add("AB123")
    assert robots.call("POST", "", resource("robot", {"serial": "AB123"})).status == 409
    body = resource("robot", {"serial": "AB124"}, {"owner": one("user", "nobody")})
    assert robots.call("POST", "", body).status == 400


def test_a_type_can_offer_less() -> None:
    read_only = ResourceType("sensor", (Attribute("name"),), operations=("list",))
    emulator = Emulator(resources=(*RESOURCES, read_only))
    headers = {"Cookie": f'session=j:{{"sid": "{emulator.access_key}"}}'}
    codes = [wsgi_call(emulator.wsgi, method, "/api/sensors", b"{}", headers).status for method in ("GET", "POST")]
    assert codes == [200, 405]


def test_two_types_of_one_name_are_an_error() -> None:
    with pytest.raises(EmulatorError, match="two resource types are called robot"):
        Emulator(resources=(*RESOURCES, ROBOT, ROBOT), options=Options())
