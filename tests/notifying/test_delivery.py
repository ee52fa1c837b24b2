"""One message to one receiver: when it is tried again, how it is signed, and that it goes nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from igz_apply.http.transport import Failure, Response
from igz_apply.model.news import Topic
from igz_apply.model.reconciling import Shape
from igz_apply.notifying.delivery import Courier, Delivered, Patience, body_of
from igz_apply.notifying.receivers import Receiver
from igz_apply.notifying.signing import SIGNATURE, signature
from igz_apply.wording.news_words import about
from tests.canned import Canned
from tests.fakes import FakeClock
from tests.notifying.news_builders import drifted, news, update

NEWS = about(Topic.DRIFT, news(drifted(update("User/ada"))))
RECEIVER = Receiver(1, Shape.JSON, "HOOK", "https://hooks.example.com/S3CRET", b"a key of enough letters")
LOST = Failure("the connection broke", sent=True)


class World:
    """A courier whose time passes only while it waits."""

    def __init__(self, *answers: Response | Failure, ends_at: float | None = None) -> None:
        self.clock = FakeClock()
        self.pauses: list[float] = []
        self.ends_at = ends_at
        self.transport = Canned(*answers)
        patience = Patience(now=self.clock.now, date=lambda: 1764529200.7 + self.clock.now(), jitter=lambda: 1.0)
        self.courier = Courier(RECEIVER, self.transport, self._wait, patience)

    def _wait(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        self.clock.sleep(seconds)
        return self.ends_at is not None and self.clock.now() >= self.ends_at


def answer(status: int, retry_after: str | None = None) -> Response:
    return Response(status, b"a lie", retry_after)


def test_a_message_that_arrives_is_sent_once() -> None:
    world = World(answer(204))
    assert world.courier.bring(NEWS) == Delivered()
    (request,) = world.transport.requests
    assert (request.method, request.url, request.body) == ("POST", RECEIVER.url, body_of(NEWS, Shape.JSON))
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Igz-Apply-Hash"] == NEWS.hash
    world.courier.close()
    assert world.transport.is_closed


@pytest.mark.parametrize("first", [answer(500), answer(503), answer(408), answer(425), answer(429), LOST])
def test_what_may_pass_is_tried_again_after_doubling_waits(first: Response | Failure) -> None:
    world = World(first, first, first, answer(200))
    assert world.courier.bring(NEWS) == Delivered("", 4)
    assert world.pauses == [1.0, 2.0, 4.0]


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    world = World(answer(429, "30"), answer(503, "Sun, 30 Nov 2025 19:01:00 GMT"), answer(200))
    assert not world.courier.bring(NEWS).why
    assert world.pauses[0] == 30.0
    assert 25 <= world.pauses[1] <= 30, "until the date that it named"


def test_it_is_given_up_after_a_while() -> None:
    world = World(*[answer(503)] * 100)
    assert world.courier.bring(NEWS).why == "it answers 503"
    assert sum(world.pauses) <= 600
    assert max(world.pauses) == 60


def test_a_receiver_that_asks_for_more_time_than_there_is_is_given_up_at_once() -> None:
    world = World(answer(429, "86400"))
    assert world.courier.bring(NEWS) == Delivered("it answers 429", 1)
    assert not world.pauses


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (answer(301), "it answers 301, elsewhere, and nothing is sent on to another place"),
        (answer(307), "it answers 307, elsewhere, and nothing is sent on to another place"),
        (answer(400), "it answers 400"),
        (answer(404), "it answers 404"),
        (Failure("TLS failed: certificate", sent=False, permanent=True), "TLS failed: certificate"),
    ],
)
def test_what_would_end_in_the_same_way_is_not_tried_again(result: Response | Failure, why: str) -> None:
    assert World(result).courier.bring(NEWS) == Delivered(why, 1)


def test_it_ends_when_the_process_does() -> None:
    world = World(*[LOST] * 9, ends_at=3.0)
    assert world.courier.bring(NEWS) == Delivered("the connection broke", 2)


def test_each_attempt_is_signed_anew() -> None:
    world = World(answer(503), answer(200))
    world.courier.bring(NEWS)
    body = body_of(NEWS, Shape.JSON)
    signed = [request.headers[SIGNATURE] for request in world.transport.requests]
    assert signed == [signature(RECEIVER.key, at, body) for at in (1764529200, 1764529201)]
    known = hmac.new(RECEIVER.key, b"1764529200." + body, hashlib.sha256).hexdigest()
    assert signed[0] == f"t=1764529200,v1={known}"


def test_without_a_key_nothing_is_signed() -> None:
    transport = Canned(answer(200))
    Courier(replace(RECEIVER, key=b""), transport, lambda _: True).bring(NEWS)
    assert SIGNATURE not in transport.requests[0].headers


def test_an_address_is_never_shown() -> None:
    world = World(answer(200))
    world.courier.bring(NEWS)
    for shown in (repr(RECEIVER), str(RECEIVER), RECEIVER.name, repr(world.transport.requests[0])):
        assert "S3CRET" not in shown
        assert "enough letters" not in shown
    assert str(RECEIVER) == "notification 1 (json, HOOK)"


def test_a_body_is_ascii_and_the_same_each_time() -> None:
    body = body_of(NEWS, Shape.JSON)
    assert body.isascii()
    assert json.loads(body)["title"] == "prod: 1 resource differs"
