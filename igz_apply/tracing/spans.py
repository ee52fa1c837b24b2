"""The spans of one run: what they are called, what they say, and whose they are.

Names are of few kinds: `igz-apply plan`, `read`, `update User`, `GET /api/users/{id}`, `job`. Attributes go by the
semantic conventions of OpenTelemetry where there is one, else they begin with `igz_apply.`. What is no secret for
whoever sees the plan may be in them, names of resources too; queries, bodies and headers never are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace import set_span_in_context as within
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from igz_apply.errors import CHANGES, COULD_NOT, INTERRUPTED, INVALID, PARTLY_APPLIED, REFUSED
from igz_apply.http.watching import Attempt
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, JobWaiting, StepEnded, StepStarted
from igz_apply.model.rounds import Round
from igz_apply.tracing.sdk import Heard, NotedExporter
from igz_apply.version import __version__

PATIENCE = 2.0
"""Seconds that the end of a run waits for its last spans to be taken."""
_MOST_NAMED = 20  # addresses, and ids of requests, in one span
_LONGEST = 300  # characters of why something failed
_ERRORS = {
    COULD_NOT: "could_not",
    INVALID: "invalid",
    REFUSED: "refused",
    PARTLY_APPLIED: "partly_applied",
    INTERRUPTED: "interrupted",
}
_TRACE_CONTEXT = TraceContextTextMapPropagator()


@dataclass(slots=True)
class _Step:
    """A step that runs, and what is known of its calls."""

    span: Span
    job: Span | None = None  # that is awaited now
    job_id: str = ""
    job_state: str = ""
    is_blocked: bool = False  # whether something else is in the way of its call
    ctxs: list[str] = field(default_factory=list)  # the server's ids of its calls
    last_call: SpanContext | None = None


_STEP: ContextVar[_Step | None] = ContextVar("step", default=None)


class Trace:
    """The spans of a run. Many threads tell it at once; it never raises, and never waits until `close`."""

    def __init__(
        self,
        provider: TracerProvider,
        exporters: Sequence[NotedExporter],
        heard: Heard,
        command: str,
        environ: Mapping[str, str],
        began: int,
    ) -> None:
        """Begin the span of the run, at `began` (nanoseconds since the epoch); TRACEPARENT may name whose it is."""
        self._provider = provider
        self._exporters = exporters
        self._heard = heard
        self._tracer = provider.get_tracer("igz_apply", __version__)
        carried = {name.lower(): environ.get(name, "") for name in ("TRACEPARENT", "TRACESTATE")}
        self._run = self._tracer.start_span(
            f"igz-apply {command}",
            context=_TRACE_CONTEXT.extract(carried, Context()),
            start_time=began,
            attributes={"igz_apply.command": command},
        )
        self._round: Span | None = None
        self._lock = threading.Lock()
        self._calls: dict[str, Span] = {}  # by what was sent as traceparent
        self._steps: dict[str, _Step] = {}  # by key
        self._is_closed = False
        self._is_loss_told = False

    # As a watcher of calls

    def began(self, method: str, route: str) -> Mapping[str, str]:
        """Begin the span of an attempt, and return the headers that name it to the server."""
        span = self._tracer.start_span(
            f"{method} {route}",
            context=self._parent(),
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": method, "url.template": route},
        )
        headers: dict[str, str] = {}
        _TRACE_CONTEXT.inject(headers, within(span, Context()))
        if parent := headers.get("traceparent"):
            span.set_attribute("igz_apply.traceparent", parent)
            with self._lock:
                self._calls[parent] = span
        return headers

    def ended(self, attempt: Attempt) -> None:
        """End it with what came of it."""
        with self._lock:
            span = self._calls.pop(attempt.traceparent, None)
        if span is None:
            return
        step = _STEP.get()
        if step is not None:
            step.last_call = span.get_span_context()
            if attempt.ctx is not None and len(step.ctxs) < _MOST_NAMED:
                step.ctxs.append(attempt.ctx)
        span.set_attributes(_said_of(attempt))
        if attempt.error:
            span.set_status(Status(StatusCode.ERROR, attempt.error))
        span.end()

    # As an observer of an apply

    def event(self, event: Event) -> None:
        """Begin and end the spans of steps and jobs."""
        match event:
            case StepStarted():
                self._step_started(event)
            case JobWaiting():
                self._job_waiting(event)
            case StepEnded():
                self._step_ended(event)

    def _step_started(self, event: StepStarted) -> None:
        kind = event.addresses[0].kind
        span = self._tracer.start_span(
            f"{event.verb} {kind}",
            context=self._parent(),
            attributes={
                "igz_apply.step": event.step,
                "igz_apply.verb": event.verb,
                "igz_apply.kind": kind,
                "igz_apply.changes": len(event.addresses),
                "igz_apply.addresses": [str(address) for address in event.addresses[:_MOST_NAMED]],
            },
        )
        with self._lock:
            self._steps[event.step] = _Step(span)

    def _job_waiting(self, event: JobWaiting) -> None:
        job = event.job
        with self._lock:
            step = self._steps.get(event.step)
            if step is None:
                return
            if step.job is None or step.job_id != job.id:
                _end_job(step)
                name = "turn" if step.is_blocked else "job" if job.id else "readiness"
                links = [] if step.last_call is None else [Link(step.last_call)]
                attributes: dict[str, Any] = {"igz_apply.job": job.id} if job.id else {}
                if step.ctxs:
                    attributes["igz_apply.ctx"] = step.ctxs[-1]
                step.job = self._tracer.start_span(
                    name, context=within(step.span, Context()), attributes=attributes, links=links
                )
                step.job_id, step.job_state = job.id, ""
            if job.state and job.state != step.job_state:
                step.job_state = job.state
                step.job.add_event("state", {"igz_apply.job.state": job.state})

    def _step_ended(self, event: StepEnded) -> None:
        with self._lock:
            step = self._steps.pop(event.step, None)
        if step is None:  # it never began
            return
        _end_job(step)
        bad = [outcome for outcome in event.outcomes if outcome.status.is_bad]
        if event.outcomes:  # none: others still have to be made for what it is about
            step.span.set_attribute("igz_apply.status", sorted({it.status.value for it in event.outcomes}))
        if step.ctxs:
            step.span.set_attribute("igz_apply.ctx", step.ctxs)
        if bad:
            step.span.set_attribute("error.type", bad[0].status.value)
            step.span.set_status(Status(StatusCode.ERROR, bad[0].detail[:_LONGEST]))
        step.span.end()

    def step_answered(self, key: str, *, is_blocked: bool) -> None:
        """Note whether a step's call was sent, or waits for its turn."""
        with self._lock:
            if key in self._steps:
                self._steps[key].is_blocked = is_blocked

    def job_ended(self, job: str, state: str, *, is_ok: bool) -> None:
        """End the span of a job that one look showed at its end."""
        with self._lock:
            for step in self._steps.values():
                if step.job is not None and step.job_id == job:
                    step.job.add_event("state", {"igz_apply.job.state": state})
                    if not is_ok:
                        step.job.set_status(Status(StatusCode.ERROR, state[:_LONGEST]))
                    _end_job(step)

    # Whose is what

    @contextmanager
    def of_step(self, key: str, *, waits: bool = False) -> Iterator[None]:
        """Let calls of this thread belong to a step; or to the job that it `waits` for, if there is one."""
        with self._lock:
            step = self._steps.get(key)
            if step is not None and not waits:
                _end_job(step)  # what was in the way is over
            span = None if step is None else step.job or step.span
        with self._inside(span, step):
            yield

    @contextmanager
    def of_job(self, job: str) -> Iterator[None]:
        """Let calls of this thread belong to a job that is awaited."""
        with self._lock:
            steps = self._steps.values()
            span = next((it.job for it in steps if it.job is not None and it.job_id == job), None)
        with self._inside(span):
            yield

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Be a span of what this thread does, and of what it has others do."""
        span = self._tracer.start_span(name, context=self._parent())
        try:
            with self._inside(span):
                yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

    @contextmanager
    def _inside(self, span: Span | None, step: _Step | None = None) -> Iterator[None]:
        if span is None:
            yield
            return
        token, mark = attach(within(span)), _STEP.set(step)
        try:
            yield
        finally:
            _STEP.reset(mark)
            detach(token)

    def _parent(self) -> Context:
        """Return whose a new span is: what this thread is at, else the round, else the run."""
        if get_current_span().get_span_context().is_valid:
            return get_current()
        return within(self._round or self._run, Context())

    # Rounds

    def round_began(self, number: int, *, is_once: bool) -> None:
        """Begin a round. One of many is a trace of its own, linked to the run: a run may go on for months."""
        parent = within(self._run, Context()) if is_once else Context()
        links = [] if is_once else [Link(self._run.get_span_context())]
        attributes: dict[str, Any] = {"igz_apply.command": "reconcile", "igz_apply.round": number}
        self._round = self._tracer.start_span("round", context=parent, attributes=attributes, links=links)

    def round_ended(self, round: Round) -> None:
        """End it with what it came to."""
        span, self._round = self._round, None
        self._leave_steps()
        if span is None:
            return
        span.set_attributes(
            {
                "igz_apply.ending": round.ending.value,
                "igz_apply.healed": len(round.healed),
                "igz_apply.held_back": len(round.held),
                **({"vcs.ref.head.revision": round.revision.commit} if round.revision.commit else {}),
                **({"igz_apply.run": round.report.run} if round.report is not None and round.report.run else {}),
            }
        )
        if round.plan is not None:
            span.set_attributes(_said_of_plan(round.plan))
        if round.ending.is_failure:
            span.set_attribute("error.type", round.ending.value)
            span.set_status(Status(StatusCode.ERROR, round.error[:_LONGEST]))
        span.end()

    # The run

    def planned(self, plan: Plan) -> None:
        """Say what is planned."""
        (self._round or self._run).set_attributes(_said_of_plan(plan))

    def is_lossy(self) -> bool:
        """Say whether spans were not taken; only once, as it is told once."""
        if self._is_loss_told:
            return False
        self._is_loss_told = self._heard.has_dropped or any(it.lost for it in self._exporters)
        return self._is_loss_told

    def close(self, exit_code: int, patience: float = PATIENCE) -> bool:
        """End all spans, and send what is left of them within `patience` seconds; say whether a loss is to be told."""
        if self._is_closed:
            return False
        self._is_closed = True
        self._abandon()
        self._run.set_attribute("process.exit.code", exit_code)
        if exit_code not in (0, CHANGES):
            self._run.set_attribute("error.type", _ERRORS.get(exit_code, str(exit_code)))
            self._run.set_status(Status(StatusCode.ERROR))
        self._run.end()
        was_told, is_whole = self._is_loss_told, self._flushed(patience)
        return not was_told and (self.is_lossy() or not is_whole)

    def _abandon(self) -> None:
        """End what nobody ends any more: calls and steps that were left in flight."""
        with self._lock:
            calls, self._calls = list(self._calls.values()), {}
        self._leave_steps()
        for span in (*calls, *([self._round] if self._round is not None else [])):
            _leave(span)

    def _leave_steps(self) -> None:
        """End the spans of steps that nobody ends any more: what they were part of is over."""
        with self._lock:
            steps, self._steps = list(self._steps.values()), {}
        for step in steps:
            for span in (step.job, step.span):
                if span is not None:
                    _leave(span)

    def _flushed(self, patience: float) -> bool:
        """Send what is left, and say whether that has ended. The SDK keeps no bound of time, and tells no failure."""
        has_ended, enough = threading.Event(), self._heard.is_in_vain
        enough.clear()

        def send() -> None:
            self._provider.force_flush()
            has_ended.set()
            enough.set()

        threading.Thread(target=send, name="traces", daemon=True).start()
        enough.wait(patience)
        return has_ended.is_set()


def _leave(span: Span) -> None:
    span.set_attribute("error.type", "abandoned")
    span.set_status(Status(StatusCode.ERROR))
    span.end()


def _end_job(step: _Step) -> None:
    if step.job is not None:
        step.job.end()
        step.job, step.job_id, step.job_state = None, "", ""


def _said_of(attempt: Attempt) -> dict[str, Any]:
    """Return the attributes of an attempt that is over."""
    where = urlsplit(attempt.server)
    said: dict[str, Any] = {
        "server.address": where.hostname or "",
        "server.port": where.port or (443 if where.scheme == "https" else 80),
    }
    if attempt.status is not None:
        said["http.response.status_code"] = attempt.status
    if attempt.number > 1:
        said["http.request.resend_count"] = attempt.number - 1
    if attempt.ctx is not None:
        said["igz_apply.ctx"] = attempt.ctx
    if attempt.error:
        is_status = attempt.status is not None and attempt.status >= 400
        said["error.type"] = str(attempt.status) if is_status else attempt.error
        said["igz_apply.will_retry"] = attempt.will_retry
    return said


def _said_of_plan(plan: Plan) -> dict[str, Any]:
    counts = {f"igz_apply.plan.{verb}": count for verb, count in plan.counts.items() if count}
    return {"igz_apply.plan.digest": plan.digest, "igz_apply.endpoint": plan.caller.endpoint, **counts}
