"""What reads and writes the cluster, so that each call knows what it is made for, whichever thread makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind
from igz_apply.model.outcomes import Event
from igz_apply.model.resources import LiveState
from igz_apply.model.rounds import Round
from igz_apply.model.step import Step
from igz_apply.ports import Answer, Blocked, Ended, Found, JobSeen, Observer, Pool, Reader, Sighting, Unknown, Writer
from igz_apply.tracing.spans import Trace

T = TypeVar("T")


class TracedPool(ThreadPoolExecutor):
    """Workers that know what whoever asks them is at."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Let a worker do it."""
        return super().submit(copy_context().run, fn, *args, **kwargs)


class TracedReader:
    """A reader of a cluster, each of whose reads is a span."""

    def __init__(self, reader: Reader, trace: Trace) -> None:
        self._reader = reader
        self._trace = trace

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return what the cluster has of these kinds; None: of all."""
        with self._trace.phase("read"):
            return self._reader.live(pool, kinds)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows."""
        with self._trace.phase("look"):
            return self._reader.sightings(kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        """Return where the cluster lists the kind."""
        return self._reader.listed_at(kind)

    def own_keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return label and uses of the caller's own access keys."""
        with self._trace.phase("read keys"):
            return self._reader.own_keys()


class TracedWriter:
    """A writer, each of whose calls belongs to its step, or to the job that the step waits for."""

    def __init__(self, writer: Writer, trace: Trace) -> None:
        self._writer = writer
        self._trace = trace

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step."""
        with self._trace.of_step(step.key):
            answer = self._writer.perform(step, ids)
        self._trace.step_answered(step.key, is_blocked=isinstance(answer, Blocked))
        return answer

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Found | None:
        """After a lost answer: look whether the step happened."""
        with self._trace.of_step(step.key):
            return self._writer.settle(step, ids)

    def job(self, job: str) -> JobSeen:
        """Look at a job once."""
        with self._trace.of_job(job):
            seen = self._writer.job(job)
        if isinstance(seen, Ended):
            self._trace.job_ended(job, seen.words, is_ok=seen.ok)
        return seen

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        with self._trace.of_step(step.key, waits=True):
            return self._writer.is_settled(step, ids)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why."""
        with self._trace.of_step(step.key, waits=True):
            return self._writer.failures(step, job, end)


def traced(trace: Trace, reader: Reader, writer: Writer, observe: Observer) -> tuple[Reader, Writer, Observer]:
    """Return what an apply works with, each of which tells the trace too."""

    def tell(event: Event) -> None:
        trace.event(event)
        observe(event)

    return TracedReader(reader, trace), TracedWriter(writer, trace), tell


class RoundSpans:
    """A watcher of rounds, each of which is a span. `tell_loss` is called once, where spans are not taken."""

    def __init__(self, trace: Trace, tell_loss: Callable[[], object], *, is_once: bool) -> None:
        self._trace = trace
        self._tell_loss = tell_loss
        self._is_once = is_once

    def began(self, number: int, at: str) -> None:  # noqa: ARG002 - spans have a clock of their own
        """Begin it."""
        self._trace.round_began(number, is_once=self._is_once)

    def event(self, event: Event) -> None:
        """Nothing: the transaction tells the trace itself."""

    def ended(self, round: Round) -> None:
        """End it."""
        self._trace.round_ended(round)
        if self._trace.is_lossy():
            self._tell_loss()

    def standing_by(self, holder: str) -> None:
        """Nothing: no round runs."""

    def closed(self) -> None:
        """Nothing: the run ends by itself."""
