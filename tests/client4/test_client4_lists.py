"""A list is read to its end, whatever the server makes of the page size; no part of it is ever taken for the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.iguazio4.client import BadRequest, IncompleteList, InvalidAnswer, InvalidArgument, Response, listing
from tests.client4.client4_plane import Asked, Plane, a_client, answering, failed, page, said

USERS = "v1/profile/users"


def a_user(number: int, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"id": f"id-{number}", "username": f"user-{number}"}, "spec": spec}


@dataclass
class Store:
    """A list as a server has it: `limit` of its objects are taken, `most` at once, and then hidden ones left out."""

    size: int
    most: int = 10_000
    refuses: int = 10_000  # a limit above which it says 400
    shows: Callable[[int], bool] = lambda _: True
    says_more: bool = True
    omits_false: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Response:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        self.asked.append((offset, limit))
        if limit > self.refuses:
            return failed(400, "limit is too large")
        taken = range(offset, min(self.size, offset + min(limit, self.most)))
        more = taken.stop < self.size
        shown = (a_user(number) for number in taken if self.shows(number))
        return page(*shown, more=more if self.says_more and (more or not self.omits_false) else None)

    @property
    def shown(self) -> list[str]:
        return [f"user-{number}" for number in range(self.size) if self.shows(number)]


def names_from(store: Store, page_size: int = 500) -> list[str]:
    records = a_client(Plane(store)).users(page_size=page_size)
    return [record["metadata"]["username"] for record in records]


@pytest.mark.parametrize(("size", "pages"), [(0, 1), (499, 1), (500, 1), (501, 2), (1600, 4)])
def test_a_server_that_behaves_is_asked_once_for_each_page(size: int, pages: int) -> None:
    store = Store(size)
    assert names_from(store) == store.shown
    assert store.asked == [(500 * number, 500) for number in range(pages)]


@pytest.mark.parametrize("most", [100, 101, 250, 499])
def test_a_server_that_takes_less_at_once_than_it_was_asked_for_costs_no_page_more(most: int) -> None:
    store = Store(1600, most=most)
    assert names_from(store) == store.shown
    assert store.asked == [(0, 500), *((offset, most) for offset in range(most, 1600, most))]


@pytest.mark.parametrize("most", [1, 7, 20, 99])
def test_a_server_that_takes_hardly_anything_is_found_out_by_one_request(most: int) -> None:
    store = Store(300, most=most)
    assert names_from(store) == store.shown
    assert store.asked == [(0, 500), (most, 100 - most), *((offset, most) for offset in range(most, 300, most))]


def test_pages_with_holes_are_read_by_position() -> None:
    store = Store(2000, shows=lambda number: number % 3 > 0)
    assert names_from(store) == store.shown
    assert len(store.asked) <= 8


def test_pages_of_which_hardly_anything_is_left_are_read_by_position() -> None:
    store = Store(3000, shows=lambda number: number % 900 == 450)
    assert names_from(store) == store.shown
    assert len(store.asked) <= 32


def test_a_page_without_anything_is_not_the_end() -> None:
    store = Store(3000, shows=lambda number: number == 2999)
    assert names_from(store) == ["user-2999"]


def test_a_limit_that_is_refused_is_tried_smaller_once() -> None:
    store = Store(250, refuses=200)
    assert names_from(store) == store.shown
    assert store.asked == [(0, 500), (0, 100), (100, 100), (200, 100)]
    with pytest.raises(BadRequest, match="limit is too large"):
        names_from(Store(250, refuses=50))


@given(
    size=st.integers(0, 700),
    most=st.integers(1, 600),
    page_size=st.integers(1, 500),
    says=st.sampled_from([(True, False), (True, True), (False, True)]),
)
def test_nothing_is_lost_of_a_list_by_a_server_that_takes_less(
    size: int, most: int, page_size: int, says: tuple[bool, bool]
) -> None:
    store = Store(size, most=most, says_more=says[0], omits_false=says[1])
    assert names_from(store, page_size) == store.shown


@given(
    size=st.integers(0, 700),
    most=st.integers(100, 600),
    page_size=st.integers(1, 500),
    hidden=st.sets(st.integers(0, 60)),
    omits_false=st.booleans(),
)
def test_nothing_is_lost_of_a_list_with_holes_either(
    size: int, most: int, page_size: int, hidden: set[int], omits_false: bool
) -> None:
    store = Store(size, most=most, shows=lambda number: number // 12 not in hidden, omits_false=omits_false)
    assert names_from(store, page_size) == store.shown


def test_where_nothing_is_said_of_more_a_short_page_with_nothing_behind_it_is_the_last() -> None:
    store = Store(700, says_more=False)
    assert names_from(store) == store.shown
    assert store.asked == [(0, 500), (500, 500), (700, 500)]


def test_where_more_was_said_once_nothing_said_is_the_end() -> None:
    store = Store(700, omits_false=True)
    assert names_from(store) == store.shown
    assert store.asked == [(0, 500), (500, 500)]


def test_a_list_without_items_is_empty() -> None:
    assert a_client(answering(said({"status": {"hasMore": False}}))).users() == []
    assert a_client(answering(said({"items": None}))).users() == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"items": {}},
        {"items": ["ada"]},
        {"items": [{"metadata": []}]},
        {"items": [], "status": {"hasMore": "no"}},
    ],
)
def test_what_is_no_list_is_no_answer(body: Any) -> None:
    with pytest.raises(InvalidAnswer):
        a_client(answering(said(body))).users()


def test_a_list_that_moved_is_read_again() -> None:
    first, second, third = (a_user(number) for number in range(3))
    plane = answering(
        page(first, second, more=True), page(second, more=False), page(first, second, more=True), page(third)
    )
    assert a_client(plane).users(page_size=2) == [first, second, third]
    assert [each.query["offset"] for each in plane.calls] == ["0", "2", "0", "2"]


def test_a_list_that_moves_all_the_time_is_an_error_and_never_a_part() -> None:
    plane = Plane(lambda asked: page(a_user(1), a_user(int(asked.query["offset"])), more=True))
    with pytest.raises(IncompleteList, match=f"it moves while it is read .GET {USERS}"):
        a_client(plane).users(page_size=2)
    assert len(plane.calls) == 6


def test_an_object_that_stands_twice_on_a_page_is_an_error() -> None:
    with pytest.raises(IncompleteList):
        a_client(answering(page(a_user(1), a_user(1, firstName="Other")))).users()


def test_a_server_that_knows_no_offset_is_found_out() -> None:
    with pytest.raises(IncompleteList, match="the server gives the same page whatever the offset is"):
        a_client(answering(page(a_user(1), a_user(2), more=True))).users(page_size=2)
    with pytest.raises(IncompleteList):
        a_client(answering(page(a_user(1), more=True))).users()


def test_a_server_that_says_for_ever_that_there_is_more_is_found_out() -> None:
    plane = answering(page(more=True))
    with pytest.raises(IncompleteList, match="1001 empty pages came one after the other"):
        a_client(plane).users()
    assert len(plane.calls) == listing.MOST_EMPTY_PAGES + 1


def test_objects_without_an_id_are_all_kept() -> None:
    plane = answering(page({"spec": {"name": "a"}}, {"spec": {"name": "a"}}, more=True), page({"spec": {"name": "b"}}))
    assert a_client(plane).listed("v1/things", page_size=2) == [{"spec": {"name": name}} for name in "aab"]


def test_a_page_holds_something() -> None:
    with pytest.raises(InvalidArgument, match="at least one object, not 0"):
        a_client(Plane()).users(page_size=0)


def test_filters_are_sent_with_every_page() -> None:
    store = Store(3)
    plane = Plane(store)
    a_client(plane).users(group="g-1", include_groups=True, include_idps=True, page_size=2)
    shared = {"group": "g-1", "includeGroups": "true", "includeIdps": "true", "limit": "2"}
    assert [each.query for each in plane.calls] == [{**shared, "offset": "0"}, {**shared, "offset": "2"}]
