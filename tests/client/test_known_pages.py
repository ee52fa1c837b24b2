"""Pages of a list that came before: told by their records, whatever the answer says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.json_api import KNOWN, JsonApi
from igz_apply.controlplane.known_answers import keep
from igz_apply.http.bodies import Unreadable
from igz_apply.http.known_pages import KnownPages
from igz_apply.iguazio4.client.dialect import LISTED, GatewayJson

ADA = {"type": "user", "id": "1", "attributes": {"username": "ada"}}
EVE = {"type": "user", "id": "2", "attributes": {"username": "eve"}}


def body(*records: Any, ctx: str = "1", included: Any = ()) -> bytes:
    meta = {"ctx": ctx, "total_records": len(records)}
    return json.dumps({"data": records, "included": included, "meta": meta}).encode()


class Reading:
    """Reads pages with what came before."""

    def __init__(self) -> None:
        self.pages = KnownPages()
        self.api = JsonApi(self.pages)

    def read(self, content: bytes, path: str = "users", unread: frozenset[str] = frozenset({KNOWN})) -> Answer:
        answer = self.api.answer(200, content, method="GET", path=path, unread=unread)
        if answer.page is not None and not answer.page.is_of_before:
            keep(answer.page, [record["attributes"] for record in answer.records], answer.records)
        return answer


def test_records_that_came_before_are_named_and_what_was_made_of_them_is_there() -> None:
    reading = Reading()
    first = reading.read(body(ADA, EVE))
    assert first.records == [ADA, EVE]
    reading.pages.turn()
    again = reading.read(body(ADA, EVE, ctx="2"))
    assert again.records == [{"type": "user", "id": "1"}, {"type": "user", "id": "2"}]
    assert (again.ctx, again.meta) == ("2", {"ctx": "2", "total_records": 2})
    assert again.page is not None
    assert again.page.made == [{"username": "ada"}, {"username": "eve"}]


@pytest.mark.parametrize(
    "other",
    [body(EVE, ADA), body(ADA), body({**ADA, "attributes": {"username": "eve"}}, EVE), body(ADA, EVE, included=[ADA])],
)
def test_any_other_page_is_read(other: bytes) -> None:
    reading = Reading()
    reading.read(body(ADA, EVE))
    reading.pages.turn()
    assert reading.read(other).records == json.loads(other)["data"]


def test_a_page_is_known_by_what_it_is_of_and_by_what_was_read_of_it() -> None:
    reading = Reading()
    reading.read(body(ADA))
    reading.pages.turn()
    assert reading.read(body(ADA), "groups").records == [ADA]
    assert reading.read(body(ADA), unread=frozenset({KNOWN, "links"})).records == [ADA]
    assert reading.read(body(ADA), unread=frozenset()).records == [ADA]
    assert reading.read(body(ADA)).records == [{"type": "user", "id": "1"}]


def test_within_a_round_and_after_one_that_did_not_ask_for_it_a_page_is_read() -> None:
    reading = Reading()
    for _ in range(2):
        assert reading.read(body(ADA)).records == [ADA]
    reading.pages.turn()
    reading.pages.turn()
    assert reading.read(body(ADA)).records == [ADA]
    reading.pages.turn()
    reading.pages.forget()
    assert reading.read(body(ADA)).records == [ADA]


def test_what_is_wrong_with_a_known_page_is_told_all_the_same() -> None:
    reading = Reading()
    reading.read(body(ADA))
    reading.pages.turn()
    with pytest.raises(Unreadable, match="twice"):
        reading.read(body(ADA).replace(b'"meta": {', b'"meta": {"ctx": "3", '))
    with pytest.raises(Unreadable, match="not JSON"):
        reading.read(body(ADA)[:-1] + b", }")
    plain = json.dumps({"data": [ADA]}).encode()  # it does not say how much there is: it is not cut
    assert reading.read(plain).records == [ADA]


def test_a_list_that_nothing_counts_is_read_whole_each_time() -> None:
    """Its end may be the first page again, and only whole records tell that from another page of the same names."""
    reading = Reading()
    uncounted = [body(each).replace(b', "total_records": 1', b"") for each in (ADA, {**ADA, "attributes": {}})]
    for _ in range(2):
        assert [reading.read(each).records for each in uncounted] == [[ADA], [{**ADA, "attributes": {}}]]
        reading.pages.turn()
    for total in ("true", "null", '"1"'):
        odd = body(ADA).replace(b'"total_records": 1', f'"total_records": {total}'.encode())
        assert reading.read(odd).records == [ADA]


def gateway(*items: Any, ctx: str = "1", **more: Any) -> bytes:
    return json.dumps({"items": items, **more, "status": {"ctx": ctx, "hasMore": False}}).encode()


@pytest.mark.parametrize("more", [{}, {"relationships": {"a": []}}])
def test_objects_of_an_iguazio_4_are_the_very_same_where_their_bytes_are(more: dict[str, Any]) -> None:
    pages = KnownPages()
    api = GatewayJson(pages)
    ada = {"metadata": {"id": "1"}, "spec": {"firstName": "Ada"}}

    def read(content: bytes, path: str = "v1/profile/users", unread: frozenset[str] = LISTED) -> Any:
        return api.answer(200, content, method="GET", path=path, unread=unread)

    first = read(gateway(ada, **more))
    assert first.items == [ada]
    assert read(gateway(ada, **more)).items[0] is not first.items[0]
    pages.turn()
    again = read(gateway(ada, ctx="2", **more))
    assert (again.items == [ada], again.ctx, again.has_more) == (True, "2", False)
    assert again.items is read(gateway(ada, **more)).items
    assert {name: value for name, value in again.body.items() if name != "status"} == {"items": [ada], **more}
    assert read(gateway({**ada, "spec": {}}, **more)).items == [{**ada, "spec": {}}]
    assert read(gateway(ada, **more), unread=frozenset()).items is not again.items
    with pytest.raises(Unreadable, match="twice"):
        read(gateway(ada, **more).replace(b'"status": {', b'"status": {"ctx": "3", '))
    assert read(b'{"projects": []}').body == {"projects": []}
    assert read(b"[]").body == []


def test_a_page_that_holds_a_secret_is_not_kept() -> None:
    pages = KnownPages()
    api = GatewayJson(pages)
    content = gateway({"metadata": {"id": "1"}, "spec": {"password": "hush-hush"}})
    for _ in range(3):
        api.answer(200, content, method="GET", path="v1/profile/users", unread=LISTED)
        pages.turn()
    assert not pages._before


@pytest.mark.parametrize("unread", [LISTED, frozenset[str]()])
@pytest.mark.parametrize("content", [gateway({"spec": {"token": "hush"}}), b'[{"password": "hush"}]'])
def test_it_is_noted_where_an_iguazio_4_shows_what_may_be_a_secret(content: bytes, unread: frozenset[str]) -> None:
    pages = KnownPages()
    api = GatewayJson(pages)
    api.answer(200, gateway({"spec": {}}), method="GET", path="v1/projects/projects", unread=unread)
    assert not pages.has_secrets
    api.answer(200, content, method="GET", path="v1/projects/projects", unread=unread)
    assert pages.has_secrets
    pages.turn()
    assert not pages.has_secrets
    api.answer(200, content, method="POST", path="v1/authentication/refresh-access-token")
    assert not pages.has_secrets
