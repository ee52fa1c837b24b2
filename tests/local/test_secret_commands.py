"""Secrets that a command writes: which program runs, with what around it, and what it came to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.local.programs import Leash
from igz_apply.local.secret_commands import SecretCommands
from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.ports import Unread

WORD = "correct horse"
PATH = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def read(
    folder: Path,
    *argv: str,
    allow: Sequence[tuple[str, ...]] | None = None,
    is_pinned: bool = False,
    timeout: float = 30.0,
    **environ: str,
) -> str | Unread:
    allowed = AllowedSources(tuple([argv] if allow is None else allow), is_pinned=is_pinned)
    return SecretCommands(allowed, {"PATH": PATH, **environ}, folder, timeout).read(argv, Leash())


def why(found: str | Unread) -> str:
    assert isinstance(found, Unread), found
    return found.why


# What a command comes to


@pytest.mark.parametrize(
    ("written", "expected"),
    [("a", "a"), ("a\\n", "a"), ("a\\r\\n", "a"), ("a\\n\\n", "a\n"), (" a ", " a "), ("\\303\\274", "ü")],
)
def test_what_a_command_writes_is_the_secret_without_one_line_end(written: str, expected: str, tmp_path: Path) -> None:
    assert read(tmp_path, "printf", written) == expected


def test_no_shell_takes_part(tmp_path: Path) -> None:
    assert read(tmp_path, "echo", "$HOME; `id` | cat > x") == "$HOME; `id` | cat > x"
    assert list(tmp_path.iterdir()) == []


def test_it_runs_in_the_configs_folder_with_nothing_on_standard_input(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "where", 'pwd; cat; echo "$#"')
    assert read(tmp_path, "bin/where", "x") == f"{tmp_path}\n1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo %s >&2; exit 3", "the command ended with exit code 3; run it by hand in {} to see what it says"),
        ("kill -9 $$", "the command ended by signal 9; run it by hand in {} to see what it says"),
        ("true", "what the command wrote is empty"),
        ("echo", "what the command wrote is empty"),
        ("printf '\\377'", "what the command wrote is not UTF-8 text"),
        ("head -c 1100000 /dev/zero", "the command wrote more than 1 MiB"),
    ],
)
def test_a_command_that_fails_is_told_without_a_word_of_what_it_said(text: str, said: str, tmp_path: Path) -> None:
    script(tmp_path / "get", f"echo {WORD} >&2\n" + text.replace("%s", WORD))
    found = why(read(tmp_path, "./get"))
    assert found == said.format(tmp_path)


def test_a_command_is_given_a_time(tmp_path: Path) -> None:
    assert why(read(tmp_path, "sleep", "60", timeout=0.2)) == "the command was not done within 0.2s"


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    assert why(read(tmp_path, "no-such-program")) == "there is no program no-such-program"
    (tmp_path / "get").write_text("echo")
    assert why(read(tmp_path, "./get")) == "the command cannot be started: Permission denied"
    assert why(read(tmp_path, "echo", "a\0b")) == "the command cannot be started: an argument holds a null character"


def test_a_pulled_leash_stops_it(tmp_path: Path) -> None:
    leash, argv = Leash(), ("sleep", "60")
    leash.pull()
    found = SecretCommands(AllowedSources((argv,)), {"PATH": PATH}, tmp_path, 30.0).read(argv, leash)
    assert why(found) == "the command was stopped"


# What is around it


def test_our_own_credentials_are_not_handed_on(tmp_path: Path) -> None:
    script(tmp_path / "all", "env")
    found = read(
        tmp_path, "./all", V3IO_ACCESS_KEY=WORD, V3IO_PASSWORD=WORD, IGZ_OFFLINE_TOKEN=WORD, VAULT_TOKEN="theirs"
    )
    assert isinstance(found, str)
    assert WORD not in found
    assert "VAULT_TOKEN=theirs" in found


def test_relative_folders_of_the_path_are_never_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "tools" / "get-it", "echo x")
    monkeypatch.chdir(tmp_path)
    for path in ("tools", ".", "", f"{os.pathsep}tools"):
        monkeypatch.chdir(tmp_path / "tools" if path in (".", "") else tmp_path)
        assert why(read(tmp_path, "get-it", PATH=path)) == "there is no program get-it"
    assert read(tmp_path, "get-it", PATH=f"{tmp_path / 'tools'}{os.pathsep}{PATH}") == "x"


# What is allowed


def test_what_nobody_allows_is_not_run(tmp_path: Path) -> None:
    script(tmp_path / "get", "touch ran; echo x")
    assert why(read(tmp_path, "./get", allow=[("./get", "x")])) == "the config does not allow it"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_does_not_lead_out_of_what_a_pattern_allows(kind: str, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    outside = tmp_path / "outside"
    outside.mkdir(parents=True)
    repo.mkdir()
    (outside / "a.txt").write_text(WORD)
    if kind == "file":
        (repo / "secrets").mkdir()
        (repo / "secrets" / "a.txt").symlink_to(outside / "a.txt")
    else:
        (repo / "secrets").symlink_to(outside)
    found = read(repo, "cat", "secrets/a.txt", allow=[("cat", "secrets/*.txt")])
    assert why(found) == "secrets/a.txt leads out of where the pattern that allows it is about"
    assert read(repo, "cat", "secrets/a.txt", allow=[("cat", "secrets/a.txt")]) == WORD  # as somebody said in full


@pytest.mark.parametrize("option", ["--file=", "-I", "@", "--from=file:"])
def test_nor_does_one_after_the_name_of_an_option(option: str, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    (repo / "secrets").mkdir(parents=True)
    (tmp_path / "a.txt").write_text(WORD)
    (repo / "secrets" / "a.txt").symlink_to(tmp_path / "a.txt")
    (repo / "secrets" / "b.txt").write_text(WORD)
    allow = [("echo", f"{option}secrets/*")]
    assert "leads out of where" in why(read(repo, "echo", f"{option}secrets/a.txt", allow=allow))
    assert read(repo, "echo", f"{option}secrets/b.txt", allow=allow) == f"{option}secrets/b.txt"


def test_links_within_what_a_pattern_allows_are_followed(tmp_path: Path) -> None:
    (tmp_path / "run" / "..data").mkdir(parents=True)
    (tmp_path / "run" / "..data" / "ada").write_text(WORD)
    (tmp_path / "run" / "ada").symlink_to("..data/ada")  # as Kubernetes lays them out
    pattern = ("cat", f"{tmp_path}/run/*")
    assert read(tmp_path / "run", "cat", f"{tmp_path}/run/ada", allow=[pattern]) == WORD
    assert read(tmp_path, "cat", "run/ada", allow=[("cat", "run/*")]) == WORD
    (tmp_path / "here").write_text(WORD)
    assert read(tmp_path, "cat", "here", allow=[("cat", "*")]) == WORD


# What a branch cannot slip in


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, with the config in a folder of it, and a program of the branch's own."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    config = tmp_path / "repo" / "deploy"
    script(config / "sops", "echo theirs")
    script(tmp_path / "repo" / "bin" / "sops", "echo theirs")
    script(tmp_path / "system" / "sops", "echo ours")
    monkeypatch.chdir(config)
    return config


@pytest.mark.parametrize("path", ["{0}/bin", "{0}/deploy", "{0}/../repo/bin", ".", "", "../bin"])
def test_where_it_is_pinned_no_program_of_the_checkout_runs(path: str, repo: Path) -> None:
    system = repo.parent.parent / "system"
    searched = os.pathsep.join([path.format(repo.parent), str(system), "/usr/bin", "/bin"])
    assert read(repo, "sops", PATH=searched, is_pinned=True) == "ours"
    found = read(repo, "sops", PATH=os.pathsep.join([path.format(repo.parent), "/usr/bin", "/bin"]), is_pinned=True)
    assert why(found) == "there is no program sops outside the checkout"


def test_where_it_is_pinned_links_out_of_and_into_the_checkout_are_seen(repo: Path) -> None:
    system = repo.parent.parent / "system"
    (system / "more").symlink_to(repo.parent / "bin")
    (system / "get").symlink_to(repo / "sops")
    (repo / "linked").symlink_to(system)
    for path in (system / "more", repo / "linked"):
        assert "no program sops" in why(read(repo, "sops", PATH=str(path), is_pinned=True))
    assert "lies in the checkout" in why(read(repo, "get", PATH=str(system), is_pinned=True))
    assert "lies in the checkout" in why(read(repo, str(repo / "sops"), is_pinned=True))
    assert "lies in the checkout" in why(read(repo, "./sops", is_pinned=True))


def test_where_it_is_pinned_a_program_finds_none_of_the_checkout_either(repo: Path) -> None:
    system = repo.parent.parent / "system"
    script(system / "outer", "sops")
    path = os.pathsep.join([str(repo.parent / "bin"), str(system), "/bin"])
    assert read(repo, "outer", PATH=path, is_pinned=True) == "ours"
    assert read(repo, "outer", PATH=path) == "theirs"
