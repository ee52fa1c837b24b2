"""What the emulator raises when it will not do what it was asked."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is answered with an error; whatever it had begun is rolled back.

    `status` is the HTTP status and `detail` the one sentence that a client is shown. `document` is the body where it
    has not the form of the API's other errors, and `headers` go with it.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        document: dict[str, Any] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.document = document
        self.headers = headers
        self.user = ""  # who asked, once that is known: for the request log


class EmulatorError(Exception):
    """The emulator cannot start or load what it was given: the message says why, for a person to read."""


class FaultsError(EmulatorError):
    """A faults file that cannot be used; the message names the entry."""


class LoadError(EmulatorError):
    """A document to load that cannot be used; the message names the entry."""


def bad_request(detail: str) -> Refusal:
    """Return the refusal of a request that can never succeed as it is."""
    return Refusal(400, detail)


def not_found(what: str) -> Refusal:
    """Return the refusal for something that does not exist, or that the caller may not see."""
    return Refusal(404, f"{what} does not exist")


def forbidden(detail: str) -> Refusal:
    """Return the refusal for a caller who is known and not allowed."""
    return Refusal(403, detail)


def conflict(detail: str) -> Refusal:
    """Return the refusal of a request that the present state does not allow."""
    return Refusal(409, detail)
