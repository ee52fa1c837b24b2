"""What other packages add: a kind that is planned and applied like ours, a report, and what is said of a broken one."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from igz_apply.cli import platforms
from igz_apply.emulator import Emulator4, Options4, Server, serving
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.inventory import DEFAULT_PLACE, FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.addresses import Address
from igz_apply.model.catalogue import rule_of
from igz_apply.plugins.offered import faults
from tests.cli.cli_world import Cli, Ran
from tests.plugged import QuotaService, install, install_quotas, serving_quotas

pytestmark = pytest.mark.full

QUOTA = """\
apiVersion: iguazio.com/v1
kind: Quota
metadata: {name: batch}
spec: {cpu: 2, labels: {b: '1', a: '2'}, burst: {cpu: 500m}, holder: ada, token: {from_env: QUOTA_TOKEN}}
"""
ADA = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: Lovelace, email: ada@example.com}
"""
GROUP = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: ops}
spec: {description: after the quota}
lifecycle: {depends_on: [Quota/batch]}
"""


@pytest.fixture
def service() -> Iterator[QuotaService]:
    kept = QuotaService()
    with serving_quotas(kept) as url:
        os.environ["QUOTAS_URL"] = url
        os.environ["QUOTA_TOKEN"] = "Kanary7-token"
        yield kept
    del os.environ["QUOTAS_URL"], os.environ["QUOTA_TOKEN"]


def forget_platforms() -> None:
    importlib.invalidate_caches()
    platforms._iguazio3.cache_clear()
    platforms._iguazio4.cache_clear()


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, into which a test installs; platforms are made anew, before and after."""
    folder = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(str(folder))
    forget_platforms()
    yield folder
    for name in [name for name in sys.modules if name.startswith("igz_quotas")]:
        del sys.modules[name]
    forget_platforms()


@pytest.fixture
def installed(site: Path, service: QuotaService) -> QuotaService:
    install_quotas(site)
    return service


def write(**texts: str) -> None:
    Path("manifests").mkdir(exist_ok=True)
    for path in Path("manifests").iterdir():
        path.unlink()
    for name, text in texts.items():
        Path("manifests", f"{name}.yaml").write_text(text)


def planned(cli: Cli, *options: str) -> list[str]:
    ran = cli("plan", "--format", "json", *options)
    assert ran.code in (0, 4), ran.err
    changes = json.loads(ran.out)["changes"]
    return [f"{each['action']} {each['address']}" for each in changes if each["action"] != "no_change"]


DRIVER = """
import contextlib, io, json, sys
from igz_apply.cli.main import run
ran = []
for line in json.load(sys.stdin):
    for name, text in line.get("write", {}).items():
        open(f"manifests/{name}.yaml", "w").write(text)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(line["run"])
    ran.append([code, out.getvalue(), err.getvalue()])
json.dump(ran, sys.stdout)
"""


def driven(site: Path, folder: Path, lines: list[Mapping[str, Any]]) -> list[Ran]:
    """Run commands one after the other in a process of its own, with the folder of packages on its path."""
    environ = {**os.environ, "PYTHONPATH": str(site)}
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=folder,
        env=environ,
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [Ran(*each) for each in json.loads(ran.stdout)]


# A kind, from end to end


