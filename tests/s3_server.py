"""An S3 server on loopback: moto's, which keeps its word on conditional writes, or is made to ignore conditions.

Puts can be delayed on their way, so that the order in which they land is not the order in which they were sent.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")


@dataclass
class S3:
    """Where the server is, and what it does with requests."""

    url: str = ""
    slowest_put: float = 0.0  # seconds; each put is delayed by something between nothing and this
    ignored: tuple[str, ...] = ()  # conditions, as WSGI names their headers
    implements_conditions: bool = True  # False: a request with one is answered by 501
    refuses: Callable[[str, str], bool] | None = None  # says of method and path whether access is denied
    before: Callable[[str, str], None] | None = None  # is called with each request, before its turn
    loses_answer_of: str = ""  # a path: the next put there is done, and its answer is a 500
    requests: list[tuple[str, str]] = field(default_factory=list)  # method and path, in the order in which they landed
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environ(self) -> dict[str, str]:
        """What leads a client here."""
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
        }

    @cached_property
    def client(self) -> Any:
        """The one client of a test, since making one takes a while; it shares no cache with the product's own."""
        import fsspec

        options = {"endpoint_url": self.url, "key": "testing", "secret": "testing", "use_listings_cache": False}
        return fsspec.filesystem("s3", skip_instance_cache=True, **options)

    def bucket(self) -> str:
        """Make a new bucket and return its name."""
        name = f"b{uuid4().hex}"
        self.client.mkdir(name)
        return name

    def around(self, application: Any) -> Any:
        """Return the application behind the delays, one request at a time: moto's own check and write are two steps."""

        def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            if self.before is not None:
                self.before(method, path)
            if method == "PUT":
                time.sleep(random.uniform(0, self.slowest_put))
            environ = {key: value for key, value in environ.items() if key not in self.ignored}
            with self._turn:
                self.requests.append((method, path))
                if self.refuses is not None and self.refuses(method, path):
                    return _error(start_response, "403 Forbidden", "AccessDenied")
                if not self.implements_conditions and any(key in environ for key in CONDITIONS):
                    return _error(start_response, "501 Not Implemented", "NotImplemented")
                if method == "PUT" and path == self.loses_answer_of:
                    return self._lost(application, environ, start_response)
                return list(application(environ, start_response))

        return serve

    def _lost(self, application: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Do what was asked, and say that it failed."""
        told: list[str] = []
        list(application(environ, lambda status, *_: told.append(status)))
        if told != ["200 OK"]:  # it was refused, as a condition that does not hold is
            return _error(start_response, told[0], "PreconditionFailed")
        self.loses_answer_of = ""
        return _error(start_response, "500 Internal Server Error", "InternalError")


def _error(start_response: Any, status: str, code: str) -> list[bytes]:
    start_response(status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@contextmanager
def s3_server(*, ignores_conditions: bool = False, slowest_put: float = 0.0) -> Iterator[S3]:
    """Serve S3 while the block runs."""
    _forget_others()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3 = S3(slowest_put=slowest_put, ignored=CONDITIONS if ignores_conditions else ())
    application = s3.around(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    s3.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        _forget_others()


def _forget_others() -> None:
    """Drop the clients that this process keeps: their key is their options, and AWS_ENDPOINT_URL is none of them."""
    import fsspec

    fsspec.get_filesystem_class("s3").clear_instance_cache()
