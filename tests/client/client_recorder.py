"""An emulator whose requests are noted as they come in."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from igz_apply.emulator import Emulator, Options, serving

# What a client may poll as often as it likes.
_START_UP = ("sessions", "tunnel/")


@dataclass(frozen=True)
class Noted:
    """One request: the path below /api, the query decoded and sorted, the body parsed."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    status: int = 0

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class Recorder:
    """A WSGI application that notes what passes through it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.noted: list[Noted] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(content)
        statuses: list[int] = []

        def noting(status: str, headers: Any, *rest: Any) -> Any:
            statuses.append(int(status.split()[0]))
            return start_response(status, headers, *rest)

        answer = self._inner(environ, noting)
        self.noted.append(
            Noted(
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"].removeprefix("/api/"),
                query=tuple(sorted(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))),
                body=json.loads(content) if content else None,
                status=statuses[0] if statuses else 0,
            )
        )
        return answer

    def take(self) -> list[Noted]:
        """Return what was noted, without starting up and polling, and forget it."""
        noted, self.noted = self.noted, []
        return [n for n in noted if not n.path.startswith(_START_UP) and not is_poll(n)]


def is_poll(noted: Noted) -> bool:
    return noted.method == "GET" and noted.path.startswith("jobs/")


@dataclass(frozen=True)
class Plane:
    """A running emulator."""

    url: str
    username: str
    password: str
    access_key: str
    recorder: Recorder
    emulator: Emulator

    @property
    def key(self) -> dict[str, Any]:
        """The keyword arguments of a client that uses the access key."""
        return {"endpoint": self.url, "access_key": self.access_key}


@contextmanager
def recorded_plane(**options: Any) -> Iterator[Plane]:
    emulator = Emulator(options=Options(**{"job_seconds": 0.02, **options}))
    recorder = Recorder(emulator.wsgi)
    emulator.wsgi = recorder  # type: ignore[assignment]  # it stands before the gateway, and is closed with it
    with serving(emulator) as server:
        yield Plane(server.url, server.username, server.password, server.access_key, recorder, emulator)
    emulator.close()
