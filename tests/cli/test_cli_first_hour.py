"""What somebody meets who is new here: a strange server, no server, a cluster that stands already, a refusal."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from igz_apply.emulator import Server
from tests.cli.cli_world import Cli

SELF = {
    "data": {
        "type": "user",
        "id": "u-1",
        "attributes": {"username": "ada", "assigned_policies": ["Developer"]},
    }
}


@contextmanager
def plane(answers: dict[str, Any]) -> Iterator[str]:
    """A control plane that has these paths and no other, and knows no parameter."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path.removeprefix("/api/"))
            text = json.dumps(body if body is not None else {"errors": [{"status": 400, "detail": "no parameter"}]})
            self.send_response(200 if body is not None else 400)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_whoami_needs_get_self_alone(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "k")
    with plane({"self": SELF}) as url:
        ran = cli("whoami", "--endpoint", url, "-o", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["username"], told["policies"]) == (0, "ada", ["Developer"])
    assert (told["version"], told["tenant"]) == (None, None)
    assert "warning: policies: those of groups are not told" in ran.err
    assert "warning: version: not told: the platform does not say." in ran.err


def test_whoami_fails_where_nobody_answers(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V3IO_ACCESS_KEY", "k")
    with plane({}) as url:
        assert cli("whoami", "--endpoint", url).code == 1


@pytest.mark.parametrize("command", [("whoami",), ("plan",), ("get", "users"), ("export",)])
def test_an_outage_is_told_once_with_the_address(
    command: tuple[str, ...],
    cli: Cli,
    manifests: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    del manifests
    monkeypatch.setenv("V3IO_ACCESS_KEY", "k")
    ran = cli(*command, "--endpoint", "http://127.0.0.1:9", "--retries", "1")
    assert ran.code == 1
    assert " ".join(ran.err.split()).count("at http://127.0.0.1:9") == 1
    again = [record for record in caplog.records if "trying again" in record.getMessage()]
    assert [record.levelname for record in again].count("WARNING") == 1
    assert "at http://127.0.0.1:9" in again[0].getMessage()


def test_who_has_no_credentials_is_told_where_they_belong(cli: Cli) -> None:
    ran = cli("whoami", "--endpoint", "https://127.0.0.1:1")
    assert ran.code == 3
    assert "There are no credentials." in ran.err
    assert "Next: Set V3IO_ACCESS_KEY, or V3IO_USERNAME and V3IO_PASSWORD, or give --access-key-file FILE." in ran.err


def test_the_variables_stand_in_help(cli: Cli) -> None:
    for name in ("V3IO_ACCESS_KEY", "V3IO_USERNAME", "V3IO_PASSWORD", "IGZ_ENDPOINT", "IGZ_TARGET", "IGZ_CA_FILE"):
        assert name in cli("--help").out
        assert name in cli("plan", "--help").out


def test_an_apply_that_only_adopts_says_what_it_adopted(cli: Cli, cluster: Server, manifests: Path) -> None:
    del cluster
    assert cli("apply", "-y").code == 0
    (manifests.parent / ".igz-apply" / "inventory.json").unlink()
    ran = cli("apply", "-y")
    assert ran.code == 0
    assert ran.out.endswith("Adopted: 3 resources, already as declared and owned from now on.\n")
    assert "Adopted" not in cli("apply", "-y").out
    (manifests.parent / ".igz-apply" / "inventory.json").unlink()
    assert json.loads(cli("apply", "-y", "--format", "json").out.splitlines()[-1])["adopted"] == 3


def test_a_refusal_that_lasts_says_what_to_do_instead_of_repeating(
    cli: Cli, cluster: Server, manifests: Path, workspace: Path
) -> None:
    assert cli("apply", "-y").code == 0
    holds_something(cluster, "churn")
    text = (manifests / "all.yaml").read_text()
    stays, goes = text.rsplit("---\n", 1)
    (manifests / "all.yaml").write_text(stays)
    ran = cli("apply", "-y", "--prune")
    assert ran.code == 5
    assert "Next: Empty it; or declare it absent with `spec: {deletion_strategy: cascading}`" in ran.out
    assert "The same again would be refused again: first do what is said above." in " ".join(ran.out.split())
    assert "finish the rest" not in ran.out
    (workspace / "igz-apply.yaml").write_text("version: 1\npolicies: [p.json]\n")
    (workspace / "p.json").write_text('{"x-kinds": ["Project"], "properties": {"spec": {"required": ["labels"]}}}')
    gone = goes.split("spec:")[0] + "spec: {deletion_strategy: cascading}\nlifecycle: {state: absent}\n"
    (manifests / "all.yaml").write_text(f"{stays}---\n{gone}")
    assert cli("validate").code == 0  # what is to go meets no policy of the organisation
    assert cli("apply", "-y", "--allow", "cascade:Project=1").code == 0
    (manifests / "all.yaml").write_text(f"{stays}---\n{goes}")
    assert cli("validate").code == 3


def holds_something(cluster: Server, project: str) -> None:
    answer = requests.put(
        f"{cluster.url}/emulator/projects/{project}",
        json={"has_resources": True},
        headers={"Cookie": f'session=j:{{"sid": "{cluster.access_key}"}}'},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
