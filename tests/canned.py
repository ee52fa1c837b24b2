"""A transport of tests."""

from __future__ import annotations

from igz_apply.http.transport import Failure, Request, Response


class Canned:
    """A transport that has its answers ready."""

    def __init__(self, *answers: Response | Failure) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.is_closed = False

    def exchange(self, request: Request) -> Response | Failure:
        self.requests.append(request)
        return self.answers.pop(0)

    def close(self) -> None:
        self.is_closed = True
