"""A client of the control plane of an Iguazio system, usable on its own."""

from igz_apply.controlplane.answers import Answer
from igz_apply.controlplane.backoff import Backoff
from igz_apply.controlplane.client import Client
from igz_apply.controlplane.errors import (
    AnswerLost,
    AppServiceNotFound,
    BadRequest,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ControlPlaneError,
    Forbidden,
    IncompleteList,
    InvalidAnswer,
    JobFailed,
    JobTimeout,
    JobVanished,
    MemberAlreadyInProject,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Timeout,
    Unauthorised,
    Unavailable,
    Unsupported,
    UserInPrimaryGroup,
)
from igz_apply.controlplane.jobs import Polling, job_id, job_message
from igz_apply.controlplane.reader import ReadOnlyClient
from igz_apply.controlplane.resources import Job

__all__ = [
    "Answer",
    "AnswerLost",
    "AppServiceNotFound",
    "Backoff",
    "BadRequest",
    "Client",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ControlPlaneError",
    "Forbidden",
    "IncompleteList",
    "InvalidAnswer",
    "Job",
    "JobFailed",
    "JobTimeout",
    "JobVanished",
    "MemberAlreadyInProject",
    "NotFound",
    "Polling",
    "PreconditionFailed",
    "RateLimited",
    "ReadOnlyClient",
    "Timeout",
    "Unauthorised",
    "Unavailable",
    "Unsupported",
    "UserInPrimaryGroup",
    "job_id",
    "job_message",
]
