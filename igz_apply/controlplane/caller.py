"""Who is calling, and which platform answers (wire reference, sections 4.3, 4.4 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.controlplane import errors
from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.logins import Credentials
from igz_apply.http.connection import Connection
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

VERIFICATION_PATH = "sessions/verifications/planes/any/internal"
_NODES = ("igz0", "igz1", "igz2")
_VERSION_TIMEOUT = 10.0  # seconds, as the published SDK waits for a node
_VERSION = pattern(r"\d+\.\d+\.\d+")

PlaneConnection = Connection[Answer, Credentials]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling. `tenant_id` and `user_id` are None where the server does not tell, as old systems do not."""

    username: str
    tenant_id: str | None
    user_id: str | None


def verify(connection: PlaneConnection) -> Identity:
    """Ask who is calling. Raises InvalidAnswer if the server does not say, and whatever a call raises."""
    # A POST by its method, it only reads.
    answer = connection.call("POST", VERIFICATION_PATH, repeatable=True)
    attributes = _mapping(answer.record.get("attributes"))
    who = _mapping(_mapping(attributes.get("context")).get("authentication"))
    username = as_text(attributes.get("username"))
    if username is None:
        raise answer.invalid("it does not say who is calling")
    return Identity(username, as_text(who.get("tenant_id")), as_text(who.get("user_id")))


def policies_of(answer: Answer) -> frozenset[str]:
    """Return the policies of the user in an answer, with those of the groups that came along."""
    return frozenset(
        str(policy)
        for holder in (answer.record, *answer.included)
        if holder.get("type") in ("user", "user_group")
        for policy in _mapping(holder.get("attributes")).get("assigned_policies") or ()
    )


def ask_version(connection: PlaneConnection) -> str | None:
    """Ask the nodes in turn for the platform's version; None if none of them tells it.

    Raises Unauthorised, and ConnectionFailed if none could even be reached.
    """
    timeout = min(_VERSION_TIMEOUT, connection.settings.timeout)
    failures: list[errors.ControlPlaneError] = []
    for node in _NODES:
        path = f"tunnel/{node}.version.0/external_versions/{node}"
        try:
            version = _version_of(connection.call("GET", path, timeout=timeout, retries=0))
        except errors.Unauthorised:
            raise
        except errors.ControlPlaneError as failure:
            failures.append(failure)
            continue
        if version is not None:
            return version
    if len(failures) == len(_NODES) and all(map(_is_unreachable, failures)):
        raise failures[-1]
    return None


def as_text(value: Any) -> str | None:
    """Return a value as text, None for an absent or empty one."""
    return None if value in (None, "") else str(value)


def _is_unreachable(error: errors.ControlPlaneError) -> bool:
    return isinstance(error, errors.ConnectionFailed) and not isinstance(error, errors.Timeout)


def _version_of(answer: Answer) -> str | None:
    attributes = _mapping(_mapping(answer.data).get("attributes"))
    found = _VERSION.match(str(attributes.get("external", "")))
    return found.group(0) if found else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
