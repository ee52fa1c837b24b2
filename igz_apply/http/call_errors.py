"""What can go wrong with a call to a control plane, whichever it is.

No exception holds a request, a header or a body. Server texts are kept as they came, with known secrets masked.
"""

from __future__ import annotations

from collections.abc import Mapping


class ControlPlaneError(Exception):
    """Anything that this client raises on purpose.

    `path` is relative to the API, with secrets masked; `details` are the server's own words, in its order; `ctx`
    is the server's id of the request, worth quoting to support. Each is None or empty where it does not apply.
    `after_lost_attempt` is True if an earlier attempt of the same call was sent and its answer never came, so that
    the state which this error reports may be our own doing. `endpoint` is the address that was tried, "" for errors
    that say nothing about the way there. `form` is what the API calls the form of the body that told the error, ""
    where there was none, or there is but one.
    """

    hint = ""
    is_about_the_way = False  # whether the address may be what is wrong

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        details: tuple[str, ...] = (),
        ctx: str | None = None,
        after_lost_attempt: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.method = method
        self.path = path
        self.status = status
        self.details = details
        self.ctx = ctx
        self.after_lost_attempt = after_lost_attempt
        self.endpoint = ""
        self.form = ""

    @property
    def where(self) -> str:
        """The call, as `GET users/1, status 404, ctx 123`, with the address where that matters; "" without a call."""
        at = f" at {self.endpoint}" if self.endpoint else ""
        call = f"{self.method} {self.path}{at}" if self.method else None
        status = f"status {self.status}" if self.status is not None else None
        ctx = f"ctx {self.ctx}" if self.ctx else None
        return ", ".join(part for part in (call, status, ctx) if part)

    def __str__(self) -> str:
        said = self.message
        if self.details:
            said = f"{said}: {'; '.join(self.details)}"
        place = f" ({self.where})" if self.where else ""
        hint = f". {self.hint}" if self.hint else ""
        return f"{said}{place}{hint}"


class ConfigurationError(ControlPlaneError):
    """The client cannot be used as it was set up; nothing was sent."""


class BadRequest(ControlPlaneError):
    """The server refused the request as invalid (400, or a 4xx without a class of its own)."""


class Unauthorised(ControlPlaneError):
    """The server does not know who is calling (401)."""

    is_about_the_way = True
    hint = "Check the credentials, and that they are not expired"


class Forbidden(ControlPlaneError):
    """The caller may not do this (403)."""


class NotFound(ControlPlaneError):
    """No such resource, or none that the caller may see (404)."""


class Conflict(ControlPlaneError):
    """The request contradicts the present state, such as a name that is taken (409)."""


class PreconditionFailed(ControlPlaneError):
    """The present state forbids it (412)."""


class RateLimited(ControlPlaneError):
    """The server asked to slow down, and still did after the last attempt (429).

    `retry_after` is in seconds, None if the server did not say.
    """

    hint = "Run with less parallelism, or try again later"
    retry_after: float | None = None


class Unavailable(ControlPlaneError):
    """The server is in trouble (5xx), or is not ready for this (425)."""

    hint = "Try again later"


class ConnectionFailed(Unavailable):
    """No connection could be made, or it broke before the answer was complete."""

    is_about_the_way = True
    hint = "Check the endpoint, the network and, for TLS, the certificate authority (ca_file)"


class Timeout(ConnectionFailed):
    """No complete answer came in time."""

    hint = "Check the endpoint and the network, or allow more time (timeout)"


class AnswerLost(ControlPlaneError):
    """A call that must not be repeated blindly was sent, and no usable answer came.

    What it asked for may or may not have happened. `status` is None unless something did answer.
    """

    hint = "It may or may not have happened: look at the live state before repeating it"


class InvalidAnswer(ControlPlaneError):
    """The server answered, but not as this API does: HTML, broken JSON, a redirect, a missing field."""

    is_about_the_way = True
    hint = "Check that the endpoint is the control plane itself and not a proxy or a login page"


ErrorKind = tuple[type[ControlPlaneError], str]

# What a status means where an API has nothing else to say of it.
KINDS: Mapping[int, ErrorKind] = {
    400: (BadRequest, "The request was refused as invalid"),
    401: (Unauthorised, "Not authenticated"),
    403: (Forbidden, "Not allowed"),
    404: (NotFound, "Not found"),
    409: (Conflict, "The request conflicts with the present state"),
    412: (PreconditionFailed, "The present state does not allow this"),
    425: (Unavailable, "The server is not ready for this request"),
    429: (RateLimited, "Too many requests"),
}


def kind_of(status: int, kinds: Mapping[int, ErrorKind] = KINDS) -> ErrorKind:
    """Return the class and the words of an error of this status, which need not be in `kinds`."""
    if status in kinds:
        return kinds[status]
    if 300 <= status < 400:
        return InvalidAnswer, "The server redirects elsewhere, and credentials are never sent along"
    if status >= 500:
        return Unavailable, "The server failed"
    return BadRequest, "The request was refused"
