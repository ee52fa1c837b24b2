"""Pages of a list that came before, told by what they hold: only what describes an answer differs from call to call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from igz_apply.http.cut_bodies import closely, cut
from igz_apply.http.known_pages import KnownPage, KnownPages

_MEMBERS = ("data", "included", "meta")


def known_page(pages: KnownPages, content: bytes, path: str, unread: Collection[str]) -> KnownPage | None:
    """Return the page that an answer is; None for one that is to be read as if it had never come.

    What is left out of it belongs to its name: a page that was read by half is no whole one.
    """
    parts = cut(content, _MEMBERS)
    return pages.page(f"{path} without {sorted(unread)}", parts[:-1]) if parts is not None else None


def outlined(page: KnownPage, content: bytes) -> dict[str, Any] | None:
    """Return the body of a page that was read in a round before, its records by name alone; None for any other.

    Its parts were values of JSON then, and are the same bytes: so the answer is read in one way only, as `cut` says.
    Where nothing counts the list, whole records tell whether a page is the first one again: names would not do.
    """
    parts = cut(content, _MEMBERS) if page.is_of_before else None
    if parts is None:
        return None
    try:
        meta = closely(parts[-1])
    except (ValueError, RecursionError):
        return None
    return {"data": page.outline, "meta": meta} if _is_counted(meta) else None


def _is_counted(meta: Any) -> bool:
    """Say whether what describes a page tells how many records the list has."""
    total = meta.get("total_records") if isinstance(meta, dict) else None
    return isinstance(total, int) and not isinstance(total, bool)


def keep(page: KnownPage, made: object, records: Collection[dict[str, Any]]) -> None:
    """Keep what was made of a page's records, with their names, by which a list is counted."""
    page.outline = [{"type": record.get("type"), "id": record.get("id")} for record in records]
    page.made = made
