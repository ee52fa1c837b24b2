"""OpenTelemetry's SDK, set up by its own environment variables.

Sampler, resource, limits, batches and the endpoint are read by the SDK's own classes. Which exporter there is to be is
told by the variable's words, as the entry points of the exporters have them. The configurator of the SDK is not used:
it would make its provider that of the whole process, shut it down at exit, for up to half a minute, and set up metrics
and logs too.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult

from igz_apply.errors import InvalidInput
from igz_apply.local.entry_points import entry_points_of
from igz_apply.tracing.asking import exporters_in, protocol_in
from igz_apply.version import __version__

GROUP = "opentelemetry_traces_exporter"
_BY_PROTOCOL = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_PACKAGES = {
    "otlp_proto_http": "opentelemetry-exporter-otlp-proto-http",
    "otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc",
}
_SERVICE = "igz-apply"
_FEW = 3

logger = logging.getLogger(__name__)


class NoExporter(Exception):
    """There is no exporter as the environment wants it. `package` is what brings it; "": nobody knows of one."""

    def __init__(self, why: str, package: str = "") -> None:
        super().__init__(why)
        self.package = package


class NotedExporter(SpanExporter):
    """Hands spans on, and notes whether they were taken: the SDK tells nobody but its log."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.lost = 0  # spans

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand them on."""
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            if result is not SpanExportResult.SUCCESS:
                self.lost += len(spans)
        return result

    def shutdown(self) -> None:
        """End it."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Let it send what it holds back."""
        return self._exporter.force_flush(timeout_millis)


def opened(environ: Mapping[str, str]) -> tuple[TracerProvider, Sequence[NotedExporter]]:
    """Return what makes spans, and what they go out by. Raises NoExporter."""
    try:
        exporters = [NotedExporter(_exporter(name, environ)) for name in exporters_in(environ)]
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        for exporter in exporters:
            provider.add_span_processor(BatchSpanProcessor(exporter))
    except (ArithmeticError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        # Its words may quote what the environment says, headers with a token among it.
        raise NoExporter(f"OpenTelemetry cannot be set up as they say ({type(error).__name__})") from error
    return provider, exporters


def _resource() -> Resource:
    """Return who we are: as the environment says, which `Resource.create` would overrule by what it is given."""
    found = Resource.create()
    named = str(found.attributes.get(SERVICE_NAME, "unknown_service"))
    ours: dict[str, Any] = {SERVICE_NAME: _SERVICE} if named.startswith("unknown_service") else {}
    return Resource({SERVICE_VERSION: __version__}).merge(found).merge(Resource(ours))


def _exporter(name: str, environ: Mapping[str, str]) -> SpanExporter:
    if name == "console":  # standard output is for results
        return ConsoleSpanExporter(out=sys.stderr)
    wanted = name
    if name == "otlp":
        protocol = protocol_in(environ)
        wanted = _BY_PROTOCOL.get(protocol, "")
        if not wanted:
            raise NoExporter(f"OTLP does not travel by {protocol!r}: there are {' and '.join(_BY_PROTOCOL)}")
    try:
        point = entry_points_of(GROUP).get(wanted)
    except InvalidInput:
        raise NoExporter(f"two packages offer the exporter {name!r}") from None
    if point is None:
        raise NoExporter(f"no package that is installed offers the exporter {wanted!r}", _PACKAGES.get(wanted, ""))
    made = point.load()()
    if not isinstance(made, SpanExporter):
        raise NoExporter(f"what is offered as {name!r} exports no spans")
    return made


class Heard(logging.Handler):
    """Hears what OpenTelemetry would write on standard error, each time that a collector does not answer.

    Its words quote addresses: only their template is logged, where every call is.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []  # the first few templates
        self.has_dropped = False  # whether spans were more than the queue holds
        self.is_in_vain = threading.Event()  # set when nobody is there to take spans: sending waits and tries again

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        template, arguments = str(record.msg), record.args if isinstance(record.args, tuple) else ()
        if len(self.said) < _FEW:
            self.said.append(template)
        self.has_dropped = self.has_dropped or template.startswith("Queue full")
        if any(isinstance(each, BaseException) for each in arguments):  # no answer at all, not one that says "later"
            self.is_in_vain.set()
        logger.debug("%s: %s", record.name, template if record.args else type(record.msg).__name__)


def listening() -> Heard:
    """Let OpenTelemetry say nothing by itself in this process."""
    heard, root = Heard(), logging.getLogger("opentelemetry")
    root.addHandler(heard)
    root.propagate = False
    return heard
