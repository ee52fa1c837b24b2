"""Bulk load, and how fast it is and what it makes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import LoadError
from tests.contract.contract_plane import Plane

DOCUMENT = """
groups:
  - {name: analysts, description: Those who analyse, assigned_policies: [Data], users: [bob]}
users:
  - username: ada
    first_name: Ada
    last_name: Lovelace
    email: ada@example.org
    password: Secret-12!
    assigned_policies: [Developer]
    groups: [admins]
    primary_group: analysts
  - {username: bob, admin_status: down}
projects:
  - name: churn
    owner: ada
    labels: {team: retail}
    members:
      admin: {users: [bob]}
      viewer: {groups: [analysts]}
    has_resources: true
services:
  - {name: jupyter-ada, kind: jupyter, owner: ada}
  - spec: {name: shell-ada, kind: shell, desired_state: disabled}
    meta: {labels: {team: retail}}
"""


def test_a_file_is_loaded_and_everything_is_usable_at_once(plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    path.write_text(DOCUMENT)
    plane.emulator.load(str(path))
    assert plane.login("ada").get("/self").status == 200
    (ada,) = plane.get("/users?filter[username]=ada&include=primary_group,user_groups").data
    assert len(ada["relationships"]["user_groups"]["data"]) == 3
    (project,) = plane.get("/projects?filter[name]=churn").data
    assert project["attributes"]["labels"] == [{"name": "team", "value": "retail"}]
    assert project["relationships"]["owner"]["data"]["id"] == ada["id"]
    services = plane.services()
    assert services["jupyter-ada"]["status"]["state"] == "ready"
    assert (services["shell-ada"]["status"]["state"], services["shell-ada"]["meta"]["labels"]) == (
        "disabled",
        {"team": "retail"},
    )


def test_what_exists_already_stays_as_it_is(plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    path.write_text(DOCUMENT)
    plane.emulator.load(path)
    before = plane.get("/users?page[size]=100").data
    plane.emulator.load(path)
    assert plane.get("/users?page[size]=100").data == before
    assert len(plane.get("/projects").data) == 1


def test_json_is_loaded_too(plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    path.write_text(json.dumps({"groups": [{"name": "analysts"}]}))
    plane.emulator.load(path)
    assert plane.get("/user_groups?filter[name]=analysts").data


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"teams": []}, "'teams' cannot be loaded"),
        ({"users": {}}, "users is not a list"),
        ({"users": [{}]}, "no username"),
        ({"users": [{"username": "9"}]}, r"users\[0\]: The username"),
        ({"users": [{"username": "ada", "groups": ["none"]}]}, "user ada: no user_group is called 'none'"),
        ({"users": [{"username": "ada", "color": 1}]}, "'color' is not known"),
        ({"users": [{"username": "ada", "groups": 7}]}, "user ada: groups is not a list"),
        ({"groups": [{"name": "g", "users": ["nobody"]}]}, "no user is called 'nobody'"),
        ({"projects": [{"name": "p", "owner": "nobody"}]}, "project p: no user is called 'nobody'"),
        ({"projects": [{"name": "p", "members": {"boss": {}}}]}, "members has admin, editor, viewer"),
        ({"projects": [{"name": "p", "members": []}]}, "members has admin, editor, viewer"),
        ({"services": [{"kind": "shell"}]}, r"services\[0\]: a service has a name"),
        ({"services": [{"name": "a"}]}, r"services\[0\]: .* has no kind"),
    ],
)
def test_a_document_that_is_wrong_names_the_entry_and_loads_nothing(
    plane: Plane, document: dict[str, Any], message: str
) -> None:
    groups = plane.get("/user_groups").data
    with pytest.raises(LoadError, match=message):
        plane.emulator.load({"groups": [{"name": "before"}], **document})
    assert plane.get("/user_groups").data == groups


@pytest.mark.parametrize("text", ["[", "- a", "\x00"])
def test_a_file_that_is_not_a_document_is_an_error(plane: Plane, tmp_path: Path, text: str) -> None:
    path = tmp_path / "load.yaml"
    path.write_text(text)
    with pytest.raises(LoadError):
        plane.emulator.load(path)
    with pytest.raises(LoadError, match="cannot be read"):
        plane.emulator.load(tmp_path / "none.yaml")


def test_a_large_tenant_loads_and_a_large_page_costs_little(plane: Plane) -> None:
    """A page of 1,000 users with their groups, against what its JSON alone costs on the same machine."""
    document = {
        "groups": [{"name": f"g{n}"} for n in range(1000)],
        "users": [{"username": f"u{n}", "groups": [f"g{n % 1000}", f"g{n * 7 % 1000}"]} for n in range(10_000)],
        "projects": [
            {"name": f"p{n}", "owner": f"u{n}", "members": {"editor": {"groups": [f"g{n}"]}}} for n in range(1000)
        ],
    }
    plane.emulator.load(document)
    pages, texts = [], []
    for number in range(5):
        began = time.process_time()
        reply = plane.get(f"/users?page[size]=1000&page[number]={number}&include=user_groups")
        pages.append(time.process_time() - began)
        assert len(reply.data) == 1000
        began = time.process_time()
        json.loads(json.dumps(reply.data))
        texts.append(time.process_time() - began)
    assert min(pages) < 6 * min(texts)
