"""Exchanges with a WSGI application of this process: no socket, no server, no other thread.

For tests, and for an emulator that need not listen.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from igz_apply.http.transport import Failure, Request, Response, most_bytes

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiTransport:
    """Hands each request to `application`, in the thread that sends it.

    `cut_by` are the exceptions of the application that stand for a connection which broke; what else it raises comes
    out of the call. The timeout of a request is not kept: there is nobody to interrupt the application.
    """

    def __init__(self, application: Application, *, cut_by: tuple[type[Exception], ...] = ()) -> None:
        self._application = application
        self._cut_by = cut_by

    def exchange(self, request: Request) -> Response | Failure:
        """Have the application answer one request."""
        started = _Started()
        try:
            chunks = self._application(_environment(request), started)
            try:
                content = b"".join([*started.written, *chunks])
            finally:
                getattr(chunks, "close", lambda: None)()
        except self._cut_by as cut:
            return Failure(f"the application broke off with {type(cut).__name__}", sent=True)
        return Response(
            status=started.status,
            content=content if len(content) <= most_bytes(started.status) else None,
            retry_after=next(iter(started.values_of("retry-after")), None),
            cookies=started.values_of("set-cookie"),
        )

    def close(self) -> None:
        """Nothing is kept open."""


class _Started:
    """What the application says before its body: the callable that WSGI names start_response."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: Headers, *_: Any) -> Callable[[bytes], None]:
        self.status = int(status.split(None, 1)[0])
        self.headers = headers
        return self.written.append

    def values_of(self, name: str) -> tuple[str, ...]:
        """Return the values of a header, in their order."""
        return tuple(value for key, value in self.headers if key.lower() == name)


def _environment(request: Request) -> dict[str, Any]:
    """Return the request as PEP 3333 has it. Compression is not asked for: there is no wire to save."""
    parts = urlsplit(request.url)
    body = request.body or b""
    environment: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key != "ACCEPT_ENCODING":
            environment[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environment
