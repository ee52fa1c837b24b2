"""A client of the management API of Iguazio 4, usable on its own.

It keeps to `docs/dev/iguazio-4-api.md`; what it returns is the parsed JSON, whatever the server has put into it.
"""

from __future__ import annotations

from igz_apply.http.backoff import Backoff
from igz_apply.http.polling import Polling
from igz_apply.http.redaction import Secret
from igz_apply.http.transport import Failure, Request, Response, Transport
from igz_apply.http.wsgi_transport import WsgiTransport
from igz_apply.iguazio4.client.api_answers import Answer
from igz_apply.iguazio4.client.client import Client, ProjectState
from igz_apply.iguazio4.client.credentials import Credentials, OfflineToken, ServiceAccount, credentials_from
from igz_apply.iguazio4.client.errors import (
    Ambiguous,
    AnswerLost,
    BadRequest,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    ControlPlaneError,
    ExecutionFailed,
    ExecutionTimeout,
    ExecutionUnseen,
    Forbidden,
    IncompleteList,
    InvalidAnswer,
    InvalidArgument,
    NameMismatch,
    NoCredentials,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ReadsOnly,
    SentToLogin,
    Timeout,
    TokenRefused,
    Unauthorised,
    Unavailable,
    UnknownRoute,
    Unsupported,
    UnusableToken,
)
from igz_apply.iguazio4.client.leader import Leader, Verdict, is_iguazio4, platform_at
from igz_apply.iguazio4.client.members import ROLES, Members
from igz_apply.iguazio4.client.operations import ExecutionState, Failed, NotYet, Operation, Running, Succeeded
from igz_apply.iguazio4.client.read_only_client import ReadOnlyClient
from igz_apply.iguazio4.client.token_file import read_token, read_token_file, write_token_file
from igz_apply.iguazio4.client.tokens import TokenInfo, token_info

__all__ = [
    "ROLES",
    "Ambiguous",
    "Answer",
    "AnswerLost",
    "Backoff",
    "BadRequest",
    "Client",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ControlPlaneError",
    "Credentials",
    "ExecutionFailed",
    "ExecutionState",
    "ExecutionTimeout",
    "ExecutionUnseen",
    "Failed",
    "Failure",
    "Forbidden",
    "IncompleteList",
    "InvalidAnswer",
    "InvalidArgument",
    "Leader",
    "Members",
    "NameMismatch",
    "NoCredentials",
    "NotFound",
    "NotYet",
    "OfflineToken",
    "Operation",
    "Polling",
    "PreconditionFailed",
    "ProjectState",
    "RateLimited",
    "ReadOnlyClient",
    "ReadsOnly",
    "Request",
    "Response",
    "Running",
    "Secret",
    "SentToLogin",
    "ServiceAccount",
    "Succeeded",
    "Timeout",
    "TokenInfo",
    "TokenRefused",
    "Transport",
    "Unauthorised",
    "Unavailable",
    "UnknownRoute",
    "Unsupported",
    "UnusableToken",
    "Verdict",
    "WsgiTransport",
    "credentials_from",
    "is_iguazio4",
    "platform_at",
    "read_token",
    "read_token_file",
    "token_info",
    "write_token_file",
]
