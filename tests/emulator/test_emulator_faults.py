"""Each fault, over a real connection; and what a faults file may say."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, FaultsError, Options, Server, serving


@contextmanager
def faulty(*requests: dict[str, Any], **more: Any) -> Iterator[Server]:
    """Serve an emulator with these faults of requests."""
    emulator = Emulator(options=Options(job_seconds=0, faults={"requests": list(requests), **more}))
    with serving(emulator) as server:
        yield server
    emulator.close()


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.raw = answer.read()

    @property
    def names(self) -> list[str]:
        return [each["attributes"]["name"] for each in json.loads(self.raw)["data"]]


def call(server: Server, method: str, path: str, body: Any = None, timeout: float = 20) -> Answer:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout)
    headers = {"Cookie": f'session=j:{{"sid": "{server.access_key}"}}'}
    try:
        connection.request(method, f"/api{path}", None if body is None else json.dumps(body), headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def add_group(server: Server, name: str) -> Answer:
    return call(server, "POST", "/user_groups", {"data": {"type": "user_group", "attributes": {"name": name}}})


def group_names(server: Server) -> list[str]:
    return call(server, "GET", "/user_groups").names


POST = {"method": "POST", "path": "/api/user_groups"}


def test_a_status_before_the_effect_and_one_after_it() -> None:
    before = {"match": {**POST, "nth": 1}, "act": "status", "status": 429, "headers": {"Retry-After": 2}}
    after = {"match": {**POST, "nth": 2}, "act": "status", "status": 502, "when": "after", "body": "<html>"}
    with faulty(before, after) as server:
        first, second = add_group(server, "first"), add_group(server, "second")
        assert (first.status, first.headers["Retry-After"]) == (429, "2")
        assert json.loads(first.raw)["errors"][0]["status"] == 429
        assert (second.status, second.raw) == (502, b"<html>")
        assert group_names(server) == ["all_users", "admins", "second"]


@pytest.mark.parametrize(("act", "error"), [("refuse", ConnectionResetError), ("cut", http.client.RemoteDisconnected)])
@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["lost"])])
def test_a_connection_is_closed_before_or_after_the_effect(
    act: str, error: type[Exception], when: str, kept: list[str]
) -> None:
    with faulty({"match": POST, "act": act, "when": when}) as server:
        with pytest.raises(error):
            add_group(server, "lost")
        assert group_names(server)[2:] == kept


def test_a_request_hangs_and_is_never_answered() -> None:
    with faulty({"match": POST, "act": "hang", "seconds": 60}) as server:
        with pytest.raises(TimeoutError):
            call(server, "POST", "/user_groups", {}, timeout=0.05)
        assert group_names(server) == ["all_users", "admins"]


def test_a_server_that_stops_lets_go_of_what_hangs() -> None:
    lost: list[BaseException] = []

    def ask(server: Server) -> None:
        try:
            call(server, "POST", "/user_groups", {})
        except (http.client.HTTPException, OSError) as error:
            lost.append(error)

    with faulty({"match": POST, "act": "hang", "seconds": 3600}) as server:
        asking = threading.Thread(target=ask, args=(server,))
        asking.start()
        while not server.is_busy:
            pass
    asking.join(5)
    assert len(lost) == 1


def test_an_answer_is_late_or_comes_in_drips_but_is_whole() -> None:
    late = {"match": {"nth": 1}, "act": "delay", "seconds": 0.02}
    drips = {"match": {"nth": 2}, "act": "drip", "seconds": 0.05}
    with faulty(late, drips) as server:
        assert group_names(server) == group_names(server) == ["all_users", "admins"]


def test_an_answer_is_truncated() -> None:
    with faulty({"act": "truncate", "bytes": 30, "match": {"times": 1}}) as server:
        with pytest.raises(http.client.IncompleteRead) as caught:
            group_names(server)
        assert len(caught.value.partial) == 30
        assert group_names(server) == ["all_users", "admins"]


def test_headers_come_a_byte_at_a_time_and_never_end() -> None:
    with faulty({"match": {"path": "/api/users"}, "act": "drip-headers", "seconds": 0.2}) as server:
        with socket.create_connection((server.host, server.port), 20) as connection:
            connection.sendall(b"GET /api/users HTTP/1.1\r\n\r\n")
            got = b"".join(iter(lambda: connection.recv(4096), b""))
        assert got.startswith(b"HTTP/1.1 200 OK\r\nX-Filler: xx")
        assert b"\r\n\r\n" not in got
        assert group_names(server) == ["all_users", "admins"]


def test_an_answer_is_as_long_as_it_is_wanted() -> None:
    huge = [{"match": {"nth": n}, "act": "huge", "bytes": size} for n, size in enumerate((0, 1_000_000, 1_000_001), 1)]
    with faulty(*huge) as server:
        answers = [call(server, "GET", "/users") for _ in huge]
        assert [len(each.raw) for each in answers] == [4, 1_000_000, 1_000_001]
        assert all(set(map(len, json.loads(each.raw))) == {0} for each in answers)


def test_an_answer_is_one_that_no_client_should_believe() -> None:
    acts = ("partial", "twice", "nan", "odd-id", "odd-id")
    with faulty(*({"match": {"nth": n}, "act": act} for n, act in enumerate(acts, 1))) as server:
        partial, twice, nan, odd, one = (call(server, "GET", path) for path in ("/user_groups",) * 4 + ("/self",))
        assert (partial.status, partial.names) == (206, ["all_users", "admins"])
        assert (twice.raw.count(b'"data":['), json.loads(twice.raw)["data"]) == (2, [])
        assert b":NaN" in nan.raw
        assert [type(each["id"]) for each in json.loads(odd.raw)["data"]] == [dict, str]
        assert isinstance(json.loads(one.raw)["data"]["id"], dict)


def test_connections_that_never_ask_keep_nobody_out() -> None:
    with faulty() as server, contextlib.ExitStack() as held:
        for number in range(450):  # more than waitress takes by itself, and than are kept while others come
            connection = held.enter_context(socket.create_connection((server.host, server.port)))
            connection.sendall(b"GET /api/users HTTP/1.1\r\nX-Filler: "[: number % 40])
        assert group_names(server) == ["all_users", "admins"]


def test_an_answer_is_garbage_or_empty() -> None:
    garbage = {"match": {"nth": 1}, "act": "garbage"}
    empty = {"match": {"nth": 2}, "act": "empty"}
    with faulty(garbage, empty) as server:
        first, second = call(server, "GET", "/users"), call(server, "GET", "/users")
        assert (first.status, second.status, second.raw) == (200, 200, b"")
        with pytest.raises(ValueError):
            json.loads(first.raw)


@pytest.mark.parametrize(("by", "missed", "repeated"), [(1, {"g03"}, set()), (-1, set(), {"g02"})])
def test_a_list_shifts_while_it_is_read(by: int, missed: set[str], repeated: set[str]) -> None:
    with faulty({"match": {"path": "/api/user_groups"}, "act": "shift", "by": by}) as server:
        server.emulator.load({"groups": [{"name": f"g{n:02}"} for n in range(8)]})
        pages = [call(server, "GET", f"/user_groups?page[size]=5&page[number]={n}").names for n in range(3)]
        read = [name for page in pages for name in page]
        everything = {"all_users", "admins", *(f"g{n:02}" for n in range(8))}
        assert everything - set(read) == missed
        assert {name for name in read if read.count(name) > 1} == repeated
        totals = [
            json.loads(call(server, "GET", f"/user_groups?count=records&page[number]={n}").raw)["meta"]
            for n in range(2)
        ]
        assert [each["total_records"] for each in totals] == [10, 10 - by]


def test_a_list_comes_back_empty() -> None:
    with faulty({"match": {"path": "/api/user_groups*"}, "act": "empty-list"}) as server:
        meta = json.loads(call(server, "GET", "/user_groups?count=records").raw)["meta"]
        assert (group_names(server), meta["total_records"]) == ([], 0)
        assert add_group(server, "one").status == 201


def test_which_requests_are_hit() -> None:
    def hits(match: dict[str, Any], seed: int = 1) -> list[int]:
        with faulty({"match": match, "act": "status"}, seed=seed) as server:
            return [n for n in range(1, 13) if call(server, "GET", "/user_groups").status == 503]

    assert hits({"nth": [2, 5]}) == [2, 5]
    assert hits({"every": 4}) == [4, 8, 12]
    assert hits({"every": 4, "times": 2}) == [4, 8]
    assert hits({"method": "post"}) == hits({"path": "/api/users"}) == hits({"probability": 0}) == []
    by_chance = hits({"probability": 0.5})
    assert by_chance == hits({"probability": 0.5})
    assert 0 < len(by_chance) < 12
    assert by_chance != hits({"probability": 0.5}, seed=2)


def test_a_fault_shows_in_the_log_as_no_answer(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    faults = {"requests": [{"match": POST, "act": "cut", "when": "after"}]}
    emulator = Emulator(options=Options(faults=faults, log=log))
    with serving(emulator) as server, pytest.raises(http.client.RemoteDisconnected):
        add_group(server, "lost")
    (entry,) = (json.loads(line) for line in log.read_text().splitlines())
    assert (entry["status"], entry["user"], entry["path"]) == (None, "admin", "/api/user_groups")


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("requests:\n  - {match: {path: /api/users}, act: status, status: 500}\n")
    with serving(Emulator(options=Options(faults=path))) as server:
        assert call(server, "GET", "/users").status == 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "not a mapping"),
        ("{", "not YAML"),
        ("request: []", "'request' is not known"),
        ("requests: {}", "requests is not a list"),
        ("requests: [7]", r"requests\[0\] is not a mapping"),
        ("requests: [{act: explode}]", r"requests\[0\]: act is 'explode'"),
        ("requests: [{name: mine, act: cut, when: never}]", r"requests\[0\] \(mine\): when"),
        ("requests: [{act: cut, match: {nth: 0}}]", "nth"),
        ("requests: [{act: cut, match: {probability: 2}}]", "probability"),
        ("requests: [{act: cut, match: {times: -1}}]", "times"),
        ("requests: [{act: cut, match: {every: 0}}]", "every"),
        ("requests: [{act: cut, match: {kind: x}}]", "'kind' is not known"),
        ("requests: [{act: cut}, {act: cut, match: []}]", r"requests\[1\]: match is not a mapping"),
        ("requests: [{act: status, status: 42}]", "status"),
        ('requests: [{act: status, headers: {X: "a\\nb"}}]', "one line"),
        ("requests: [{act: hang, seconds: -1}]", "seconds"),
        ("jobs: [{act: dance}]", r"jobs\[0\]: act is 'dance'"),
        ("services: [a]", "services is not a mapping"),
        ("seed: x", "seed"),
    ],
)
def test_a_faults_file_that_is_wrong_names_the_entry(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(FaultsError, match=message):
        Emulator(options=Options(faults=path))


def test_a_faults_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="cannot be read"):
        Emulator(options=Options(faults=tmp_path / "none.yaml"))
