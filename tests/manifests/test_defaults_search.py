"""Which defaults are for which manifests, however these are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from igz_apply.manifests.file_search import find


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


def found(*paths: str, root: str = "", ignore: Sequence[str] = ()) -> dict[str, list[str]]:
    search = find(paths, ignore, root)
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


def test_the_folder_of_the_config_is_where_looking_up_ends(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("manifests/team", root="manifests") == {"manifests/team/u.yaml": ALL[1:]}
    monkeypatch.chdir(repository / "manifests")
    assert found("team", root="..") == {
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


def test_a_link_has_the_defaults_of_the_folder_that_it_lies_in(repository: Path) -> None:
    (repository / "other").mkdir()
    (repository / "other" / "linked.yaml").symlink_to(repository / "manifests" / "team" / "u.yaml")
    (repository / "other" / "_defaults.yaml").symlink_to(repository / "manifests" / "_defaults.yaml")
    assert found("other") == {"other/linked.yaml": ["_defaults.yaml", "other/_defaults.yaml"]}


def test_defaults_named_themselves_are_looked_at_and_are_no_manifests() -> None:
    search = find(["manifests/_defaults.yaml"])
    assert (search.files, search.defaults) == ([], ["_defaults.yaml", "manifests/_defaults.yaml"])


def test_a_folder_of_defaults_alone_holds_no_manifest(repository: Path) -> None:
    (repository / "empty").mkdir()
    (repository / "empty" / "_defaults.yaml").write_text("")
    assert [problem.summary for problem in find(["empty"]).problems] == ["No manifests"]
