"""The page for a person who opens the emulator in a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import serving
from tests.contract.contract_plane import Plane, resource, wsgi_call

CHROMIUM = shutil.which("chromium")


def page(plane: Plane) -> str:
    reply = wsgi_call(plane.emulator.wsgi, "GET", "/", b"", {})
    assert reply.status == 200
    return reply.raw.decode()


def fill(plane: Plane) -> None:
    plane.emulator.load(
        {
            "groups": [{"name": "<b>analysts</b>", "description": "</main><script>alert(1)</script>"}],
            "users": [
                {"username": "ada", "first_name": "Ada", "password": "Secret-12!", "groups": ["<b>analysts</b>"]}
            ],
            "projects": [{"name": "churn", "owner": "ada", "members": {"viewer": {"groups": ["<b>analysts</b>"]}}}],
            "services": [{"name": "shell-ada", "kind": "shell", "owner": "ada"}],
        }
    )


def test_it_shows_what_is_there_to_anyone(plane: Plane) -> None:
    fill(plane)
    plane.post("/projects", resource("project", {"name": "fraud"}))
    shown = page(plane)
    for wanted in ("ada", "churn", "shell-ada", "project.creation", "3.5.5-b25.20231224135202", ">creating<"):
        assert wanted in shown


def test_what_it_shows_is_escaped(plane: Plane) -> None:
    fill(plane)
    shown = page(plane)
    assert "<b>analysts" not in shown
    assert "<script>alert" not in shown
    assert "&lt;b&gt;analysts&lt;/b&gt;" in shown


def test_it_shows_no_secret(plane: Plane) -> None:
    fill(plane)
    (smtp,) = plane.get("/smtp_connections").data
    body = resource("smtp_connection", {"auth_password": "hush-hush"})
    plane.put(f"/smtp_connections/{smtp['id']}", body)
    shown = page(plane)
    for secret in (plane.emulator.access_key, plane.emulator.password, "hush-hush", "Secret-12!"):
        assert secret not in shown


def test_it_needs_nothing_from_elsewhere_and_may_load_nothing(plane: Plane) -> None:
    reply = wsgi_call(plane.emulator.wsgi, "GET", "/", b"", {})
    assert b"http" not in reply.raw
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert wsgi_call(plane.emulator.wsgi, "HEAD", "/", b"", {}).raw == b""
    assert wsgi_call(plane.emulator.wsgi, "POST", "/", b"", {}).status == 404
    assert wsgi_call(plane.emulator.wsgi, "GET", "/favicon.ico", b"", {}).status == 404


def test_it_stays_small_when_there_is_much(plane: Plane) -> None:
    plane.emulator.load({"users": [{"username": f"user{n}"} for n in range(2000)]})
    shown = page(plane)
    assert "first 200 of 2009" in shown
    assert len(shown) < 100_000


class Advancing:
    """The application, with a clock that moves on each time the page has been sent."""

    def __init__(self, plane: Plane) -> None:
        self.app, self.close = plane.emulator.wsgi, plane.emulator.wsgi.close
        self.plane = plane

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = self.app(environ, start_response)
        if environ["PATH_INFO"] == "/":
            self.plane.wait()
        return body


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_a_browser_shows_it_and_it_follows_what_happens(plane: Plane, tmp_path: Path) -> None:
    fill(plane)
    plane.post("/projects", resource("project", {"name": "fraud"}))
    plane.emulator.wsgi = Advancing(plane)  # type: ignore[assignment]
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    with serving(plane.emulator) as server:
        seen = subprocess.run(
            [*command, "--virtual-time-budget=10000", "--dump-dom", f"{server.url}/"],
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        ).stdout
    assert '<span id="live">live</span>' in seen
    assert ">creating<" not in seen, "the page has been refreshed since the job ended"
    assert "&lt;b&gt;analysts&lt;/b&gt;" in seen
