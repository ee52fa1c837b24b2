"""What names the records of an answer: of an id that is no text nobody could say which record it names."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from igz_apply.http.bodies import Unreadable

_IDS = frozenset({str, int, type(None)})
_TYPES = frozenset({str, type(None)})
_TEXT = frozenset({str})
_ID_OF, _TYPE_OF = itemgetter("id"), itemgetter("type")


def check_records(body: Any) -> None:
    """Check what names the records of a body, and those that they are related to (wire reference, section 3.3).

    Of what is no record at all nothing is said: not every answer holds some. Raises Unreadable.
    """
    if not isinstance(body, dict):
        return
    for part in (body.get("data"), body.get("included")):
        for record in part if isinstance(part, list) else (part,):
            if isinstance(record, dict):
                if type(record.get("id")) is not str or type(record.get("type")) is not str:
                    _check_identity(record)
                relationships = record.get("relationships")
                if isinstance(relationships, dict):
                    _check_links(relationships)


def _check_links(relationships: dict[str, Any]) -> None:
    for relationship in relationships.values():
        linked = relationship.get("data") if type(relationship) is dict else relationship
        if not linked:
            continue
        if type(linked) is dict:
            if type(linked.get("id")) is not str or type(linked.get("type")) is not str:
                _check_identity(linked)
        elif not (type(linked) is list and _are_links(linked)):
            for link in linked if isinstance(linked, list) else [linked]:
                if not isinstance(link, dict):
                    raise Unreadable("has a relationship to what is no record")
                _check_identity(link)


def _are_links(links: list[Any]) -> bool:
    """Tell at once of the usual ones that they are well: a list may bring hundreds of thousands."""
    try:
        return _TEXT.issuperset(map(type, map(_ID_OF, links))) and _TEXT.issuperset(map(type, map(_TYPE_OF, links)))
    except (KeyError, TypeError, IndexError):
        return False


def _check_identity(record: dict[str, Any]) -> None:
    if type(record.get("id")) not in _IDS:
        raise Unreadable("has an id that is neither a text nor a number")
    if type(record.get("type")) not in _TYPES:
        raise Unreadable("has a type that is no text")
