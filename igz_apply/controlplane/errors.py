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

No exception holds a request, a header or a body. Server texts are kept as they came, with known secrets masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from igz_apply.controlplane.background_jobs import Job
    from igz_apply.controlplane.service_parts import AppServiceBase
    from igz_apply.controlplane.users import User


class ControlPlaneError(Exception):
    """Anything that this client raises on purpose.

    `path` is relative to /api, with access keys masked; `details` are the server's own words, in its order; `ctx`
    is the server's id of the request, worth quoting to support. Each is None or empty where it does not apply.
    `after_lost_attempt` is True if an earlier attempt of the same call was sent and its answer never came, so that
    the state which this error reports may be our own doing. `endpoint` is the address that was tried, "" for errors
    that say nothing about the way there.
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


class NoCredentials(ConfigurationError):
    """Neither an argument nor the environment says who is calling."""


class BadRequest(ControlPlaneError):
    """The server refused the request as invalid (400, or a 4xx without a class of its own)."""


class Unauthorised(ControlPlaneError):
    """The server does not know who is calling (401)."""

    is_about_the_way = True
    hint = (
        "Check the access key (it needs the control plane) or the username and password, and that they are not expired"
    )


class Forbidden(ControlPlaneError):
    """The caller may not do this (403)."""

    hint = "The calling user lacks a management policy or a project permission for this"


class NotFound(ControlPlaneError):
    """No such resource, or none that the caller may see (404)."""


class AppServiceNotFound(NotFound):
    """The app-services manifest holds no service of that name."""


class Conflict(ControlPlaneError):
    """The request contradicts the present state, such as a name that is taken (409)."""


class PreconditionFailed(ControlPlaneError):
    """The present state forbids it, such as a restricted delete of a project that is not empty (412)."""


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


class IncompleteList(ControlPlaneError):
    """A list changed while it was being read, or the server cut it short; a part of it is never returned."""

    hint = "Try again when nobody else is changing this list"


class JobFailed(ControlPlaneError):
    """A background job ended as failed or canceled. `job` is how it was last seen."""

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message, method="GET", path=f"jobs/{job.id}", ctx=job.get_attribute("ctx_id"))
        self.job = job


class JobTimeout(ControlPlaneError):
    """A background job had not ended in time. `job` is how it was last seen, None if it never was."""

    hint = "The job goes on in the background: wait for it again, or look at it later"

    def __init__(self, message: str, *, job_id: str, job: Job | None = None) -> None:
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

    def __init__(self, message: str, service: AppServiceBase) -> None:
        super().__init__(message, method="GET", path="app_services_manifests")
        self.service = service


class UserNotOperational(ControlPlaneError):
    """A user was created, but could not be used in time. `user` is how it was last seen."""

    hint = "It may become operational later: look again with is_operational"

    def __init__(self, message: str, user: User) -> None:
        super().__init__(message, method="GET", path=f"users/{user.id}")
        self.user = user


class MemberAlreadyInProject(ControlPlaneError):
    """A user or group already holds another role of the project."""


class UserInPrimaryGroup(ControlPlaneError):
    """A user cannot be removed from the group that is the primary group."""
