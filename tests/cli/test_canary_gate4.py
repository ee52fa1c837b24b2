"""No token of Iguazio 4 is ever shown: every command and form of output, at debug level, where the server quotes it.

The tokens are all that the emulator ever gave, an offline token, and that of a service account. A quotation of the
server holds them in each spelling that a text may have; any longer part of one counts as shown.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from igz_apply.cli.main import run
from igz_apply.emulator import Emulator4, Options4, serving
from igz_apply.emulator.engine.messages import Request
from igz_apply.http.scrubbing import Scrubber
from igz_apply.reports.write import FORMS
from tests.cli.test_canary_gate import SPELLINGS, WORD

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
ACCOUNT = f"canary/service+account={WORD}&more-0123456789"
REFRESH = "/api/v1/authentication/refresh-access-token"
PIECE = 24  # characters of a token that nobody may see
MANIFESTS = """\
apiVersion: iguazio.com/v4
kind: Group
metadata: {name: data}
spec: {policies: [oris-viewer]}
---
apiVersion: iguazio.com/v4
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: Lovelace, groups: [data], policies: [oris-developer]}
---
apiVersion: iguazio.com/v4
kind: Project
metadata: {name: churn}
spec: {owner: ada, description: TEXT, members: {viewer: {groups: [data]}}}
"""
REPORTS = " ".join(f"--report report{suffix}" for suffix in FORMS)
RUNS = (
    f"plan -vv --out saved.plan {REPORTS}",
    "plan --format json",
    f"apply -y -vv {REPORTS}",
    "apply -y --format json -vv",
    "drift -vv",
    "drift --format json",
    "export -vv",
    "export --out-dir exported -vv",
    "get users -o json -vv",
    "get groups -o yaml -vv",
    "get projects -o table -vv",
    "get PolicyBinding -o json -vv",
    "whoami -vv",
    "whoami -o json",
    "whoami -o yaml",
    "access -o csv -vv",
    "access User/ada -o json",
    "refs User/ada -vv",
    "refs User/ada -o json",
    "jobs list -vv",
    "jobs list -o json",
    "jobs get 0 -o yaml -vv",
    "migrate old.yaml there -vv --out-dir moved --report move.md --report move.html --report move.json",
    "migrate old.yaml there --format json -v",
    "migrate old.yaml there --write-mapping mapping.yaml -vv",
    "destroy -y -vv",
)
OLD = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: data}\nspec: {assigned_policies: [Data]}\n"


@dataclass
class Quoting:
    """In front of an emulator: it remembers tokens, knows the service account, and quotes what it refuses."""

    emulator: Emulator4
    refuses: Callable[[int, str, str], int]  # the number of a request, its method and path -> with which status
    gateway: Any = None
    count: int = 0
    quoted: int = 0
    tokens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gateway = self.emulator.wsgi
        self.tokens |= {self.emulator.offline_token, ACCOUNT}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(content)
        path, number = environ["PATH_INFO"], self.count
        self.count += 1
        if status := self.refuses(number, environ["REQUEST_METHOD"], path):
            return self._refused(status, environ, content.decode(), start_response)
        if ACCOUNT in environ.get("HTTP_AUTHORIZATION", ""):
            environ.pop("HTTP_X_IGZ_AUTHENTICATOR_KIND", None)
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self._access()}"
        chunks = list(self.gateway(environ, start_response))
        if path == REFRESH:
            self._learn(json.loads(b"".join(chunks)))
        return chunks

    def _access(self) -> str:
        body = json.dumps({"refreshToken": self.emulator.offline_token}).encode()
        answer = self.emulator.answer(Request("POST", REFRESH, body=body))
        assert answer.document is not None
        return str(answer.document["spec"]["accessToken"])

    def _learn(self, document: dict[str, Any]) -> None:
        self.tokens.update(document.get("spec", {}).values())

    def _refused(self, status: int, environ: Any, content: str, start_response: Callable[..., Any]) -> Any:
        header = environ.get("HTTP_AUTHORIZATION", "")
        sent = [each for each in (header, header.removeprefix("Bearer "), content) if each]
        self.quoted += any(token in header + content for token in self.tokens)
        said = "; ".join(spell(f"refused '{each}'") for each in sent for spell in SPELLINGS)
        document = {"status": {"statusCode": status, "errorMessage": said, "ctx": header}}
        encoded = json.dumps(document).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(encoded)))]
        start_response(f"{status} Refused", headers)
        return [encoded]


def pieces(token: str) -> Iterator[str]:
    """Yield what may be seen nowhere: parts of what a token says, or of its signature, by themselves or as base64."""
    parts = [part for part in token.split(".")[1:] if len(part) >= PIECE] or [WORD]
    for part in parts:
        yield from (part[at : at + PIECE] for at in range(0, max(1, len(part) - PIECE + 1), PIECE // 2))
    yield base64.b64encode(token.encode()).decode()[:60]


@dataclass
class Stage:
    folder: Path
    front: Quoting
    shown: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def play(self, *lines: str) -> None:
        for line in lines:
            out = io.StringIO()
            with redirect_stdout(out), redirect_stderr(out):
                self.codes[line] = run(shlex.split(line))
            self.shown[line] = self.shown.get(line, "") + out.getvalue()

    def leaks(self) -> list[str]:
        """Name everything in which a part of a token shows."""
        paths = [p for p in self.folder.rglob("*") if p.is_file() and not p.name.startswith(("cluster.db", "account"))]
        texts = {**self.shown, **{str(p): p.read_bytes().decode("utf-8", "replace") for p in paths}}
        unseen = {piece for token in self.front.tokens for piece in pieces(token)}
        found = {name: next((text.index(it) for it in unseen if it in text), -1) for name, text in texts.items()}
        return [f"{name}: {texts[name][max(0, at - 60) : at + 40]}" for name, at in found.items() if at >= 0]


@contextmanager
def staged(
    folder: Path, patched: pytest.MonkeyPatch, refuses: Callable[[int, str, str], int], *, is_account: bool = False
) -> Iterator[Stage]:
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(MANIFESTS)
    for name in ("IGZ_TARGET", "IGZ_CONFIG", "V3IO_API", "CI", "V3IO_ACCESS_KEY", "V3IO_USERNAME", "GITHUB_ACTIONS"):
        patched.delenv(name, raising=False)
    emulator = Emulator4(folder / "cluster.db", Options4(execution_seconds=0.001, log=folder / "requests.jsonl"))
    front = Quoting(emulator, refuses)
    emulator.wsgi = front  # type: ignore[assignment]
    with serving(emulator) as server:
        patched.chdir(folder)
        patched.setenv("HOME", str(folder))
        patched.setenv("IGZ_ENDPOINT", server.url)
        (folder / "igz-apply.yaml").write_text(f"version: 1\ntargets: {{there: {{endpoint: '{server.url}'}}}}\n")
        (folder / "old.yaml").write_text(OLD)
        patched.setenv("IGZ_PLATFORM", "iguazio4")
        if is_account:
            (folder / "account").write_text(ACCOUNT)
            (folder / "account").chmod(0o600)
            patched.setenv("IGZ_SERVICE_ACCOUNT_TOKEN_FILE", str(folder / "account"))
        else:
            patched.setenv("IGZ_OFFLINE_TOKEN", emulator.offline_token)
        yield Stage(folder, front)
    emulator.close()
    logging.getLogger("igz_apply").setLevel(logging.WARNING)


SCENES: dict[str, Callable[[int, str, str], int]] = {
    "all is well": lambda *_: 0,
    "writes are refused": lambda _, method, path: 400 if method != "GET" and path != REFRESH else 0,
    "all is refused": lambda _, __, path: 403 if path != REFRESH else 0,
    "nobody is known": lambda _, __, path: 401 if path != REFRESH else 0,
    "renewals are refused": lambda _, __, path: 401 if path == REFRESH else 0,
}
CASES = [
    ("all is well", False),
    ("all is well", True),
    *(
        pytest.param(scene, is_account, marks=pytest.mark.full)
        for scene in SCENES
        for is_account in (False, True)
        if scene != "all is well" and (scene, is_account) != ("renewals are refused", True)
    ),
]


@pytest.mark.parametrize(("scene", "is_account"), CASES)
def test_no_token_is_ever_shown(scene: str, is_account: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(tmp_path, monkeypatch, SCENES[scene], is_account=is_account) as stage:
        stage.play(*RUNS)
    assert stage.leaks() == []
    assert not any("Traceback" in text or "this is a defect" in text for text in stage.shown.values())
    if scene == "all is well":
        assert stage.codes["apply -y --format json -vv"] == 0, stage.shown
        assert {stage.codes[each] for each in RUNS if each.startswith("migrate")} == {0}, stage.shown
    else:
        assert stage.front.quoted >= 2
        assert "***" in "".join(stage.shown.values())


@pytest.mark.full
@pytest.mark.parametrize("status", [400, 500])
def test_no_token_is_shown_whichever_request_is_refused(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request of plan and apply after the other is refused, from the first to the last."""
    at = [-1]
    with staged(tmp_path, monkeypatch, lambda number, _, __: status if number == at[0] else 0) as stage:
        for number in range(0, 60, 1 if IS_WHOLE else 8):
            text = MANIFESTS.replace("TEXT", f"text {number}")
            (tmp_path / "manifests" / "all.yaml").write_text(text)
            stage.front.count, at[0] = 0, number
            stage.play("apply -y -vv --report report.md")
    assert stage.front.quoted > (20 if IS_WHOLE else 2)
    assert stage.leaks() == []
    assert not any("Traceback" in text or "this is a defect" in text for text in stage.shown.values())


def test_the_gate_sees_a_token_that_is_not_scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scrubber, "scrub", lambda _, text: text)
    with staged(tmp_path, monkeypatch, SCENES["writes are refused"]) as stage:
        stage.play("apply -y -vv --report report.md")
    assert {each.partition(": ")[0] for each in stage.leaks()} >= {
        "apply -y -vv --report report.md",
        str(tmp_path / "report.md"),
    }
