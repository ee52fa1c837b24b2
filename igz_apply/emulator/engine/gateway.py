"""The WSGI application: from the server library's request to an answer, with latency, faults and the log."""

from __future__ import annotations

import time
from collections.abc import Iterable

from igz_apply.emulator.engine import fault_acts
from igz_apply.emulator.engine.api import Api
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.reply import Environment, Reply, StartResponse
from igz_apply.emulator.engine.requestlog import RequestLog

MAX_BODY = 32 * 1024 * 1024
_PAGE_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    ),
    ("X-Content-Type-Options", "nosniff"),
)


class Gateway:
    """One emulated API as a WSGI application."""

    def __init__(self, api: Api, log: RequestLog) -> None:
        """Serve an API, and write each request to a log."""
        self._api = api
        self._log = log

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or act out the fault that it meets."""
        began = time.monotonic()
        request = read_request(environ)
        if self._api.options.latency_ms:
            self._api.stopping.wait(self._api.options.latency_ms / 1000)
        if not request.path.startswith(self._api.roots):
            return self._answer_browser(request, start_response)
        reply = Reply(start_response)
        if request.method == "HEAD":
            return reply.send(Answer(405))  # an answer to HEAD has no body to say more in
        answer: Answer | None = None
        try:
            fault = self._api.faults.request_fault(request.method, request.path)
            if fault is None:
                answer = self._api.encoded_answer(request)
                return reply.send(answer)
            answer = fault_acts.effect(self._api, request, fault)
            return fault_acts.act_out(self._api, reply, fault, answer)
        finally:
            user = answer.user if answer else ""
            self._log.write(request, reply.status, user, time.monotonic() - began)

    def _answer_browser(self, request: Request, start_response: StartResponse) -> Iterable[bytes]:
        if request.method not in ("GET", "HEAD") or request.path != "/":
            detail = f"Nothing is here: the API is below {self._api.roots[0]}"
            return Reply(start_response).send(Answer(404, self._api.form.error(404, detail)))
        body = self._api.page().encode("utf-8")
        start_response("200 OK", [*_PAGE_HEADERS, ("Content-Length", str(len(body)))])
        return [body] if request.method == "GET" else []


def read_request(environ: Environment) -> Request:
    """Return the request that the server library has read; a path that is not UTF-8 matches no route."""
    path = environ.get("PATH_INFO", "/").encode("latin-1", "replace").decode("utf-8", "replace")
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    query = environ.get("QUERY_STRING", "")
    return Request(environ["REQUEST_METHOD"], path, query, headers, _read_body(environ))


def _read_body(environ: Environment) -> bytes:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return b""
    body: bytes = environ["wsgi.input"].read(max(0, min(length, MAX_BODY)))
    return body
