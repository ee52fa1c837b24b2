"""A config that somebody else wrote: what is pinned comes from outside of it, or nothing is sent."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from igz_apply.cli.pins import flag, inventory_place
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.cli.settings import config_of, connection_of
from igz_apply.emulator import Server
from igz_apply.errors import InvalidInput
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import Config
from igz_apply.platform import Connection
from tests.cli.cli_world import Cli
from tests.notifying.hook_server import receiving

OUTSIDE = "https://outside.example.com"
CONFIG = """\
version: 1
protect: [User/admin]
targets:
  prod:
    endpoint: https://inside.example.com
    inventory: %s
    %s
"""


def write(inventory: str = "s3://theirs/i.json", more: str = "") -> None:
    Path("igz-apply.yaml").write_text(CONFIG % (inventory, more))


def connection(environ: dict[str, str], **given: object) -> Connection:
    session = Session(global_flags=GlobalFlags(target="prod", **given), environ=environ)
    return connection_of(session, config_of(session))


def refusal(environ: dict[str, str], **given: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        connection(environ, **given)
    (problem,) = caught.value.problems
    return f"{problem.detail} {problem.hint}"


# Which words there are


@pytest.mark.parametrize("command", ["validate", "plan", "get users", "forget User/ada", "unlock -y"])
@pytest.mark.usefixtures("cluster", "manifests")
def test_a_word_that_pins_nothing_is_refused_by_every_command(
    cli: Cli, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IGZ_PINNED", "endpoint, inventry")
    ran = cli(*command.split())
    assert (ran.code, "names 'inventry', which pins nothing" in ran.err) == (3, True)
    assert "Did you mean inventory?" in ran.err


def test_nothing_is_pinned_by_an_empty_variable() -> None:
    write()
    assert connection({"IGZ_PINNED": " ,\n"}).endpoint == "https://inside.example.com"


# endpoint


@pytest.mark.parametrize("outside", [{}, {"IGZ_ENDPOINT": ""}, {"IGZ_ENDPOINT": "", "V3IO_API": ""}])
def test_a_pinned_endpoint_never_comes_from_the_config(outside: dict[str, str]) -> None:
    write()
    assert "neither --endpoint nor IGZ_ENDPOINT" in refusal({"IGZ_PINNED": "endpoint", **outside}, endpoint="")


def test_a_pinned_endpoint_comes_from_the_command_line_or_the_environment() -> None:
    write()
    assert connection({"IGZ_PINNED": "endpoint"}, endpoint=OUTSIDE).endpoint == OUTSIDE
    for name in ("IGZ_ENDPOINT", "V3IO_API"):
        assert connection({"IGZ_PINNED": "endpoint,tls", name: OUTSIDE}).endpoint == OUTSIDE


# tls


@pytest.mark.parametrize(
    ("more", "environ", "said"),
    [
        ("insecure_skip_tls_verify: true", {}, "IGZ_INSECURE_SKIP_TLS_VERIFY"),
        ("insecure_skip_tls_verify: true", {"IGZ_CA_FILE": "ours.pem"}, "IGZ_INSECURE_SKIP_TLS_VERIFY"),
        ("ca_file: theirs.pem", {}, "IGZ_CA_FILE"),
        ("ca_file: theirs.pem", {"IGZ_INSECURE_SKIP_TLS_VERIFY": "false"}, "IGZ_CA_FILE"),
    ],
)
def test_pinned_tls_settings_never_come_from_the_config(more: str, environ: dict[str, str], said: str) -> None:
    write(more=more)
    assert said in refusal({"IGZ_PINNED": "tls", **environ})


def test_tls_settings_come_from_outside_before_the_config() -> None:
    write(more="insecure_skip_tls_verify: true\n    ca_file: theirs.pem")
    assert connection({}).is_verified is False
    outside = {"IGZ_CA_FILE": "ours.pem", "IGZ_INSECURE_SKIP_TLS_VERIFY": "no"}
    for pins in ("", "tls"):
        found = connection({**outside, "IGZ_PINNED": pins})
        assert (found.ca_file, found.is_verified) == ("ours.pem", True)
    assert connection({**outside, "IGZ_PINNED": "tls"}, ca_file="line.pem").ca_file == "line.pem"
    assert connection({**outside, "IGZ_PINNED": "tls"}, insecure_skip_tls_verify=True).is_verified is False
    write()
    assert connection({"IGZ_PINNED": "tls"}).is_verified is True


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("No", False), ("0", False), ("", None)])
def test_a_flag_of_the_environment_is_true_false_or_unset(text: str, value: bool | None) -> None:
    assert flag({"IGZ_INSECURE_SKIP_TLS_VERIFY": text}, "IGZ_INSECURE_SKIP_TLS_VERIFY") is value


def test_a_flag_that_is_neither_is_refused() -> None:
    write()
    assert "neither true nor false" in refusal({"IGZ_INSECURE_SKIP_TLS_VERIFY": "maybe"})


# inventory


@pytest.mark.parametrize(
    ("named", "schemes"),
    [
        ("s3://theirs/i.json", ""),
        ("s3://theirs/i.json", "gs,file"),
        ("http://127.0.0.1:1/i.json", "s3,gs"),
        ("simplecache::http://127.0.0.1:1/i.json", "s3,simplecache"),
        ("zip://i.json::s3://theirs/a.zip", "s3"),
        ("S3://theirs/i.json", "gs"),
        ("state/i.json", "s3"),
        ("state/i.json", ""),
        ("/etc/i.json", "file"),
        ("../i.json", "file"),
        ("file:///etc/i.json", "file"),
        ("FILE:///etc/i.json", "file"),
        ("local:///etc/i.json", "file"),
        ("Local:///etc/i.json", "file"),
        ("~/i.json", "file"),
        ("~root/i.json", "file"),
        ("gone.json", "file"),
        ("linked/i.json", "file"),
    ],
)
def test_a_pinned_inventory_is_named_by_the_config_only_as_far_as_it_is_allowed(
    named: str, schemes: str, workspace: Path
) -> None:
    (workspace / "linked").symlink_to("/etc")
    (workspace / "gone.json").symlink_to("/etc/gone.json")
    with pytest.raises(InvalidInput, match="IGZ_PINNED names inventory"):
        inventory_place(
            {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": schemes},
            Config(path="igz-apply.yaml", inventory=named),
        )


@pytest.mark.parametrize(
    ("named", "environ", "place"),
    [
        ("s3://theirs/i.json", {"IGZ_PINNED": "inventory", "IGZ_INVENTORY": "s3://ours/i.json"}, "s3://ours/i.json"),
        (None, {"IGZ_PINNED": "inventory", "IGZ_INVENTORY": "/var/i.json"}, "/var/i.json"),
        ("s3://b/i.json", {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": "s3,gs"}, "s3://b/i.json"),
        ("S3://b/i.json", {"IGZ_INVENTORY_SCHEMES": "s3"}, "S3://b/i.json"),
        ("state/i.json", {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": "file"}, "state/i.json"),
        (None, {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": "file"}, None),
        (None, {"IGZ_INVENTORY_SCHEMES": "s3"}, None),
        ("http://theirs/i.json", {}, "http://theirs/i.json"),
        ("http://theirs/i.json", {"IGZ_INVENTORY": "ours.json"}, "ours.json"),
        (None, {"IGZ_INVENTORY": "s3://ours/{target}.json", "IGZ_PINNED": "inventory"}, "s3://ours/prod.json"),
    ],
)
@pytest.mark.usefixtures("workspace")
def test_an_inventory_is_where_the_environment_or_an_allowed_config_says(
    named: str | None, environ: dict[str, str], place: str | None
) -> None:
    assert inventory_place(environ, Config(path="igz-apply.yaml", target="prod", inventory=named)) == place


@pytest.mark.parametrize(
    ("place", "target", "said"),
    [
        ("s3://key:secret@ours/{target}.json", "", "s3://ours/{target}.json, and no target was chosen"),
        ("s3://ours/{targets}.json", "prod", "IGZ_INVENTORY says {targets}, which stands for nothing"),
    ],
)
def test_an_inventory_of_every_target_takes_a_target(place: str, target: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(said)):
        inventory_place({"IGZ_INVENTORY": place}, Config(target=target))


@pytest.mark.parametrize("named", ["~/i.json", "FILE:///{}/i.json", "linked/i.json"])
def test_a_path_that_is_allowed_is_the_one_that_the_inventory_takes(
    named: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "state").mkdir()
    (workspace / "linked").symlink_to("state")
    monkeypatch.setenv("HOME", str(workspace / "state"))
    named = named.format(str(workspace / "state").lstrip("/"))
    environ = {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": "file"}
    place = inventory_place(environ, Config(path="igz-apply.yaml", inventory=named))
    assert place == named
    FsspecInventory(place, clock=SystemClock()).save({})
    assert (workspace / "state" / "i.json").exists()


def test_the_folder_of_inventories_cannot_be_led_out_of_the_checkout_either(workspace: Path) -> None:
    pinned = {"IGZ_PINNED": "inventory", "IGZ_INVENTORY_SCHEMES": "file"}
    assert inventory_place(pinned, Config(path="igz-apply.yaml")) is None
    (workspace / ".igz-apply").symlink_to("/etc")
    for target in ("", "prod"):
        with pytest.raises(InvalidInput, match=r"\.json leads out of"):
            inventory_place(pinned, Config(path="igz-apply.yaml", target=target))
        assert inventory_place({}, Config(path="igz-apply.yaml", target=target)) is None


def test_a_list_of_schemes_limits_the_config_also_where_nothing_is_pinned() -> None:
    with pytest.raises(InvalidInput, match="of the scheme http"):
        inventory_place({"IGZ_INVENTORY_SCHEMES": "s3"}, Config(inventory="http://theirs/i.json"))


@pytest.mark.usefixtures("cluster", "manifests")
def test_every_command_that_has_an_inventory_obeys(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(inventory="theirs.json")
    monkeypatch.setenv("IGZ_PINNED", "endpoint,tls,inventory")
    for command in (
        ("plan",),
        ("apply", "-y"),
        ("destroy", "-y"),
        ("drift",),
        ("forget", "User/ada"),
        ("unlock", "-y"),
    ):
        ran = cli(*command, "--target", "prod")
        assert (ran.code, "Set IGZ_INVENTORY" in ran.err) == (3, True), command
    assert cli("validate", "--target", "prod").code == 0
    assert cli("get", "users", "--target", "prod").code == 0
    monkeypatch.setenv("IGZ_INVENTORY", "ours.json")
    assert cli("apply", "-y", "--target", "prod").code == 0
    assert "User/ada" in json.loads((workspace / "ours.json").read_text())["entries"]
    assert not (workspace / "theirs.json").exists()
    assert cli("forget", "User/ada").code == 0


# protect


@pytest.mark.usefixtures("cluster", "manifests")
def test_what_is_protected_from_outside_comes_on_top_of_the_config(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "igz-apply.yaml").write_text("version: 1\nprotect: [Project/churn]\n")
    assert cli("apply", "-y").code == 0
    monkeypatch.setenv("IGZ_PINNED", "protect")
    for empty in ("", " ,\n"):
        monkeypatch.setenv("IGZ_PROTECT", empty)
        assert cli("plan").code == 3
    monkeypatch.setenv("IGZ_PROTECT", "User/ada\nGroup/data-*, User/admin")
    ran = cli("destroy", "-y")
    assert ran.code == 4
    for address in ("User/ada", "Group/data-science", "Project/churn"):
        assert f"{address} is named by protect" in ran.err
    monkeypatch.setenv("IGZ_PROTECT", "User/nobody")
    assert cli("plan").code == 3


# Whom reconcile tells, and where it listens

RECONCILE = "version: 1\nreconcile: {notify: [{url_env: THEIRS}], listen: '127.0.0.1:0'}\n"


@pytest.mark.usefixtures("cluster", "manifests")
def test_whom_to_tell_comes_from_outside_where_it_is_pinned(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "igz-apply.yaml").write_text(RECONCILE)
    monkeypatch.setenv("IGZ_PINNED", "notify")
    with receiving() as theirs, receiving() as ours:
        monkeypatch.setenv("THEIRS", theirs.url)
        monkeypatch.setenv("OURS", ours.url)
        ran = cli("reconcile", "--once")
        assert (ran.code, "IGZ_PINNED names notify" in ran.err) == (3, True)
        for given, code in (("[]", 2), ('[{"url_env": "OURS"}]', 2), ("[", 3), ("{}", 3), ('[{"url_env": 7}]', 3)):
            monkeypatch.setenv("IGZ_NOTIFY", given)
            ran = cli("reconcile", "--once")
            assert ran.code == code, ran
        monkeypatch.setenv("IGZ_NOTIFY", '[{"url_env": "NOBODY"}]')
        ran = cli("reconcile", "--once")
        assert (ran.code, "takes an address from NOBODY" in ran.err, "igz-apply.yaml" in ran.err) == (3, True, False)
        assert (len(theirs.got), len(ours.got)) == (0, 1)
        monkeypatch.delenv("IGZ_PINNED")
        monkeypatch.setenv("IGZ_NOTIFY", "")
        assert cli("reconcile", "--once").code == 2
        assert len(theirs.got) == 1


@pytest.mark.usefixtures("cluster", "manifests")
def test_where_to_listen_comes_from_outside_where_it_is_pinned(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "igz-apply.yaml").write_text(RECONCILE.replace("notify: [{url_env: THEIRS}], ", ""))
    ran = cli("reconcile", "--once")
    assert (ran.code, "Listening on" in ran.err) == (2, True)
    monkeypatch.setenv("IGZ_PINNED", "listen")
    ran = cli("reconcile", "--once")
    assert (ran.code, "Listening on" in ran.err) == (3, False)
    assert "Give --listen 127.0.0.1:0 where this runs" in " ".join(ran.err.split())
    ran = cli("reconcile", "--once", "--listen", "127.0.0.1:0")
    assert (ran.code, "Listening on" in ran.err) == (2, True)


# What an unset variable does to a pull request that names its own server


@pytest.mark.usefixtures("manifests")
def test_no_key_is_sent_to_the_endpoint_of_a_pull_request(
    cli: Cli, cluster: Server, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "igz-apply.yaml").write_text(f"version: 1\ntargets: {{prod: {{endpoint: '{cluster.url}'}}}}\n")
    monkeypatch.setenv("IGZ_ENDPOINT", "")
    assert cli("plan", "--target", "prod").code == 0
    monkeypatch.setenv("IGZ_PINNED", "endpoint,tls,inventory")
    monkeypatch.setenv("IGZ_INVENTORY", os.devnull)
    ran = cli("plan", "--target", "prod")
    assert (ran.code, "neither --endpoint nor IGZ_ENDPOINT" in ran.err) == (3, True)
