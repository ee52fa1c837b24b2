"""The reports of a move: every object and standing in each form, what counts first, nothing that hostile names do."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.manifests.schemas import form_schema
from igz_apply.model.migration import Migration
from igz_apply.reports.migration_json import migration_document, migration_json
from tests.reports.migration_builders import hostile_move, large_move, moved, usual_move, whole_move

SCHEMA = jsonschema_rs.validator_for(dict(form_schema("migration")))
MOVES = {
    "usual": usual_move(),
    "whole": whole_move(),
    "hostile": hostile_move(),
    "large": large_move(40, 5),
    "none": moved(),
}


def document(of: Migration) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(migration_json(of))
    return found


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_json_is_what_its_schema_says_and_adds_up(move: Migration) -> None:
    data = document(move)
    SCHEMA.validate(data)
    assert data == json.loads(json.dumps(migration_document(move)))
    assert len(data["objects"]) == len(move.objects)
    assert sum(sum(each.values()) for each in data["counts"]["objects"].values()) == len(move.objects)
    roles = [it for it in data["standings"] if it["project"]]
    assert sum(data["counts"]["roles"].values()) == len(roles)
    assert sum(data["counts"]["policies"].values()) == len(data["standings"]) - len(roles)


def test_json_tells_an_object_and_its_fields_whole() -> None:
    (found,) = [each for each in document(usual_move())["objects"] if each["old"] == "Project/churn"]
    assert (found["new"], found["fate"]) == ("Project/churn", "changed")
    assert found["fields"][0] == {
        "path": "owner",
        "fate": "changed",
        "why": "the mapping says so",
        "section": "9.3",
        "mark": "[UI]",
        "before": "bob",
        "after": "ada@corp.test",
    }


def test_json_names_what_nobody_asked_for() -> None:
    assert document(usual_move())["decisions"] == {
        "kinds_lost": ["AppService"],
        "objects_lost": ["Group/all_users"],
        "unmapped_policies": ["Data"],
    }


def test_the_schema_refuses_what_the_report_is_not() -> None:
    data = document(usual_move())
    assert not SCHEMA.is_valid({**data, "objects": [{**data["objects"][0], "fate": "gone"}]})
    assert not SCHEMA.is_valid({**data, "standings": [{**data["standings"][0], "turn": "sideways"}]})
    for key in data:
        assert not SCHEMA.is_valid({name: value for name, value in data.items() if name != key}), key
