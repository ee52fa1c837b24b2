"""What can go wrong between this client and an Iguazio 4: one small tree of exceptions.

    ControlPlaneError
    ├── ConfigurationError        the client was given too little, too much, or something unusable
    │   ├── NoCredentials         no token anywhere
    │   └── UnusableToken         a token, or its file, is not what it has to be
    ├── InvalidArgument           a call cannot be made of what was given; nothing was sent
    ├── BadRequest                400 and the 4xx that have no class of their own
    ├── Unauthorised              401
    │   ├── TokenRefused          the offline token is unknown, revoked or expired
    │   └── SentToLogin           302: whoever calls is to log in first
    ├── Forbidden                 403
    ├── NotFound                  404 of a resource, in a form of this API
    ├── Conflict                  409
    ├── PreconditionFailed        412
    ├── RateLimited               429
    ├── Unavailable               5xx and 425
    │   └── ConnectionFailed      no connection, or it broke
    │       └── Timeout           no answer in time
    ├── AnswerLost                a call that may not be repeated was sent, and its outcome is unknown
    ├── InvalidAnswer             success by its status, yet not the JSON that was expected
    │   └── NameMismatch          another object than the one that was asked for
    ├── IncompleteList            a list that could not be read as one consistent whole
    ├── ExecutionFailed, ExecutionTimeout, ExecutionUnseen
    ├── Unsupported               this system has no such operation
    │   ├── UnknownRoute          404 of a route, or a 404 that is none of this API: it says nothing of a resource
    │   └── ReadsOnly             a client that only reads was asked to change something
    └── Ambiguous                 what leads the projects of this system cannot be told

An UnknownRoute is no NotFound on purpose: whoever takes that for "it is gone" would be wrong. Server texts are kept as
they came, with known secrets masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.http import call_errors
from igz_apply.http.call_errors import (
    AnswerLost,
    BadRequest,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ControlPlaneError,
    InvalidAnswer,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Timeout,
    Unavailable,
)

__all__ = [
    "Ambiguous",
    "AnswerLost",
    "BadRequest",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ControlPlaneError",
    "ExecutionFailed",
    "ExecutionTimeout",
    "ExecutionUnseen",
    "Forbidden",
    "IncompleteList",
    "InvalidAnswer",
    "InvalidArgument",
    "NameMismatch",
    "NoCredentials",
    "NotFound",
    "PreconditionFailed",
    "RateLimited",
    "ReadsOnly",
    "SentToLogin",
    "Timeout",
    "TokenRefused",
    "Unauthorised",
    "Unavailable",
    "UnknownRoute",
    "Unsupported",
    "UnusableToken",
]


class NoCredentials(ConfigurationError):
    """Neither an argument nor the environment nor the token file says who is calling."""


class UnusableToken(ConfigurationError):
    """A token, or the file that it is in, is not what it has to be. The token itself is not named."""


class InvalidArgument(ControlPlaneError, ValueError):
    """A call cannot be made of what was given; nothing was sent."""


class Unauthorised(call_errors.Unauthorised):
    """The server does not know who is calling (401)."""

    hint = "Check the offline token or the service account, and that it is not revoked or expired"


class TokenRefused(Unauthorised):
    """The server gives no access token for this offline token. `source` is where the token came from."""

    hint = "Log in again for a new offline token (python -m iguazio login --url URL), and put it in its place"

    def __init__(self, message: str, *, source: str, refused: call_errors.ControlPlaneError) -> None:
        super().__init__(
            message,
            method=refused.method,
            path=refused.path,
            status=refused.status,
            details=refused.details,
            ctx=refused.ctx,
        )
        self.endpoint, self.form, self.source = refused.endpoint, refused.form, source


class SentToLogin(Unauthorised):
    """The server redirects to where a person would log in: credentials are missing, or are not accepted."""

    hint = "Check the credentials, and that the endpoint is that of the API and not of the dashboard"


class Forbidden(call_errors.Forbidden):
    """The caller may not do this (403), or it does not exist and the caller may not know."""

    hint = (
        "The calling user lacks a management policy or a project role for this; new rights take some seconds to count"
    )


class NameMismatch(InvalidAnswer):
    """The answer is about another object than the one that was asked for."""

    hint = "Check that the endpoint is the API itself, and that nothing on the way there rewrites paths"


class IncompleteList(ControlPlaneError):
    """A list changed while it was being read, or never ends; a part of it is never returned."""

    hint = "Try again when nobody else is changing this list"


class ExecutionFailed(ControlPlaneError):
    """Work in the background ended as failed. `record` is the execution as it was last seen."""

    def __init__(self, message: str, *, op_id: str, record: Mapping[str, Any]) -> None:
        super().__init__(message, method="GET", path="v1/trackable-actions/executions")
        self.op_id = op_id
        self.record = record


class ExecutionTimeout(ControlPlaneError):
    """Work in the background had not ended in time."""

    hint = "It goes on in the background: wait for it again, or look at it later"

    def __init__(self, message: str, *, op_id: str) -> None:
        super().__init__(message, method="GET", path="v1/trackable-actions/executions")
        self.op_id = op_id


class ExecutionUnseen(ExecutionTimeout):
    """The server has shown no execution of an operation that it had accepted, so its end cannot be known either."""

    hint = "Look at the live state instead: executions may be forgotten after a while"


class Unsupported(ControlPlaneError):
    """This system has no such operation."""


class UnknownRoute(Unsupported):
    """There is no such route at this address. It says nothing about whether the resource exists."""

    is_about_the_way = True
    hint = "Check that the endpoint is that of Iguazio 4, and that its version has this part of the API"


class ReadsOnly(Unsupported, AttributeError):
    """A client that only reads was asked to change something; nothing was sent.

    An AttributeError as well, for it has no such method, and whoever looks for one is to be told so.
    """

    hint = "Use Client, which reads and writes"


class Ambiguous(ControlPlaneError):
    """The answers of this system contradict each other, or say nothing, where one of two things has to be known."""


_SENT_TO_LOGIN = (SentToLogin, "The server sends us to a login page: the credentials are missing or not accepted")
_NO_SUCH_ROUTE = (UnknownRoute, "This server has no such call")

# What a status means here.
KINDS: Mapping[int, call_errors.ErrorKind] = {
    **call_errors.KINDS,
    302: _SENT_TO_LOGIN,
    303: _SENT_TO_LOGIN,
    307: _SENT_TO_LOGIN,
    401: (Unauthorised, call_errors.KINDS[401][1]),
    403: (Forbidden, call_errors.KINDS[403][1]),
    405: _NO_SUCH_ROUTE,
    501: _NO_SUCH_ROUTE,
}
