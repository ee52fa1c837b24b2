"""No secret is ever shown: canaries run through every command, every form of output and every way to fail.

Each canary holds the same word of letters and digits, which is itself in every spelling that a text may have: one
search finds whatever is left of it. The commands come from the table of the command line, so that a new one needs a run
here.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import logging
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import click
import pytest

from igz_apply.cli.command_help import ENTRIES
from igz_apply.cli.main import run
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.http.scrubbing import Scrubber
from igz_apply.iguazio3.browser import BROWSER
from igz_apply.inventory import DEFAULT_PLACE, FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.reconciling import Shape
from igz_apply.reports.write import FORMS
from igz_apply.views.problem_formats import FORMATS
from tests.local.packages import install
from tests.notifying.hook_server import receiving
from tests.tracing.otlp_receiver import collecting

pytestmark = pytest.mark.full

WORD = "Kanary7"
PASSWORD = f'{WORD} \t us"er\\n<1>!'
ELASTIC = f"el's  {WORD} & \\2+%41"
KEY = f"{WORD}-access-key-5f7d"
LOGIN = f'lo"gin  {WORD}\\3=ü!A'
LATER_PASSWORD = f"later {WORD}=1&2 A!"
LATER_ELASTIC = f'later "{WORD}\\"  2'
SETTING = f"set'ting {WORD} \\5+%"
LATER_SETTING = f"later {WORD}<5"
FROM_COMMAND = f"comm'and  {WORD}\\6 A!"
FROM_STORE = f'st"ore {WORD}&7 Bb!'
CANARIES = (
    PASSWORD,
    ELASTIC,
    KEY,
    LOGIN,
    LATER_PASSWORD,
    LATER_ELASTIC,
    SETTING,
    LATER_SETTING,
    FROM_COMMAND,
    FROM_STORE,
)

SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(json.dumps({"x": text})),
    lambda text: repr(text),
    lambda text: quote(text, safe=""),
    quote_plus,
    html.escape,
    lambda text: " ".join(text.split()),
    lambda text: " ".join(json.dumps(text).split()),
)
CUTS = (466, 472, 478, 484)  # characters before a quotation, so that a text that is cut at 500 ends within the secret

MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {description: Data scientists, assigned_policies: [Data]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec:
  first_name: Ada
  last_name: Lovelace
  email: ada@example.com
  groups: [data-science]
  password: {from_env: ADA_PASSWORD}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: logs}
spec:
  kind: filebeat
  owner: admin
  filebeat: {elasticsearch_url: "http://e", elasticsearch_password: {from_env: ELASTIC_PASSWORD}}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: notes}
spec:
  kind: jupyter
  owner: admin
  jupyter: {extra_environment_vars: {TZ: ZONE, DB_PASSWORD: SETTING}}
---
apiVersion: iguazio.com/v1
kind: AppService
metadata: {name: strange}
spec:
  kind: newkind
  owner: admin
  newkind:
    size: 3
    password: SETTING
    api_token: {from_env: ELASTIC_PASSWORD}
    logins: [{name: a, token: SETTING}]
    env: [{name: A_SECRET, value: SETTING}]
    by_command_secret: {from_command: [./get, again]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: cyd}
spec:
  first_name: Cyd
  last_name: Charisse
  email: cyd@example.com
  password: {from_command: [./get, once]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: sam}
spec:
  first_name: Sam
  last_name: Store
  email: sam@example.com
  password: {from_store: canary, key: k}
"""
CONFIG = """\
version: 1
limits: {min_admins: 1}
secrets: {commands: [[./get, "*"]], stores: [canary]}
policies_on_plan:
  - code: ALL
    each: change
    effect: warn
    message: It is not zero.
    schema:
      $ref: "#/$defs/zero"
      $defs:
        zero: {const: 0, items: {$ref: "#/$defs/zero"}, additionalProperties: {$ref: "#/$defs/zero"}}
"""
# Each tells what it has on standard error too, and fails once it is told to.
PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$CANARY_COMMAND" >&2
printf '%s\\n' "$CANARY_COMMAND"
[ -z "$CANARY_FAILS" ]
"""
STORE = """\
import logging, sys
class Store:
    def __init__(self, environ, options):
        self.environ = environ
    def read(self, keys):
        if self.environ.get("CANARY_FAILS"):
            raise RuntimeError(self.environ["CANARY_STORE"])
        return {key: self.environ["CANARY_STORE"] for key in keys}
