"""What can go wrong between this client and the control plane: one small tree of exceptions.

    ControlPlaneError
    ├── ConfigurationError        the client was given too little, too much, or something unusable
    │   └── NoCredentials         neither an access key nor a password
    ├── BadRequest                400 and the 4xx that have no class of their own
    ├── Unauthorised              401
    ├── Forbidden                 403
    ├── NotFound                  404
    │   └── AppServiceNotFound    no such service in the app-services manifest
    ├── Conflict                  409
    ├── PreconditionFailed        412
    ├── RateLimited               429
    ├── Unavailable               5xx and 425
    │   └── ConnectionFailed      no connection, or it broke
    │       └── Timeout           no answer in time
    ├── AnswerLost                a call that may not be repeated was sent, and its outcome is unknown
    ├── InvalidAnswer             success by its status, yet not the JSON that was expected
    ├── IncompleteList            a list that could not be read as one consistent whole
    ├── JobFailed, JobTimeout, JobVanished
    ├── Unsupported               the platform (or this resource) has no such operation
    │   └── ReadsOnly             a client that only reads was asked to change something
    ├── AppServiceNotReady        a service did not come to the wanted state in time
    ├── UserNotOperational        a new user could not be used in time
    ├── MemberAlreadyInProject    a member already holds another role of the project
    └── UserInPrimaryGroup        a user cannot leave the primary group

Those that any HTTP API has come from `http.errors`. No exception holds a request, a header or a body. Server texts are
kept as they came, with known secrets masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

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
    "AnswerLost",
    "AppServiceNotFound",
    "AppServiceNotReady",
    "BadRequest",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ControlPlaneError",
    "Forbidden",
    "IncompleteList",
    "InvalidAnswer",
    "JobFailed",
    "JobTimeout",
    "JobVanished",
    "MemberAlreadyInProject",
    "NoCredentials",
    "NotFound",
    "PreconditionFailed",
    "RateLimited",
    "ReadsOnly",
    "Timeout",
    "Unauthorised",
    "Unavailable",
    "Unsupported",
    "UserInPrimaryGroup",
    "UserNotOperational",
]


class Held(Protocol):
    """What an error holds, as it was last seen: a resource, or an app service."""

    def get_attribute(self, name: str) -> Any:
        """Return one attribute, None if it is absent."""
        ...

    def __getattr__(self, name: str) -> Any: ...


class Unauthorised(call_errors.Unauthorised):
    """The server does not know who is calling (401)."""

    hint = (
        "Check the access key (it needs the control plane) or the username and password, and that they are not expired"
    )


class Forbidden(call_errors.Forbidden):
    """The caller may not do this (403)."""

    hint = "The calling user lacks a management policy or a project permission for this"


class NoCredentials(ConfigurationError):
    """Neither an argument nor the environment says who is calling."""


class AppServiceNotFound(NotFound):
    """The app-services manifest holds no service of that name."""


class IncompleteList(ControlPlaneError):
    """A list changed while it was being read, or the server cut it short; a part of it is never returned."""

    hint = "Try again when nobody else is changing this list"


class JobFailed(ControlPlaneError):
    """A background job ended as failed or canceled. `job` is how it was last seen."""

    def __init__(self, message: str, job: Held) -> None:
        super().__init__(message, method="GET", path=f"jobs/{job.id}", ctx=job.get_attribute("ctx_id"))
        self.job = job


class JobTimeout(ControlPlaneError):
    """A background job had not ended in time. `job` is how it was last seen, None if it never was."""

    hint = "The job goes on in the background: wait for it again, or look at it later"

    def __init__(self, message: str, *, job_id: str, job: Held | None = None) -> None:
        super().__init__(message, method="GET", path=f"jobs/{job_id}")
        self.job_id = job_id
        self.job = job


class JobVanished(ControlPlaneError):
    """A job is not known to the server (any more), so its result cannot be known either."""

    hint = "Finished jobs are forgotten after a while: look at the live state instead"

    def __init__(self, message: str, *, job_id: str) -> None:
        super().__init__(message, method="GET", path=f"jobs/{job_id}", status=404)
        self.job_id = job_id


class Unsupported(ControlPlaneError):
    """This operation does not exist for this resource, or not in this version of the platform."""


class ReadsOnly(Unsupported, AttributeError):
    """A client that only reads was asked to change something; nothing was sent.

    An AttributeError as well, for it has no such method, and whoever looks for one is to be told so.
    """

    hint = "Use Client, which reads and writes"


class AppServiceNotReady(ControlPlaneError):
    """A service did not come to the wanted state in time. `service` is how it was last seen."""

    def __init__(self, message: str, service: Held) -> None:
        super().__init__(message, method="GET", path="app_services_manifests")
        self.service = service


class UserNotOperational(ControlPlaneError):
    """A user was created, but could not be used in time. `user` is how it was last seen."""

    hint = "It may become operational later: look again with is_operational"

    def __init__(self, message: str, user: Held) -> None:
        super().__init__(message, method="GET", path=f"users/{user.id}")
        self.user = user


class MemberAlreadyInProject(ControlPlaneError):
    """A user or group already holds another role of the project."""


class UserInPrimaryGroup(ControlPlaneError):
    """A user cannot be removed from the group that is the primary group."""


# What a status means here.
KINDS: Mapping[int, call_errors.ErrorKind] = {
    **call_errors.KINDS,
    401: (Unauthorised, call_errors.KINDS[401][1]),
    403: (Forbidden, call_errors.KINDS[403][1]),
}
