"""Reading a list to its end without losing a record, whatever the server makes of the page size.

Only `hasMore: false` ends a list, and `offset` grows by what was asked for, not by what came: the server takes `limit`
objects of its store and then leaves some out (wire reference, section 3.6). But the greatest `limit` is not known, and
a server that quietly takes less than it was asked for would make that very rule skip records. So a list goes on by
`limit` only where a page of that many was seen. After a shorter one that is not the last, it goes on by as many as the
longest page had, or by `SURE`, whichever is more, and asks for no more than that from then on: it may read a part
twice, and skips nothing. That a server takes even less than `SURE` is looked for once, behind the first page that is so
short.

A server that behaves is asked once for each page. A list that moves while it is read shows an object twice, and is read
again. One that shrinks by an object of a page that was read already hides the first of the next page, which cannot be
seen here: there is no total.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from igz_apply.iguazio4.client.api_answers import Answer, part
from igz_apply.iguazio4.client.errors import BadRequest, IncompleteList, InvalidArgument
from igz_apply.values import dataclass

PAGE_SIZE = 500
SURE = 100  # the server's own page size wherever one is known: no less than that is taken from a greater limit
MOST_EMPTY_PAGES = 1000  # one after the other
MOST_PAGES = 100_000
READINGS = 3

Fetch = Callable[[Mapping[str, Any]], Answer]


def read_list(fetch: Fetch, params: Mapping[str, Any] | None, page_size: int = PAGE_SIZE) -> list[dict[str, Any]]:
    """Return all objects of a list; it is read again while it moves.

    `fetch` gets the parameters of one page. Raises IncompleteList after three readings, or for a list without end.
    """
    if page_size < 1:
        raise InvalidArgument(f"a page holds at least one object, not {page_size}")
    for _ in range(READINGS - 1):
        reading = _Reading(fetch, dict(params or {}), page_size)
        if reading.read():
            return reading.records
        page_size = reading.limit
    reading = _Reading(fetch, dict(params or {}), page_size)
    if reading.read():
        return reading.records
    raise reading.incomplete("it moves while it is read")


@dataclass(slots=True)
class _Reading:
    """One reading, from the first page on. `limit` is what each page is asked for."""

    fetch: Fetch
    params: dict[str, Any]
    limit: int
    records: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    longest: int = 0  # objects of the longest page: so many positions of the store are covered by a page at least
    seen_up_to: int = 0  # the position behind the last one that may have been read already
    is_sure: bool = False  # that no less is taken than SURE
    is_told: bool = False  # that there is more, where there is: a server that leaves out what is false says it so
    path: str = ""

    def read(self) -> bool:
        """Read to the end; False if the list has moved. Raises IncompleteList for a list without end."""
        offset, empty = 0, 0
        before: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            answer = self._page(offset)
            page = answer.items
            if page and page == before and offset >= self.seen_up_to:
                raise self.incomplete("the server gives the same page whatever the offset is")
            if not self._take(page, offset):
                return False
            if not self._goes_on(answer, offset):
                return True
            empty = 0 if page else empty + 1
            if empty > MOST_EMPTY_PAGES:
                raise self.incomplete(f"{empty} empty pages came one after the other, and each says that there is more")
            before = page
            offset += self._step(len(page), offset)
        raise self.incomplete(f"it has not ended after {MOST_PAGES} pages")

    def incomplete(self, why: str) -> IncompleteList:
        """Return the error that says why this is not the list."""
        return IncompleteList(f"The list could not be read as a whole: {why}", method="GET", path=self.path)

    def _page(self, offset: int, limit: int | None = None) -> Answer:
        try:
            answer = self.fetch({**self.params, "offset": offset, "limit": limit or self.limit})
        except BadRequest:
            if offset or limit or self.limit <= SURE:
                raise
            self.limit = SURE  # perhaps it takes no more at once
            return self._page(offset)
        self.path = answer.path
        return answer

    def _take(self, page: list[dict[str, Any]], offset: int) -> bool:
        """Keep what is new; False for an object that came twice though nothing was read twice."""
        is_again = offset < self.seen_up_to
        self.longest = max(self.longest, len(page))
        self.seen_up_to = max(self.seen_up_to, offset + max(self.limit, len(page)))
        ids = [_id_of(record) for record in page]
        twice = len({each for each in ids if each is not None}) < sum(each is not None for each in ids)
        for each, record in zip(ids, page, strict=True):
            if each is None:
                if not is_again or record not in self.records:
                    self.records.append(record)
            elif each not in self.known:
                self.known[each] = record
                self.records.append(record)
            elif not is_again or self.known[each] != record:
                return False
        return not twice

    def _goes_on(self, answer: Answer, offset: int) -> bool:
        """Tell whether there is more. Where it is not said, a short page with nothing behind it is the last."""
        if answer.has_more is not None or self.is_told:
            self.is_told = self.is_told or bool(answer.has_more)
            return bool(answer.has_more)
        came = len(answer.items)
        return came >= self.limit or (came > 0 and self._has_new(offset + came, self.limit))

    def _step(self, came: int, offset: int) -> int:
        """Return how far the next page is. What is behind a page that is short is never skipped."""
        if came >= self.limit:
            return self.limit
        if self.longest < min(SURE, self.limit) and not self.is_sure:
            surely = min(SURE, self.limit)
            if came and self._has_new(offset + came, surely - came):
                self.limit = self.longest  # the server takes no more than that at once
                return self.limit
            self.is_sure = bool(came)
        self.limit = max(self.longest, min(SURE, self.limit))
        return self.limit

    def _has_new(self, offset: int, limit: int) -> bool:
        """Tell whether something is there that did not come yet."""
        return not all(map(self._is_known, self._page(offset, limit).items))

    def _is_known(self, record: dict[str, Any]) -> bool:
        key = _id_of(record)
        return record in self.records if key is None else key in self.known


def _id_of(record: Mapping[str, Any]) -> str | None:
    """Return what no other object of a list has, None for an object that has no such thing."""
    metadata = part(record, "metadata")
    found = metadata.get("id") or metadata.get("username") or metadata.get("name")
    return None if found in (None, "") else str(found)
