"""Ten thousand users: all of them come, and reading them holds no more than what is kept of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from igz_apply.controlplane import Client, User
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, body, one, stub

USERS = 10_000


def big_plane(asked: Asked) -> object:
    query = dict(asked.query)
    size, number = int(query["page[size]"]), int(query["page[number]"])
    ids = range(number * size, min((number + 1) * size, USERS))
    users = [
        one("user", f"{i:08d}-0000-4000-8000-000000000000", username=f"user-{i}", description="x" * 500) for i in ids
    ]
    return body(users, total_records=USERS)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with stub(big_plane) as server, a_client(server.url) as made:
        yield made


def peak_of(work: Iterator[object]) -> int:
    """The most bytes that were held while an iterator was run to its end and nothing of it kept."""
    tracemalloc.start()
    for _ in work:
        continue
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_ten_thousand_users_are_listed_in_order(client: Client) -> None:
    users = User.list(client)
    assert [user.username for user in users] == [f"user-{number}" for number in range(USERS)]


def test_iterating_holds_one_page_and_the_ids(client: Client) -> None:
    pages = peak_of(User.iterate(client, size=200))
    everything = 900 * USERS  # bytes, of the texts alone
    assert pages < everything / 2
