"""Which defaults are for which manifests, however these are named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.manifests.config import Config, load_config
from igz_apply.manifests.file_search import find
from igz_apply.manifests.reader import read


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`repo/manifests/team/u.yaml`, with defaults in each folder above it, and in the one that the repository is in."""
    folder = tmp_path / "repo" / "manifests" / "team"
    folder.mkdir(parents=True)
    (folder / "u.yaml").write_text("")
    (folder / "_defaults.yaml").write_text("")
    for above in (folder.parent, folder.parent.parent, tmp_path):
        (above / "_defaults.yaml").write_text("")
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def found(*paths: str, top: str = "", ignore: Sequence[str] = ()) -> dict[str, list[str]]:
    search = find(paths, ignore, (top,))
    assert search.problems == []
    assert not {Path(file).name for file in search.files} & {"_defaults.yaml", "_defaults.yml"}
    return {file: list(chain) for file, chain in search.defaults_for.items()}


ALL = ["_defaults.yaml", "manifests/_defaults.yaml", "manifests/team/_defaults.yaml"]


@pytest.mark.parametrize("path", ["manifests", "manifests/team", "manifests/team/u.yaml", "./x/../manifests", "."])
def test_a_part_has_the_defaults_that_the_whole_has(path: str) -> None:
    assert found(path) == {"manifests/team/u.yaml": ALL}


def test_a_path_from_the_root_has_them_too(repository: Path) -> None:
    folder = repository / "manifests" / "team"
    assert found(str(folder)) == {f"{folder}/u.yaml": [f"{repository}/{name}" for name in ALL]}


def test_a_file_that_two_paths_lead_to_has_each_of_them_once(repository: Path) -> None:
    assert list(found("manifests", str(repository / "manifests" / "team")).values()) == [
        [f"{repository}/{name}" for name in ALL]
    ]


