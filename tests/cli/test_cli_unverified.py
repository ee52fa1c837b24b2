"""A certificate that nobody checks is said, in words of ours, wherever somebody may rely on what came over it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from igz_apply.emulator import Server
from tests.certificates import needs_openssl, self_signed

pytestmark = [
    pytest.mark.full,
    needs_openssl,
]
SAID = "is not verified: whoever stands in between can read the credentials"


@pytest.fixture
def tls(cluster: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the emulated cluster behind a certificate that nobody knows."""
    port = int(cluster.url.rpartition(":")[2])

    class Forward(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            there = http.client.HTTPConnection("127.0.0.1", port)
            there.request(self.command, self.path, body, dict(self.headers.items()))
            answer = there.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            there.close()

        do_GET = do_POST = do_PUT = do_DELETE = forward

        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path_factory.mktemp("tls")
    context, _ = self_signed(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "igz_apply", *arguments, "--endpoint", endpoint, "--insecure-skip-tls-verify"]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=60, check=False)


def joined(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.usefixtures("manifests")
def test_plan_and_apply_say_it_in_every_form(tls: str, workspace: Path) -> None:
    reports = [word for form in ("md", "html", "json") for word in ("--report", f"r.{form}")]
    planned = run(tls, "plan", "--out", "saved.plan", *reports)
    assert planned.returncode == 0, planned.stderr
    assert f"! The TLS certificate of {tls} {SAID}" in joined(planned.stdout)
    assert all(SAID in joined((workspace / f"r.{form}").read_text()) for form in ("md", "html", "json"))
    (warning,) = json.loads((workspace / "r.json").read_text())["warnings"]
    assert SAID in warning
    document = run(tls, "plan", "--format", "json")
    assert json.loads(document.stdout)["warnings"] == [warning]
    applied = run(tls, "apply", "--plan", "saved.plan", "-y", *reports)
    assert applied.returncode == 0, applied.stderr
    assert joined(applied.stdout).count(SAID) == 1
    assert all(SAID in joined((workspace / f"r.{form}").read_text()) for form in ("md", "html", "json"))
    events = run(tls, "apply", "-y", "--format", "json").stdout.splitlines()
    assert [event["warnings"] for event in map(json.loads, events) if event["type"] == "plan"] == [[warning]]
    for ran in (planned, document, applied):
        assert "Warning" not in ran.stderr
        assert "site-packages" not in ran.stderr


def test_what_shows_no_plan_says_it_beside_its_result(tls: str) -> None:
    ran = run(tls, "whoami")
    assert ran.returncode == 0, ran.stderr
    assert joined(ran.stderr) == joined(
        f"warning: The TLS certificate of {tls} {SAID} and change what is seen and sent."
    )
