"""The example of the client's page runs, against a server of a few lines, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from igz_apply.iguazio4 import client as package
from tests.client.client_stub import Asked, Say, stub
from tests.client4.client4_plane import OFFLINE, REFRESH, jwt

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8").partition("\n## Iguazio 4\n")[2]


def script(asked: Asked) -> Any:
    if asked.path == REFRESH:
        return {"spec": {"accessToken": jwt(), "refreshToken": OFFLINE}}
    if asked.path == "v1/authentication/self":
        return {"metadata": {"username": "ada"}}
    if asked.path == f"v1/projects/projects/{'x' * 64}":
        return Say(404, {"status": {"errorMessage": "no such project"}})
    if asked.line == "POST v1/projects/projects":
        return Say(202, {"status": {"opId": "op-1"}})
    if asked.path == "v1/trackable-actions/executions":
        return {"items": [{"spec": {"correlationId": "op-1"}, "status": {"state": "succeeded"}}]}
    return {"status": {"statusCode": 200}}


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("IGZ_OFFLINE_TOKEN", OFFLINE)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with stub(script) as server:
        exec(example.replace("https://igz4.example.com", server.url), {})
    assert capsys.readouterr().out == "ada IGZ_OFFLINE_TOKEN\n"
    assert server.lines[-1] == "GET v1/trackable-actions/executions"


def test_what_the_page_names_is_there() -> None:
    named = set(re.findall(r"igz4\.(\w+)(?!\.)\b", PAGE)) - {"example"}
    errors = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", PAGE))
    assert {"Client", "Members", "credentials_from", "write_token_file"} <= named
    assert [name for name in named | errors if name not in package.__all__] == []
