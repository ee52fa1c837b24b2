"""Reading a list to its end, and noticing when that did not work.

The server cuts lists at a page size of its own and numbers pages from zero (wire reference, section 3.5). A list that
somebody changes while it is read shows records twice, or misses some: that is an error here, never a shorter list.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.errors import IncompleteList
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

# Pages asked for ahead of the one that is being read, when there is an executor.
_AHEAD = 8

T = TypeVar("T")
Fetch = Callable[[Mapping[str, Any]], Answer]


def read_pages(
    fetch: Fetch, params: Mapping[str, Any] | None, size: int, executor: Executor | None = None
) -> Iterator[Answer]:
    """Yield the pages of one reading, in order. Raises IncompleteList at the page where it stops being consistent.

    `fetch` gets the parameters of one page. After the first page the total is known, if the server counts; then
    the rest is fetched ahead on `executor`. A server that does not count is read one page at a time until a page is
    empty.
    """
    if size < 1:
        raise ValueError(f"a page holds at least one record, not {size}")
    query = {**(params or {}), "page[size]": size, "count": "records"}
    reading = _Reading(size)

    def page(number: int) -> Answer:
        return fetch({**query, "page[number]": number})

    first = page(0)
    reading.take(first)
    yield first
    rest = _counted(page, reading, executor) if reading.total is not None else _uncounted(page, reading)
    for answer in rest:
        if reading.take(answer):
            yield answer
    reading.finish()


def read_whole_list(read: Callable[[], Iterator[T]], *, readings: int = 3) -> list[T]:
    """Return all pages of one consistent reading, reading again from the start while the list is moving.

    Raises IncompleteList after that many readings.
    """
    for attempt in range(1, readings + 1):
        try:
            return list(read())
        except IncompleteList:  # noqa: PERF203
            if attempt == readings:
                raise
    raise ValueError(f"a list is read at least once, not {readings} times")


@dataclass(slots=True)
class _Reading:
    """What has been seen of a list so far."""

    size: int
    total: int | None = None
    seen: int = 0
    first_page: list[Any] = field(default_factory=list)
    ids: set[tuple[Any, Any]] = field(default_factory=set)
    ended: bool = False
    where: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are, by the size of the first: a server may give fewer records than asked for."""
        if not self.total or not self.first_page:
            return 1
        return -(-self.total // len(self.first_page))

    def take(self, answer: Answer) -> bool:
        """Account for the next page; False if it brought nothing and is not to be shown."""
        records = answer.records
        if not self.where:
            self.where = answer.path
            self.total = _total(answer)
            self.first_page = records
        elif self._is_first_page_again(records):
            self.ended = True
            return False
        elif _total(answer) != self.total:
            raise self._incomplete("its total changed while it was read")
        self._remember(records)
        self.seen += len(records)
        self.ended = not records
        return bool(records)

    def finish(self) -> None:
        """Raise IncompleteList unless everything that was counted has been seen."""
        if self.total is not None and self.seen != self.total:
            raise self._incomplete(f"it has {self.total} records, and {self.seen} came")

    def _is_first_page_again(self, records: list[Any]) -> bool:
        """A server that ignores page numbers says the same again; what it had was the whole if it was not full."""
        if self.total is not None or not records or len(records) >= self.size:
            return False
        return records == self.first_page

    def _remember(self, records: list[Any]) -> None:
        keys = [(each.get("type"), name) for each in records if (name := each.get("id")) is not None]
        new = set(keys)
        if len(new) < len(keys) or not new.isdisjoint(self.ids):
            raise self._incomplete("a record came twice")
        self.ids |= new

    def _incomplete(self, why: str) -> IncompleteList:
        return IncompleteList(f"The list could not be read as a whole: {why}", method="GET", path=self.where)


def _uncounted(page: Callable[[int], Answer], reading: _Reading) -> Iterator[Answer]:
    number = 1
    while not reading.ended:
        yield page(number)
        number += 1


def _counted(page: Callable[[int], Answer], reading: _Reading, executor: Executor | None) -> Iterator[Answer]:
    numbers = range(1, reading.pages)
    if executor is None:
        yield from map(page, numbers)
        return
    waiting: deque[Future[Answer]] = deque()
    try:
        for number in numbers:
            waiting.append(executor.submit(page, number))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _total(answer: Answer) -> int | None:
    total = answer.meta.get("total_records")
    return total if isinstance(total, int) and not isinstance(total, bool) else None
