"""`--deadline`, and `deadline` in the config, as each command takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.cli.session import Session
from igz_apply.cli.settings import deadline_of
from igz_apply.emulator import Server
from igz_apply.manifests.config import Config
from tests.cli.cli_world import Cli

TOO_LATE = "The deadline of 0.001s was reached while"


@pytest.mark.parametrize("command", [("plan",), ("drift",), ("export",), ("apply", "-y"), ("destroy", "-y")])
def test_a_command_that_comes_no_further_changes_nothing_and_says_so(
    command: tuple[str, ...], cli: Cli, cluster: Server, manifests: Path
) -> None:
    del cluster, manifests
    ran = cli(*command, "--deadline", "1ms")
    assert (ran.code, ran.out) == (1, "")
    assert TOO_LATE in ran.err
    assert "Nothing was changed." in ran.err


def test_the_config_may_say_it_for_a_target_and_the_command_line_wins(
    cli: Cli, cluster: Server, manifests: Path, workspace: Path
) -> None:
    del cluster, manifests
    (workspace / "igz-apply.yaml").write_text(
        "version: 1\ndefaults: {deadline: 1h}\ntargets:\n  dev: {deadline: 1ms}\n  prod: {}\n"
    )
    assert cli("plan", "--target", "prod").code == 0
    ran = cli("plan", "--target", "dev")
    assert (ran.code, TOO_LATE in ran.err) == (1, True)
    assert cli("plan", "--target", "dev", "--deadline", "1h").code == 0
    assert cli("apply", "-y", "--target", "prod").code == 0


def test_it_counts_from_the_start_of_the_command() -> None:
    session = Session()
    found = deadline_of(session, Config(deadline=60.0), 5.0)
    assert found is not None
    assert (found.seconds, found.ends) == (5.0, session.begun + 5.0)
    assert deadline_of(session, Config(), None) is None


def test_a_lock_that_others_hold_is_waited_for_no_longer(cli: Cli, cluster: Server, manifests: Path) -> None:
    del cluster, manifests
    from igz_apply.inventory import FsspecInventory, default_place
    from igz_apply.local.clock import SystemClock

    with FsspecInventory(default_place(""), clock=SystemClock()).locked(0.0):
        ran = cli("apply", "-y", "--lock-timeout", "1h", "--deadline", "1s")
    assert ran.code == 1
    assert "was reached while another run held the inventory. Nothing was changed." in ran.err
