"""What spans there are, whose they are, and what they say, whatever thread tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from igz_apply.http.watching import Attempt
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.outcomes import Job, JobWaiting, Outcome, Status, StepEnded, StepStarted
from igz_apply.model.rounds import Ending, Revision, Round
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Answer, Blocked, Ended, JobSeen, Running, Writer
from igz_apply.tracing.ports import RoundSpans, TracedPool, TracedWriter
from igz_apply.tracing.sdk import Heard, NotedExporter
from igz_apply.tracing.spans import Trace

ADA, BOB = Address("User", "ada"), Address("User", "bob")
OK = Attempt("GET", "/api/users", 200, 0.01, 1, ctx="77", server="https://igz.example.com")


class Run:
    """A trace whose spans are kept in memory."""

    def __init__(self, **environ: str) -> None:
        self.kept = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.kept))
        self.trace = Trace(provider, (), Heard(), "apply", environ, time.time_ns())

    def call(self, attempt: Attempt = OK) -> str:
        headers = self.trace.began(attempt.method, attempt.route)
        self.trace.ended(replace(attempt, traceparent=headers["traceparent"]))
        return headers["traceparent"]

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.kept.get_finished_spans())

    def one(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def paths(self) -> list[str]:
        by_id = {span.context.span_id: span for span in self.spans}

        def path(span: ReadableSpan) -> str:
            above = by_id.get(span.parent.span_id) if span.parent is not None else None
            return span.name if above is None else f"{path(above)} > {span.name}"

        return sorted(path(span) for span in self.spans)

    def start(self, key: str, *addresses: Address, action: Action = Action.CREATE) -> None:
        self.trace.event(StepStarted(0.0, key, addresses, action))

    def wait(self, key: str, job: Job, *addresses: Address) -> None:
        self.trace.event(JobWaiting(0.0, key, addresses, job))

    def end(self, key: str, *outcomes: Outcome) -> None:
        self.trace.event(StepEnded(0.0, key, outcomes))


def said(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def outcome(address: Address, status: Status = Status.APPLIED, detail: str = "") -> Outcome:
    return Outcome(address, Action.CREATE, status, detail)


def a_step(key: str, address: Address) -> Step:
    return Step(key, "create", address, (), "")


class Sending:
    """A writer that makes one call for whatever it is asked."""

    def __init__(self, run: Run, job: JobSeen, *answers: Answer) -> None:
        self._run = run
        self._job = job
        self._answers = iter(answers)

    def job(self, job: str) -> JobSeen:
        self._run.call(replace(OK, route=f"/api/{job}"))
        return self._job

    def __getattr__(self, name: str) -> Callable[..., Answer | None]:
        def call(step: Step, *_: Any) -> Answer | None:
            self._run.call(replace(OK, route=f"/{name}/{step.key}", ctx=step.key))
            return next(self._answers, None)

        return call


def test_calls_of_many_threads_belong_to_the_steps_that_they_are_made_for() -> None:
    run = Run()
    writer = TracedWriter(cast("Writer", Sending(run, Running("in_progress"))), run.trace)
    steps = [a_step(f"s{number}", Address("User", f"u{number}")) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        for step in steps:
            run.start(step.key, step.target)
        list(pool.map(lambda step: writer.perform(step, {}), steps))
        for step in steps:
            run.wait(step.key, Job(f"j-{step.key}", "created"))
        list(pool.map(lambda step: writer.job(f"j-{step.key}"), steps * 2))
        list(pool.map(lambda step: writer.is_settled(step, {}), steps))
    for step in steps:
        run.end(step.key, outcome(step.target))
    run.trace.close(0)
    by_id = {span.context.span_id: span for span in run.spans}
    for span in run.spans:
        kind, _, key = span.name.removeprefix("GET /").partition("/")
        if span.parent is None:
            continue
        above = by_id[span.parent.span_id]
        if kind == "perform":
            assert said(above)["igz_apply.step"] == key
        elif kind == "api":
            assert said(above)["igz_apply.job"] == key
        elif kind == "is_settled":
            assert said(above)["igz_apply.job"] == f"j-{key}"
        elif span.name == "job":
            assert said(above)["igz_apply.step"] == said(span)["igz_apply.job"].removeprefix("j-")
            assert said(span)["igz_apply.ctx"] == said(above)["igz_apply.step"]
    assert len(run.spans) == 1 + 40 * 6


def test_what_a_worker_has_others_do_belongs_to_the_same() -> None:
    run = Run()
    with TracedPool(2) as work, TracedPool(2) as pages, run.trace.phase("read"):
        work.submit(lambda: list(pages.map(lambda _: run.call(), range(5)))).result()
    run.call()
    run.trace.close(0)
    assert run.paths() == [
        "igz-apply apply",
        "igz-apply apply > GET /api/users",
        "igz-apply apply > read",
        *["igz-apply apply > read > GET /api/users"] * 5,
    ]


def test_a_job_is_followed_from_its_turn_to_its_end() -> None:
    run = Run()
    ended = Ended(ok=False, words="failed: no room")
    sending = Sending(run, ended, Blocked(job="other"), Accepted(job="mine", probes=True))
    writer = TracedWriter(cast("Writer", sending), run.trace)
    step = a_step("s", ADA)
    run.start("s", ADA)
    writer.perform(step, {})
    run.wait("s", Job("other", ""))  # what is in the way
    writer.perform(step, {})
    for state in ("created", "in_progress", "in_progress"):
        run.wait("s", Job("mine", state))
    writer.job("mine")
    writer.failures(step, "mine", Ended(ok=False, words="failed"))
    run.wait("s", Job("", ""))
    writer.is_settled(step, {})
    run.end("s", outcome(ADA, Status.FAILED, "no room " * 100))
    run.trace.close(5)
    assert run.paths() == [
        "igz-apply apply",
        "igz-apply apply > create User",
        "igz-apply apply > create User > GET /failures/s",
        *["igz-apply apply > create User > GET /perform/s"] * 2,
        "igz-apply apply > create User > job",
        "igz-apply apply > create User > job > GET /api/mine",
        "igz-apply apply > create User > readiness",
        "igz-apply apply > create User > readiness > GET /is_settled/s",
        "igz-apply apply > create User > turn",
    ]
    job, step_span = run.one("job"), run.one("create User")
    states = [dict(event.attributes or {})["igz_apply.job.state"] for event in job.events]
    assert states == ["created", "in_progress", "failed: no room"]
    assert not job.status.is_ok
    assert not step_span.status.is_ok
    assert said(step_span)["error.type"] == "failed"
    assert len(step_span.status.description or "") == 300
    assert said(run.one("igz-apply apply"))["error.type"] == "partly_applied"


def test_a_step_that_never_began_has_no_span_and_one_that_is_left_is_ended() -> None:
    run = Run()
    run.end("never", outcome(ADA, Status.SKIPPED))
    run.wait("never", Job("1", "created"))
    with run.trace.of_step("never"), run.trace.of_job("never"):
        run.call()
    run.start("left", BOB)
    run.wait("left", Job("1", "created"))
    run.trace.began("GET", "/api/jobs/{id}")
    run.trace.close(130)
    run.trace.close(0)  # only the first counts
    run.call()
    assert (
        run.paths()
        == [
            "igz-apply apply",
            "igz-apply apply > GET /api/jobs/{id}",
            "igz-apply apply > GET /api/users",
            "igz-apply apply > create User",
            "igz-apply apply > create User > job",
        ]
        or len(run.spans) == 6
    )
    left = {span.name: said(span).get("error.type") for span in run.spans}
    assert left["create User"] == left["job"] == left["GET /api/jobs/{id}"] == "abandoned"
    assert said(run.one("igz-apply apply"))["process.exit.code"] == 130


def test_what_is_in_many_resources_names_the_first_of_them() -> None:
    run = Run()
    many = [Address("AppService", f"s{number}") for number in range(100)]
    run.start("document", *many, action=Action.UPDATE)
    run.end("document", *[outcome(each) for each in many])
    attributes = said(run.one("update AppService"))
    assert (attributes["igz_apply.changes"], len(attributes["igz_apply.addresses"])) == (100, 20)


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (OK, {"http.response.status_code": 200, "server.port": 443, "igz_apply.ctx": "77"}),
        (
            replace(OK, server="http://127.0.0.1:8080", number=3, ctx=None),
            {"http.response.status_code": 200, "server.port": 8080, "http.request.resend_count": 2},
        ),
        (
            replace(OK, status=404, error="NotFound"),
            {
                "http.response.status_code": 404,
                "server.port": 443,
                "error.type": "404",
                "igz_apply.ctx": "77",
                "igz_apply.will_retry": False,
            },
        ),
        (
            replace(OK, status=None, error="Timeout", ctx=None, will_retry=True),
            {"server.port": 443, "error.type": "Timeout", "igz_apply.will_retry": True},
        ),
        (
            replace(OK, error="InvalidAnswer", ctx=None),
            {
                "http.response.status_code": 200,
                "server.port": 443,
                "error.type": "InvalidAnswer",
                "igz_apply.will_retry": False,
            },
        ),
    ],
)
def test_a_call_says_what_came_of_it_as_the_conventions_have_it(attempt: Attempt, expected: dict[str, Any]) -> None:
    run = Run()
    parent = run.call(attempt)
    span = run.one("GET /api/users")
    also = {"http.request.method": "GET", "url.template": "/api/users", "igz_apply.traceparent": parent}
    attributes = said(span)
    assert attributes.pop("server.address") in ("igz.example.com", "127.0.0.1")
    assert attributes == {**expected, **also}
    assert span.status.is_ok == (not attempt.error)


def test_the_trace_of_the_environment_goes_on_with_its_state() -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    run = Run(TRACEPARENT=f"00-{trace}-b7ad6b7169203331-01", TRACESTATE="ci=gitlab")
    headers = run.trace.began("GET", "/api/users")
    assert headers["traceparent"].startswith(f"00-{trace}-")
    assert headers["tracestate"] == "ci=gitlab"


@pytest.mark.parametrize("nonsense", ["", "00-1-2-3", "x" * 200, "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_a_parent_that_is_none_begins_a_trace(nonsense: str) -> None:
    run = Run(TRACEPARENT=nonsense)
    run.trace.close(0)
    assert run.one("igz-apply apply").parent is None


def test_a_round_says_what_it_came_to() -> None:
    run = Run()
    watcher = RoundSpans(run.trace, lambda: None, is_once=False)
    watcher.began(3, "2026-11-30T15:00:00Z")
    run.call()
    failed = Round(3, "", 1.0, Ending.FAILED, Revision("c0ffee"), error="the cluster is away", failures_in_a_row=1)
    watcher.ended(failed)
    watcher.ended(failed)  # of a round that did not begin
    watcher.standing_by("other")
    watcher.closed()
    run.call()
    run.trace.close(0)
    span = run.one("round")
    assert said(span) == {
        "igz_apply.command": "reconcile",
        "igz_apply.round": 3,
        "igz_apply.ending": "failed",
        "igz_apply.healed": 0,
        "igz_apply.held_back": 0,
        "vcs.ref.head.revision": "c0ffee",
        "error.type": "failed",
    }
    assert span.status.description == "the cluster is away"
    assert run.paths() == [
        "igz-apply apply",
        "igz-apply apply > GET /api/users",
        "round",
        "round > GET /api/users",
    ]


def test_a_step_that_a_round_left_behind_ends_with_it_and_is_nobody_elses_later() -> None:
    run = Run()
    watcher = RoundSpans(run.trace, lambda: None, is_once=False)
    watcher.began(1, "2026-11-30T15:00:00Z")
    run.start("s1", ADA)
    run.wait("s1", Job("j", "running"), ADA)
    watcher.ended(Round(1, "2026-11-30T15:00:00Z", 1.0, Ending.FAILED))
    assert said(run.one("create User"))["error.type"] == said(run.one("job"))["error.type"] == "abandoned"
    watcher.began(2, "2026-11-30T15:10:00Z")
    run.end("s1", outcome(ADA))
    watcher.ended(Round(2, "2026-11-30T15:10:00Z", 1.0, Ending.IN_SYNC))
    assert len(run.spans) == 4


def test_a_phase_that_fails_says_with_what() -> None:
    run = Run()
    with pytest.raises(ZeroDivisionError), run.trace.phase("plan"):
        raise ZeroDivisionError("Kanary")
    span = run.one("plan")
    assert said(span) == {"error.type": "ZeroDivisionError"}
    assert "Kanary" not in span.to_json()


class Slow(SpanExporter):
    """Takes nothing: waits, or fails."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def export(self, spans: Any) -> SpanExportResult:  # noqa: ARG002
        time.sleep(self._seconds)
        return SpanExportResult.FAILURE


@pytest.mark.parametrize("seconds", [0.0, 20.0])
def test_the_end_waits_no_longer_than_it_is_to_and_tells_what_was_not_taken(seconds: float) -> None:
    exporter = NotedExporter(Slow(seconds))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace = Trace(provider, [exporter], Heard(), "plan", {}, time.time_ns())
    began = time.monotonic()
    assert trace.close(0, patience=0.2)
    assert time.monotonic() - began < 10


def test_a_loss_is_told_once_by_the_round_that_sees_it() -> None:
    told: list[str] = []
    exporter = NotedExporter(Slow(0.0))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace = Trace(provider, [exporter], Heard(), "reconcile", {}, time.time_ns())
    watcher = RoundSpans(trace, lambda: told.append("lost"), is_once=False)
    for number in (1, 2, 3):
        watcher.began(number, "")
        watcher.ended(Round(number, "", 1.0, Ending.IN_SYNC))
    assert told == ["lost"]
    assert not trace.close(0)
    assert told == ["lost"]
