"""Lists: pages by offset and limit, which may be short (wire reference, section 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.encoded import EncodedList
from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record, Selection
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.world import Call, World

Shown = tuple[list[Document], list[str]]  # items, and as JSON what is related to them


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    offset: int
    limit: int


def read_page(call: Call, query: Query, default: int = 0, greatest: int = 0) -> Page:
    """Return the page that a query asks for; `default` and `greatest` are limits of a list of its own, 0 for none."""
    options = call.options
    limit = query.number("limit", 0) or default or options.page_size
    most = greatest or options.max_page_size
    if limit > most:
        raise bad_request(f"limit is {limit}, and at most {most}")
    return Page(query.number("offset", 0), limit)


def answer_page(call: Call, page: Page, selection: Selection, show: Callable[[Sequence[Record]], Shown]) -> Answer:
    """Answer one page of the selected records."""
    begin, end, total = _window(call.world, page, call.store.count(selection))
    if page.offset:
        begin, end = max(0, begin + call.world.shift), end + call.world.shift
    held = call.store.select(selection, max(0, end - begin), begin)
    items, related = show(held)
    return Answer(200, list_document(call.world, items, related, has_more=page.offset + page.limit < total))


def _window(world: World, page: Page, count: int) -> tuple[int, int, int]:
    """Return from which record to which, and at which offset the list ends.

    Where pages are short the records are spread: the first page holds none, every later one every other place of it,
    as if the rest had been filtered out after it was read.
    """
    if not world.options.short_pages:
        return page.offset, page.offset + page.limit, count
    begin = max(0, page.offset - page.limit + 1) // 2
    return begin, (page.offset + 1) // 2, page.limit + 2 * count if count else 0


def list_document(world: World, items: list[Document], related: list[str], *, has_more: bool) -> Document:
    """Return the envelope of a list."""
    options = world.options
    status: dict[str, Any] = {"statusCode": 200, **world.message({"total": len(items)})}
    if has_more or not options.omit_has_more:
        status["hasMore"] = has_more
    document: Document = {} if options.omit_empty_items and not items else {"items": items}
    return {**document, **({"relationships": EncodedList(related)} if related else {}), "status": status}
