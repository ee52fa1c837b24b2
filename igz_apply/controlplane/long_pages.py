"""Long pages of a list, read member by member; what is unusual is left to `bodies` and `record_checks`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypedDict

import msgspec

from igz_apply.controlplane.record_checks import check_records
from igz_apply.http.cut_bodies import closely, read_members, value


class _Link(TypedDict, total=False):
    id: str
    type: str


class _Relationship(TypedDict, total=False):
    data: list[_Link] | _Link | None


class _Record(TypedDict, total=False):
    """A record of which `check_records` has nothing to say, with all of it that is read of a bare one."""

    id: str
    type: str
    attributes: dict[str, Any] | None
    relationships: dict[str, _Relationship | None] | None


class _LinkPassed(msgspec.Struct, gc=False):
    id: str
    type: str


class _RelationshipPassed(msgspec.Struct, gc=False):
    data: list[_LinkPassed] | _LinkPassed | None = None


class _RecordPassed(msgspec.Struct, gc=False):
    """The same of one that nobody reads."""

    id: str
    type: str
    relationships: dict[str, _RelationshipPassed | None] | None = None


_PASSED = msgspec.json.Decoder(list[_RecordPassed])
_BARE = msgspec.json.Decoder(list[_Record])


def _whole(part: memoryview) -> Any:
    records = value(part)
    check_records({"data": records})
    return records


def _bare(part: memoryview) -> Any:
    _check_text(part)
    return _BARE.decode(part)


def _passed(part: memoryview) -> None:
    """Check records that nobody reads: their form, and what names them, but no number among their attributes."""
    _check_text(part)
    _PASSED.decode(part)


def _check_text(part: memoryview) -> None:
    """Raise UnicodeDecodeError for what is no text: decoders do not look at it in what they pass over."""
    str(part, "utf-8")


def read_page(content: bytes, unread: Collection[str] = ()) -> dict[str, Any] | None:
    """Return the body of a page, whose records are checked; None for one that is to be read otherwise.

    It is without the unread: "included", and "links", which stands for all that a record has beyond its name, its
    attributes and what it is related to.
    """
    records, is_lean = _bare if "links" in unread else _whole, "included" in unread
    body = read_members(content, (("data", records), ("included", _passed if is_lean else records), ("meta", closely)))
    if body is not None and is_lean:
        del body["included"]
    return body