def test_the_top_is_where_looking_up_ends(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("manifests/team", top="manifests") == {"manifests/team/u.yaml": ALL[1:]}
    monkeypatch.chdir(repository / "manifests")
    assert found("team", top="..") == {
        "team/u.yaml": ["../_defaults.yaml", "_defaults.yaml", "team/_defaults.yaml"],
    }
    assert found("team") == {"team/u.yaml": ["_defaults.yaml", "team/_defaults.yaml"]}


def test_what_lies_elsewhere_has_the_defaults_of_its_own_folder_alone(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = repository.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert found("../repo/manifests/team") == {
        "../repo/manifests/team/u.yaml": ["../repo/manifests/team/_defaults.yaml"]
    }
    assert found("../repo/manifests/team/u.yaml") == found("../repo/manifests/team")


def test_defaults_that_are_ignored_are_none(repository: Path) -> None:
    assert found("manifests", ignore=["_defaults.yaml"]) == {}
    assert found("manifests/team", ignore=["manifests/_defaults.yaml"]) == {"manifests/team/u.yaml": [ALL[0], ALL[2]]}
    (repository / "manifests" / "igz-apply.ignore").write_text("_defaults.yaml\n")
    assert found("manifests/team") == {"manifests/team/u.yaml": [ALL[0], ALL[2]]}
    assert found("manifests") == {"manifests/team/u.yaml": [ALL[0], ALL[2]]}


def test_defaults_of_another_suffix_count_and_names_that_only_begin_so_do_not(repository: Path) -> None:
    (repository / "manifests" / "_defaults.json").write_text("")
    (repository / "manifests" / "team" / "_defaults_of_us.yaml").write_text("")
    search = find(["manifests"])
    assert search.files == ["manifests/team/_defaults_of_us.yaml", "manifests/team/u.yaml"]
    assert "manifests/_defaults.json" in search.defaults_for["manifests/team/u.yaml"]


def test_a_link_has_the_defaults_of_where_it_leads_to(repository: Path) -> None:
    (repository / "a").mkdir()
    (repository / "a" / "linked.yaml").symlink_to(repository / "manifests" / "team" / "u.yaml")
    (repository / "a" / "_defaults.yaml").symlink_to(repository / "manifests" / "_defaults.yaml")
    assert found("a") == {"a/linked.yaml": ALL}
    assert found("a/linked.yaml") == found("a")
    assert found(".") == found("a")


def test_a_link_to_what_lies_elsewhere_has_the_defaults_of_where_it_lies(repository: Path) -> None:
    for folder in ("one", "two"):
        (repository.parent / "shared" / folder).mkdir(parents=True)
        (repository.parent / "shared" / folder / "x.yaml").write_text("")
        (repository.parent / "shared" / folder / "_defaults.yaml").write_text("")
    (repository / "manifests" / "link").symlink_to(repository.parent / "shared" / "one")
    (repository / "manifests" / "x.yaml").symlink_to(repository.parent / "shared" / "two" / "x.yaml")
    assert found("manifests/link", "manifests/x.yaml") == {
        "manifests/link/x.yaml": [*ALL[:2], "manifests/link/_defaults.yaml"],
        "manifests/x.yaml": ALL[:2],
    }
    assert found("manifests/link") == {"manifests/link/x.yaml": [*ALL[:2], "manifests/link/_defaults.yaml"]}


def test_a_path_through_a_link_changes_nothing(repository: Path) -> None:
    (repository.parent / "link").symlink_to(repository)
    (repository / "aside").symlink_to("manifests/team")
    (repository / "manifests" / "again").mkdir()
    (repository / "manifests" / "again" / "link").symlink_to("../team")
    folder = repository.parent / "link" / "manifests" / "team"
    assert list(found(str(folder)).values()) == [[f"{repository}/{name}" for name in ALL]]
    assert found("aside") == {"aside/u.yaml": ALL}
    assert found("aside/u.yaml") == found("aside")
    (repository / "manifests" / "again" / "_defaults.yaml").write_text("")
    assert found("manifests") == {"manifests/again/link/u.yaml": ALL}, "a file that is met twice"
    assert found("manifests/again") == found("manifests")


def test_defaults_above_are_named_as_short_as_can_be(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "manifests" / "team")
    assert found(".", top="../..") == {"u.yaml": ["../../_defaults.yaml", "../_defaults.yaml", "_defaults.yaml"]}
    monkeypatch.chdir("/")
    assert list(found(str(repository / "manifests"), top=str(repository)).values()) == [
        [f"{repository}/{name}" for name in ALL]
    ]


def test_a_suffix_in_capitals_counts_above_too(repository: Path) -> None:
    (repository / "manifests" / "_defaults.yaml").rename(repository / "manifests" / "_defaults.YAML")
    chain = [ALL[0], "manifests/_defaults.YAML", ALL[2]]
    assert found("manifests") == found("manifests/team") == {"manifests/team/u.yaml": chain}


@pytest.mark.parametrize("path", ["manifests", "manifests/team", "manifests/team/u.yaml"])
def test_defaults_that_cannot_be_read_are_told_whatever_is_named(repository: Path, path: str) -> None:
    broken = repository / "manifests" / "_defaults.yaml"
    broken.unlink()
    os.mkfifo(broken)
    assert [str(it.source) for it in find([path]).problems if it.summary == "No regular file"] == [f"{ALL[1]}:1:1"]
    broken.unlink()
    broken.symlink_to("gone.yaml")
    told = [str(it.source) for it in read([path]).problems if it.summary == "Cannot read"]
    assert told == [f"{ALL[1]}:1:1"]


def test_a_folder_above_that_cannot_be_listed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("manifests"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    assert [(it.summary, str(it.source)) for it in find(["manifests/team"]).problems] == [
        ("Cannot read", "manifests:1:1")
    ]


@pytest.mark.parametrize("pattern", ["manifests/_defaults.yaml", "./manifests/_*", "{}/manifests/_defaults.yaml"])
def test_what_is_ignored_is_so_however_paths_are_spelled(
    repository: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.parent / "link").symlink_to(repository)
    paths = ["manifests", "manifests/team/u.yaml"]
    for path in [*paths, *(str(repository / path) for path in paths), str(repository.parent / "link/manifests")]:
        for place in (repository, repository.parent / "link"):
            (chain,) = found(path, ignore=[pattern.format(place)]).values()
            assert [Path(it).parent.name for it in chain] == ["repo" if "/" in chain[0] else "", "team"]
    monkeypatch.chdir("manifests")
    (chain,) = found("team", top="..", ignore=["../manifests/_defaults.yaml"]).values()
    assert chain == ["../_defaults.yaml", "team/_defaults.yaml"]


def test_manifests_are_ignored_however_paths_are_spelled(repository: Path) -> None:
    (repository / "manifests" / "no.yaml").write_text("")
    for path in ("manifests", str(repository / "manifests")):
        assert [Path(it).name for it in find([path], ["manifests/no.yaml"]).files] == ["u.yaml"]


@pytest.mark.parametrize("at", [".", "ops", "manifests", "/"])
def test_the_config_says_what_is_above_wherever_one_stands(
    repository: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "ops").mkdir()
    (repository / "ops" / "igz-apply.yaml").write_text("version: 1\nmanifests: [../manifests, '-']\n")
    monkeypatch.chdir(at)
    for path in (repository, Path(os.path.relpath(repository))):
        config = load_config(path / "ops" / "igz-apply.yaml", None)
        assert config.tops == (str(repository),)
        (chain,) = find(config.manifests, tops=config.tops).defaults_for.values()
        assert [str(Path(it).resolve()) for it in chain] == [f"{repository}/{name}" for name in ALL]


def test_what_shares_nothing_with_the_config_is_a_top_itself() -> None:
    config = Config(path="/some/where/igz-apply.yaml", manifests=("/else/where", "/some/m", "/some/where/x"))
    assert config.tops == ("/some", "/else/where")
    assert Config().tops == (str(Path.cwd()),)
    assert Config(path="/igz-apply.yaml", manifests=("/m",)).tops == ("/",)


def test_defaults_named_themselves_are_looked_at_and_are_no_manifests() -> None:
    search = find(["manifests/_defaults.yaml"])
    assert (search.files, search.defaults) == ([], ["_defaults.yaml", "manifests/_defaults.yaml"])


def test_defaults_named_alone_are_no_manifests_and_beside_some_they_are_no_fault() -> None:
    (problem,) = find(["manifests/_defaults.yaml"]).problems
    assert (problem.summary, str(problem.source)) == ("No manifests", "manifests/_defaults.yaml:1:1")
    assert find(["manifests/_defaults.yaml", "manifests/team/u.yaml"]).problems == []
    assert find(["manifests/_defaults.yaml", "-"]).problems == []


def test_a_folder_of_defaults_alone_holds_no_manifest(repository: Path) -> None:
    (repository / "empty").mkdir()
    (repository / "empty" / "_defaults.yaml").write_text("")
    assert [problem.summary for problem in find(["empty"]).problems] == ["No manifests"]
