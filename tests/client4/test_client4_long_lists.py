"""A long list is read the quick way or the old one, and nobody can tell which."""

from __future__ import annotations

import json
from typing import Any

import pytest

from igz_apply.http.bodies import CHECKED_WHOLE, Unreadable, parse_json
from igz_apply.iguazio4.client import dialect
from igz_apply.iguazio4.client.dialect import GatewayJson

_ITEM = json.dumps({"metadata": {"id": "1"}, "spec": {"text": "x" * CHECKED_WHOLE}, "relationships": [{"type": "t"}]})
_STATUS = '"status":{"ctx":"1","statusCode":200,"total":1,"hasMore":false}'


def _answered(content: bytes) -> Any:
    try:
        return GatewayJson().answer(200, content, method="GET", path="v1/users").body
    except Unreadable as error:
        return str(error)


def _slow(content: bytes) -> Any:
    try:
        return parse_json(content, envelope=("status", "metadata"))
    except Unreadable as error:
        return str(error)


def _list(item: str, *others: str) -> bytes:
    return ("{" + ",".join([f'"items":[{_ITEM}{item}]', *others]) + "}").encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("related", [(), ('"relationships":[{"type":"t","items":[]}]',)])
def test_a_usual_list_is_read_the_quick_way(related: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    content = _list("", *related, _STATUS)
    monkeypatch.setattr(dialect, "parse_json", None)

    assert _answered(content) == json.loads(content)


@pytest.mark.parametrize(
    "odd",
    ["1e999", "NaN", "1" * 4301, r'"\ud800"', '"\ud800"', '"\n"', "[1,]", '{"a":1,"a":2}', "-0.0", "", "[" * 5000],
)
def test_an_odd_list_is_read_or_refused_alike(odd: str) -> None:
    for content in [
        _list(f",{odd}", _STATUS),
        _list("", f'"relationships":[{odd}]', _STATUS),
        _list("", f'"status":{{"ctx":"1","a":{odd}}}'),
        _list("", _STATUS, _STATUS),
        _list("", _STATUS, f'"more":{odd}'),
        _list("", f'"items":{odd}', _STATUS),
    ]:
        assert repr(_answered(content)) == repr(_slow(content))