def test_an_installed_kind_is_planned_and_applied_like_ours(
    tmp_path: Path, workspace: Path, cluster: Server, service: QuotaService
) -> None:
    del cluster
    site = install_quotas(tmp_path / "site")
    write(quota=QUOTA, ada=ADA, group=GROUP)
    same = QUOTA.replace("cpu: 2", "cpu: 2000m").replace("{b: '1', a: '2'}", "{a: '2', b: '1'}")
    ran = driven(
        site,
        workspace,
        [
            {"run": ["explain", "plugins"]},
            {"run": ["explain", "Quota.spec.cpu"]},
            {"run": ["validate"]},
            {"run": ["plan"]},
            {"run": ["apply", "-y", "--report", "r.csv"]},
            {"run": ["plan", "--detailed-exitcode"]},
            {"run": ["plan", "--detailed-exitcode"], "write": {"quota": same}},
            {"run": ["drift", "--detailed-exitcode"]},
            {"run": ["export", "--only", "Quota/*"]},
            {"run": ["plan", "--help"]},
        ],
    )
    listed, explained, valid, plan, applied, again, by_meaning, drift, exported, helped = ran
    assert "igz_apply.kinds Quota igz-quotas 1.2 igz_quotas:QUOTA" in " ".join(listed.out.split())
    assert "Cores." in explained.out
    assert (valid.code, valid.out) == (0, "3 resources: valid.\n")
    assert [line for line in plan.out.splitlines() if "Quota/batch" in line] != []
    assert (plan.code, "3 to create" in plan.out) == (0, True)
    assert applied.code == 0, applied.out + applied.err
    assert [again.code, by_meaning.code, drift.code] == [0, 0, 0]
    assert Path("r.csv").read_text() == "create,User/ada\ncreate,Quota/batch\ncreate,Group/ops\n0,0\n"
    assert "burst:" in exported.out
    assert "Others add csv." in " ".join(helped.out.split())
    ((method, path, body),) = service.calls
    assert (method, path) == ("POST", "/quotas")
    assert body["token"] == "Kanary7-token"
    entry = FsspecInventory(DEFAULT_PLACE, clock=SystemClock()).load().entries[Address("Quota", "batch")]
    assert (entry.id, list(entry.secrets)) == ("q1", ["token"])
    shown = "".join(each.out + each.err for each in ran) + Path(".igz-apply/inventory.json").read_text()
    assert "Kanary7" not in shown


def test_drift_updates_prune_and_limits_reach_an_installed_kind(
    cli: Cli, cluster: Server, installed: QuotaService
) -> None:
    del cluster
    Path("igz-apply.yaml").write_text("version: 1\ndefaults: {prune: true}\nlimits: {delete: {Quota: 4}}\n")
    write(quota=QUOTA, ada=ADA)
    assert cli("apply", "-y").code == 0
    installed.items["q1"]["burst"]["until"] = "monday"  # a key that no manifest states stays
    installed.items["q1"]["cpu"] = 7
    ran = cli("drift", "--detailed-exitcode")
    assert (ran.code, "Quota/batch" in ran.out) == (2, True)
    write(quota=QUOTA.replace("burst: {cpu: 500m}", "burst: {cpu: 600m}"), ada=ADA)
    assert planned(cli) == ["update Quota/batch"]
    assert cli("apply", "-y").code == 0
    assert installed.calls[-1] == ("PUT", "/quotas/q1", {"cpu": 2, "burst": {"cpu": "600m", "until": "monday"}})
    os.environ["QUOTA_TOKEN"] = "another-Kanary7"
    assert planned(cli) == ["update Quota/batch"]
    assert cli("apply", "-y").code == 0
    assert installed.calls[-1] == ("PUT", "/quotas/q1", {"token": "another-Kanary7"})
    more = {f"q{n}": QUOTA.replace("name: batch", f"name: more{n}") for n in range(4)}
    write(ada=ADA, quota=QUOTA, **more)
    assert cli("apply", "-y").code == 0
    write(ada=ADA)
    ran = cli("apply", "-y")
    assert (ran.code, "Too many deletes" in ran.err, len(installed.items)) == (4, True, 5)
    assert cli("apply", "-y", "--allow", "delete:Quota=5").code == 0
    assert (installed.items, planned(cli)) == ({}, [])


def test_what_holds_a_user_lets_go_first(cli: Cli, cluster: Server, installed: QuotaService) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA)
    assert cli("apply", "-y").code == 0
    write(quota=QUOTA, ada=ADA + "lifecycle: {state: absent}\n")
    assert "which a manifest declares absent" in " ".join(cli("plan").err.split())
    write(quota=QUOTA.replace("holder: ada", "holder: null"), ada=ADA + "lifecycle: {state: absent}\n")
    ran = cli("apply", "-y", "--report", "r.csv")
    assert (ran.code, Path("r.csv").read_text()) == (0, "update,Quota/batch\ndelete,User/ada\n0,0\n")
    assert installed.items["q1"]["holder"] is None


def test_an_answer_of_a_plug_in_that_is_lost_is_settled_by_a_look(
    cli: Cli, cluster: Server, installed: QuotaService
) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA)
    installed.faults = ["lost"]
    assert cli("apply", "-y").code == 0
    assert [method for method, _, _ in installed.calls] == ["POST"]
    write(quota=QUOTA + "lifecycle: {state: absent}\n", ada=ADA)
    installed.faults = ["lost"]
    assert cli("apply", "-y").code == 0
    assert [method for method, _, _ in installed.calls] == ["POST", "DELETE"]
    assert installed.items == {}


