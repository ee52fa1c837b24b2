"""What no server can do to us: hold us beyond the timeout, fill our memory, or pass off a part for the whole."""

from __future__ import annotations

import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from igz_apply.controlplane import (
    AnswerLost,
    Client,
    InvalidAnswer,
    RateLimited,
    ReadOnlyClient,
    Timeout,
    Unavailable,
    Unsupported,
    User,
)
from igz_apply.http import transport as wire
from tests.client.client_builders import Pauses, a_client
from tests.client.client_stub import Say, body, in_turn, one, stub

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def speaking(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server that says what it likes, past all rules of HTTP, until the block ends. Yields its address."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        speak(connection, over)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            socket.create_connection(listening.getsockname()).close()
            thread.join(10)


def dripping(before: bytes, again: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def speak(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(before)
        while not over.wait(0.01):
            connection.sendall(again)

    return speak


def reads_slowly(connection: socket.socket, over: threading.Event) -> None:
    """Take a little of what is sent now and then, and never answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while not over.wait(0.01):
        connection.recv(64)


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(dripping(b"HTTP/1.1 2", b"0"), id="status line"),
        pytest.param(dripping(HEAD + b"X-Filler: ", b"x"), id="a header"),
        pytest.param(dripping(HEAD, b"X-Filler: x\r\n"), id="headers"),
        pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="provisional answers"),
        pytest.param(dripping(HEAD + b"Content-Length: 99999\r\n\r\n", b" "), id="body"),
        pytest.param(dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), id="chunks"),
    ],
)
def test_the_timeout_is_for_all_of_an_answer_not_for_each_silence(speak: Callable[..., None]) -> None:
    with speaking(speak) as url, pytest.raises(Timeout, match="in time"):
        a_client(url, retries=0, timeout=0.2).call("GET", "users")


def test_the_timeout_is_for_sending_too() -> None:
    with speaking(reads_slowly) as url, pytest.raises(AnswerLost, match="in time"):
        a_client(url, retries=0, timeout=0.3).call("POST", "users", body="x" * 20_000_000)


def test_all_addresses_of_a_host_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, float]] = []

    def no_answer(address: tuple[str, int], timeout: float, **_: object) -> socket.socket:
        tried.append((address[0], timeout))
        raise TimeoutError("timed out")

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", 80)) for n in (1, 2, 3)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    monkeypatch.setattr("urllib3.util.connection.create_connection", no_answer)
    with pytest.raises(Timeout, match="no connection in time"):
        a_client("http://many.example", retries=0, timeout=30.0).call("GET", "users")
    assert [address for address, _ in tried] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert tried[0][1] <= 10.0
    assert all(timeout <= 30.0 for _, timeout in tried)


def endless(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(4096)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while not over.is_set():
        connection.sendall(piece)


def test_an_answer_without_an_end_is_read_as_far_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_BYTES", 1024 * 1024)
    with speaking(endless) as url:
        client = a_client(url, retries=0)
        tracemalloc.start()
        with pytest.raises(InvalidAnswer, match="longer than the 32 MiB that are read"):
            client.call("GET", "users")
        with pytest.raises(AnswerLost, match="longer than the 32 MiB that are read"):
            client.call("POST", "users", body={})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3 * wire.MOST_BYTES


def test_an_error_that_is_too_long_keeps_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_BYTES_OF_AN_ERROR", 100)
    said = {"errors": [{"detail": "x" * 200}]}
    with stub(in_turn(Say(500, said))) as server, pytest.raises(Unavailable) as caught:
        a_client(server.url).call("GET", "users")
    assert (caught.value.status, caught.value.details) == (500, ())


def test_the_limit_is_far_above_the_largest_answer_that_there_is() -> None:
    service = {"spec": {"name": "x" * 40, "description": "x" * 1000}, "status": {"urls": ["x" * 400] * 2}}
    assert 2000 * len(json.dumps(service)) < wire.MOST_BYTES / 4


PAD = b" " * 200_000


@pytest.mark.parametrize("pad", [b"", PAD], ids=["small", "large"])
@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"data": [], "meta": {"score": NaN}}', "holds NaN"),
        (b'{"data": [{"type": "user", "id": "1", "attributes": {"quota": -Infinity}}]}', "holds -Infinity"),
        (b'{"data": [], "meta": {"score": 1e999}}', "too large"),
        (b'{"data": [{"type": "user", "id": {"a": 1}}]}', "an id that is neither a text nor a number"),
        (b'{"data": {"type": "user", "id": ["1"]}}', "an id that is neither a text nor a number"),
        (b'{"data": [{"type": ["user"], "id": "1"}]}', "a type that is no text"),
        (b'{"data": [], "included": [{"type": 7, "id": "1"}]}', "a type that is no text"),
        (
            b'{"data": [{"type": "user", "id": "1", "relationships": {"g": {"data": [{"type": "g", "id": [1]}]}}}]}',
            "an id that is neither",
        ),
        (b'{"data": [{"type": "user", "id": "1", "relationships": {"g": {"data": ["g-1"]}}}]}', "what is no record"),
        (b'{"data": [{"type": "user", "id": "1", "relationships": {"g": "g-1"}}]}', "what is no record"),
        (b'{"data": [{}], "data": []}', "the key data twice"),
        (b'{"data": [], "meta": {"total_records": 9, "total_records": 0}}', "the key total_records twice"),
    ],
)
def test_what_no_reader_could_trust_is_an_invalid_answer(raw: bytes, why: str, pad: bytes) -> None:
    with stub(in_turn(Say(raw=raw + pad))) as server:
        client = a_client(server.url)
        with pytest.raises(InvalidAnswer, match=why):
            client.get("users")
        with pytest.raises(InvalidAnswer, match=why):
            User.list(client)
        with pytest.raises(AnswerLost, match=why):
            client.call("POST", "users", body={})


def test_of_a_small_answer_each_object_is_looked_at() -> None:
    raw = b'{"data": {"type": "user", "id": "1", "attributes": {"username": "ada", "username": "bob"}}}'
    with stub(in_turn(Say(raw=raw))) as server, pytest.raises(InvalidAnswer, match="the key username twice"):
        User.get(a_client(server.url), "1")


@pytest.mark.parametrize(
    "raw", [b'{"data": [],}', b'{"data" []}', b'{"data": []} x', b'{"data": []', b"{1: 2}", b'{"a": 1 "b": 2}', b"{,}"]
)
def test_what_is_nearly_json_is_none_whatever_its_size(raw: bytes) -> None:
    for padded in (raw, raw.replace(b"{", b"{" + PAD, 1)):
        with stub(in_turn(Say(raw=padded))) as server, pytest.raises(InvalidAnswer, match="is not JSON"):
            a_client(server.url).get("users")


@pytest.mark.parametrize("text", ["{ }", '{"data": null}', ' {"a" : [1, {"b": "}"}] , "meta" : {} } ', "[1, 2]"])
def test_a_large_answer_reads_as_a_small_one_does(text: str) -> None:
    padded = text.replace("]", "]" + PAD.decode()) + PAD.decode()
    with stub(in_turn(Say(raw=padded.encode()))) as server:
        assert a_client(server.url).get("users").body == json.loads(text)


def test_a_part_of_an_answer_is_no_answer() -> None:
    with stub(in_turn(Say(206, body([one("user", "1")], total_records=1)))) as server:
        with pytest.raises(InvalidAnswer, match="only a part"):
            User.list(a_client(server.url))
        with pytest.raises(AnswerLost, match="only a part"):
            a_client(server.url).call("POST", "users", body={})


def test_a_pause_that_nobody_would_wait_for_ends_the_call_at_once_and_holds_back_no_other() -> None:
    pauses = Pauses()
    refused = Say(429, {"errors": [{"detail": "no"}]}, headers={"Retry-After": "1" + "0" * 20})
    with stub(in_turn(refused, body([]))) as server:
        client = a_client(server.url, pauses)
        with pytest.raises(RateLimited, match="asks for a pause of more than 100 days, and 60 s at most") as caught:
            client.call("GET", "users")
        client.call("GET", "users")
    assert (caught.value.retry_after, pauses.slept) == (1e20, [])


def test_a_client_that_only_reads_says_so_when_it_is_asked_to_write() -> None:
    with stub(in_turn(body(one("user", "u-1", username="ada")))) as server, a_client(server.url) as client:
        reader = client.read_only()
        user = User.get(reader, "u-1")
        for write in (
            lambda: user.update(reader),
            lambda: user.delete(reader),
            lambda: User.create(reader, "bob", "b@example.org", "B", "B"),
            lambda: reader.call("PUT", "users/u-1", body={}),
            lambda: reader.request("DELETE", "users/u-1"),
        ):
            with pytest.raises(Unsupported, match="This client only reads"):
                write()
        assert not hasattr(reader, "call")
        assert {asked.method for asked in server.asked} == {"GET"}


def test_a_client_that_only_reads_has_no_method_of_the_other_and_knows_them_all() -> None:
    beyond = {name for name in vars(Client) if not name.startswith("_")}
    assert not beyond & set(dir(ReadOnlyClient))
    with stub(in_turn(body([]))) as server, a_client(server.url) as client:
        for name in beyond:
            with pytest.raises(Unsupported):
                getattr(client.read_only(), name)
