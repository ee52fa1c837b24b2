"""A repository over HTTP: git's own backend behind a server of Python's, which may ask who it is, or lead elsewhere."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """What a server was asked, and what it asks for."""

    folder: Path
    login: str = ""  # NAME:PASSWORD; "": nobody is asked
    leads_to: str = ""  # another server, for every request; "": it answers itself
    port: int = 0
    told: list[str] = field(default_factory=list)  # the logins that it was shown

    @property
    def url(self) -> str:
        """The address of the repository."""
        return f"http://127.0.0.1:{self.port}/up"


@contextmanager
def over_http(folder: Path, login: str = "", leads_to: str = "") -> Iterator[Served]:
    """Serve the repositories of a folder."""
    served = Served(folder, login, leads_to)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, served)

        def do_POST(self) -> None:
            _answer(self, served)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, served: Served) -> None:
    login = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
    if login:
        served.told.append(login)
    if served.leads_to:
        request.send_response(302)
        request.send_header("Location", served.leads_to + request.path)
        request.end_headers()
        return
    if served.login not in ("", login):
        request.send_response(401)
        request.send_header("WWW-Authenticate", 'Basic realm="git"')
        request.end_headers()
        return
    path, _, query = request.path.partition("?")
    body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
    environ = {
        **os.environ,
        "GIT_PROJECT_ROOT": str(served.folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.command,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    said = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True).stdout
    head, _, content = said.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    request.send_response(int(fields.pop("Status", "200").split()[0]))
    for name, value in fields.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)
