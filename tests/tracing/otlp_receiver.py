"""A collector that takes OTLP over HTTP, decodes it as its protocol says, and keeps the spans."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Seen:
    """A span as it came in; ids as hex digits."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    is_error: bool
    message: str
    links: tuple[tuple[str, str], ...]
    events: tuple[str, ...]
    began: int
    ended: int
    service: dict[str, Any] = field(repr=False)


class Collected:
    """What a collector has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spans: list[Seen] = []
        self.bodies: list[bytes] = []

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Seen:
        (span,) = self.named(name)
        return span

    def below(self, span: Seen) -> list[Seen]:
        """Its children, as they began."""
        return sorted((it for it in self.spans if it.parent == span.id), key=lambda it: it.began)

    def parent_of(self, span: Seen) -> Seen | None:
        return next((it for it in self.spans if it.id == span.parent), None)

    def path(self, span: Seen) -> str:
        """Its name, after those of all that it is below."""
        parent = self.parent_of(span)
        return span.name if parent is None else f"{self.path(parent)} > {span.name}"

    @property
    def paths(self) -> set[str]:
        return {self.path(span) for span in self.spans}

    def tree(self, shown: Sequence[str] = ()) -> str:
        """The spans as an indented text, with some of their attributes."""
        known = {span.id for span in self.spans}
        roots = sorted((it for it in self.spans if it.parent not in known), key=lambda it: it.began)
        return "\n".join(line for root in roots for line in self._lines(root, shown, 0))

    def _lines(self, span: Seen, shown: Sequence[str], depth: int) -> Iterator[str]:
        said = "".join(f" {name}={span.attributes[name]}" for name in shown if name in span.attributes)
        took = (span.ended - span.began) / 1e6
        yield f"{'  ' * depth}{span.name} {took:.0f} ms{said}{' ERROR' if span.is_error else ''}"
        for child in self.below(span):
            yield from self._lines(child, shown, depth + 1)


@contextmanager
def collecting(statuses: Sequence[int] = ()) -> Iterator[Collected]:
    """Collect while the block runs; the first answers have these statuses, and take no spans."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            status = left.pop(0) if left else 200
            if status == 200:
                collected.bodies.append(body)
                collected.spans += spans_in(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collected = Collected(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield collected
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def spans_in(body: bytes) -> Iterator[Seen]:
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        service = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    name=span.name,
                    kind=span.kind,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    attributes=_values(span.attributes),
                    is_error=span.status.code == 2,
                    message=span.status.message,
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    events=tuple(str(next(iter(_values(it.attributes).values()), it.name)) for it in span.events),
                    began=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    service=service,
                )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)