def test_what_a_plug_in_refuses_fails_alone_and_shows_no_secret(
    cli: Cli, cluster: Server, installed: QuotaService
) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA, group=GROUP)
    installed.faults = ["refused"]
    ran = cli("apply", "-y", "-vv")
    assert ran.code == 5
    said = " ".join((ran.out + ran.err).split())
    assert "the plug-in igz-quotas (Quota), create: POST /quotas: 422" in said
    assert ("Kanary7" in said, "Traceback" in said) == (False, False)
    assert planned(cli) == ["create Quota/batch", "create Group/ops"]


def test_what_somebody_else_made_of_it_since_the_plan_is_left_alone(
    cli: Cli, cluster: Server, installed: QuotaService
) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA)
    assert cli("apply", "-y").code == 0
    write(quota=QUOTA.replace("cpu: 2,", "cpu: 3,"), ada=ADA)
    assert cli("plan", "--out", "p.plan").code == 0
    installed.items["q1"]["cpu"] = 9
    ran = cli("apply", "-y", "--plan", "p.plan")
    assert (ran.code, "Moved since the plan" in ran.err) == (4, True)
    assert [method for method, _, _ in installed.calls] == ["POST"]


def test_an_undo_of_a_run_gives_back_what_it_changed_of_an_installed_kind_and_nothing_else(
    cli: Cli, cluster: Server, installed: QuotaService
) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA)
    assert cli("apply", "-y").code == 0
    write(quota=QUOTA.replace("cpu: 2,", "cpu: 3,"), ada=ADA)
    assert cli("apply", "-y").code == 0
    runs = json.loads(cli("history", "-o", "json").out)["runs"]
    (updating,) = [each["run"] for each in runs if each["planned"] == {"update": 1}]
    ran = cli("undo", updating, "--out", "undo.plan")
    assert ran.code == 0, ran.err
    assert cli("apply", "-y", "--plan", "undo.plan").code == 0
    assert [(method, body) for method, _, body in installed.calls[1:]] == [("PUT", {"cpu": 3}), ("PUT", {"cpu": 2})]


def test_a_rehearsal_reaches_nothing_real(cli: Cli, installed: QuotaService) -> None:
    write(quota=QUOTA, ada=ADA)
    for endpoint in ("embedded",):
        assert cli("apply", "-y", "--endpoint", endpoint).code == 0
        assert cli("plan", "--detailed-exitcode", "--endpoint", endpoint).code == 0
        assert cli("destroy", "-y", "--endpoint", endpoint).code == 0
    assert (installed.calls, installed.items) == ([], {})
    assert "Kanary7" not in Path(".igz-apply/embedded.db.Quota.json").read_text()


def test_a_secret_that_a_plug_in_reads_back_is_kept_nowhere(cli: Cli, cluster: Server, site: Path) -> None:
    del cluster
    code = source(kind="'Quota', (Field('cpu'), Field('token', write_only=True))", read="read").replace(
        "QUOTA =",
        """
    KEPT = {}
    def read(_): return [Record(name=name, spec=spec) for name, spec in KEPT.items()]
    def nothing(_, name, spec): KEPT[getattr(name, "name", name)] = spec
    QUOTA =""",
    )
    install(site, "igz-quotas", POINTS, code)
    os.environ["QUOTA_TOKEN"] = "Kanary7-token"
    text = (
        "apiVersion: iguazio.com/v1\nkind: Quota\nmetadata: {name: a}\nspec: {cpu: 1, token: {from_env: QUOTA_TOKEN}}\n"
    )
    write(quota=text)
    assert cli("apply", "-y", "--report", "r.json").code == 0
    assert sys.modules["igz_quotas"].KEPT == {"a": {"cpu": 1, "token": "Kanary7-token"}}
    write(quota=text.replace("cpu: 1", "cpu: 2"))
    ran = [cli("plan", "--out", "p.json"), cli("snapshot", "s.json"), cli("apply", "-y", "--events", "e.jsonl")]
    del os.environ["QUOTA_TOKEN"]
    assert [each.code for each in ran] == [0, 0, 0]
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert len([path for path in files if path.parent.name == "inventory.runs"]) == 2
    assert [path for path in files if "Kanary7" in path.read_text()] == []


