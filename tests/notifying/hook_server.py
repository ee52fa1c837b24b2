"""Receivers of webhooks on loopback, which may answer, refuse, redirect, hang or lie."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/services/T000/S3CRETpath"


@dataclass(frozen=True)
class Got:
    """One message that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Hook:
    """A receiver; `answers` are the statuses of the next messages, 200 once there are none left."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of each answer
    got: list[Got] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    behave: Callable[[BaseHTTPRequestHandler], bool] | None = None  # instead of an answer, where it says True
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, many: int, seconds: float = 10.0) -> list[Got]:
        """Wait until so many messages have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= many, seconds), f"{len(self.got)} came, not {many}"
            return list(self.got)


@contextmanager
def receiving(*answers: int, **more: Any) -> Iterator[Hook]:
    """Serve a receiver."""
    hook = Hook(answers=list(answers), **more)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hook))
    server.daemon_threads = True
    if hook.tls is not None:
        server.socket = hook.tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if hook.tls is None else "https"
    hook.url = f"{scheme}://127.0.0.1:{server.server_port}{PATH}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hook: Hook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with hook.came:
                hook.got.append(Got(self.path, dict(self.headers), body))
                status = hook.answers.pop(0) if hook.answers else 200
                hook.came.notify_all()
            if hook.behave is not None and hook.behave(self):
                return
            self.send_response(status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def hangs(until: threading.Event) -> Callable[[BaseHTTPRequestHandler], bool]:
    """Answer nothing until a test lets it."""

    def wait(_: BaseHTTPRequestHandler) -> bool:
        until.wait(20.0)
        return False

    return wait


def drips(until: threading.Event) -> Callable[[BaseHTTPRequestHandler], bool]:
    """Begin an answer that does not end until a test lets it."""

    def drip(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not until.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()
        handler.close_connection = True
        return True

    return drip


def garbage(handler: BaseHTTPRequestHandler) -> bool:
    """Answer what is no HTTP."""
    handler.wfile.write(b"\x00\xffnonsense\r\n\r\n")
    handler.close_connection = True
    return True


def lies(handler: BaseHTTPRequestHandler) -> bool:
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "50")
    handler.end_headers()
    handler.wfile.write(b"ok")
    handler.close_connection = True
    return True
