"""An Iguazio 4 of a few lines, which exchanges tokens and answers what a test says; and clients that do not wait."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from igz_apply.http.redaction import Secret
from igz_apply.iguazio4.client import Backoff, Client, Failure, OfflineToken, Polling, Request, Response

BASE = "https://igz4.example.com"
REFRESH = "v1/authentication/refresh-access-token"
ISSUED = 1_800_000_000


def jwt(subject: str = "u-1", *, lifetime: float | None = 300, signature: str = "", **claims: Any) -> str:
    """A token as the platform makes them; what verifies it is left out."""
    said = {"sub": subject, "iat": ISSUED, **claims}
    if lifetime is not None:
        said["exp"] = ISSUED + lifetime
    parts = (json.dumps(each).encode() for each in ({"alg": "none"}, said))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])


OFFLINE = jwt("ada", lifetime=86_400, jti="offline-of-ada")


@dataclass(frozen=True)
class Asked:
    """One request, as it came: its path is below /api, as it was quoted."""

    method: str
    path: str
    query: dict[str, Any]
    body: Any
    headers: dict[str, str] = field(repr=False)

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


def said(body: Any = None, status: int = 200, **more: Any) -> Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, content, **more)


def failed(status: int, message: str = "no", ctx: str = "c-1") -> Response:
    return said({"status": {"statusCode": status, "errorMessage": message, "ctx": ctx}}, status)


def page(*records: Any, more: bool | None = False) -> Response:
    status = {} if more is None else {"hasMore": more}
    return said({"items": list(records), "status": status})


@dataclass
class Plane:
    """Accepts the access token that it has given out last; `answer` says the rest."""

    answer: Callable[[Asked], Response | Failure | None] = lambda _: None
    lifetime: float | None = 300
    asked: list[Asked] = field(default_factory=list)
    given: int = 0
    rotates: bool = False
    refused: Response | Failure | None = None  # what an exchange is answered with instead
    expires_in: Any = None

    def exchange(self, request: Request) -> Response | Failure:
        parts = urlsplit(request.url)
        asked = Asked(
            request.method,
            parts.path.removeprefix("/api/"),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            json.loads(request.body) if request.body else None,
            request.headers,
        )
        self.asked.append(asked)
        if asked.path == REFRESH:
            return self._exchanged(asked)
        if asked.headers.get("Authorization") != f"Bearer {self.access}":
            return failed(401, "the token has expired")
        answer = self.answer(asked)
        return said({"status": {"ctx": "c-0", "statusCode": 200}}) if answer is None else answer

    @property
    def access(self) -> str:
        return jwt(lifetime=self.lifetime, jti=f"access-{self.given}")

    def _exchanged(self, asked: Asked) -> Response | Failure:
        assert "Authorization" not in asked.headers
        if self.refused is not None:
            return self.refused
        self.given += 1
        status = {"statusCode": 200} if self.expires_in is None else {"expiresIn": self.expires_in}
        refresh = jwt("ada", jti=f"offline-{self.given}") if self.rotates else asked.body["refreshToken"]
        return said({"spec": {"accessToken": self.access, "refreshToken": refresh}, "status": status})

    def close(self) -> None:
        """Nothing is open."""

    @property
    def calls(self) -> list[Asked]:
        """What was asked besides tokens."""
        return [each for each in self.asked if each.path != REFRESH]

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.calls]

    @property
    def exchanges(self) -> int:
        return len(self.asked) - len(self.calls)


class Clock:
    """Time passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def a_client(plane: Any = None, clock: Clock | None = None, **options: Any) -> Client:
    """A client of a person, over a plane; with `plane` None over sockets."""
    clock = clock or Clock()
    options.setdefault("endpoint", BASE)
    options.setdefault("credentials", OfflineToken(Secret(OFFLINE), "a test"))
    options.setdefault("backoff", Backoff(sleep=clock.sleep, now=clock, date=clock, jitter=lambda: 1.0))
    options.setdefault("polling", Polling(sleep=clock.sleep, clock=clock))
    options.setdefault("retries", 1)
    return Client(transport=plane, **options)


def answering(*answers: Any) -> Plane:
    """A plane that gives these answers one after the other, the last one for ever."""
    left = list(answers)
    return Plane(lambda _: left.pop(0) if len(left) > 1 else left[0])
