"""Lists that leave out, and strangers who rename, replace and edit, at any moment: nothing is lost, all converges.

Sampled by default; `make torture` (IGZ_TORTURE=whole) takes more moments.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.model.addresses import Address
from tests.torture.test_torture import IS_WHOLE, Place, Start, here, start
from tests.torture.tortured_plane import Torturer
from tests.torture.tortured_run import Ran, inventory_of, state_of
from tests.torture.tortured_world import after, user, write

pytestmark = pytest.mark.full

__all__ = ["here", "start"]  # the fixtures of the torture that this one shares

LISTS = ("/api/users", "/api/user_groups", "/api/projects")
SEEDS = range(40) if IS_WHOLE else range(2)


def call(here: Place, method: str, path: str, data: Any = None, query: str = "") -> Any:
    """Make a call as somebody else."""
    headers = {"cookie": f'session=j:{{"sid": "{here.server.access_key}"}}'}
    content = b"" if data is None else json.dumps({"data": data}).encode()
    answer = here.torturer.emulator.answer(Request(method, f"/api/{path}", query, headers, content))
    assert answer.status < 300, answer
    return answer.document and answer.document.get("data")


def identity(here: Place, address: str) -> str:
    return here.owned().entries[Address.parse(address)].id


def shortened(torturer: Torturer, draw: random.Random, *, is_empty: bool) -> None:
    """From some moment of the run on, let one of the lists leave out some, or all, of what is there."""
    path, since = draw.choice(LISTS), draw.choice((0, 0, draw.randrange(160)))
    left_out = random.Random(draw.random())
    gone: dict[str, bool] = {}

    def bend(request: Request, answer: Answer) -> Answer:
        document = answer.document
        if request.method != "GET" or request.path != path or torturer.count < since or not document:
            return answer
        kept = [it for it in document["data"] if not gone.setdefault(it["id"], is_empty or left_out.random() < 0.2)]
        left = len(document["data"]) - len(kept)
        meta = {key: value - left if key == "total_records" else value for key, value in document["meta"].items()}
        return replace(answer, document={**document, "data": kept, "meta": meta})

    torturer.bend = bend


def finish(here: Place, start: Start, *earlier: Ran) -> None:
    """The same command again, undisturbed, leads to the same cluster and the same inventory."""
    here.torturer.bend = lambda _, answer: answer
    here.torturer.on_request = lambda *_: None
    last = here.run()
    assert last.code == 0, (earlier, last.error, last.report)
    live = here.live()
    assert state_of(live) == start.state
    assert inventory_of(here.owned(), live) == start.inventory
    assert here.run(plans_only=True).plan.writes == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "short"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_that_leaves_out_what_is_there(start: Start, here: Place, seed: int, is_empty: bool) -> None:
    before = here.owned()
    draw = random.Random(seed)
    shortened(here.torturer, draw, is_empty=is_empty)
    first = here.run()
    assert first.code in (0, 1, 3, 5), first.error
    if first.code in (1, 3):
        assert [seen for seen in here.torturer.writes if "/sessions/" not in seen.path] == []
        assert here.owned() == before
    finish(here, start, first)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_group_that_is_renamed_at_any_moment(start: Start, here: Place, seed: int) -> None:
    draw = random.Random(seed)
    at, group = draw.choice((0, draw.randrange(160))), draw.choice(("g-stay0", "g-stay1", "g-stay2"))
    path = f"user_groups/{identity(here, f'Group/{group}')}"

    def rename(number: int, _request: Request) -> None:
        if number == at:
            call(here, "PUT", path, {"type": "user_group", "attributes": {"name": "renamed"}})

    here.torturer.on_request = rename
    first = here.run()
    assert first.code in (0, 5), first.error
    finish(here, start, first)
    assert call(here, "GET", path)["attributes"]["name"] == group


@pytest.mark.parametrize("seed", SEEDS)
def test_a_service_that_another_has_made_in_place_of_ours(here: Place, seed: int) -> None:
    """Declared, it is refused, for its kind cannot be changed; declared no more, it is left alone, and remembered."""
    (document,) = call(here, "GET", "app_services_manifests")
    name = random.Random(seed).choice(("s-stay0", "s-go0"))
    services = document["attributes"]["app_services"]
    for each in services:
        if each["spec"]["name"] == name:
            each["spec"] = {"name": name, "kind": "shell", "owner": "zed", "mark_as_changed": True}
    call(here, "PUT", "app_services_manifests", {"type": document["type"], "attributes": {"app_services": services}})
    first = here.run()
    if name == "s-stay0":
        assert first.code == 4
        assert "Immutable field" in first.error
        assert [each for each in here.torturer.writes if "app_services" in each.path] == []
        return
    assert first.code == 0, first.error
    (document,) = call(here, "GET", "app_services_manifests")
    specs = {each["spec"]["name"]: each["spec"] for each in document["attributes"]["app_services"]}
    assert specs["s-go0"]["owner"] == "zed"
    assert Address("AppService", "s-go0") in here.owned().entries


@pytest.mark.parametrize("seed", SEEDS)
def test_a_field_that_is_edited_at_any_moment_after_the_plan(start: Start, here: Place, seed: int) -> None:
    """Before our own look at it: a conflict. After our write: told by the reading back. Never lost in that run."""
    draw = random.Random(seed)
    at, name = draw.randrange(8, 120), draw.choice(("stay0", "stay1", "stay2", "stay3"))
    path = f"users/{identity(here, f'User/{name}')}"
    last: list[str] = []  # our calls about that user
    between: list[bool] = []

    def edit(number: int, request: Request) -> None:
        if number == at:
            between.append(bool(last) and last[-1] == "GET")
            call(here, "PUT", path, {"type": "user", "attributes": {"job_title": "theirs"}})
        if request.path == f"/api/{path}":
            last.append(request.method)

    here.torturer.on_request = edit
    first = here.run()
    here.torturer.on_request = lambda *_: None
    assert first.report is not None, first.error
    if between and not between[0]:
        assert call(here, "GET", path)["attributes"]["job_title"] == "theirs"
        outcome = next(each for each in first.report.outcomes if each.address.name == name)
        lost = {each.address.name for each in first.report.not_converged}
        assert first.code == 5
        assert outcome.status.value == "conflict" or name in lost
    finish(here, start, first)


def test_a_server_that_folds_names(here: Place, tmp_path: Path) -> None:
    """Everything else is applied; what was made under the folded name is ours, and found by its id."""

    def lower(item: Any) -> Any:
        attributes = item.get("attributes") or {}
        name = attributes.get("username")
        return {**item, "attributes": {**attributes, "username": name.lower()}} if isinstance(name, str) else item

    def bend(request: Request, answer: Answer) -> Answer:
        data = answer.document.get("data") if answer.document else None
        if not request.path.startswith("/api/users") or data is None or answer.document is None:
            return answer
        low = [lower(each) for each in data] if isinstance(data, list) else lower(data)
        return replace(answer, document={**answer.document, "data": low})

    here.torturer.bend = bend
    manifests = write(tmp_path / "folded", [*after(), user("Folded")])
    first = replace(here, manifests=manifests).run()
    assert first.code == 5, first.error
    assert first.report is not None
    assert [str(each.address) for each in first.report.outcomes if each.status.value != "applied"] == ["User/Folded"]
    second = replace(here, manifests=manifests).run()
    assert second.code == 4
    assert "User/Folded is called folded there now" in second.error
    followed = replace(here, manifests=write(tmp_path / "followed", [*after(), user("folded")]))
    assert followed.run().code == 0
    assert followed.run(plans_only=True).plan.writes == ()  # type: ignore[union-attr]
