"""Whether traces are asked for, by the environment variables that OpenTelemetry knows."""

from __future__ import annotations

from collections.abc import Mapping

_EXPORTER = "OTEL_TRACES_EXPORTER"
_ASKING = (_EXPORTER, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NO_EXPORTER = "none"


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Say whether an exporter or an endpoint is named, and nothing switches traces off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return exporters_in(environ) != () and any(environ.get(name, "").strip() for name in _ASKING)


def exporters_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the exporters that the environment names, `otlp` where it names none; empty where it wants none."""
    names = [name.strip() for name in environ.get(_EXPORTER, "").split(",") if name.strip()] or ["otlp"]
    return () if NO_EXPORTER in map(str.lower, names) else tuple(names)


def protocol_in(environ: Mapping[str, str]) -> str:
    """Return how OTLP travels: http/protobuf where the environment does not say."""
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next((found for name in names if (found := environ.get(name, "").strip())), "http/protobuf")
