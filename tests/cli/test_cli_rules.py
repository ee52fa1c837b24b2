"""Every rule of the catalogue is told by the earliest command that can know it, under its code."""

from __future__ import annotations

import ast
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import igz_apply
from igz_apply.model.catalogue import RULES, rule_of
from tests.cli.cli_world import Cli
from tests.plugged import install

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "bad_manifests"
HEAD = "apiVersion: iguazio.com/v1\n"
USER = HEAD + "kind: User\nmetadata: {name: u}\n"
GROUP = HEAD + "kind: Group\nmetadata: {name: g}\nspec: {description: d}\n"

SNAPSHOTS = ROOT / "tests" / "snapshots" / "files"
FREEZE = "reconcile: {{freeze: [{{from: '{}', until: '2026-01-02T08:00', time_zone: {}, reason: r}}]}}\n"
POLICY = "policies_on_plan: [{{{}, schema: {{}}, message: m}}]\n"


def written(name: str, text: str | bytes = GROUP) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def config(text: str) -> Callable[[Path], None]:
    return written("igz-apply.yaml", "version: 1\n" + text)


def all_of(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        for step in steps:
            step(folder)

    return do


def folder_loop(folder: Path) -> None:
    written("manifests/g.yaml")(folder)
    (folder / "manifests" / "again").symlink_to(folder / "manifests", target_is_directory=True)


def unreadable(folder: Path) -> None:
    (folder / "manifests").mkdir()
    (folder / "manifests" / "g.yaml").symlink_to(folder / "manifests" / "g.yaml")


def pipe(folder: Path) -> None:
    (folder / "manifests").mkdir()
    os.mkfifo(folder / "manifests" / "g.yaml")


def layers(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        shutil.copytree(ROOT / "tests" / "bad_layers" / name, folder, dirs_exist_ok=True)

    return write


# What a folder of bad manifests cannot hold; `validate` is run where each has been made.
OFFLINE: dict[str, Callable[[Path], None]] = {
    "File too large": written("manifests/g.yaml", b"# " + b"x" * (32 * 2**20)),
    "Document too large": written("manifests/g.yaml", GROUP + "# " + "x" * 2**20 + "\nlifecycle: {}\n"),
    "Given up": written("manifests/g.yaml", "a: [\n---\n" * 30),
    "No manifests": lambda folder: (folder / "manifests").mkdir(),
    "No such file": config("manifests: [nowhere]\n"),
    "No regular file": pipe,
    "Folder loop": folder_loop,
    "File name is not text": lambda folder: written("manifests/" + os.fsdecode(b"\xff.yaml"))(folder),
    "Hidden file": written("manifests/.g.yaml"),
    "Cannot read": unreadable,
    "Policy not met": all_of(
        written("manifests/g.yaml"),
        config("policies: [p.json]\n"),
        written("p.json", '{"properties": {"spec": {"maxProperties": 0, "x-message": "none"}}}'),
    ),
    "Unknown reference": written(
        "manifests/p.yaml", HEAD + "kind: Project\nmetadata: {name: p}\nspec: {owner: nobody}\n"
    ),
    "More than one document": all_of(written("manifests/g.yaml"), config("---\nversion: 1\n")),
    "No such policy": all_of(written("manifests/g.yaml"), config("policies: [nowhere.json]\n")),
    "Not a JSON Schema": all_of(
        written("manifests/g.yaml"), config("policies: [p.json]\n"), written("p.json", '{"type": 3}')
    ),
    "Code not free": all_of(written("manifests/g.yaml"), config(POLICY.format("code: IGZ-12"))),
    "No such day": all_of(
        written("manifests/g.yaml"),
        config(POLICY.format("code: O-1, waivers: [{until: 2026-02-30, reason: r}]")),
    ),
    "Waiver has ended": all_of(
        written("manifests/g.yaml"),
        config(POLICY.format("code: O-1, waivers: [{until: 2020-02-29, reason: r}]")),
    ),
    "Unknown time zone": all_of(
        written("manifests/g.yaml"), config(FREEZE.format("2026-01-01T08:00", "Europe/Berlni"))
    ),
    "Bad freeze": all_of(written("manifests/g.yaml"), config(FREEZE.format("2026-01-02T08:00", "UTC"))),
    "Bad pattern": all_of(written("manifests/g.yaml"), config("reconcile: {paused: {Group/: {reason: r}}}\n")),
    "Pause has ended": all_of(
        written("manifests/g.yaml"), config("reconcile: {paused: {Group/g: {until: 2020-02-29, reason: r}}}\n")
    ),
    "Unknown code": all_of(written("manifests/g.yaml"), config("severity: {IGZ-999: error}\n")),
    "Unknown part of a place": all_of(
        written("manifests/g.yaml"), config("defaults: {inventory: 's3://bucket/{targets}.json'}\n")
    ),
    "Unknown operation": all_of(written("manifests/g.yaml"), config("actions: [{restart: Group/g, on: [Group/g]}]\n")),
    "Action on nothing": all_of(
        written("manifests/g.yaml"), config("actions: [{restart: AppService/x, on: [Group/g]}]\n")
    ),
    "Command not allowed": written("manifests/u.yaml", USER + "spec: {password: {from_command: [pass, ada]}}\n"),
    "Store not allowed": written("manifests/u.yaml", USER + "spec: {password: {from_store: vault, key: k}}\n"),
    "Undefined value": layers("value_undefined"),
    "Bad reference": layers("value_as_name"),
    "Value of a value": layers("value_of_a_value"),
    "Bad defaults": layers("defaults_with_a_name"),
    "Defaults twice": layers("defaults_twice"),
    "Bad patch": layers("patch_of_an_identity"),
    "Idle patch": layers("patch_for_nothing"),
    "Bad placeholder": layers("profile_with_another_placeholder"),
    "Unknown fact": layers("profile_with_an_unknown_fact"),
    "Name without member": layers("profile_with_one_name_for_all"),
    "Profile without members": layers("profile_without_members"),
    "Bad Profile": layers("profile_of_another_form"),
    "Unknown group of a Profile": layers("profile_of_an_unknown_group"),
    "People not stated": layers("profile_of_a_group_without_people"),
    "Circle of Profiles": layers("profiles_in_a_circle"),
}
NO_ERRORS = ("Unknown reference", "Pause has ended", "Profile without members", "Waiver has ended", "Action on nothing")


@pytest.mark.parametrize("summary", OFFLINE)
def test_what_files_and_config_alone_decide_is_told_offline(summary: str, cli: Cli, workspace: Path) -> None:
    OFFLINE[summary](workspace)
    ran = cli("validate")
    rule = rule_of(summary)
    assert rule is not None
    assert f"{summary} [{rule.code}]" in ran.out + ran.err
    assert ran.code == (0 if summary in NO_ERRORS else 3)


def test_all_that_manifests_alone_decide_is_told_offline(cli: Cli) -> None:
    both = [(str(BAD), "--platform", "iguazio3"), (str(BAD / "iguazio4"), "--platform", "iguazio4")]
    runs = [cli("validate", *arguments, "--format", "json") for arguments in both]
    told = {problem["code"] for ran in runs for problem in json.loads(ran.out)["problems"]}
    offline = {rule.code for rule in RULES if rule.stage == "validate"}
    assert None not in told
    assert told <= offline
    assert {rule.summary for rule in RULES if rule.code in offline - told} == set(OFFLINE)


NOTIFYING = ("reconcile", "--once", "--endpoint=embedded", "--config", str(ROOT / "tests/notifying/notify.yaml"))

FLEET = ("--config", str(ROOT / "tests/cli/fleet.yaml"))

# What is wrong with the command itself: the environment, and the arguments.
COMMANDS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "Unknown target": ({"IGZ_TARGET": "nowhere"}, ("validate",)),
    "Variable of two targets": ({"KEY__PROD_EU": "x"}, ("plan", "--target", "prod-eu", *FLEET)),
    "Said for all targets": ({"IGZ_ENDPOINT": "embedded"}, ("plan", "--targets", "one", *FLEET)),
    "Credential of no target": ({"V3IO_ACCESS_KEY": "k"}, ("plan", "--targets", "one", *FLEET)),
    "Inventory of two targets": ({}, ("plan", "--targets", "one,two", *FLEET)),
    "No plans of a fleet": ({}, ("apply", "-y", "--targets", "one", "--plan", "nowhere", *FLEET)),
    "No such snapshot": ({}, ("plan", "--live", "none.json")),
    "Damaged snapshot": ({}, ("plan", "--live", "igz-apply.yaml")),
    "Snapshot is too new": ({}, ("plan", "--live", str(SNAPSHOTS / "newer.json"))),
    "Unknown kind in a snapshot": (
        {"manifests/g.yaml": GROUP},
        ("plan", "--live", str(SNAPSHOTS / "stranger.json")),
    ),
    "Not comparable": ({}, ("compare", str(SNAPSHOTS / "plain.json"), str(SNAPSHOTS / "hashed.json"))),
    "Hashed names": ({}, ("plan", "--live", str(SNAPSHOTS / "hashed.json"))),
    "No such origin": ({}, ("migrate", "nowhere", "iguazio4")),
    "No such destination": ({}, ("migrate", "manifests", "iguazio5")),
    "No way over": ({}, ("migrate", "manifests", "iguazio3")),
    "Two paths to one file": ({}, ("migrate", "manifests", "iguazio4", "--report", "a.md", "--report", "./a.md")),
    "Key file": ({}, ("snapshot", "live.json", "--sanitise", "--key-file", "none.key")),
    "Environment": ({"IGZ_INSECURE_SKIP_TLS_VERIFY": "perhaps"}, ("whoami", "--endpoint", "https://127.0.0.1:1")),
    "Pinned setting": ({"IGZ_PINNED": "endpoint"}, ("whoami",)),
    "Unknown word": ({"IGZ_PINNED": "everything"}, ("validate",)),
    "Missing webhook": ({}, NOTIFYING),
    "Unusable webhook": ({"TEST_HOOK": "nowhere", "TEST_KEY": "x" * 16}, NOTIFYING),
    "Unusable signing key": ({"TEST_HOOK": "https://127.0.0.1:1/", "TEST_KEY": "short"}, NOTIFYING),
    "Connection": ({}, ("whoami",)),
    "Unknown form of report": ({}, ("plan", "--report", "plan.docx", "--endpoint", "embedded")),
    "No such plan": ({}, ("apply", "-y", "--plan", "nowhere.plan", "--endpoint", "embedded")),
    "File exists": ({}, ("init", ".")),
    "No place for the events": ({}, ("apply", "-y", "--events", "no/such/folder", "--endpoint", "embedded")),
    "Inventory in the way": ({}, ("plan", "--out", "inventory.json", "--endpoint", "embedded")),
    "Not an address": ({}, ("forget", "ada", "--endpoint", "embedded")),
    "Not on this platform": (
        {},
        ("service", "restart", "s", "--endpoint", "https://127.0.0.1:1", "--platform=iguazio4"),
    ),
    "Inventory without a target": ({"IGZ_INVENTORY": "state/{target}.json"}, ("plan", "--endpoint", "embedded")),
    "Cannot listen": ({}, ("reconcile", "--once", "--listen", "192.0.2.1:9464", "--endpoint", "embedded")),
    "No place to listen": ({}, ("reconcile", "--once", "--listen", "::1:9464", "--endpoint", "embedded")),
    "Emulator": ({}, ("emulator", "--load", "manifests/g.yaml", "--listen", "127.0.0.1:0")),
}


@pytest.mark.parametrize("summary", COMMANDS)
def test_what_the_command_line_decides_is_told_before_anything_is_read(
    summary: str, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("manifests/g.yaml")(workspace)
    written("inventory.json", '{\n  "entries": {},\n  "format_version": 1\n}\n')(workspace)
    config("")(workspace)
    environment, arguments = COMMANDS[summary]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = cli(*arguments)
    rule = rule_of(summary)
    assert rule is not None
    assert (ran.code, f"{summary} [{rule.code}]" in ran.err) == (3, True), ran.err


# What is wrong with packages that add something, which stand in a folder of the path.
PLUGGED = {"Broken plug-in": ("md",), "Plug-in offered twice": ("csv", "csv")}


@pytest.mark.parametrize("summary", PLUGGED)
def test_what_is_wrong_with_a_plug_in_is_told_before_anything_is_read(
    summary: str, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("manifests/g.yaml")(workspace)
    for number, name in enumerate(PLUGGED[summary]):
        install(workspace / "site", f"igz-forms{number}", {"igz_apply.reports": {name: "igz_forms:form"}})
    monkeypatch.syspath_prepend(str(workspace / "site"))
    ran = cli("plan", "--report", "plan.csv", "--endpoint", "embedded")
    rule = rule_of(summary)
    assert rule is not None
    assert (ran.code, f"{summary} [{rule.code}]" in ran.err) == (3, True), ran.err


# What is wrong where a package is missing that few runs need.
MISSING = {"Package for metrics missing": ("prometheus_client", ("reconcile", "--once", "--listen", "127.0.0.1:0"))}


@pytest.mark.parametrize("summary", MISSING)
def test_a_package_that_is_missing_is_told_before_anything_is_read(
    summary: str, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("manifests/g.yaml")(workspace)
    package, arguments = MISSING[summary]
    monkeypatch.setitem(sys.modules, package, None)
    ran = cli(*arguments, "--endpoint", "embedded")
    rule = rule_of(summary)
    assert rule is not None
    assert (ran.code, f"{summary} [{rule.code}]" in ran.err, "pip install" in ran.err) == (3, True, True), ran.err


def test_the_table_has_every_rule_of_the_command_line() -> None:
    assert {rule.summary for rule in RULES if rule.stage == "command line"} == {*COMMANDS, *PLUGGED, *MISSING}


def test_what_needs_a_cluster_is_told_by_a_plan_in_some_test() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in [*ROOT.glob("tests/cases/*/plan.txt"), *ROOT.glob("tests/*/test_*.py")]
        if path != Path(__file__)
    )
    missing = [rule.summary for rule in RULES if rule.stage in ("plan", "apply") and rule.summary not in tests]
    assert missing == []


def test_a_field_that_is_too_young_is_told_by_whoever_knows_the_version(cli: Cli, manifests: Path) -> None:
    text = (manifests / "all.yaml").read_text().replace("kind: User", "kind: User", 1)
    (manifests / "all.yaml").write_text(text)
    (manifests / "u.yaml").write_text(
        HEAD + "kind: User\nmetadata: {name: young}\n"
        "spec: {first_name: A, last_name: B, email: a@x.org, authentication_methods: [password]}\n"
    )
    assert cli("validate").code == 0
    assert "Field too young [IGZ-506]" in cli("validate", "--server-version", "3.5.3").out


# The catalogue itself


def test_every_summary_in_the_code_has_a_rule_and_every_rule_is_used() -> None:
    nodes = [node for tree in _trees() for node in ast.walk(tree)]
    known = {rule.summary for rule in RULES}
    assert set(_summaries(nodes)) - known == set()
    assert known - {node.value for node in nodes if isinstance(node, ast.Constant)} == set()


def _trees() -> Iterator[ast.Module]:
    """Yield all modules that may tell problems: the client and the emulator stand alone, and raise."""
    package = Path(igz_apply.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if path.name != "catalogue.py" and path.relative_to(package).parts[0] not in ("controlplane", "emulator"):
            yield ast.parse(path.read_text(encoding="utf-8"))


def _summaries(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield each literal that is given for a parameter called `summary`, to whatever function or class has one."""
    at: dict[str, int] = {"Problem": 0, "Words": 0}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            if "summary" in names:
                at[node.name] = names.index("summary")
    for node in nodes:
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [keyword.value for keyword in node.keywords if keyword.arg == "summary"]
            given += node.args[at[name] : at[name] + 1] if name in at else []
            yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


# What warnings count as


WARNED = HEAD + "kind: Project\nmetadata: {name: p}\nspec: {owner: nobody}\n"


def test_strict_makes_an_error_of_a_warning(cli: Cli, workspace: Path) -> None:
    written("manifests/p.yaml", WARNED)(workspace)
    assert cli("validate").code == 0
    ran = cli("validate", "--strict")
    assert (ran.code, "error: Unknown reference [IGZ-306]" in ran.out) == (3, True)


def test_severity_of_a_code_is_settled_by_the_config(cli: Cli, workspace: Path) -> None:
    written("manifests/p.yaml", WARNED)(workspace)
    config("severity: {IGZ-306: error}\n")(workspace)
    assert cli("validate").code == 3
    config("severity: {IGZ-306: ignore}\n")(workspace)
    ran = cli("validate", "--strict")
    assert (ran.code, ran.out) == (0, "1 resource: valid.\n")


def test_a_plan_is_as_strict_once_the_cluster_has_settled_references(
    cli: Cli, cluster: object, workspace: Path
) -> None:
    del cluster
    text = HEAD + "kind: Project\nmetadata: {name: p}\nspec: {owner: admin}\n"  # who lives, and is not declared
    written("manifests/p.yaml", text)(workspace)
    assert cli("plan", "--strict").code == 0
    assert cli("plan", "--only", "Group/x*").code == 0
    ran = cli("plan", "--strict", "--only", "Group/x*")
    assert (ran.code, "error: Nothing selected [IGZ-505]" in ran.err) == (3, True)


def test_a_plan_is_as_strict_once_the_cluster_has_settled_values(cli: Cli, cluster: object, workspace: Path) -> None:
    del cluster
    text = HEAD + "kind: Group\nmetadata: {name: g}\nspec: {assigned_policies: [Newer Admin]}\n"
    written("manifests/g.yaml", text)(workspace)
    ran = cli("plan", "--strict")  # nothing has it yet
    assert (ran.code, "error: Unknown value [IGZ-207]" in ran.err) == (3, True)
    assert cli("apply", "-y", "--strict").code == 3
    assert cli("apply", "-y").code == 0
    ran = cli("plan", "--strict")
    assert (ran.code, "IGZ-207" in ran.err) == (0, False)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("IGZ-9", "no rule has that code"),
        ("igz-306", "Write IGZ-306."),
        ("IGZ-101", "is an error wherever it is told"),
    ],
)
def test_a_severity_without_effect_is_refused(code: str, says: str, cli: Cli, workspace: Path) -> None:
    written("manifests/p.yaml", WARNED)(workspace)
    config(f"severity: {{{code}: ignore}}\n")(workspace)
    ran = cli("validate")
    assert (ran.code, says in ran.err) == (3, True)
    assert "igz-apply.yaml:2:12" in ran.err


# explain


def test_explain_lists_kinds_and_codes_and_tells_of_each(cli: Cli) -> None:
    assert cli("explain").out.startswith("User ")
    assert "\nIGZ-304  Two roles\n" in cli("explain", "codes").out
    for rule in RULES:
        assert cli("explain", rule.code.lower()).out.startswith(f"{rule.code}  {rule.summary}\n")
    ran = cli("explain", "IGZ-999")
    assert (ran.code, "No rule has the code IGZ-999" in ran.err) == (3, True)
