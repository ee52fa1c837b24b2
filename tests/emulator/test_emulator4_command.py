"""`igz-apply emulator` serves either platform, and its switches are told and set by name."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from igz_apply.emulator import Emulator4, Options, Options4, describe

COMMAND = (sys.executable, "-m", "igz_apply", "emulator")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)


def test_the_switches_of_a_platform_are_told() -> None:
    for platform, options in (("iguazio3", Options), ("iguazio4", Options4)):
        done = run("--platform", platform, "--list-switches")
        assert done.returncode == 0
        assert re.findall(r"^(\w+)=", done.stdout, re.MULTILINE) == [each.name for each in describe(options)]
        assert all(each.help in done.stdout for each in describe(options))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--platform", "iguazio4", "--job-seconds", "4"), "--job-seconds is an option of iguazio3 alone"),
        (("--platform", "iguazio4", "--no-enforce-policies"), "--switch NAME=VALUE"),
        (("--platform", "iguazio4", "--switch", "leadr=orca"), "Did you mean leader?"),
        (("--platform", "iguazio4", "--switch", "leader"), "NAME=VALUE"),
        (("--platform", "iguazio4", "--switch", "leader=both"), "one of orca, mlrun"),
        (("--switch", "leader=orca"), "NAME=VALUE with a name of --list-switches"),
        (("--switch", "job-seconds=soon"), "a number"),
    ],
)
def test_what_is_no_switch_is_invalid_input(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments, "--listen", "127.0.0.1:0")
    assert done.returncode == 3
    assert said in re.sub(r"\s+", " ", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("--platform", "iguazio4", "--switch", "leader=mlrun", "--latency-ms", "1"), 2),
        (("--switch", "job-seconds=0.1", "--page-size", "5"), 4),
    ],
)
def test_a_server_says_how_to_connect_to_it(arguments: tuple[str, ...], lines: int) -> None:
    command = [*COMMAND, "--listen", "127.0.0.1:0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = [server.stdout.readline() for _ in range(lines)]
        server.terminate()
        assert server.wait(30) == 0
    assert told[0].startswith("export IGZ_ENDPOINT=http://127.0.0.1:")
    if lines == 2:
        assert told[1] == f"export IGZ_OFFLINE_TOKEN={Emulator4.offline_token}\n"
