"""A long page is read the quick way or the old one, and nobody can tell which."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.controlplane import json_api
from igz_apply.controlplane.json_api import JsonApi
from igz_apply.controlplane.long_pages import read_page
from igz_apply.controlplane.record_checks import check_records
from igz_apply.http.bodies import CHECKED_WHOLE, Unreadable, parse_json

_FILLER = json.dumps({"type": "filler", "id": "f", "attributes": {"text": "x" * CHECKED_WHOLE}})
_UNREAD = frozenset({"included"})
_BARE = frozenset({"included", "links"})
_LINKED = frozenset({"links"})


def _long(
    data: str = "", included: str = "", meta: str = '{"ctx":"1","total_records":1}', *, gap: str = "", end: str = ""
) -> bytes:
    """Return a page that is long enough, with these texts in the lists."""
    members = (
        ("data", f"[{_FILLER}{',' if data else ''}{data}]"),
        ("included", f"[{included}]"),
        ("meta", meta),
    )
    text = f",{gap}".join(f'"{name}"{gap}:{gap}{value}' for name, value in members)
    return f"{gap}{{{gap}{text}{gap}}}{end}".encode("utf-8", "surrogatepass")


def _slow(content: bytes) -> Any:
    """Return what the old way makes of a page: its body, or the words of its refusal."""
    try:
        body = parse_json(content, envelope=("meta",))
        check_records(body)
    except Unreadable as error:
        return str(error)
    return body


def _answered(content: bytes, unread: frozenset[str] = frozenset()) -> Any:
    try:
        return JsonApi().answer(200, content, method="GET", path="users", unread=unread).body
    except Unreadable as error:
        return str(error)


def _typed(value: Any) -> Any:
    """Return a value such that 1, 1.0 and True differ, and -0.0 from 0.0; the order of keys counts too."""
    if isinstance(value, dict):
        return [(key, _typed(below)) for key, below in value.items()]
    if isinstance(value, list):
        return [_typed(below) for below in value]
    return type(value).__name__, math.copysign(1, value) if isinstance(value, float) else 0, value


def _lean(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "included"} if isinstance(body, dict) else body


def _stripped(body: Any) -> Any:
    """Return a body without what its records have beyond their names, attributes and relationships."""
    if not isinstance(body, dict):
        return body
    return {
        name: [_only(record, _record_parts) for record in value] if isinstance(value, list) else value
        for name, value in body.items()
    }


def _only(value: Any, parts: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: parts[name](below) for name, below in value.items() if name in parts}


def _linkage(data: Any) -> Any:
    return [_only(each, _link_parts) for each in data] if isinstance(data, list) else _only(data, _link_parts)


def _related(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _only(below, {"data": _linkage}) for name, below in value.items()}


def _same(value: Any) -> Any:
    return value


_link_parts = {"id": _same, "type": _same}
_record_parts = {**_link_parts, "attributes": _same, "relationships": _related}


def _assert_same(content: bytes) -> None:
    expected = _slow(content)
    assert _typed(_answered(content)) == _typed(expected)
    if _overflows_in_what_is_unread(content):
        return
    assert _typed(_lean(_answered(content, _UNREAD))) == _typed(_lean(expected))
    assert _typed(_stripped(_lean(_answered(content, _BARE)))) == _typed(_stripped(_lean(expected)))
    assert _typed(_stripped(_answered(content, _LINKED))) == _typed(_stripped(expected))


def _overflows_in_what_is_unread(content: bytes) -> bool:
    """Tell of the one difference that there is: numbers in attributes that nobody reads are not converted."""
    said = _slow(content)
    taken = read_page(content, _UNREAD)
    return taken is not None and isinstance(said, str) and (said.endswith("too large") or b"1" * 4301 in content)


_NUMBERS = [
    "0", "-0", "-0.0", "0.0", "1.0", "1e5", "1E+5", "1e-999", "5e-324", "1e999", "-1e999", "1.7976931348623157e308",
    "1.7976931348623159e308", "9007199254740993", "18446744073709551616", "-9223372036854775809", "9" * 40, "1" * 4300,
    "1" * 4301, "0.1000000000000000055511151231257827", "2.2250738585072011e-308", "NaN", "Infinity", "-Infinity", "01",
    "1.", ".5", "+1", "--1", "1e", "0x1", "1_0",
]  # fmt: skip
_TEXTS = [
    r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', r'"\x"', r'"\u12"', r'"\u0000"', '"\n"', '"\t"', '"\x7f"',
    '"\x00"',
    '"é😀\u2028"', '"\ud800"', r'"\/"', '"', "'a'", '"meta"', '",\\"meta\\":{}"', '"],\\"included\\":["',
]  # fmt: skip
_OTHERS = [
    "", "tru", "True", "null", "true", "[1,]", '{"a":1,}', '{"a":1,"a":2}', '{"a":{"b":1,"b":2}}', "{1:2}", "[" * 5000,
    "[" * 200 + "]" * 200, '{"a":' * 100_000, "/**/1", "\ufeff1", "\x0b1", "\xa01", "1 2", "{}}", "]",
]  # fmt: skip
_ODD = [*_NUMBERS, *_TEXTS, *_OTHERS]
_RELATED = [
    "null", "[]", "{}", "1", '"x"', '{"g":null}', '{"g":{}}', '{"g":1}', '{"g":[]}', '{"g":["a"]}',
    '{"g":{"data":null}}',
    '{"g":{"data":[]}}', '{"g":{"data":{"id":"1","type":"t"}}}', '{"g":{"data":{"id":1,"type":"t"}}}',
    '{"g":{"data":{"id":1.5,"type":"t"}}}', '{"g":{"data":{"id":"1"}}}', '{"g":{"data":{"type":"t"}}}',
    '{"g":{"data":[{"id":"1","type":"t"},{"id":"2","type":2}]}}', '{"g":{"data":[{"id":"1","type":"t"},null]}}',
    '{"g":{"data":[["id"]]}}', '{"g":{"data":true}}', '{"g":{"data":"x"}}', '{"g":{"data":0}}', '{"g":{"data":{}}}',
    '{"g":{"data":{"id":[],"type":"t"},"data":{"id":"1","type":"t"}}}',
]  # fmt: skip
_RECORDS = [
    "{}", "null", "1", "[]", '"x"', '{"id":"1"}', '{"id":1,"type":"t"}', '{"id":null,"type":"t"}',
    '{"id":true,"type":"t"}',
    '{"id":1.0,"type":"t"}', '{"id":"1","type":1}', '{"id":"1","type":null}', '{"id":{},"type":"t"}',
    '{"id":"1","id":2,"type":"t"}', '{"id":[],"id":"1","type":"t"}', '{"type":"t","id":"1","attributes":1}',
    '{"type":"t","id":"1","attributes":null}', '{"id":"1","type":"t","relationships":null,"relationships":{"g":1}}',
    *(f'{{"type":"t","id":"1","relationships":{related}}}' for related in _RELATED),
]  # fmt: skip


@pytest.mark.parametrize("part", ["data", "included"])
def test_odd_values_and_records_are_read_or_refused_alike(part: str) -> None:
    for odd in _ODD:
        _assert_same(_long(**{part: f'{{"type":"t","id":"1","attributes":{{"a":{odd}}}}}'}))
    for record in _RECORDS:
        _assert_same(_long(**{part: record}))


@pytest.mark.parametrize("part", ["data", "included"])
@pytest.mark.parametrize("member", ['"links":{"self":"BAD"}', '"links":{"BAD":1}', '"BAD":1'])
def test_what_is_no_text_is_refused_also_in_what_nobody_reads(part: str, member: str) -> None:
    page = _long(**{part: f'{{"type":"t","id":"1",{member}}}'})
    _assert_same(page)
    for bad in (b"\xff", b"\xf0\x90\x80", b"\xed\xa0\x80"):
        _assert_same(page.replace(b"BAD", bad))


def test_odd_descriptions_and_ends_are_read_or_refused_alike() -> None:
    for odd in _ODD:
        _assert_same(_long(meta=odd))
        _assert_same(_long(meta=f'{{"ctx":{odd}}}'))
        _assert_same(_long(end=odd))
    for end in [" \r\n\t", "\x0b", "\x00", ",", "}"]:
        _assert_same(_long(end=end))


@pytest.mark.parametrize("gap", ["", " ", "\n  ", "\t\r\n" * 30, "\x0c", "\xa0"])
def test_blanks_between_the_members_change_nothing(gap: str) -> None:
    _assert_same(_long('{"type":"t","id":"1"}', '{"type":"t","id":"2"}', gap=gap))


def test_other_members_other_orders_and_members_that_stand_twice_are_read_or_refused_alike() -> None:
    data, included, meta, more = f'"data":[{_FILLER}]', '"included":[]', '"meta":{"ctx":"1"}', '"links":{"self":"x"}'
    for members in [
        (data, meta), (data, included), (data,), (included, data, meta), (meta, included, data), (data, included,
        meta, more),
        (more, data, included, meta), (data, more, included, meta), (data, included, more, meta), (data, data,
        included, meta),
        (data, included, included, meta), (data, included, meta, meta), (data, included, meta, data), (data, "", meta),
        (data, included, meta, more, more), (data, included, '"meta":{"a":1,"a":2}'), (data, '"incl\\u0075ded":[]',
        meta),
        (data, included, '"meta":{"meta":{"included":[],"data":[]}}'), (data, '"included":{}', meta),
        (data, '"included":null', meta), ('"data":{"a":"' + "x" * CHECKED_WHOLE + '"}', included, meta),
    ]:  # fmt: skip
        _assert_same(("{" + ",".join(members) + "}").encode())
        _assert_same(("[" + ",".join(members) + "]").encode())
    for encoding in ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"]:
        _assert_same(_long('{"type":"t","id":"é"}').decode().encode(encoding))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text()
    | st.sampled_from(["data", "meta"]),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@given(data=_VALUES, included=_VALUES, ensure_ascii=st.booleans(), seed=st.integers(0, 2**32), cuts=st.integers(0, 4))
def test_any_page_and_any_damage_to_it_is_read_or_refused_alike(
    data: Any, included: Any, ensure_ascii: bool, seed: int, cuts: int
) -> None:
    record, other = (
        json.dumps({"type": "t", "id": "1", "attributes": {"a": each}}, ensure_ascii=ensure_ascii)
        for each in (data, included)
    )
    content = bytearray(_long(record, other))
    dice = random.Random(seed)
    for _ in range(cuts):
        begin = content.find(b"x" * 100) if dice.random() < 0.2 else CHECKED_WHOLE
        at = dice.randrange(begin, len(content))
        content[at : at + dice.choice([0, 1, 1, 4])] = dice.choice(
            [
                b"",
                b'"',
                b"\\",
                b"{",
                b"}",
                b"[",
                b"]",
                b",",
                b":",
                b"\xff",
                b"\xed\xa0\x80",
                b"e9",
                b"\x00",
                b"0",
                b'"meta":',
            ]
        )
    _assert_same(bytes(content))


def test_a_usual_page_is_read_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_api, "parse_json", None)
    included = '{"type":"t","id":"2","attributes":{"gid":-1},"relationships":{"g":{"data":[{"id":"1","type":"t"}]}}}'
    content = _long('{"type":"t","id":"1"}', included)

    for unread in [frozenset[str](), _LINKED]:
        assert _answered(content, unread) == json.loads(content)
    for unread in [_UNREAD, _BARE]:
        assert _answered(content, unread) == _lean(json.loads(content))


def test_of_bare_records_is_left_what_names_describes_and_relates_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_api, "parse_json", None)
    link = '{"id":"2","type":"t"%s}'
    record = '{"type":"t","id":"1","attributes":{"links":1},"relationships":{"g":{"data":[%s]%s}}%s}'
    full = _long(record % (link % ',"meta":{}', ',"links":{}', ',"links":{"self":"x"}'))
    bare = _long(record % (link % "", "", ""))

    assert _answered(full) == json.loads(full)
    assert _answered(full, _LINKED) == json.loads(bare)


def test_a_number_that_is_too_large_counts_only_where_it_is_read() -> None:
    content = _long(included='{"type":"t","id":"1","attributes":{"a":1e999}}')

    assert _answered(content) == "holds a number that is too large"
    assert _answered(content, _UNREAD) == _lean(json.loads(_long()))
