"""A control plane of a few lines: each test says what it answers, and sees what it was asked."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Reply = Any


@dataclass(frozen=True)
class Asked:
    """One request, as it came. The query is decoded and sorted."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    headers: dict[str, str]

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Say:
    """An answer: JSON of `body`, or `raw` bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    announce: int | None = None  # a Content-Length that differs from what is sent
    drip: float | None = None  # seconds between two bytes


@dataclass(frozen=True)
class Hang:
    """No answer at all: the connection is reset, or stays silent for some seconds."""

    seconds: float = 0.0


def one(type_: str, id_: str, relationships: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"type": type_, "id": id_, "attributes": attributes}
    return {**record, "relationships": relationships} if relationships is not None else record


def body(data: Any, included: Any = (), **meta: Any) -> dict[str, Any]:
    return {"data": data, "included": list(included), "meta": {"ctx": "42", **meta}}


class StubServer:
    """Answers with what `script` gives for each request: a Say, a Hang, or JSON for 200."""

    def __init__(self, script: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
        return self.script(asked)

    @property
    def lines(self) -> list[str]:
        return [asked.line for asked in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what half of the tests are about."""


def _handler_for(stub: StubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            parts = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                path=parts.path.removeprefix("/api/"),
                query=tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))),
                body=json.loads(content) if content else None,
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            self._reply(stub.answer(asked))

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def _reply(self, reply: Reply) -> None:
            if isinstance(reply, Hang):
                threading.Event().wait(reply.seconds)
                self._reset()
                return
            say = reply if isinstance(reply, Say) else Say(body=reply)
            content = say.raw if say.raw is not None else b"" if say.body is None else json.dumps(say.body).encode()
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) if say.announce is None else say.announce))
            self.end_headers()
            self._write(content, say.drip)
            if say.announce is not None:
                self.close_connection = True

        def _write(self, content: bytes, drip: float | None) -> None:
            if drip is None:
                self.wfile.write(content)
                return
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                threading.Event().wait(drip)

        def _reset(self) -> None:
            """Close so that the other side sees a reset rather than an orderly end."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                self.close_connection = True

    return Handler


@contextmanager
def stub(script: Callable[[Asked], Reply]) -> Iterator[StubServer]:
    server = StubServer(script)
    try:
        yield server
    finally:
        server.close()


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """A script that gives each reply once; the last one again and again."""
    waiting = list(replies)

    def script(_: Asked) -> Reply:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return script
