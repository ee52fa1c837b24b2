"""A stub of the notes of a merge request, as GitLab's API serves them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-token"


@dataclass
class Notes:
    """A merge request's notes, 1 a page; the token's owner is user 1."""

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serving_notes() -> Iterator[Notes]:
    """Serve the notes of a merge request that has none yet."""
    kept = Notes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/user":
                return self.answer({"id": 1})
            page = int(self.path.rpartition("page=")[2])
            return self.answer(kept.notes[page - 1 : page], str(page + 1) if page < len(kept.notes) else "")

        def do_POST(self) -> None:
            kept.notes.append({"id": len(kept.notes) + 1, "author": {"id": 1}, **self.body()})
            self.answer(kept.notes[-1])

        def do_PUT(self) -> None:
            number = int(self.path.rpartition("/")[2])
            kept.notes[number - 1].update(self.body())
            self.answer(kept.notes[number - 1])

        def body(self) -> dict[str, Any]:
            found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return found

        def answer(self, data: Any, next_page: str = "") -> None:
            allowed = self.headers["PRIVATE-TOKEN"] == TOKEN
            self.send_response(200 if allowed else 401)
            self.send_header("X-Next-Page", next_page)
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield kept
        server.shutdown()
        thread.join()
