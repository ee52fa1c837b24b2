"""Who leads the projects of a system, and whether an address is that of an Iguazio 4 (wire reference, 10.4 and 17).

Both are told by the form of an error alone, for no answer says so.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from igz_apply.http.backoff import Backoff
from igz_apply.http.connection import Connection, Settings
from igz_apply.http.endpoints import resolve_verification
from igz_apply.http.transport import Transport
from igz_apply.http.watching import CallWatcher
from igz_apply.iguazio4.client.api_answers import Answer
from igz_apply.iguazio4.client.client_arguments import resolve_endpoint
from igz_apply.iguazio4.client.credentials import REFRESH_PATH, Credentials, Nobody
from igz_apply.iguazio4.client.dialect import ENVELOPE, GATEWAY, IGUAZIO3, GatewayJson
from igz_apply.iguazio4.client.errors import (
    Ambiguous,
    BadRequest,
    ControlPlaneError,
    Forbidden,
    InvalidAnswer,
    NotFound,
    UnknownRoute,
)
from igz_apply.values import dataclass
from igz_apply.version import __version__

# Longer than the name of a project may be, so that none is called so.
IMPOSSIBLE_PROJECT = "x" * 64
_NONSENSE = "no-token"


class Leader(Enum):
    """Who makes and changes projects: the platform's own project service, or MLRun."""

    ORCA = "orca"
    MLRUN = "mlrun"


class Leading:
    """Remembers who leads, once that is known. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leader: Leader | None = None

    def told_by(self, ask: Callable[[], Leader]) -> Leader:
        """Return who leads, asking where that is not known yet; what `ask` raises is not remembered."""
        with self._lock:
            if self._leader is None:
                self._leader = ask()
            return self._leader


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address is that of an Iguazio 4: None if it cannot be told; `words` say why, for people."""

    is_iguazio4: bool | None
    words: str


def probe(get: Callable[[str], Answer]) -> Leader:
    """Find out who leads. Raises Ambiguous, and whatever a call raises that has nothing to do with it.

    A page of a proxy or a dashboard, or an empty one, is asked for again: that is its own answer to what it does not
    know only if it gives it twice.
    """
    try:
        return _probed(get)
    except (UnknownRoute, InvalidAnswer) as page:
        try:
            return _probed(get)
        except (UnknownRoute, InvalidAnswer):
            return _without_a_service(get, page)


def _probed(get: Callable[[str], Answer]) -> Leader:
    """Ask once. Raises as `probe` does, and UnknownRoute or InvalidAnswer for what is not said by an API."""
    try:
        answer = get(f"v1/projects/projects/{IMPOSSIBLE_PROJECT}")
    except UnknownRoute as missing:
        if missing.form == GATEWAY:
            return Leader.MLRUN
        raise
    except (NotFound, Forbidden, BadRequest) as refused:
        if refused.form == ENVELOPE or (refused.form == GATEWAY and isinstance(refused, NotFound)):
            return Leader.ORCA
        raise _ambiguous(f"the probe was answered with: {refused}") from refused
    raise _ambiguous(f"a project that cannot exist was answered with status {answer.status}")


def _without_a_service(get: Callable[[str], Answer], page: ControlPlaneError) -> Leader:
    """Return MLRUN if the API is there, so that it is the project service alone that is not."""
    try:
        get("v1/authentication/self")
    except (UnknownRoute, InvalidAnswer):
        raise _ambiguous(f"neither the project service nor the API itself is at this address: {page}") from page
    return Leader.MLRUN


def _ambiguous(why: str) -> Ambiguous:
    return Ambiguous(f"It cannot be told whether the project service or MLRun leads the projects: {why}")


def is_iguazio4(endpoint: str, **options: Any) -> bool | None:
    """Tell whether an address is that of an Iguazio 4, None if it cannot be told; see `platform_at`."""
    return platform_at(endpoint, **options).is_iguazio4


def platform_at(
    endpoint: str,
    *,
    timeout: float = 10.0,
    retries: int = 1,
    logger: logging.Logger | None = None,
    ca_file: str | None = None,
    verify: bool = True,
    backoff: Backoff | None = None,
    transport: Transport | None = None,
    watchers: Sequence[CallWatcher] = (),
) -> Verdict:
    """Find out whether an address is that of an Iguazio 4, without credentials and without changing anything.

    A token that is none is offered for exchange: the two platforms refuse it in different forms. The arguments are
    those of the client. Raises ConfigurationError for what is no address; whatever happens on the way is a verdict.
    """
    connection: Connection[Answer, Credentials] = Connection(
        Settings(
            resolve_endpoint(endpoint),
            timeout,
            retries,
            resolve_verification(verify, ca_file, os.environ),
            1,
            f"igz-apply/{__version__}",
        ),
        GatewayJson(),
        Nobody(),
        logger=logger or logging.getLogger("igz_apply.iguazio4.client"),
        backoff=backoff or Backoff(),
        transport=transport,
        watchers=watchers,
    )
    try:
        connection.call("POST", REFRESH_PATH, body={"refreshToken": _NONSENSE}, repeatable=True)
    except ControlPlaneError as error:
        return _verdict(error)
    finally:
        connection.close()
    return Verdict(None, "The address accepts a token that is none: it may be anything")


def _verdict(error: ControlPlaneError) -> Verdict:
    if error.form == ENVELOPE and error.status in (400, 401, 403):
        return Verdict(True, "The address answers as Iguazio 4 does")
    if error.form == IGUAZIO3:
        return Verdict(False, "The address answers as Iguazio 3 does")
    return Verdict(None, f"It cannot be told whether this is an Iguazio 4: {error}")
