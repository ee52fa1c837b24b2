"""`reconcile` takes its manifests from git as it is now, or from one version of a folder, and says of which commit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.cli.following import steadily
from igz_apply.cli.in_folder import InFolder
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.emulator import Server
from igz_apply.errors import InvalidInput, RepositoryLost
from igz_apply.manifests.config import DEFAULT_PATH, Config
from igz_apply.model.checkout import Checkout
from igz_apply.workflow.rounds import Followed
from tests.cli.cli_world import MANIFESTS, Cli
from tests.local.git_world import World, made, needs_ssh_keys

pytestmark = pytest.mark.full

CONFIG = 'version: 1\ndefaults: {prune: true}\nreconcile:\n  modes: {"*": heal}\n'
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: %s}\nspec: {description: %s}\n"
ONCE = ("reconcile", "--once")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A repository beside the current folder."""
    (tmp_path / "of-others").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path / "here")
    world = made(tmp_path / "of-others")
    world.commit({DEFAULT_PATH: CONFIG, "manifests/all.yaml": MANIFESTS})
    return world


def left_over(world: World) -> list[Path]:
    return [path for path in (world.top.parent / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_round_makes_what_git_says_and_its_record_names_the_commit(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    ran = cli(*ONCE, "--repo", str(world.up))
    assert (ran.code, "User/ada" in ran.out) == (0, True), ran.err
    record = json.loads(cli("history", "last", "-o", "json").out)
    commit, tree = world.git("rev-parse", "HEAD"), world.git("rev-parse", "HEAD:manifests")
    assert record["manifests"] == {"commit": commit, "tree": tree, "is_dirty": False}
    assert left_over(world) == []
    world.commit({"manifests/all.yaml": GROUP % ("data-science", "fewer")})
    told = [json.loads(line) for line in cli(*ONCE, "--repo", str(world.up), "--format", "json").out.splitlines()]
    (last,) = [line for line in told if line["type"] == "round"]
    assert last["ending"] == "healed", last
    assert last["commit"] == world.git("rev-parse", "HEAD")


def test_the_environment_says_it_as_well(
    cli: Cli, cluster: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    world.commit({"prod/igz-apply.yaml": CONFIG, "prod/manifests/g.yaml": GROUP % ("g", "d")})
    world.git("branch", "release")
    for name, value in {"IGZ_REPO": str(world.up), "IGZ_REF": "release", "IGZ_REPO_PATH": "prod"}.items():
        monkeypatch.setenv(name, value)
    ran = cli(*ONCE)
    assert (ran.code, "Group/g" in ran.out, "User/ada" in ran.out) == (0, True, False), ran.err


def test_a_config_outside_is_the_one_that_counts(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    config = (
        'version: 1\nignore: [manifests/old/*]\nreconcile: {repo: ../of-others/up, modes: {Group: heal, "*": tell}}\n'
    )
    world.commit({DEFAULT_PATH: "no: config\n", "manifests/old/x.yaml": "what: ever\n"})
    Path(DEFAULT_PATH).write_text(config)
    ran = cli(*ONCE)
    assert (ran.code, "Group/data-science" in ran.out) == (2, True), ran.err
    Path(DEFAULT_PATH).rename("other.yaml")
    assert cli(*ONCE, "--config", "other.yaml").code == 2
    ran = cli(*ONCE, "--repo", str(world.up))
    assert (ran.code, "igz-apply.yaml:1:1" in ran.out + ran.err) == (3, True)


def test_paths_count_from_the_folder_in_the_repository(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    world.commit({"more/g.yaml": GROUP % ("g", "d")})
    ran = cli(*ONCE, "--repo", str(world.up), "more")
    assert (ran.code, "Group/g" in ran.out, "User/ada" in ran.out) == (0, True, False), ran.err


@pytest.mark.parametrize(
    ("config", "where", "says"),
    [
        ("reconcile: {repo: https://example.com/x}\n", "2:13", "--repo or IGZ_REPO"),
        ("reconcile:\n  require_signed: keys\n", "3:3", "--require-signed or IGZ_REQUIRE_SIGNED"),
        ("reconcile:\n  listen: ':9464'\n", "3:3", "--listen"),
        ("reconcile:\n  path: x\n  ref: main\n", "3:3", "--path or IGZ_REPO_PATH"),
        ("targets:\n  prod:\n    endpoint: embedded\n    reconcile:\n      listen: ':1'\n", "6:7", "--listen"),
        ("manifests: [/etc/passwd]\n", "2:1", "names /etc/passwd, which lies outside"),
        ("manifests: [../../../..]\n", "2:1", "lies outside of the repository"),
        ("policies: ['/etc/*']\n", "2:1", "names /etc/*, which lies outside"),
        ("policies_on_plan: [{code: A-1, message: m, schema: /etc/passwd}]\n", "2:1", "names /etc/passwd, which lies"),
    ],
)
def test_a_config_in_the_repository_does_not_say_how_it_is_followed(
    config: str, where: str, says: str, cli: Cli, cluster: Server, world: World
) -> None:
    del cluster
    world.commit({DEFAULT_PATH: "version: 1\n" + config})
    ran = cli(*ONCE, "--repo", str(world.up))
    told = ran.out + ran.err
    assert (ran.code, "Said from inside [IGZ-734]" in told, f"{DEFAULT_PATH}:{where}" in told) == (3, True, True), told
    assert says in " ".join(told.split())


def test_figures_are_shown_before_the_repository_was_read(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    ran = cli(*ONCE, "--repo", str(world.up), "--listen", "127.0.0.1:0")
    assert (ran.code, "Listening on http://127.0.0.1" in ran.err) == (0, True), ran.err


def test_what_has_to_last_does_not_lie_in_the_copy(cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "version: 1\ntargets:\n  dev: {inventory: state.json, endpoint: 'embedded:x.db'}\n"
    world.commit({DEFAULT_PATH: text})
    monkeypatch.setenv("IGZ_TARGET", "dev")
    ran = cli(*ONCE, "--repo", str(world.up))
    told = ran.out + ran.err
    assert (ran.code, told.count("Place that does not last [IGZ-737]")) == (3, 2), told
    assert f"{DEFAULT_PATH}:3:9" in told
    assert f"{DEFAULT_PATH}:3:32" in told
    monkeypatch.setenv("IGZ_INVENTORY", str(world.top / "state.json"))
    monkeypatch.setenv("IGZ_ENDPOINT", "embedded")
    assert cli(*ONCE, "--repo", str(world.up)).code == 2
    world.commit({DEFAULT_PATH: "version: 1\ndefaults: {inventory: a/../state.json}\n"})
    monkeypatch.delenv("IGZ_INVENTORY")
    monkeypatch.delenv("IGZ_TARGET")
    ran = cli(*ONCE, "--repo", str(world.up))
    assert (ran.code, f"{DEFAULT_PATH}:2:12" in ran.out + ran.err) == (3, True), ran.err


def test_a_commit_without_config_is_said(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    Path(DEFAULT_PATH).write_text("version: 1\n")  # that of the current folder is another
    world.git("rm", "-q", DEFAULT_PATH)
    world.commit()
    ran = cli(*ONCE, "--repo", str(world.up))
    assert (ran.code, f"has no {DEFAULT_PATH}" in " ".join((ran.out + ran.err).split())) == (3, True), ran.err


@needs_ssh_keys
def test_nothing_is_read_of_a_commit_that_nobody_known_has_signed(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    key = world.top / "ada"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (world.top / "keys").mkdir()
    (world.top / "ada.pub").rename(world.top / "keys" / "ada.pub")
    world.commit({DEFAULT_PATH: "broken: [\n"})
    arguments = (*ONCE, "--repo", str(world.up), "--require-signed", str(world.top / "keys"))
    ran = cli(*arguments)
    told = ran.out + ran.err
    assert (ran.code, "Not signed by a known key [IGZ-733]" in told) == (3, True), told
    assert world.git("rev-parse", "--short=10", "HEAD") in told
    assert "broken" not in told
    settings = (*world.settings, "gpg.format=ssh", f"user.signingKey={key}")
    World(world.top, settings).commit({DEFAULT_PATH: CONFIG}, "-S")
    ran = cli(*arguments, "--format", "json")
    (last,) = [it for it in map(json.loads, ran.out.splitlines()) if it["type"] == "round"]
    assert (ran.code, last["signed_by"]) == (0, "ada"), last


def test_keys_that_a_config_outside_names_are_looked_for_whoever_names_the_repository(
    cli: Cli, cluster: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    Path(DEFAULT_PATH).write_text("version: 1\nreconcile: {require_signed: keys}\n")
    Path("keys").mkdir()
    for arguments in (("--repo", str(world.up)), ("--repo", str(world.up), "--config", DEFAULT_PATH)):
        ran = cli(*ONCE, *arguments)
        assert (ran.code, "holds no public key" in " ".join((ran.out + ran.err).split())) == (3, True), ran.err
    ran = cli(*ONCE)
    assert (ran.code, "none is followed" in ran.err) == (3, True), ran.err
    Path(DEFAULT_PATH).write_text("version: 1\n")
    monkeypatch.setenv("IGZ_REQUIRE_SIGNED", "keys")
    ran = cli(*ONCE)
    assert (ran.code, "IGZ_REQUIRE_SIGNED is about a repository" in ran.err) == (3, True), ran.err


def test_what_comes_from_elsewhere_is_not_as_it_was_committed(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    (world.top / "more").mkdir()
    (world.top / "more" / "g.yaml").write_text(GROUP % ("g", "d"))
    text = f"version: 1\nmanifests: [manifests, {world.top / 'more'}]\n"
    Path(DEFAULT_PATH).write_text(text + f'reconcile: {{repo: {world.up}, modes: {{"*": heal}}}}\n')
    ran = cli(*ONCE)
    assert ran.code == 0, ran.err
    commit = world.git("rev-parse", "HEAD")
    record = json.loads(cli("history", "last", "-o", "json").out)
    assert record["manifests"] == {"commit": commit, "tree": "", "is_dirty": True}


def test_a_repository_that_cannot_be_read_is_said_without_its_password(
    cli: Cli, cluster: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    monkeypatch.setenv("IGZ_REPO", "http://ada:s3cret@127.0.0.1:1/cluster.git")
    ran = cli(*ONCE)
    told = ran.out + ran.err
    assert (ran.code, "git cannot read http://127.0.0.1:1/cluster.git" in " ".join(told.split())) == (1, True), told
    assert "s3cret" not in told
    assert "ada" not in told
    monkeypatch.delenv("IGZ_REPO")
    for arguments, config in (
        (("--repo", "https://ada:s3cret@example.com/x"), ""),
        ((), "version: 1\nreconcile: {repo: 'https://ada:s3cret@example.com/x'}\n"),
    ):
        if config:
            Path(DEFAULT_PATH).write_text(config)
        ran = cli(*ONCE, *arguments)
        assert (ran.code, "A password stands in" in ran.err, "s3cret" in ran.out + ran.err) == (3, True, False), ran.err
    assert world.up.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--repo", "ext::evil"), "git would run a program for it"),
        (("--repo", "--upload-pack=evil"), "git would take it for an option"),
        (("--repo", "x", "--ref", "--upload-pack=evil"), "no name of a branch"),
        (("--repo", "x", "--path", "../../x"), "lead down"),
        (("--ref", "main"), "Give --repo URL"),
        (("--require-signed", "keys"), "Give --repo URL"),
    ],
)
def test_what_cannot_be_followed_is_said_at_once(arguments: tuple[str, ...], says: str, cli: Cli, world: World) -> None:
    ran = cli("reconcile", *arguments)
    assert (ran.code, "Repository settings [IGZ-735]" in ran.err, says in " ".join(ran.err.split())) == (3, True, True)
    assert world.up.exists()


@pytest.mark.parametrize(
    ("stated", "line", "says"),
    [
        ("  repo: https://ada:pw-of-ada@git.example.com/x\n", 3, "A password stands in `reconcile.repo`"),
        ("  repo: https://git.example.com/x\n  ref: a..b\n", 4, "a..b cannot be followed"),
        ("  repo: https://git.example.com/x\n  path: ../x\n", 4, "leads nowhere"),
        ("  require_signed: keys\n", 3, "is about a repository, and none is followed"),
    ],
)
@pytest.mark.parametrize("of_target", [False, True])
def test_what_a_config_says_of_a_repository_wrongly_is_told_where_it_stands(
    stated: str, line: int, says: str, of_target: bool, cli: Cli, world: World
) -> None:
    del world
    if of_target:
        stated = "".join(f"    {each}" for each in stated.splitlines(keepends=True))
        text = f"version: 1\ntargets:\n  t:\n    reconcile:\n{stated}"
    else:
        text = f"version: 1\nreconcile:\n{stated}"
    Path(DEFAULT_PATH).write_text(text)
    ran = cli(*ONCE, *(["--target", "t"] if of_target else []))
    told = " ".join(ran.err.split())
    at = f"{DEFAULT_PATH}:{line + 2 * of_target}:{3 + 4 * of_target}"
    assert (ran.code, at in told, says in told, "pw-of-ada" in told) == (3, True, True, False), told


def test_keys_are_not_taken_from_where_the_repository_reaches(cli: Cli, world: World) -> None:
    folder = world.top.parent / "cache" / "igz-apply" / "repositories" / "1" / "checkouts" / "keys"
    ran = cli("reconcile", "--repo", str(world.up), "--require-signed", str(folder))
    assert (ran.code, "is in the cache" in " ".join(ran.err.split())) == (3, True)


@pytest.mark.full
def test_pushes_are_followed_from_round_to_round_until_a_signal(cluster: Server, world: World) -> None:
    del cluster
    argv = [
        sys.executable,
        "-m",
        "igz_apply",
        "reconcile",
        "--repo",
        str(world.up),
        "--interval",
        "1",
        "--format",
        "json",
    ]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        rounds = _rounds(process)
        assert next(rounds)["ending"] == "healed"
        one = world.git("rev-parse", "HEAD")
        two = world.commit({"manifests/g.yaml": GROUP % ("g", "d")})
        later = next(it for it in rounds if it["commit"] == two)
        assert later["ending"] == "healed"
        world.up.rename(world.top / "away")
        assert next(it for it in rounds if it["ending"] != "in_sync")["ending"] == "failed"
        (world.top / "away").rename(world.up)
        world.git("reset", "-q", "--hard", one)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert left_over(world) == []


@pytest.mark.full
def test_a_replica_that_has_yet_to_read_where_the_inventory_lies_runs_no_round_beside_the_leader(
    cluster: Server, world: World
) -> None:
    del cluster
    argv = [sys.executable, "-m", "igz_apply", "reconcile", "--repo", str(world.up), "--format", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as leader:
        try:
            assert next(_rounds(leader))["ending"] == "healed"
            with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as second:
                assert second.stdout is not None
                told = [json.loads(second.stdout.readline())["type"] for _ in range(2)]
                second.send_signal(signal.SIGTERM)
                assert (told, second.wait(30)) == (["version", "standing_by"], 0)
        finally:
            leader.terminate()


@pytest.mark.full
def test_a_signal_ends_it_while_a_server_hangs_and_nothing_of_git_is_left(cluster: Server, world: World) -> None:
    del cluster
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        argv = [sys.executable, "-m", "igz_apply", "reconcile", "--repo", f"git://{where}/up", "--format", "json"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        try:
            server.accept()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
    assert subprocess.run(["pgrep", "-f", where], capture_output=True).stdout == b""
    assert left_over(world) == []


def _rounds(process: subprocess.Popen[str]) -> Iterator[dict[str, str]]:
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        if told["type"] == "round":
            yield told


# A folder that something else keeps


def version(folder: Path, name: str) -> Path:
    """Write one version of config and manifests, all of which tell which it is."""
    found = folder / name
    found.mkdir(parents=True)
    (found / DEFAULT_PATH).write_text(
        f"version: 1\nowner: {name.strip('.')}\nmanifests: [.]\nignore: [{DEFAULT_PATH}]\n"
    )
    for each in "ab":
        (found / f"{each}.yaml").write_text(GROUP % (each, name.strip(".")))
    return found


def lead(link: Path, target: str) -> None:
    """Let a link lead to another version, in one step."""
    new = link.with_name("new")
    new.symlink_to(target)
    new.replace(link)


def config_map(folder: Path) -> Path:
    """Lay a folder out as Kubernetes mounts a ConfigMap."""
    version(folder, "..one")
    (folder / "..data").symlink_to("..one")
    for name in (DEFAULT_PATH, "a.yaml", "b.yaml"):
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def git_sync(folder: Path) -> Path:
    """Lay a folder out as git-sync does."""
    version(folder / ".worktrees", "one")
    (folder / "current").symlink_to(".worktrees/one")
    return folder / "current"


@pytest.mark.parametrize("is_config_map", [True, False])
def test_a_swap_in_the_middle_never_mixes_two_versions(is_config_map: bool, tmp_path: Path) -> None:
    folder = (config_map if is_config_map else git_sync)(tmp_path / "mounted")
    link, of_two = (folder / "..data", "..two") if is_config_map else (folder, ".worktrees/two")
    following = InFolder()
    seen: list[tuple[str, ...]] = []

    def read() -> tuple[str, str, str]:
        config = _config(following, folder / DEFAULT_PATH)
        one = (Path(config.manifests[0]) / "a.yaml").read_text()
        if not seen:
            two = version(folder if is_config_map else folder.parent / ".worktrees", of_two.rpartition("/")[2])
            lead(link, of_two)
            assert two.exists()
        both = (
            config.owner,
            one.split()[-1].strip("}"),
            (Path(config.manifests[0]) / "b.yaml").read_text().split()[-1].strip("}"),
        )
        seen.append(both)
        return both

    assert steadily(following, read) == ("two", "two", "two")
    assert seen == [("one", "one", "one"), ("two", "two", "two")]


def test_what_was_taken_away_after_the_swap_is_read_again(tmp_path: Path) -> None:
    folder = git_sync(tmp_path / "mounted")
    following = InFolder()
    tries: list[str] = []

    def read() -> str:
        config = _config(following, folder / DEFAULT_PATH)
        tries.append(config.owner)
        if config.owner == "one":
            version(folder.parent / ".worktrees", "two")
            lead(folder, ".worktrees/two")
            (Path(config.manifests[0]) / "a.yaml").unlink()
        return (Path(config.manifests[0]) / "a.yaml").read_text()

    assert "two" in steadily(following, read)
    assert tries == ["one", "two"]


def test_a_fault_is_told_where_nothing_has_moved_and_what_never_rests_is_not_read(tmp_path: Path) -> None:
    folder = git_sync(tmp_path / "mounted")
    following = InFolder()

    def faulty() -> None:
        _config(following, folder / DEFAULT_PATH)
        raise InvalidInput([])

    with pytest.raises(InvalidInput):
        steadily(following, faulty)
    version(folder.parent / ".worktrees", "two")

    def restless() -> str:
        config = _config(following, folder / DEFAULT_PATH)
        lead(folder, f".worktrees/{'two' if config.owner == 'one' else 'one'}")
        return config.owner

    with pytest.raises(RepositoryLost, match="changed each time"):
        steadily(following, restless)


def test_a_folder_without_links_keeps_its_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(version(tmp_path, "plain"))
    config = _config(InFolder(), None)
    assert (config.path, config.manifests, config.owner) == (DEFAULT_PATH, (".",), "plain")


def test_rounds_of_a_mounted_folder_do_not_keep_their_inventory_in_it(
    cli: Cli, cluster: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    folder = git_sync(tmp_path / "mounted")
    path = folder / DEFAULT_PATH
    path.write_text(path.read_text() + "defaults: {inventory: state.json}\n")
    ran = cli(*ONCE, "--config", str(path))
    assert (ran.code, "Place that does not last [IGZ-737]" in ran.out + ran.err) == (3, True), ran.err
    monkeypatch.setenv("IGZ_INVENTORY", str(tmp_path / "state.json"))
    ran = cli(*ONCE, "--config", str(path), "--heal", "*")
    assert (ran.code, "Group/a" in ran.out) == (0, True), ran.err


def _config(following: InFolder, named: Path | None) -> Config:
    flags = GlobalFlags(config=str(named)) if named is not None else GlobalFlags()
    return following.config(Session(flags, {}), Followed())


def test_a_config_that_is_gone_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session, following = Session(GlobalFlags(), {}), InFolder()
    Path(DEFAULT_PATH).write_text("version: 1\nprotect: [User/ada]\n")
    assert following.config(session, Followed()).protect == ("User/ada",)
    Path(DEFAULT_PATH).unlink()
    for _ in range(2):
        with pytest.raises(InvalidInput, match="is gone: what it protects"):
            following.config(session, Followed())
    assert InFolder().config(session, Followed()).protect == ()


def test_paths_are_told_as_the_repository_has_them(cli: Cli, cluster: Server, world: World) -> None:
    """Where the copy of a commit lies is of no use to anybody, least of all in a record."""
    del cluster
    world.commit({"manifests/more.yaml": GROUP % ("more", "told")})
    ran = cli(*ONCE, "--repo", str(world.up), "--format", "json")
    told = ran.out + ran.err + cli("history", "last", "-o", "json").out
    assert ran.code == 0, told
    assert '"manifests/more.yaml"' in told
    assert "checkouts" not in told
    world.commit({"manifests/more.yaml": GROUP % ("more", "told") + "  descripton: x\n"})
    ran = cli(*ONCE, "--repo", str(world.up))
    told = ran.out + ran.err
    assert (ran.code, "manifests/more.yaml:5" in told, "descripton: x" in told) == (3, True, True), told
    assert "checkouts" not in told


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({DEFAULT_PATH: "version: 1\nmanifests: [nowhere]\n"}, "There is no file or folder nowhere."),
        ({DEFAULT_PATH: "version: 1\nmanifests: [empty]\n", "empty/x.txt": ""}, "The folder empty holds no manifest"),
        ({DEFAULT_PATH: "version: 1\npolicies: [none.yaml]\n"}, "No file matches none.yaml"),
        ({DEFAULT_PATH: "version: 1\npolicies: [p.yaml]\n", "p.yaml": "a: [\n"}, "p.yaml:"),
        ({DEFAULT_PATH: "version: 1\ntargets: {a: {}}\n"}, "igz-apply.yaml"),
        ({DEFAULT_PATH: "version: 1\nvalues: {x: 1, x: 2}\n"}, "igz-apply.yaml:2:16"),
        ({DEFAULT_PATH: "version: 1\ndefaults: {inventory: state.json}\n"}, "The inventory state.json would lie"),
        ({"manifests/.hidden.yaml": "a: 1\n"}, "manifests/.hidden.yaml is hidden"),
        ({"manifests/x.yaml": "a: \x01\n"}, "manifests/x.yaml:1:4"),
    ],
)
def test_whatever_is_wrong_is_told_where_the_repository_has_it(
    files: dict[str, str], says: str, cli: Cli, cluster: Server, world: World
) -> None:
    del cluster
    world.commit(files)
    more = ("--target", "b") if "targets" in files.get(DEFAULT_PATH, "") else ()
    ran = cli(*ONCE, "--repo", str(world.up), *more)
    told = " ".join((ran.out + ran.err).replace("│", " ").split())
    assert (ran.code, says in told, "checkouts" in told) == (3, True, False), told


def test_a_config_outside_is_quoted_from_where_it_lies(cli: Cli, cluster: Server, world: World) -> None:
    del cluster
    world.commit({DEFAULT_PATH: "# another\n# text\n# here\n"})
    Path(DEFAULT_PATH).write_text("version: 1\nreconcile: {repo: ../of-others/up}\nlimits: {delete: {Grup: 1}}\n")
    ran = cli(*ONCE)
    assert "Grup: 1" in ran.out + ran.err


def test_programs_of_whoever_may_push_are_told_of_once_and_not_run_where_they_are_pinned(
    cli: Cli, cluster: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cluster
    ran_here = world.top / "ran"
    (world.up / "hook.sh").write_text(f"#!/bin/sh\ntouch {ran_here}\n")
    (world.up / "hook.sh").chmod(0o755)
    world.commit({DEFAULT_PATH: CONFIG + "hooks:\n  before_plan: [{command: [./hook.sh]}]\n"})
    ran = cli(*ONCE, "--repo", str(world.up))
    told = " ".join((ran.out + ran.err).split())
    assert (ran.code, told.count("says which programs run here; with IGZ_PINNED=hooks")) == (0, 1), told
    ran_here.unlink()
    monkeypatch.setenv("IGZ_PINNED", "hooks")
    for given, says in (
        ("", "the config names programs"),
        ('{"before_plan": [{"command": ["sh", "hook.sh"]}]}', "lies in"),
    ):
        monkeypatch.setenv("IGZ_HOOKS", given)
        ran = cli(*ONCE, "--repo", str(world.up))
        told = " ".join((ran.out + ran.err).split())
        assert (ran.code != 0, says in told, "Whoever may push" in told) == (True, True, False), told
        assert not ran_here.exists()


def test_where_credentials_go_is_told_of_where_a_push_decides_it(
    cli: Cli, cluster: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"version: 1\ntargets:\n  dev: {{endpoint: '{cluster.url}'}}\n"
    world.commit({DEFAULT_PATH: text})
    ran = cli(*ONCE, "--repo", str(world.up), "--target", "dev")
    assert "Whoever may push" not in ran.out + ran.err, "the environment says it"
    for name in ("V3IO_API", "IGZ_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    ran = cli(*ONCE, "--repo", str(world.up), "--target", "dev")
    told = " ".join((ran.out + ran.err).split())
    assert "says where the credentials of this process are sent; with IGZ_PINNED=endpoint" in told, told


def test_keys_that_a_push_could_change_are_no_guard(cli: Cli, world: World) -> None:
    (world.up / "keys").mkdir()
    for repo in (str(world.up), world.up.as_uri()):
        ran = cli(*ONCE, "--repo", repo, "--require-signed", str(world.up / "keys"))
        assert (ran.code, "is in the repository that is followed" in " ".join(ran.err.split())) == (3, True), ran.err


def in_place(folder: Path) -> World:
    """Return a checkout whose files git itself changes, in place."""
    folder.mkdir()
    world = made(folder)
    version(folder, "one")
    shutil.copytree(folder / "one", world.up, dirs_exist_ok=True)
    world.commit()
    return world


def test_a_pull_in_the_middle_is_read_again_and_told_as_what_it_is(tmp_path: Path) -> None:
    """Git takes a file away before it writes the new one: what is not there at that moment is not gone."""
    world = in_place(tmp_path / "checkout")
    following = InFolder()
    _config(following, world.up / DEFAULT_PATH)
    followed = following.follow()
    assert following.checkout(followed, [str(world.up)]) == Checkout(
        world.git("rev-parse", "HEAD"), world.git("rev-parse", "HEAD:"), is_dirty=False
    )
    seen: list[set[str]] = []

    def read() -> Checkout | None:
        _config(following, world.up / DEFAULT_PATH)
        found = following.checkout(followed, [str(world.up)])
        if not seen:
            (world.up / "a.yaml").unlink()
            seen.append({path.name for path in world.up.glob("?.yaml")})
            world.commit({"a.yaml": GROUP % ("a", "two")})
        else:
            seen.append({path.name for path in world.up.glob("?.yaml")})
        return found

    found = steadily(following, read)
    assert seen == [{"b.yaml"}, {"a.yaml", "b.yaml"}]
    assert found is not None
    assert found.commit == world.git("rev-parse", "HEAD") != followed.revision.commit


@pytest.mark.parametrize("is_worktree", [True, False])
def test_files_that_git_is_writing_are_not_taken_for_all(is_worktree: bool, tmp_path: Path) -> None:
    world = in_place(tmp_path / "checkout")
    folder, lock = world.up, world.up / ".git" / "index.lock"
    if is_worktree:
        folder = tmp_path / "other"
        world.git("worktree", "add", "-q", str(folder), "-b", "other")
        lock = world.up / ".git" / "worktrees" / "other" / "index.lock"
    following = InFolder()
    lock.touch()
    with pytest.raises(RepositoryLost, match="changed each time"):
        steadily(following, lambda: _config(following, folder / DEFAULT_PATH))
    os.utime(lock, (1_000_000_000, 1_000_000_000))  # of a git that has died
    assert steadily(following, lambda: _config(following, folder / DEFAULT_PATH)).owner == "one"
    (folder / "a.yaml").unlink()
    lock.unlink()

    def read() -> str:
        return _config(following, folder / DEFAULT_PATH).owner

    assert steadily(following, read) == "one", "what somebody edits is taken as it is"