def test_a_snapshot_holds_it_and_a_plan_against_that_is_the_same(
    cli: Cli, cluster: Server, installed: QuotaService, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    write(quota=QUOTA, ada=ADA)
    assert cli("apply", "-y").code == 0
    assert cli("snapshot", "live.json").code == 0
    write(quota=QUOTA.replace("cpu: 2,", "cpu: 3,"), ada=ADA)
    trusted = json.loads(cli("plan", "--format", "json").out)["digest"]
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    monkeypatch.setenv("QUOTAS_URL", "http://127.0.0.1:9")
    ran = cli("plan", "--live", "live.json", "--format", "json")
    assert (ran.code, json.loads(ran.out)["digest"]) == (0, trusted), ran.err
    assert [method for method, _, _ in installed.calls] == ["POST"]


def test_it_is_a_kind_of_iguazio_4_too(cli: Cli, installed: QuotaService, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator4(options=Options4())
    with serving(emulator) as server:
        monkeypatch.setenv("IGZ_ENDPOINT", server.url)
        monkeypatch.setenv("IGZ_OFFLINE_TOKEN", server.offline_token)
        text = QUOTA.replace("iguazio.com/v1", "iguazio.com/v4").replace(", holder: ada", "")
        write(quota=text.replace(", token: {from_env: QUOTA_TOKEN}", ""))
        ran = cli("apply", "-y")
        assert ran.code == 0, ran.err
        assert cli("plan", "--detailed-exitcode").code == 0
        write(quota=text.replace(", token: {from_env: QUOTA_TOKEN}", "").replace("cpu: 2,", "cpu: 4,"))
        assert cli("apply", "-y").code == 0
        assert cli("destroy", "-y").code == 0
    emulator.close()
    assert [method for method, _, _ in installed.calls] == ["POST", "PUT", "DELETE"]


# What is wrong with one

POINTS = {"igz_apply.kinds": {"Quota": "igz_quotas:QUOTA"}}
KIND = """
    from igz_apply import *
    from igz_apply import Field, Kind, KindPlugin, Record
    def nothing(*_): return []
    QUOTA = KindPlugin(kind=Kind({kind}), schema={schema}, read={read}, create=nothing, update=nothing, delete=nothing)
"""
GOOD = {"kind": "'Quota', (Field('cpu'),)", "schema": "{'properties': {'cpu': {}}}", "read": "nothing"}


def source(**wrong: str) -> str:
    return KIND.format(**{**GOOD, **wrong})


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise RuntimeError('gone')", "cannot be imported: RuntimeError: gone"),
        ("QUOTA = 3", "is no igz_apply.KindPlugin but int"),
        (source(kind="'Other', (Field('cpu'),)"), "is called Other by its table"),
        (
            source(kind="'Quota', (Field('cpu', roles=True),)"),
            "has a field, cpu, that only a platform's own kinds can have",
        ),
        (source(kind="'Quota', (Field('cpu'),), together='x'"), "says what only a platform's own kinds can"),
        (source(kind="'Quota', (Field('cpu', refers_to='Nobody'),)"), "which is no kind of Iguazio 3"),
        (source(schema="{'properties': {'ram': {}}}"), "has a table and a schema that differ: cpu, ram"),
        (source(schema="{'properties': {'cpu': {'type': 7}}}"), "has a schema that is no JSON Schema"),
        (source(schema="None"), "has a schema that is no mapping but NoneType"),
        (source(read="None, look=3, api_versions='iguazio.com/v1'"), "has a read that is no function"),
        (source(read="nothing, look=3"), "has a look that is no function"),
        (source(read="nothing, api_versions=5"), "has api_versions that are no set of texts"),
        (source().replace("Kind('Quota', (Field('cpu'),))", "None"), "has a table that is no igz_apply.Kind"),
        (
            source(kind="'Quota', (Field('cpu', fields=(Field('token', write_only=True),)),)"),
            "has a secret, token, inside cpu: a secret is a field of its own",
        ),
        ("import sys; sys.exit(0)", "cannot be imported: SystemExit: 0"),
    ],
)
def test_a_broken_kind_is_told_with_its_package_and_no_traceback(cli: Cli, site: Path, code: str, says: str) -> None:
    install(site, "igz-quotas", POINTS, code)
    write(ada=ADA)
    ran = cli("validate")
    said = " ".join(ran.err.split())
    rule = rule_of("Broken plug-in")
    assert rule is not None
    assert (ran.code, f"Broken plug-in [{rule.code}]" in said, says in said) == (3, True, True)
    assert "igz-quotas" in said
    assert "Traceback" not in said
    assert "igz-quotas 1.2" in cli("explain", "plugins").out


