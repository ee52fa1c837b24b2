"""A server that allows only so many calls a second: nothing fails, and what it allows is used."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from igz_apply.controlplane import Client
from igz_apply.http.limiter import Limiter

pytestmark = pytest.mark.full

Allows = Callable[[float], float | None]
"""The time of a call -> None where it is allowed, else the seconds after which to come again."""


def fixed_window(rate: float, seconds: float = 1.0) -> Allows:
    counts: dict[int, int] = {}

    def allows(now: float) -> float | None:
        window = int(now // seconds)
        counts[window] = counts.get(window, 0) + 1
        return None if counts[window] <= rate * seconds else (window + 1) * seconds - now

    return allows


def sliding_window(rate: float) -> Allows:
    taken: deque[float] = deque()

    def allows(now: float) -> float | None:
        while taken and taken[0] <= now - 1.0:
            taken.popleft()
        if len(taken) >= rate:
            return taken[0] + 1.0 - now
        taken.append(now)
        return None

    return allows


def bucket(rate: float, size: float) -> Allows:
    level, last = size, 0.0

    def allows(now: float) -> float | None:
        nonlocal level, last
        level, last = min(size, level + (now - last) * rate), now
        if level < 1:
            return (1 - level) / rate
        level -= 1
        return None

    return allows


def run(allows: Allows, *, seconds: float, workers: int, says: Callable[[float], float | None]) -> tuple[float, float]:
    """Let workers call without a break for so many seconds; return calls taken a second, and the share refused.

    `says` turns the seconds after which to come again into what Retry-After says, None for nothing.
    """
    now = 0.0
    limiter = Limiter(sleep=lambda _: None, now=lambda: now)
    waiting = deque(range(workers))  # for their turn to be admitted
    events: list[tuple[float, int, int]] = []  # (time, order, worker, -1 for "ask whether one may be admitted")
    heappush(events, (0.0, -1, -1))
    order, taken, refused, tries = 0, 0, 0, [0] * workers
    while now <= seconds:
        now, _, worker = heappop(events)
        order += 1
        if worker >= 0:
            waiting.append(worker)
        if not waiting or (events and worker >= 0 and len(waiting) > 1):
            continue
        wait = limiter.claim()
        if wait > 0:
            heappush(events, (now + max(wait, 1e-6), order, -1))
            continue
        this, sent, later = waiting.popleft(), now, allows(now)
        if waiting:
            heappush(events, (now, -1, -1))
        asked = says(later) if later is not None else None
        if later is None:
            taken, tries[this] = taken + 1, 0
            limiter.taken()
            heappush(events, (now + 0.004, order, this))
        else:
            refused, tries[this] = refused + 1, tries[this] + 1
            pause = asked if asked is not None else 0.2 * 2 ** (tries[this] - 1)
            limiter.refused(sent, pause, is_asked=asked is not None)
            heappush(events, (now + pause, order, this))
    return taken / seconds, refused / max(1, taken + refused)


SERVERS: dict[str, Callable[[], Allows]] = {
    "fixed window": lambda: fixed_window(5),
    "sliding window": lambda: sliding_window(5),
    "bucket of five": lambda: bucket(5, 5),
}
SAYS: dict[str, Callable[[float], float | None]] = {
    "whole seconds": lambda later: float(-(-later // 1)),
    "exactly": lambda later: later,
    "always one": lambda _: 1.0,
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("says", SAYS)
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("seconds", [20.0, 120.0])
def test_at_least_four_fifths_of_what_a_server_allows_are_used(server: str, says: str, seconds: float) -> None:
    rate, refused = run(SERVERS[server](), seconds=seconds, workers=10, says=SAYS[says])
    assert rate >= 4.1
    assert refused < 0.1


@pytest.mark.parametrize("says", SAYS)
def test_a_server_that_takes_no_burst_at_all_is_understood_too(says: str) -> None:
    rate, refused = run(bucket(5, 1), seconds=600.0, workers=10, says=SAYS[says])
    assert rate >= 4.0
    assert refused < 0.05


def test_a_limit_by_the_minute_is_used_too() -> None:
    rate, _ = run(fixed_window(5, 60.0), seconds=300.0, workers=10, says=SAYS["whole seconds"])
    assert rate >= 4.0


def test_a_limit_that_is_lifted_is_noticed() -> None:
    slow = fixed_window(5)
    rate, _ = run(lambda now: slow(now) if now < 5 else None, seconds=45.0, workers=10, says=SAYS["whole seconds"])
    assert rate > 50


def test_a_server_that_refuses_nothing_is_not_slowed_down() -> None:
    rate, refused = run(lambda _: None, seconds=2.0, workers=10, says=SAYS["nothing"])
    assert (round(rate), refused) == (2500, 0.0)


def test_calls_of_one_client_share_one_pace_and_none_fails() -> None:
    """Over real HTTP, for a second: 40 calls, where the server takes 10 at once and 30 a second."""
    allows, lock, refused = bucket(30, 10), threading.Lock(), 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal refused
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                later = allows(time.monotonic())
                refused += later is not None
            self.send_response(201 if later is None else 429)
            body = b'{"data": {}}' if later is None else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with Client(endpoint=url, access_key="key") as client, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.call("POST", "users", body={}).status, range(40)))
    server.shutdown()
    server.server_close()
    assert answers == [201] * 40
    assert 1 <= refused <= 20
