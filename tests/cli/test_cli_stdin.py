"""Standard input as manifests, whether a path or the config names it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.cli_world import MANIFESTS, Cli, Ran

GROUP, USER, PROJECT = MANIFESTS.split("---\n")


class Input(io.TextIOWrapper):
    """What somebody pipes in, or types in at a terminal."""

    def __init__(self, text: str, *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Cli:
    """Call the command line with the user piped in; `text=` pipes in something else."""

    def call(*arguments: str, text: str = USER, is_terminal: bool = False) -> Ran:
        monkeypatch.setattr(sys, "stdin", Input(text, is_terminal=is_terminal))
        return cli(*arguments)

    return call


@pytest.fixture
def config(workspace: Path) -> Path:
    """A config that takes a file and standard input, and prunes."""
    (workspace / "part.yaml").write_text(GROUP)
    path = workspace / "igz-apply.yaml"
    path.write_text('version: 1\nmanifests: [part.yaml, "-"]\ndefaults: {prune: true}\n')
    return path


pytestmark = pytest.mark.usefixtures("cluster")


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("paths", [(), ("part.yaml", "-")])
def test_the_config_and_the_command_line_read_standard_input_alike(piped: Cli, paths: tuple[str, ...]) -> None:
    assert piped("validate", *paths).out == "2 resources: valid.\n"
    ran = piped("apply", "-y", *paths)
    assert (ran.code, "2 to create" in ran.out) == (0, True), ran.err
    assert "No changes" in piped("plan", *paths).out
    assert piped("drift", *paths).code == 0


def test_a_config_in_another_folder_reads_standard_input_too(piped: Cli, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    (workspace / "sub" / "c.yaml").write_text('version: 1\nmanifests: ["-"]\n')
    assert piped("validate", "--config", "sub/c.yaml").out.endswith("1 resource: valid, with the warnings above.\n")


@pytest.mark.usefixtures("config")
def test_what_is_piped_in_no_more_is_pruned_as_the_config_says_and_not_for_paths(piped: Cli) -> None:
    piped("apply", "-y")
    other = USER.replace("name: ada", "name: bob").replace("ada@", "bob@")
    assert "1 to delete" in piped("plan", text=other).out
    ran = piped("plan", "part.yaml", "-", text=other)
    assert (ran.code, "0 to delete" in ran.out) == (0, True)
    assert "1 to delete" in piped("plan", "part.yaml", "-", "--prune", text=other).out


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("paths", [(), ("part.yaml", "-")])
def test_nothing_on_standard_input_is_an_error_and_no_reason_to_prune(piped: Cli, paths: tuple[str, ...]) -> None:
    piped("apply", "-y")
    for command in (("validate",), ("plan",), ("apply", "-y"), ("destroy", "-y")):
        ran = piped(*command, *paths, text="")
        assert (ran.code, "<stdin> holds no document" in ran.out + ran.err) == (3, True)
    assert piped("get", "User", "ada").code == 0


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("paths", [(), ("part.yaml", "-")])
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_standard_input_cannot_answer_a_question_too(piped: Cli, command: str, paths: tuple[str, ...]) -> None:
    ran = piped(command, *paths, is_terminal=True)
    assert (ran.code, "no question can be answered" in " ".join(ran.err.split())) == (3, True)
    assert piped(command, *paths).code == 3
    assert "Only `yes` goes on" in piped("apply", "part.yaml", is_terminal=True, text="no\n").err


@pytest.mark.usefixtures("config")
def test_standard_input_holds_no_password_beside_the_manifests_of_the_config(piped: Cli) -> None:
    for command in (("plan",), ("apply", "-y")):
        ran = piped(*command, "--password-stdin", "--username", "ada")
        assert (ran.code, "cannot hold both" in ran.err) == (3, True)
