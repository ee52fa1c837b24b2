"""What sends nothing once somebody else may be writing: a machine that was asleep wakes up amid an apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from igz_apply.errors import PlaneError
from igz_apply.model.addresses import Address
from igz_apply.model.step import Step
from igz_apply.ports import Answer, Ended, Found, JobSeen, Unknown, Writer

NOT_SENT = (
    "It was not sent: the lock of the inventory has run out, so that another run may be writing. "
    "Was this machine asleep, or could the inventory not be reached?"
)
_READS = frozenset({"GET", "HEAD"})


class FencedCalls:
    """A watcher of calls that asks before each that writes: a step reads first, and may be sent again after a pause."""

    def __init__(self, may_send: Callable[[], bool]) -> None:
        """`may_send` is as that of `FencedWriter`, and true as well while no inventory is held."""
        self._may_send = may_send

    def began(self, method: str, route: str) -> Mapping[str, str] | str:  # noqa: ARG002 - the port's signature
        """Say why it must not be sent, where it must not."""
        return {} if method in _READS or self._may_send() else NOT_SENT

    def ended(self, attempt: object) -> None:
        """Do nothing."""


class FencedWriter:
    """Asks before each step that is sent, and looks as ever."""

    def __init__(self, writer: Writer, may_send: Callable[[], bool]) -> None:
        """`may_send` says whether the inventory is ours for certain; workers ask it, several at once."""
        self._writer = writer
        self._may_send = may_send

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step. Raises PlaneError where the inventory may be somebody else's by now: nothing is sent then."""
        if not self._may_send():
            raise PlaneError(NOT_SENT)
        return self._writer.perform(step, ids)

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Found | None:
        """After a lost answer: look whether the step happened."""
        return self._writer.settle(step, ids)

    def job(self, job: str) -> JobSeen:
        """Look at a job once."""
        return self._writer.job(job)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        return self._writer.is_settled(step, ids)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why."""
        return self._writer.failures(step, job, end)
