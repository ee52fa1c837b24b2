"""Lists are read to their end, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from igz_apply.controlplane import IncompleteList, InvalidAnswer
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, body, one, stub

Script = Callable[[Asked], Any]


def listing(count: int, *, counts: bool = True, cap: int | None = None) -> Script:
    """A server with so many users, which may not count, and may give at most `cap` of them a page."""

    def script(asked: Asked) -> Any:
        query = dict(asked.query)
        size = min(int(query["page[size]"]), cap or count or 1)
        start = int(query["page[number]"]) * size
        users = [one("user", f"u-{number}") for number in range(start, min(start + size, count))]
        return body(users, **({"total_records": count} if counts and query.get("count") == "records" else {}))

    return script


def ids(pages: Any) -> list[str]:
    return [record["id"] for page in pages for record in page.data]


def read(script: Script, size: int = 10, threads: int = 0, **options: Any) -> tuple[list[str], int]:
    """The ids of a whole list, and the number of calls that it took."""
    with stub(script) as server, a_client(server.url) as client:
        if not threads:
            return ids(client.pages("users", size=size, **options)), len(server.asked)
        with ThreadPoolExecutor(threads) as pool:
            return ids(client.pages("users", size=size, concurrency=pool, **options)), len(server.asked)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95])
@pytest.mark.parametrize("threads", [0, 4])
def test_every_record_comes_once_and_in_order(count: int, threads: int) -> None:
    found, calls = read(listing(count), threads=threads)
    assert found == [f"u-{number}" for number in range(count)]
    assert calls == max(1, -(-count // 10))


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (9, 2), (10, 2), (95, 11)])
def test_a_server_that_does_not_count_is_read_until_a_page_is_empty(count: int, calls: int) -> None:
    assert read(listing(count, counts=False)) == ([f"u-{number}" for number in range(count)], calls)


@pytest.mark.parametrize("counts", [True, False])
def test_a_server_with_a_smaller_largest_page_is_read_to_the_end(counts: bool) -> None:
    found, _ = read(listing(35, counts=counts, cap=4), size=10)
    assert len(found) == 35


def test_a_server_that_ignores_pages_has_said_everything_on_the_first() -> None:
    found, calls = read(lambda _: body([one("k8s_config", "k-1"), one("k8s_config", "k-2")]))
    assert (found, calls) == (["k-1", "k-2"], 2)


def test_other_parameters_go_with_every_page() -> None:
    with stub(listing(3)) as server:
        list(a_client(server.url).pages("users", params={"filter[username]": "[$ne]ada"}, size=2))
    assert {dict(asked.query)["filter[username]"] for asked in server.asked} == {"[$ne]ada"}


def moving(*, for_readings: int, disturb: Callable[[list[Any], dict[str, Any]], None]) -> Script:
    """A list of 25 that is disturbed on its second page, for so many readings."""
    quiet, readings = listing(25), [0]

    def script(asked: Asked) -> Any:
        answer = quiet(asked)
        number = dict(asked.query)["page[number]"]
        readings[0] += number == "0"
        if number == "1" and readings[0] <= for_readings:
            disturb(answer["data"], answer["meta"])
        return answer

    return script


def repeat_one(records: list[Any], _: dict[str, Any]) -> None:
    records[0] = one("user", "u-9")


def lose_one(records: list[Any], _: dict[str, Any]) -> None:
    records.pop()


def grow(_: list[Any], meta: dict[str, Any]) -> None:
    meta["total_records"] += 1


@pytest.mark.parametrize("disturb", [repeat_one, lose_one, grow])
def test_a_list_that_moves_is_read_again(disturb: Callable[..., None]) -> None:
    found, _ = read(moving(for_readings=2, disturb=disturb))
    assert len(found) == len(set(found)) == 25


@pytest.mark.parametrize("disturb", [repeat_one, lose_one, grow])
@pytest.mark.parametrize("threads", [0, 4])
def test_a_list_that_keeps_moving_is_an_error_and_nothing_of_it_is_shown(
    disturb: Callable[..., None], threads: int
) -> None:
    with pytest.raises(IncompleteList, match=r"could not be read as a whole: .* \(GET users\)"):
        read(moving(for_readings=3, disturb=disturb), threads=threads)


def test_a_list_that_was_cut_short_is_an_error() -> None:
    def script(asked: Asked) -> Any:
        return body([one("user", "u-1")] if dict(asked.query)["page[number]"] == "0" else [], total_records=2)

    with pytest.raises(IncompleteList, match="it has 2 records, and 1 came"):
        read(script)


def test_a_stream_shows_pages_as_they_come_and_stops_where_it_breaks() -> None:
    with stub(moving(for_readings=1, disturb=repeat_one)) as server:
        pages = a_client(server.url).stream("users", size=10)
        assert len(next(pages).data) == 10
        with pytest.raises(IncompleteList):
            next(pages)
    assert len(server.asked) == 2


@pytest.mark.parametrize("answer", [body(one("user", "u-1")), {"meta": {}}, [], {"data": ["text"]}])
def test_what_is_no_list_is_an_invalid_answer(answer: Any) -> None:
    with pytest.raises(InvalidAnswer):
        read(lambda _: answer)
