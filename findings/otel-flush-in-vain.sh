#!/bin/sh
# opentelemetry-sdk 1.45.2, opentelemetry-exporter-otlp-proto-http 1.45.2 (PyPI): to flush traces for half a second takes many
# seconds where no collector answers, and then says that all went well.
#
# One would expect: `force_flush(timeout_millis)` returns within its time, and returns False where spans are left unsent, as the
# specification has it and the method's own signature says; so that it can stand before the end of a program.
# What happens: the batch processor does not look at the time. It sends in the caller's thread, where the exporter tries again
# and again until its own timeout is over (OTEL_EXPORTER_OTLP_TIMEOUT, 10 seconds without it; 4 here), whether the port is closed
# or whoever listens says nothing. The exporter's FAILURE is thrown away: what is returned is True.
#
# Seen:
#   closed port      asked for 0.5 s: took long, returned True, export said FAILURE
#   silent listener  asked for 0.5 s: took long, returned True, export said FAILURE
#   a collector      asked for 0.5 s: in time, returned True, export said SUCCESS
#
# What follows here: a run flushes in a thread of its own and waits for it no longer than it wants to; an exporter around the
# exporter counts what was not taken (igz_apply/tracing/sdk.py, spans.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    "opentelemetry-sdk==1.45.2" "opentelemetry-exporter-otlp-proto-http==1.45.2"
cat >"$folder/show.py" <<'PROGRAM'
import logging
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

os.environ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "4"
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

logging.disable(logging.CRITICAL)
EXPECTED = """\
closed port      asked for 0.5 s: took long, returned True, export said FAILURE
silent listener  asked for 0.5 s: took long, returned True, export said FAILURE
a collector      asked for 0.5 s: in time, returned True, export said SUCCESS
"""


class Noted(SpanExporter):
    said = ""

    def __init__(self, exporter):
        self.exporter = exporter

    def export(self, spans):
        result = self.exporter.export(spans)
        self.said = result.name
        return result


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def flushed(name, port):
    noted = Noted(OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}/v1/traces"))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(noted))
    provider.get_tracer("show").start_span("work").end()
    began = time.monotonic()
    answer = provider.force_flush(timeout_millis=500)
    took = "took long" if time.monotonic() - began > 1.5 else "in time"
    return f"{name:<17}asked for 0.5 s: {took}, returned {answer}, export said {noted.said}\n"


with socket.create_server(("127.0.0.1", 0)) as closed:
    port = closed.getsockname()[1]
seen = flushed("closed port", port)
with socket.create_server(("127.0.0.1", 0)) as silent:
    seen += flushed("silent listener", silent.getsockname()[1])
server = HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen += flushed("a collector", server.server_port)
print(seen, end="")
if seen != EXPECTED:
    sys.exit("This is not what the head of this file says.")
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