def test_a_kind_cannot_take_the_place_of_ours(cli: Cli, site: Path) -> None:
    code = source(kind="'User', (Field('cpu'),)")
    install(site, "igz-quotas", {"igz_apply.kinds": {"User": "igz_quotas:QUOTA"}}, code)
    write(ada=ADA)
    ran = cli("validate")
    assert (ran.code, "has the name of a kind of Iguazio 3" in " ".join(ran.err.split())) == (3, True)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        ("lambda _: [3]", "read: TypeError: it returned int, and no igz_apply.Record"),
        ("lambda _: [Record(name='a', spec={'x': 1})]", "a has a field that its table lacks: x"),
        ("lambda _: [Record(name='a'), Record(name='a')]", "lists Quota/a twice"),
        ("lambda _: 1 / 0", "read: ZeroDivisionError: division by zero"),
    ],
)
@pytest.mark.usefixtures("cluster")
def test_a_kind_that_cannot_be_read_stops_the_plan(cli: Cli, site: Path, read: str, says: str) -> None:
    install(site, "igz-quotas", POINTS, source(read=read))
    write(ada=ADA, quota="apiVersion: iguazio.com/v1\nkind: Quota\nmetadata: {name: a}\nspec: {cpu: 1}\n")
    ran = cli("plan")
    said = " ".join(ran.err.split())
    assert (ran.code, "igz-quotas (Quota)" in said, says in said) == (1, True, True), ran.err


def test_two_packages_cannot_offer_one_name(cli: Cli, site: Path) -> None:
    install(site, "igz-quotas", POINTS, source())
    install(site, "igz-quotas-too", {"igz_apply.kinds": {"Quota": "igz_quotas_too:QUOTA"}}, source())
    write(ada=ADA)
    ran = cli("validate")
    rule = rule_of("Plug-in offered twice")
    assert rule is not None
    assert (ran.code, rule.code in ran.err, "igz-quotas and igz-quotas-too" in ran.err) == (3, True, True)


@pytest.mark.parametrize(
    ("name", "code", "exit_code", "says"),
    [
        ("md", "def form(*_): return b''", 3, "offers a report for .md, a form of igz-apply's own"),
        ("csv", "form = 3", 3, "the report .csv of igz-forms, cannot be called"),
        ("csv", "def form(*_): return 'text'", 1, "The report .csv of igz-forms returned no bytes"),
        ("csv", "def form(*_): raise KeyError('x')", 1, "The report .csv of igz-forms failed: KeyError: 'x'"),
        (".tsv", "def form(*_): return b''", 3, "Known are .md, .html, .json, .xml, .svg, .dot, .mmd, .tsv."),
    ],
)
@pytest.mark.usefixtures("cluster")
def test_a_broken_report_is_told_with_its_package(
    cli: Cli, site: Path, name: str, code: str, exit_code: int, says: str
) -> None:
    install(site, "igz-forms", {"igz_apply.reports": {name: "igz_forms:form"}}, code)
    sys.modules.pop("igz_forms", None)
    write(ada=ADA)
    ran = cli("plan", "--report", "plan.csv")
    said = " ".join(ran.err.split())
    assert (ran.code, says in said, "Traceback" in said) == (exit_code, True, False), ran.err
    assert cli("plan", "--report", "plan.html").code == 0  # ours asks nobody


def test_the_page_shows_a_kind_that_passes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "plug-ins.md").read_text(encoding="utf-8")
    kind, report = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(kind + report, "docs/howto/plug-ins.md", "exec"), names)
    assert list(faults("Quota", names["QUOTA"], IGUAZIO3, [*IGUAZIO3.kinds.names, "Quota"])) == []
    assert callable(names["csv"])
