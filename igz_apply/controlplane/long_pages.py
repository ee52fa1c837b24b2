"""Long pages of a list, read member by member; what is unusual is left to `bodies` and `record_checks`."""

from __future__ import annotations

from typing import Any, Union

import msgspec

from igz_apply.http.bodies import parse_closely
from igz_apply.http.cut_bodies import read_members, value


class _Link(msgspec.Struct, gc=False):
    id: str
    type: str


class _Relationship(msgspec.Struct, gc=False):
    data: Union[list[_Link], _Link, None] = None  # noqa: UP007 - looked at while it runs, in which 3.10 differs


class _Record(msgspec.Struct, gc=False):
    """What `check_records` looks at, where there is nothing to say of it."""

    id: str
    type: str
    relationships: Union[dict[str, Union[_Relationship, None]], None] = None  # noqa: UP007


_RECORDS = msgspec.json.Decoder(list[_Record])


def _checked(part: memoryview) -> None:
    """Check records that nobody reads: their form, and what names them, but no number among their attributes."""
    str(part, "utf-8")  # which the decoder does not look at in what it passes over
    _RECORDS.decode(part)


def _meta(part: memoryview) -> Any:
    return parse_closely(str(part, "utf-8"))


_WHOLE = (("data", value), ("included", value), ("meta", _meta))
_LEAN = (("data", value), ("included", _checked), ("meta", _meta))


def read_page(content: bytes, *, is_lean: bool) -> dict[str, Any] | None:
    """Return the body of a page, lean without what it includes; None for one that is to be read otherwise."""
    body = read_members(content, _LEAN if is_lean else _WHOLE)
    if body is not None and is_lean:
        del body["included"]
    return body
