"""Every exception that igz-apply raises, and the exit code of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every command imports this module, and not all of them have problems
    from igz_apply.model.addresses import Address
    from igz_apply.model.problems import Problem


COULD_NOT = 1  # exit codes, all that there are beside 0; of an apply: `Report.exit_code`
CHANGES = 2  # of --detailed-exitcode when there are changes, or drift
INVALID = 3
REFUSED = 4
PARTLY_APPLIED = 5  # of an apply that did something, and not all of it as planned
INTERRUPTED = 130


class IgzApplyError(Exception):
    """Base of all; anything else that reaches the top is a defect."""

    exit_code = COULD_NOT

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ProblemsFound(IgzApplyError):
    """Base of the errors that consist of problems, all that were found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.summary}: {problem.detail}" for problem in problems))
        self.problems = tuple(problems)


class InvalidInput(ProblemsFound):
    """Manifests, config, references, versions, inventory format or command line are wrong; nothing was sent."""

    exit_code = INVALID


class PlanRefused(ProblemsFound):
    """The plan is valid but too dangerous to run; nothing was sent."""

    exit_code = REFUSED


class StalePlan(PlanRefused):
    """A saved plan no longer fits what it was made for."""

    def __init__(self, problems: Sequence[Problem], addresses: Sequence[Address] = ()) -> None:
        super().__init__(problems)
        self.addresses = tuple(addresses)


class Locked(PlanRefused):
    """Another apply holds the inventory."""

    def __init__(self, problem: Problem, *, holder: str, since: str) -> None:
        super().__init__([problem])
        self.holder = holder
        self.since = since


class InventoryLost(IgzApplyError):
    """The inventory could not be read or written."""


class RepositoryLost(IgzApplyError):
    """Git could not tell what the repository that is followed says now."""


class PlaneError(IgzApplyError):
    """The control plane refused a call or could not be reached."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        method: str = "",
        path: str = "",
        status: int | None = None,
        ctx: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.method = method
        self.path = path
        self.status = status
        self.ctx = ctx


class Failure(Protocol):
    """What the error of a client tells, of whatever platform."""

    message: str
    details: tuple[str, ...]
    hint: str
    method: str | None
    path: str | None
    status: int | None
    ctx: str | None

    @property
    def where(self) -> str:
        """The call, "" where there was none."""


def told(error: Failure, kind: type[PlaneError]) -> PlaneError:
    """Return the error of a client as one of ours, with all that it tells."""
    said = f"{error.message}: {'; '.join(error.details)}" if error.details else error.message
    return kind(
        f"{said} ({error.where})" if error.where else said,
        hint=error.hint,
        method=error.method or "",
        path=error.path or "",
        status=error.status,
        ctx=error.ctx,
    )


class Missing(PlaneError):
    """What a call named does not exist (404)."""


class Conflict(PlaneError):
    """What a call wants to make, or to change, is taken or busy (409)."""


class AnswerLost(PlaneError):
    """A write was sent and its answer never came: it may or may not have happened.

    `conflicts` are the changes of its step that it did not carry, as theirs moved -> how.
    """

    conflicts: Mapping[Address, str] = MappingProxyType({})


class DeadlineReached(IgzApplyError):
    """The time that a command was given was over before anything was sent."""


class Interrupted(IgzApplyError):
    """The user stopped us before anything was sent."""

    exit_code = INTERRUPTED
