"""The pages over HTTP, and clients that are slow, many or wrong."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.watching import collector
from igz_apply.watching.listening import listening, place_of
from igz_apply.watching.pages import pages_of
from igz_apply.watching.server import CONNECTIONS, Place, Server
from igz_apply.watching.watch import Clocks, Watch
from igz_apply.watching.watched import Watched
from tests.fakes import FakeClock

WATCHED = Watched("prod", lambda: 600.0)


@pytest.fixture
def place() -> Iterator[Place]:
    with listening("127.0.0.1:0", WATCHED) as (_, place):
        yield place


def asked(place: Place, path: str, method: str = "GET", **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
    with closing(http.client.HTTPConnection(place.host, place.port, timeout=10)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers


def connected(place: Place, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection((place.host, place.port), timeout=10)
    connection.sendall(sent)
    return connection


def test_each_page_is_plain_text(place: Place) -> None:
    status, text, headers = asked(place, "/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'igz_apply_jobs_awaited{target="prod"} 0.0\n' in text
    status, text, headers = asked(place, "/healthz?verbose")
    assert (status, text, headers["Content-Type"]) == (
        200,
        "ok: starting, last heard of 0s ago\n",
        "text/plain; charset=utf-8",
    )
    assert asked(place, "/readyz")[:2] == (503, "not ready: the first round has not ended yet\n")


@pytest.mark.parametrize("version", ["1.0.0", "2.0", "x", '"1"'])
def test_whatever_form_is_asked_for_there_is_one(place: Place, version: str) -> None:
    status, _, headers = asked(place, "/metrics", Accept=f"application/openmetrics-text;version={version}")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_head_has_no_body_and_says_how_long_it_would_be(place: Place) -> None:
    for path in ("/metrics", "/healthz", "/readyz", "/nothing"):
        status, text, headers = asked(place, path, "HEAD")
        assert (status, text) == (asked(place, path)[0], "")
        assert int(headers["Content-Length"]) > 10


def test_other_paths_and_methods_are_told_what_there_is(place: Place) -> None:
    for path in ("/", "/metrics/", "/healthz/../metrics", "/%00", "/%ff"):
        assert asked(place, path)[:2] == (404, "There is nothing here; there are /healthz, /readyz, /metrics.\n")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "SESAME"):
        status, text, headers = asked(place, "/metrics", method)
        assert (status, text, headers["Allow"]) == (405, "Only GET and HEAD are answered.\n", "GET, HEAD")


def test_big_headers_and_bodies_are_refused(place: Place) -> None:
    with connected(place, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20_000) as connection:
        assert b" 431 " in connection.recv(100)
    with connected(place, b"POST /metrics HTTP/1.1\r\nContent-Length: 999999999\r\n\r\nx") as connection:
        assert b" 413 " in connection.recv(100)
    for nonsense in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /metrics HTTP/9\r\nnonsense\r\n\r\n",
    ):
        with connected(place, nonsense) as connection:
            connection.recv(100)
    assert asked(place, "/healthz")[0] == 200


def test_a_connection_is_for_one_answer(place: Place) -> None:
    for version in (b"1.0\r\nConnection: keep-alive", b"1.1"):
        with connected(place, b"GET /healthz HTTP/" + version + b"\r\n\r\n") as connection:
            answer = b""
            while more := connection.recv(1000):
                answer += more
        assert b"\r\nConnection: close\r\n" in answer


def test_clients_that_are_slow_keep_nobody_else_from_an_answer(place: Place) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(place, b"GET /metrics HTT"))
        for _ in range(20):  # who reads nothing
            stack.enter_context(connected(place, b"GET /metrics HTTP/1.1\r\n\r\n"))
        assert asked(place, "/healthz")[0] == 200


def test_many_connections_make_way_for_others(place: Place) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS + 50):
            stack.enter_context(connected(place))
        assert asked(place, "/healthz")[0] == 200


def test_many_clients_at_once_are_all_answered(place: Place) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(asked(place, "/metrics")[0])) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == [200] * 30


def test_a_connection_that_lasts_is_closed_even_while_it_sends() -> None:
    watch = Watch(WATCHED, Clocks(time.monotonic, time.time))
    server = Server(pages_of(watch), Place("127.0.0.1", 0), age=0.3)
    server.start()
    try:
        with connected(server.place, b"GET /metrics HTTP/1.1\r\nX: ") as connection:
            for _ in range(300):
                try:
                    connection.sendall(b"x")
                except OSError:
                    break
                time.sleep(0.05)
            else:
                pytest.fail("it was never closed")
    finally:
        server.close()


def test_a_defect_of_one_page_does_not_stop_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("igz_apply.watching.collector._gauges", lambda _: 1 / 0)
    assert asked(place, "/metrics")[:2] == (500, "This page could not be made; the log says why.\n")
    assert asked(place, "/healthz")[0] == 200
    assert "/metrics could not be made" in caplog.text


def test_who_asks_without_end_has_the_figures_made_once_in_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, made = FakeClock(), []
    watch = Watch(WATCHED, Clocks(clock.now, time.time))
    real = collector._gauges
    monkeypatch.setattr(collector, "_gauges", lambda watch: made.append(watch) or real(watch))
    server = Server(pages_of(watch), Place("127.0.0.1", 0))
    server.start()
    try:
        for seconds, many in ((0.0, 1), (0.9, 1), (0.1, 2), (0.5, 2), (0.5, 3)):
            clock.time += seconds
            for _ in range(5):
                assert asked(server.place, "/metrics")[0] == 200
            assert len(made) == many
    finally:
        server.close()


@pytest.mark.parametrize("listen", ["[::1]:0", "localhost:0", "[::]:0", ":0"])
def test_it_listens_on_whatever_the_host_stands_for(listen: str) -> None:
    try:
        with closing(socket.create_server(("::1", 0), family=socket.AF_INET6)):
            pass
    except OSError:
        pytest.skip("no IPv6 here")
    with listening(listen, WATCHED) as (_, place):
        hosts = (
            ["::1"] if listen.startswith("[::1]") else ["127.0.0.1"] if "localhost" in listen else ["::1", "127.0.0.1"]
        )
        for host in hosts:
            assert asked(Place(host, place.port), "/healthz")[0] == 200
        assert str(place).endswith(f":{place.port}")
        assert place.port != 0


def test_an_address_that_this_machine_lacks_keeps_nobody_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    stands_for = [(socket.AF_INET, 1, 6, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: stands_for)
    with listening("localhost:0", WATCHED) as (_, place):
        monkeypatch.undo()
        assert asked(Place("127.0.0.1", place.port), "/healthz")[0] == 200


def test_a_port_in_use_is_told_at_once_and_free_after_it(place: Place) -> None:
    with pytest.raises(InvalidInput) as raised, listening(str(place), WATCHED):
        pass
    (problem,) = raised.value.problems
    assert (problem.code, problem.detail) == ("IGZ-740", f"Nothing can listen on {place}: Address already in use.")
    with listening("127.0.0.1:0", WATCHED) as (_, other):
        assert asked(other, "/healthz")[0] == 200
    with listening(str(other), WATCHED) as (_, again):
        assert again == other


@pytest.mark.parametrize("listen", ["", "9464", "a:b", "a:70000", "::1:9464", "[::1]", "[a]:1", "a:²", "a: 1"])
def test_what_is_no_host_and_port_is_told(listen: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        place_of(listen)
    assert [problem.code for problem in raised.value.problems] == ["IGZ-741"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "a..b"])
def test_a_host_that_is_none_is_told(host: str) -> None:
    with pytest.raises(InvalidInput) as raised, listening(f"{host}:0", WATCHED):
        pass
    assert [problem.code for problem in raised.value.problems] == ["IGZ-740"]
