"""Which jobs are awaited, and since when."""

from __future__ import annotations

from collections.abc import Callable

from igz_apply.model.outcomes import Event, JobWaiting, StepEnded


class Jobs:
    """The steps of the apply under way that wait for a job, or for a resource to be ready."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: dict[str, float] = {}  # replaced and never changed: other threads look at it

    def event(self, event: Event) -> float | None:
        """Hear what moved; return how long a step had waited that ended, None where none did."""
        if isinstance(event, JobWaiting):
            self._since = {event.step: self._now(), **self._since}
        if isinstance(event, StepEnded) and event.step in self._since:
            rest = dict(self._since)
            waited = self._now() - rest.pop(event.step)
            self._since = rest
            return waited
        return None

    def none(self) -> None:
        """Hear that nothing is awaited any more."""
        self._since = {}

    def waits(self) -> list[float]:
        """Return how long each has waited so far."""
        now = self._now()
        return [now - since for since in self._since.values()]
