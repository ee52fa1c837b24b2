"""What is answered: three pages of plain text."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from igz_apply.values import dataclass
from igz_apply.watching.collector import registry_of
from igz_apply.watching.watch import Watch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)
FRESH = 1.0  # seconds
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    status: str
    body: bytes
    kind: str = _TEXT
    headers: tuple[tuple[str, str], ...] = ()


class _Metrics:
    """The page of metrics, made once in `FRESH` seconds: who asks without end must not take the time of a round."""

    def __init__(self, watch: Watch) -> None:
        self._registry = registry_of(watch)
        self._now = watch.clocks.now
        self._lock = threading.Lock()  # one makes it, and others wait for that
        self._page: Page | None = None
        self._made = 0.0

    def page(self) -> Page:
        with self._lock:
            if self._page is None or self._now() - self._made >= FRESH:
                self._made = self._now()
                self._page = None  # where it cannot be made, the last one is not shown for it
                self._page = Page("200 OK", generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4)
            return self._page


def pages_of(watch: Watch) -> WSGIApplication:
    """Return the application that shows what is watched."""
    metrics = _Metrics(watch)
    pages: Mapping[str, Callable[[], Page]] = {
        "/healthz": lambda: _verdict(watch.pulse.verdict()),
        "/readyz": lambda: _verdict(watch.readiness()),
        "/metrics": metrics.page,
    }

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        page = _asked(pages, environ)
        always = [("Content-Type", page.kind), ("Content-Length", str(len(page.body))), ("Cache-Control", "no-store")]
        start(page.status, [*always, *page.headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]

    return application


def _asked(pages: Mapping[str, Callable[[], Page]], environ: Mapping[str, Any]) -> Page:
    page = pages.get(environ.get("PATH_INFO", ""))
    if page is None:
        return Page("404 Not Found", f"There is nothing here; there are {', '.join(pages)}.\n".encode())
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return Page("405 Method Not Allowed", b"Only GET and HEAD are answered.\n", headers=(("Allow", "GET, HEAD"),))
    try:
        return page()
    except Exception:  # a defect: it is in the log with its place, and the other pages go on
        logger.exception("%s could not be made", environ["PATH_INFO"])
        return Page("500 Internal Server Error", b"This page could not be made; the log says why.\n")


def _verdict(verdict: tuple[bool, str]) -> Page:
    is_well, why = verdict
    return Page("200 OK" if is_well else "503 Service Unavailable", f"{why}\n".encode())
