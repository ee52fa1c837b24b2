"""One HTTP exchange, as a value each way, and what puts it on the wire.

Whoever writes a transport need only exchange: sessions, retries, pauses, limits and the masking of secrets are the
connection's, whatever carries its requests. Nothing here needs an HTTP library.
"""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

from igz_apply.values import dataclass

# The most that an answer may hold, unpacked: 20 times the largest that is known, 1,000 services in one document.
MOST_BYTES = 32 * 1024 * 1024
# Of an error only some words are ever shown.
MOST_BYTES_OF_AN_ERROR = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent. `timeout` is in seconds, for the whole of it: from connecting to the last byte."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, complete, and unpacked if it was compressed.

    `content` is None if there was more of it than `most_bytes`, so that a transport need not read it to its end.
    `retry_after` is that header's text, None if absent; `cookies` are the lines of Set-Cookie.
    """

    status: int
    content: bytes | None = field(repr=False)
    retry_after: str | None = None
    cookies: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """No complete response came.

    `reason` is safe to show. `sent` is False when the server certainly saw nothing of the request; `timed_out` tells
    silence from a broken connection; `permanent` means that another attempt would end in the same way.
    """

    reason: str
    sent: bool
    timed_out: bool = False
    permanent: bool = False


class Transport(Protocol):
    """Carries requests to a server, or to what stands in for one. Many threads use it at once."""

    def exchange(self, request: Request) -> Response | Failure:
        """Send one request once, and return its complete response. Never raises for what happens on the way.

        Redirects are not followed: the headers prove who is calling, and are for this server alone.
        """
        ...

    def close(self) -> None:
        """Give back what is kept open. A later exchange may open it again."""
        ...


def most_bytes(status: int) -> int:
    """Return how long a response of this status may be."""
    return MOST_BYTES if status < 300 else MOST_BYTES_OF_AN_ERROR
