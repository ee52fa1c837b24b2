"""Messages over real HTTP: each thing once, and whatever a receiver does costs a round nothing."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.model.reconciling import Shape
from igz_apply.notifying.delivery import Patience
from igz_apply.notifying.notifier import LAST_SECONDS, Notifier, try_all
from igz_apply.notifying.outbox import MOST_WAITING, Tally
from igz_apply.notifying.receivers import Receiver
from igz_apply.notifying.remembered import Shelf
from tests.certificates import needs_openssl, self_signed
from tests.notifying.hook_server import Hook, drips, garbage, hangs, lies, receiving
from tests.notifying.news_builders import PLACE, a_round, drifted, healed, update
from tests.notifying.test_remembered import OneShelf

ADA, BOB = update("User/ada"), update("User/bob")
QUICK = Patience(timeout=5.0, first=0.01, longest=0.02, whole=5.0)


def receiver(url: str, shape: Shape = Shape.JSON, number: int = 1, about: tuple[str, ...] = ()) -> Receiver:
    return Receiver(number, shape, f"HOOK{number}", url, b"", about)


@contextmanager
def notifying(*receivers: Receiver, shelf: Shelf | None = None, patience: Patience = QUICK) -> Iterator[Notifier]:
    notifier = Notifier(receivers, lambda _: PLACE, {}, shelf, patience)
    try:
        yield notifier
    finally:
        notifier.closed()


def topics(hook: Hook) -> list[str]:
    return [json.loads(each.body)["topic"] for each in hook.got]


def tally(notifier: Notifier) -> Tally:
    (found,) = notifier.tallies.values()
    return found


def until(is_so: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def test_rounds_are_told_over_http() -> None:
    with receiving() as hook, notifying(receiver(hook.url)) as notifier:
        for many, of in enumerate((drifted(ADA), healed(ADA), a_round(), drifted(BOB), a_round()), 1):
            notifier.began(many, "2026-11-30T15:00:00Z")
            notifier.ended(of)
            notifier.ended(of)
        hook.wait(4)
    assert topics(hook) == ["drift", "healed", "drift", "over"]
    assert hook.got[0].headers["Content-Type"] == "application/json"


def test_every_receiver_gets_its_own_shape_of_what_it_asked_for() -> None:
    with receiving() as one, receiving() as two, receiving() as three:
        receivers = [
            receiver(one.url),
            receiver(two.url, Shape.SLACK, 2),
            receiver(three.url, Shape.TEAMS, 3, ("failed",)),
        ]
        with notifying(*receivers) as notifier:
            notifier.ended(drifted(ADA))
            notifier.ended(a_round("failed", error="away"))
            one.wait(2), two.wait(2), three.wait(1)
    assert "blocks" in json.loads(two.got[0].body)
    assert [json.loads(each.body)["type"] for each in three.got] == ["message"]


def test_a_failing_receiver_gets_it_later() -> None:
    with receiving(503, 500, 429) as hook, notifying(receiver(hook.url)) as notifier:
        notifier.ended(drifted(ADA))
        hook.wait(4)
        until(lambda: tally(notifier).sent)
        assert tally(notifier) == Tally(sent=1, retried=3)
        notifier.ended(drifted(ADA))
        notifier.ended(a_round())
        hook.wait(5)
    assert topics(hook) == ["drift"] * 4 + ["over"]


def test_what_did_not_arrive_is_told_by_a_later_round_as_long_as_it_is_so(caplog: pytest.LogCaptureFixture) -> None:
    with receiving(404, 404) as hook, notifying(receiver(hook.url)) as notifier:
        for many in (1, 2, 3):
            notifier.ended(drifted(ADA))
            hook.wait(many)
            until(lambda so_far=many: tally(notifier).sent + tally(notifier).failed == so_far)
        assert tally(notifier) == Tally(sent=1, failed=2)
    assert "notification 1 (json, HOOK1) did not arrive: it answers 404" in caplog.text
    assert "S3CRET" not in caplog.text


def test_a_body_is_never_sent_on_to_elsewhere() -> None:
    with receiving() as other, receiving(302, headers={"Location": other.url}) as hook:
        with notifying(receiver(hook.url)) as notifier:
            notifier.ended(drifted(ADA))
            until(lambda: tally(notifier).failed)
        assert not other.got


@needs_openssl
def test_a_receiver_gets_nothing_unless_its_certificate_is_trusted(tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    with receiving(tls=context) as hook:
        to = receiver(hook.url.replace("127.0.0.1", "localhost"))
        ((_, refused),) = try_all([to], PLACE, {})
        assert refused.why.startswith("TLS failed")
        assert "S3CRET" not in refused.why
        assert not hook.got
        ((_, trusted),) = try_all([to], PLACE, {"REQUESTS_CA_BUNDLE": str(certificate)})
        assert not trusted.why
        assert topics(hook) == ["trial"]


def timed(notifier: Notifier, rounds: Sequence[Any]) -> float:
    """Return the seconds that a round has waited for its notifications at most."""
    worst = 0.0
    for each in rounds:
        begun = time.monotonic()
        notifier.ended(each)
        worst = max(worst, time.monotonic() - begun)
    return worst


def dead_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/S3CRET"


@pytest.mark.parametrize("behaviour", ["dead", "hangs", "drips", "garbage", "lies", "silent"])
def test_whatever_a_receiver_does_costs_a_round_nothing(behaviour: str, caplog: pytest.LogCaptureFixture) -> None:
    release, silent = threading.Event(), socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(1)  # and nobody accepts
    behave = {"hangs": hangs(release), "drips": drips(release), "garbage": garbage, "lies": lies}.get(behaviour)
    rounds = [drifted(update(f"User/u{n}")) for n in range(3 * MOST_WAITING)]
    with caplog.at_level(logging.DEBUG, "igz_apply"), receiving(behave=behave) as hook:
        nobody = {"dead": dead_port(), "silent": f"http://127.0.0.1:{silent.getsockname()[1]}/S3CRET"}
        with notifying(receiver(nobody.get(behaviour, hook.url)), patience=Patience(timeout=30.0)) as notifier:
            assert timed(notifier, rounds) < 5.0, "where one attempt may take thirty"
            silent.close()
            release.set()
    assert "the oldest are dropped" in caplog.text
    assert "S3CRET" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_the_end_of_the_process_waits_for_messages_two_seconds_at_most(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    with receiving(behave=hangs(release)) as one, receiving(behave=hangs(release)) as two:
        receivers = [receiver(one.url), receiver(two.url, number=2)]
        notifier = Notifier(receivers, lambda _: PLACE, {}, patience=Patience(timeout=20.0))
        notifier.ended(drifted(ADA))
        one.wait(1), two.wait(1)
        begun = time.monotonic()
        notifier.closed()
        assert time.monotonic() - begun < LAST_SECONDS + 5.0, "where a message may take twenty"
        release.set()
    assert "notification 2 (json, HOOK2) has not answered before the end" in caplog.text


def test_where_too_many_wait_the_oldest_go_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    with receiving(behave=hangs(release)) as hook, notifying(receiver(hook.url)) as notifier:
        notifier.ended(drifted(update("User/first")))
        hook.wait(1)  # it is under way, and the rest waits
        for n in range(MOST_WAITING + 3):
            notifier.ended(drifted(update(f"User/u{n}")))
        assert tally(notifier).dropped == 3
        hook.behave = None
        release.set()
        hook.wait(1 + MOST_WAITING)
    names = [json.loads(each.body)["changes"][0]["address"] for each in hook.got[-MOST_WAITING:]]
    assert names == [f"User/u{n}" for n in range(3, MOST_WAITING + 3)]
    assert caplog.text.count("the oldest are dropped") == 1


def test_the_same_round_again_takes_no_room() -> None:
    release = threading.Event()
    with receiving(behave=hangs(release)) as hook, notifying(receiver(hook.url)) as notifier:
        notifier.ended(drifted(ADA))
        hook.wait(1)
        for _ in range(5 * MOST_WAITING):
            notifier.ended(drifted(BOB))
        assert tally(notifier).dropped == 0
        hook.behave = None
        release.set()
        hook.wait(2)


def test_what_is_under_way_at_the_end_arrives() -> None:
    with receiving() as hook:
        with notifying(receiver(hook.url)) as notifier:
            for n in range(MOST_WAITING):
                notifier.ended(drifted(update(f"User/u{n}")))
        assert len(hook.got) == MOST_WAITING


def test_a_new_process_and_a_new_leader_tell_nothing_again() -> None:
    shelf = OneShelf()
    with receiving() as hook:
        with notifying(receiver(hook.url), shelf=shelf) as first:
            first.ended(drifted(ADA))
            hook.wait(1)
        with notifying(receiver(hook.url), shelf=shelf) as second:
            second.ended(drifted(ADA))
        with notifying(receiver(hook.url), shelf=shelf) as one, notifying(receiver(hook.url), shelf=shelf) as other:
            one.ended(drifted(ADA))
            one.standing_by("other@host")
            other.ended(a_round())
            other.ended(drifted(BOB))
            hook.wait(3)
            until(lambda: tally(other).sent == 2)
            one.ended(drifted(BOB))
            one.ended(a_round())
            hook.wait(4)
    assert topics(hook) == ["drift", "over", "drift", "over"]


def test_one_who_stands_by_lets_go_what_it_has_not_told_yet() -> None:
    patience = Patience(timeout=30.0, first=60.0, longest=60.0, jitter=lambda: 1.0)
    with receiving(503) as hook, notifying(receiver(hook.url), patience=patience) as notifier:
        notifier.ended(drifted(ADA))
        hook.wait(1)  # and it would be tried again in a minute
        notifier.ended(drifted(update("User/waits")))
        notifier.standing_by("other@host")
        notifier.ended(drifted(BOB))
        hook.wait(2)
    assert [json.loads(each.body)["changes"][0]["address"] for each in hook.got] == ["User/ada", "User/bob"]


def test_what_arrives_late_is_not_noted_over_what_another_has_told_since() -> None:
    release, shelf = threading.Event(), OneShelf()
    with receiving(behave=hangs(release)) as hook, notifying(receiver(hook.url), shelf=shelf) as notifier:
        notifier.ended(drifted(ADA))
        hook.wait(1)
        notifier.standing_by("other@host")
        release.set()
        until(lambda: tally(notifier).sent)
    assert shelf.content is None


def test_a_defect_with_one_message_costs_none_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(OneShelf):
        is_broken = True

        def read(self) -> bytes | None:
            if self.is_broken:
                raise RuntimeError("S3CRET")
            return super().read()

    shelf = Broken()
    with receiving() as hook, notifying(receiver(hook.url), shelf=shelf) as notifier:
        notifier.ended(drifted(ADA))
        until(lambda: tally(notifier).failed)
        shelf.is_broken = False
        notifier.ended(drifted(BOB))
        hook.wait(1)
    assert "notification 1 (json, HOOK1) could not be told: RuntimeError; this is a defect" in caplog.text
    assert "S3CRET" not in caplog.text


def test_where_no_thread_may_begin_the_next_round_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with receiving() as hook, notifying(receiver(hook.url)) as notifier:
        with monkeypatch.context() as patched:
            patched.setattr("igz_apply.notifying.outbox.threading.Thread.start", refuse)
            with pytest.raises(RuntimeError):  # which the loop logs
                notifier.ended(drifted(ADA))
        notifier.ended(drifted(BOB))
        hook.wait(2)


def test_who_is_told_may_change_and_who_stays_keeps_what_waits() -> None:
    with receiving() as one, receiving() as two:
        stays, goes = receiver(one.url), receiver(two.url, number=2)
        with notifying(stays, goes) as notifier:
            notifier.ended(drifted(ADA))
            one.wait(1), two.wait(1)
            notifier.tell([stays])
            notifier.ended(drifted(BOB))
            one.wait(2)
            assert list(notifier.tallies) == [stays]
    assert len(two.got) == 1


def test_standing_by_and_being_interrupted_are_told_to_nobody() -> None:
    with receiving() as hook:
        with notifying(receiver(hook.url)) as notifier:
            notifier.ended(a_round("standby"))
            notifier.ended(a_round("interrupted"))
        assert not hook.got


def test_a_trial_reaches_everybody_once() -> None:
    with receiving() as one, receiving(503, 404) as two:
        found = try_all([receiver(one.url), receiver(two.url, number=2)], PLACE, {})
    assert [delivered.why for _, delivered in found] == ["", "it answers 404"]
    assert topics(one) == ["trial"]
    assert len(two.got) == 2


def test_no_thread_is_begun_for_who_is_never_told() -> None:
    before = threading.active_count()
    with notifying(receiver("http://127.0.0.1:9/")):
        assert threading.active_count() == before