"""


def manifests(zone: str, setting: str) -> str:
    """Return the manifests with what may be a secret in plain text, where no other way is known."""
    return MANIFESTS.replace("ZONE", zone).replace("SETTING", json.dumps(setting))


ADMIN = ["Tenant Admin", "IT Admin", "Security Admin", "Service Admin", "Application Admin", "System Admin"]
USERS = {"users": [{"username": "boss", "password": LOGIN, "assigned_policies": ADMIN}]}

REPORTS = " ".join(f"--report report{suffix}" for suffix in FORMS)
FIRST = list(BROWSER.kinds)
RUNS: dict[str, tuple[str, ...]] = {
    "init": ("init fresh -vv",),
    "validate": (*tuple(f"validate --format {form}" for form in ("text", *FORMATS)), "validate -vv"),
    "plan": (f"plan -vv --out saved.plan {REPORTS}", "plan --format json", "plan --detailed-exitcode --timeout 20"),
    "apply": (
        f"apply -y -vv {REPORTS}",
        "apply -y --format json -vv",
        "apply --plan saved.plan -y -v",
        "apply -y --fail-fast --events events.jsonl",
    ),
    "drift": ("drift -vv", "drift --format json"),
    "targets": ("targets -vv", "targets --status -vv", "targets --status --format json", "targets --format names -v"),
    "snapshot": (
        "snapshot live.json -vv",
        "snapshot case.json --with-manifests",
        "snapshot hashed.json --with-manifests --sanitise -v",
        "plan --live live.json -vv",
        f"plan --live live.json {REPORTS} --format json --out live.plan",
        "plan --live case.json --format json",
        "plan --live hashed.json",
        "drift --live live.json",
        "export --live live.json",
    ),
    "compare": (
        "compare live.json live.json -vv",
        "compare live.json live.json -o json",
        "migrate manifests iguazio4 --mapping moved.yaml --out-dir moved4",
        "apply -y --config two.yaml --target there --endpoint embedded4:there.db",
        "compare manifests there --config two.yaml --mapping moved.yaml -vv",
        "compare live.json there --config two.yaml --mapping moved.yaml -o json",
        "drift --config two.yaml --across here,there --mapping moved.yaml -vv",
        "drift --config two.yaml --across here,there --mapping moved.yaml --format json",
    ),
    "migrate": (
        "migrate live.json iguazio4 -vv --out-dir moved --report move.md --report move.html --report move.json",
        "migrate manifests iguazio4 --format json -v",
        "migrate live.json iguazio4 --write-mapping begun.yaml",
    ),
    "export": ("export -vv", "export --out-dir exported", "export --out-dir more --layout resource"),
    "get": (
        *(f"get {kind} -o {form}" for kind, form in zip(FIRST, ["json", "yaml", "table"] * 9, strict=False)),
        "get User ada -o json",
        "get User boss -vv",
        "get AppService logs -o yaml",
        "get AccessKey none",
    ),
    "show": (f"show saved.plan -vv {REPORTS}", "show saved.plan --format json", "show report.json"),
    "diff": ("diff saved.plan report.json -vv", "diff later.plan saved.plan -o json", "diff saved.plan later.plan"),
    "render": ("render -vv", "render --origins -o yaml", "render -o json --origins"),
    "access": ("access -o csv -vv", "access User/ada -o json", "access --plan saved.plan", "access --path manifests"),
    "refs": ("refs User/ada -vv", "refs User/boss -o json", "refs User/admin -o csv", "refs User/ada --offline"),
    "accept": (
        "accept User/ada --dry-run -vv",
        "accept User/ada#password -v",
        "accept AppService/logs --dry-run --here -v",
    ),
    "offboard": ("offboard User/ada --to boss --dry-run -vv", "offboard User/ada --offline --dry-run -v"),
    "service": (
        "service restart logs -vv",
        "service disable logs --no-wait",
        "service enable logs",
        "service scale-from-zero logs -v",
    ),
    "jobs": ("jobs list -o json", "jobs list -vv", "jobs get {job} -o yaml", "jobs wait {job} --no-wait -vv"),
    "whoami": ("whoami -vv", "whoami -o json", "whoami -o yaml --retries 0"),
    "explain": ("explain User.spec.password", "explain AppService -vv"),
    "schema": ("schema User", "schema -vv"),
    "forget": ("forget User/ada -vv",),
    "history": ("history -vv", "history -o json", "history last -vv", "history last -o json"),
    "undo": (f"undo last -vv --out undo.json {REPORTS}", "undo last --format json -v", "apply --plan undo.json -y -vv"),
    "unlock": ("unlock -y -vv",),
    "reconcile": (
        "reconcile --once -vv",
        "reconcile --once --heal * -vv",
        "reconcile --once --heal user --format json -v",
        "reconcile --once --heal * --format json -vv",
    ),
    "destroy": (f"destroy -y -vv {REPORTS}", "destroy -y --format json", "service remove logs -y -vv"),
    "emulator": ("emulator --listen nowhere", "emulator --db igz-apply.yaml --listen 127.0.0.1:0"),
}


class Echo:
    """In front of an emulator: it knows the canary key, and refuses what it is told to by quoting all that came."""

    def __init__(self, inner: Any, key: str, refuses: Callable[[str, str], int]) -> None:
        self._inner, self._key, self._refuses = inner, key, refuses
        self.quoted = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(content)
        path = environ["PATH_INFO"]
        status = self._refuses(environ["REQUEST_METHOD"], path) if path.startswith("/api") else 0
        if status:
            return self._refused(status, environ, content, start_response)
        if KEY in environ.get("HTTP_COOKIE", ""):
            environ["HTTP_COOKIE"] = environ["HTTP_COOKIE"].replace(KEY, self._key)
            environ.pop("HTTP_AUTHORIZATION", None)
        return self._inner(environ, start_response)

    def _refused(self, status: int, environ: dict[str, Any], content: bytes, start_response: Callable[..., Any]) -> Any:
        values = [environ.get("HTTP_COOKIE", ""), environ.get("HTTP_AUTHORIZATION", ""), environ["QUERY_STRING"]]
        values += [environ["PATH_INFO"], *_texts(json.loads(content) if content else None), content.decode()]
        known = [canary for canary in CANARIES if any(canary in value for value in values)]
        said = [spell(f"refused '{each}'") for each in (*known, content.decode()) for spell in SPELLINGS]
        said += [html.escape(f"{json.dumps(each)} {each!r}") for each in known]
        said += ["x" * before + f"refused '{each}'" for each in known for before in CUTS]
        said += values
        self.quoted += len(known)
        body = {"errors": [{"status": status, "detail": each} for each in said if each], "meta": {"ctx": str(known)}}
        encoded = json.dumps(body).encode()
        start_response(
            f"{status} Refused", [("Content-Type", "application/json"), ("Content-Length", str(len(encoded)))]
        )
        return [encoded]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


def _quoting(*secrets: str) -> str:
    return "; ".join(spell(f"cannot set '{secret}'") for secret in secrets for spell in SPELLINGS)


def _is_login(path: str) -> bool:
    return path.startswith("/api/sessions")


SCENES: dict[str, tuple[Callable[[str, str], int], dict[str, Any]]] = {
    "all is well": (lambda _, __: 0, {}),
    "writes are refused": (lambda method, path: 0 if method == "GET" or _is_login(path) else 400, {}),
    "all is refused": (lambda _, path: 0 if path == "/api/sessions" else 403, {}),
    "everything is refused": (lambda _, __: 401, {}),
    "jobs fail": (
        lambda _, __: 0,
        {
            "jobs": [
                {"match": {"kind": "user.creation"}, "act": "fail", "result": _quoting(PASSWORD)},
                {
                    "match": {"kind": "app_services*"},
                    "act": "fail",
                    "result": {"status": 400, "message": _quoting(ELASTIC)},
                },
            ]
        },
    ),
    "services fail": (lambda _, __: 0, {"services": {"logs": _quoting(ELASTIC)}}),
}


@dataclass
class Stage:
    """A config repo and a cluster; `shown` is all that was printed, a text a run."""

    folder: Path
    url: str
    emulator: Emulator
    echo: Echo
    shown: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def play(self, line: str) -> None:
        job = next((each.id for each in _jobs_of(self.emulator)), "none")
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            self.codes[line] = run(shlex.split(line.format(job=job)))
        self.shown[line] = self.shown.get(line, "") + out.getvalue()

    def leaks(self) -> list[str]:
        """Name everything in which a canary shows."""
        basic = base64.b64encode(f"admin:{KEY}".encode()).decode()
        own = self.folder / "manifests"  # a person states a canary there in plain text
        paths = [p for p in self.folder.rglob("*") if p.is_file() and own not in p.parents]
        paths = [p for p in paths if not p.name.startswith("emulator.db")]  # that is the cluster
        files = {str(p): p.read_bytes().decode("utf-8", "replace") for p in paths}
        return [name for name, text in {**self.shown, **files}.items() if WORD in text or basic in text]


def _jobs_of(emulator: Emulator) -> Any:
    from igz_apply.emulator.engine.record_store import Selection

    with emulator.store.transaction(writes=False):
        return emulator.store.select(Selection("job", order=("seq DESC",)), 1)


def _two_targets(url: str) -> str:
    here = f"{{endpoint: '{url}', manifests: [manifests], inventory: {DEFAULT_PLACE}}}"
    there = "{endpoint: 'embedded4:there.db', manifests: [moved4], inventory: there.json}"
    return f"targets:\n  here: {here}\n  there: {there}\n"


@contextmanager
def staged(folder: Path, scene: str, login: str, patched: pytest.MonkeyPatch) -> Iterator[Stage]:
    refuses, faults = SCENES[scene]
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(manifests("Europe/London", SETTING))
    (folder / "igz-apply.yaml").write_text(CONFIG)
    (folder / "get").write_text(PROGRAM)
    (folder / "get").chmod(0o755)
    site = folder.parent / f"{folder.name}-site"
    site.mkdir()
    install(site, "canary-secrets", "igz_apply.secrets", canary="canary_store:Store")
    (site / "canary_store.py").write_text(STORE)
    patched.syspath_prepend(str(site))
    emulator = Emulator(
        folder / "emulator.db", Options(job_seconds=0.001, log=folder / "requests.jsonl", faults=faults or None)
    )
    emulator.load(USERS)
    echo = Echo(emulator.wsgi, emulator.access_key, refuses)
    emulator.wsgi = echo  # type: ignore[assignment]
    for name in ("IGZ_TARGET", "IGZ_CONFIG", "V3IO_API", "CI", "V3IO_ACCESS_KEY", "V3IO_PASSWORD", "GITHUB_ACTIONS"):
        patched.delenv(name, raising=False)
    with serving(emulator) as server:
        patched.chdir(folder)
        (folder / "moved.yaml").write_text("version: 1\nleave: [{resource: User/boss, reason: they left}]\n")
        (folder / "two.yaml").write_text(f"{CONFIG}{_two_targets(server.url)}")
        given = {"IGZ_ENDPOINT": server.url, "ADA_PASSWORD": PASSWORD, "ELASTIC_PASSWORD": ELASTIC}
        given |= {"CANARY_COMMAND": FROM_COMMAND, "CANARY_STORE": FROM_STORE, "CANARY_FAILS": ""}
        given |= {"V3IO_ACCESS_KEY": KEY, "V3IO_USERNAME": "admin"} if login == "key" else {}
        given |= {"V3IO_PASSWORD": LOGIN, "V3IO_USERNAME": "boss"} if login == "password" else {}
        for name, value in given.items():
            patched.setenv(name, value)
        yield Stage(folder, server.url, emulator, echo)
    emulator.close()
    logging.getLogger("igz_apply").setLevel(logging.WARNING)


def play_all(stage: Stage, scene: str, patched: pytest.MonkeyPatch) -> None:
    for name, lines in RUNS.items():
        # What a job or a service said to another run can only be known to those that have the manifests.
        if scene.endswith("fail") and name not in ("plan", "apply", "drift", "export", "destroy"):
            continue
        for line in lines:
            if not (scene.endswith("fail") and line.startswith("service")):
                stage.play(line)
        if name == "apply" and not scene.endswith("fail"):  # the secrets have changed, and are sent again
            patched.setenv("ADA_PASSWORD", LATER_PASSWORD)
            patched.setenv("ELASTIC_PASSWORD", LATER_ELASTIC)
            (stage.folder / "manifests" / "all.yaml").write_text(manifests("Europe/Paris", LATER_SETTING))
            stage.play(f"plan {REPORTS} --format json --out later.plan")
            stage.play("drift -v")
            stage.play("apply -y --plan later.plan")
            stage.play(f"apply -y {REPORTS} --format json")
            stage.play(f"apply -y {REPORTS} --format json")
            patched.setenv("CANARY_FAILS", "1")  # the command at first, and then the store too
            for each in (" --except User/sam", ""):
                stage.play(f"plan {REPORTS} -vv{each}")
                stage.play(f"apply -y --rotate User/cyd#password -vv{each}")
                stage.play(f"plan --format json{each}")
            patched.setenv("CANARY_FAILS", "")
            with FsspecInventory(DEFAULT_PLACE, clock=SystemClock()).locked(0.0):
                locks = [path.read_text() for path in stage.folder.rglob("*.lock")]
                stage.play("apply -y")
            assert locks
            stage.shown["the lock"] = "".join(locks)


WELL = "all is well"
ROUNDS = [
    (WELL, "key"),
    (WELL, "password"),
    *(pytest.param(scene, "key", marks=pytest.mark.full) for scene in SCENES if scene != WELL),
]


@pytest.mark.parametrize(("scene", "login"), ROUNDS)
def test_no_canary_is_ever_shown(scene: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(tmp_path, scene, login, monkeypatch) as stage:
        play_all(stage, scene, monkeypatch)
        if not scene.endswith("fail"):  # then it says what the test made jobs and services say
            stage.shown["the emulator's page"] = urllib.request.urlopen(stage.url).read().decode()
    told_by_the_test = {str(tmp_path / "emulator.db")} if scene.endswith("fail") else set()
    assert set(stage.leaks()) - told_by_the_test == set()
    assert not any("Traceback" in text or "this is a defect" in text for text in stage.shown.values())
    if scene == "all is well":
        assert stage.codes["apply -y --format json -vv"] == 0, stage.shown
        assert stage.codes["apply -y --plan later.plan"] == 3  # a plan never holds what may be a secret
        assert "(hidden: may be a secret)" in stage.shown["plan --detailed-exitcode --timeout 20"]
        assert "ALL: It is not zero. It is about AppService/strange" in " ".join(
            stage.shown["plan --detailed-exitcode --timeout 20"].split()
        )
        assert "strange holds what may be a secret" in stage.shown["export -vv"]
        assert "the command ended with exit code 1" in stage.shown[f"plan {REPORTS} -vv --except User/sam"]
        assert stage.codes["apply -y --rotate User/cyd#password -vv --except User/sam"] == 3
        assert "raised RuntimeError" in stage.shown[f"plan {REPORTS} -vv"]
    elif "refused" in scene:
        # A session that a password has opened is a secret of its own, and no canary.
        assert stage.echo.quoted > 3 or (scene, login) == ("all is refused", "password")
        assert "***" in "".join(stage.shown.values()) or (scene, login) == ("all is refused", "password")
    else:
        assert "cannot set '***'" in stage.shown[f"apply -y -vv {REPORTS}"], stage.shown[f"apply -y -vv {REPORTS}"]


@pytest.mark.parametrize("login", ["key", "password"])
@pytest.mark.parametrize("scene", SCENES)
def test_no_canary_is_told_by_a_message_or_a_trace(
    scene: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path, scene, login, monkeypatch) as stage, receiving() as hook, collecting() as collected:
        shapes = "".join(f"    - {{url_env: HOOK, shape: {shape}}}\n" for shape in ("json", "slack", "teams"))
        (stage.folder / "igz-apply.yaml").write_text(f"{CONFIG}reconcile:\n  notify:\n{shapes}")
        monkeypatch.setenv("HOOK", hook.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
        for line in ("reconcile --once -vv", "reconcile --once --heal * -vv", "apply -y -vv"):
            stage.play(line)
    told = [got.body.decode() for got in hook.got]
    assert len(told) >= len(Shape)
    assert len(collected.spans) > 10
    assert not [text for text in (*told, *map(str, collected.spans)) if WORD in text]
    assert not any(WORD.encode() in body for body in collected.bodies)
    assert not any(hook.url.rpartition("/")[2] in text for text in (*told, *stage.shown.values()))
    assert "***" in "".join(told) or scene == WELL or (scene, login) == ("all is refused", "password")


def test_every_command_of_the_table_has_its_runs() -> None:
    assert set(RUNS) == set(ENTRIES)
    for name, entry in ENTRIES.items():
        command = getattr(import_module(f"igz_apply.cli.commands.{entry.module or name}"), name)
        lines = {line for each in RUNS.values() for line in each if line.split()[0] == name}
        for verb in command.commands if isinstance(command, click.Group) else ():
            assert any(line.split()[1] == verb for line in lines), f"no canary runs through {name} {verb}"
        choices = next((p.type.choices for p in command.params if p.name in ("form", "output") and _chooses(p)), ())
        for form in choices:
            assert any(form in line for line in lines) or form in ("text", "table"), f"no canary runs through {form}"


def _chooses(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, click.Choice)


def test_the_gate_sees_a_secret_that_is_not_scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scrubber, "scrub", lambda _, text: text)
    with staged(tmp_path, "writes are refused", "key", monkeypatch) as stage:
        for line in ("apply -y -vv --report report.md", "apply -y --format json"):
            stage.play(line)
    assert {"apply -y -vv --report report.md", "apply -y --format json", str(tmp_path / "report.md")} <= set(
        stage.leaks()
    )


def test_the_emulator_shows_no_canary(tmp_path: Path) -> None:
    (tmp_path / "load.yaml").write_text(json.dumps(USERS))
    options = shlex.split("--listen 127.0.0.1:0 --db emulator.db --log requests.jsonl --load load.yaml -vv")
    command = [sys.executable, "-m", "igz_apply", "emulator", *options]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run_:
        assert run_.stdout is not None
        told = dict(run_.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(4))
        for method, path, attributes in (
            ("POST", "sessions", {"username": "boss", "password": LOGIN, "plane": "control"}),
            ("POST", "sessions", {"username": "boss", "password": PASSWORD, "plane": "control"}),
            ("POST", "users", {"username": "ada", "password": PASSWORD}),
            ("DELETE", f"access_keys/{KEY}", {}),
            ("PUT", f"access_keys?filter[id]={KEY}", {"token": KEY}),
        ):
            body = json.dumps({"data": {"type": "thing", "attributes": attributes}}).encode()
            request = urllib.request.Request(f"{told['IGZ_ENDPOINT']}/api/{path}", body, method=method)
            request.add_header("Cookie", f'session=j:{{"sid": "{KEY}"}}')
            with contextlib.suppress(OSError):
                urllib.request.urlopen(request).read()
        page = urllib.request.urlopen(told["IGZ_ENDPOINT"]).read().decode()
        run_.terminate()
        out, err = run_.communicate(timeout=20)
    (tmp_path / "load.yaml").unlink()
    files = [path.read_bytes().decode("utf-8", "replace") for path in tmp_path.iterdir()]
    assert len(files) >= 2
    assert [text for text in (page, out, err, *files) if WORD in text] == []
