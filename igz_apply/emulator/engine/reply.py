"""How an answer leaves: in full, in part, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from igz_apply.emulator.engine.encoded import pieces_of
from igz_apply.emulator.engine.messages import Answer

StartResponse = Callable[..., Any]
Environment = Mapping[str, Any]
Headers = tuple[tuple[str, str], ...]


class ConnectionCut(Exception):
    """The connection is to be closed where it stands; the server in `server.py` does it.

    `reset` True closes it with a TCP reset, as if a proxy had thrown it away. `before` is what goes out first, past all
    rules of HTTP.
    """

    def __init__(self, *, reset: bool, before: Iterable[bytes] = ()) -> None:
        super().__init__("the connection is cut on purpose")
        self.reset = reset
        self.before = before


class Reply:
    """One reply. `status` is None until one has been sent."""

    def __init__(self, start_response: StartResponse) -> None:
        """Prepare to reply through a WSGI `start_response`."""
        self.status: int | None = None
        self._start_response = start_response

    def send(self, answer: Answer) -> Iterable[bytes]:
        """Send an answer of the API."""
        pieces = pieces_of(answer.document)
        self.announce(answer.status, sum(map(len, pieces)), answer.headers)
        return pieces

    def start(
        self,
        status: int,
        body: bytes,
        headers: Headers = (),
    ) -> bytes:
        """Send the head of a reply, which announces the whole body, and return the body."""
        self.announce(status, len(body), headers)
        return body

    def announce(self, status: int, length: int, headers: Headers = ()) -> None:
        """Send the head of a reply whose body is so many bytes."""
        self.status = status
        kind = [("Content-Type", "application/json")] if length else []
        told = [] if status == 204 else [("Content-Length", str(length))]
        self._start_response(status_line(status), [*kind, *told, *headers])


def status_line(status: int) -> str:
    """Return the text of a status, such as `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Status"
