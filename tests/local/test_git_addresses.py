"""Which repositories, refs and folders can be followed, and what git would take for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.local.git_addresses import fault_of_path, fault_of_ref, location
from igz_apply.local.git_program import Login, login_of, shown


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example.com/platform/cluster.git",
        "https://ada@git.example.com:8443/cluster.git",
        "ssh://git@git.example.com:2222/cluster.git",
        "git@git.example.com:platform/cluster.git",
        "git://git.example.com/cluster.git",
        "file:///srv/git/cluster.git",
        "/srv/git/cluster.git",
        "http://127.0.0.1:8080/cluster.git",
        "http://localhost/cluster.git",
    ],
)
def test_what_git_clone_takes_is_followed_as_it_is(text: str) -> None:
    assert location(text, Path("/base")).url == text


def test_a_relative_path_counts_from_where_it_is_written() -> None:
    assert location("../cluster.git", Path("/srv/config")).url == "/srv/cluster.git"


def test_who_stands_in_between_can_change_what_git_alone_carries() -> None:
    urls = ("git://example.com/x", "git://127.0.0.1:1/x", "https://example.com/x", "git@example.com:x")
    assert [location(url, Path()).is_open for url in urls] == [True, False, False, False]


def test_plain_http_is_spoken_to_this_machine_alone() -> None:
    assert "http" in location("http://127.0.0.1:1/x", Path()).protocols
    assert "http" not in location("https://example.com/x", Path()).protocols


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("--upload-pack=touch /tmp/x", "space"),
        ("--upload-pack=evil", "option"),
        ("-oProxyCommand=evil", "option"),
        ("ssh://-oProxyCommand=evil/x", "option"),
        ("ssh://git@-oProxyCommand=evil/x", "option"),
        ("-oProxyCommand=evil:x", "option"),
        ("git@-oProxyCommand=evil:x", "option"),
        ("git@host:-x", "option"),
        ("git@host:", "option"),
        ("ext::sh -c evil", "space"),
        ("ext::evil", "run a program"),
        ("fd::17", "run a program"),
        ("https://example.com/a\nb", "space or a control"),
        ("http://example.com/x", "use https"),
        ("http://127.0.0.1.example.com/x", "use https"),
        ("http://127.0.0.1@example.com/x", "use https"),
        ("ftp://example.com/x", "use https, ssh, git or file"),
        ("git+ssh://example.com/x", "use https"),
        ("https://example.com", "no repository"),
        ("https:///x", "no host"),
        ("file://host/x", "names no host"),
        ("ssh://ada:secret@example.com/x", "takes no password"),
    ],
)
def test_what_is_no_repository_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        location(text, Path("/base"))


@pytest.mark.parametrize("ref", ["main", "release/2026", "v1.2.3", "refs/heads/main", "HEAD", "ünï", "a@b"])
def test_names_of_branches_and_tags_are_followed(ref: str) -> None:
    assert fault_of_ref(ref) == ""


@pytest.mark.parametrize(
    "ref", ["", "-x", "--upload-pack=x", "a b", "a..b", "main^", "main~1", "a:b", "*", "main.lock", "x/", "@", "a@{1}"]
)
def test_what_is_no_name_is_not(ref: str) -> None:
    assert "no name" in fault_of_ref(ref)


def test_a_commit_is_not_followed_as_it_never_moves() -> None:
    assert "never moves" in fault_of_ref("a" * 40)
    assert "never moves" in fault_of_ref("A" * 64)


def test_a_folder_leads_down() -> None:
    assert [fault_of_path(path) for path in ("", "clusters/prod", "a b")] == ["", "", ""]
    for path in ("../x", "a/../../x", "/etc", "~/x", "-x", "a\nb", "C:/x", "a\\..\\b"):
        assert fault_of_path(path), path


def test_a_password_is_told_to_git_by_the_environment_and_shown_to_nobody() -> None:
    found = login_of("https://ada:p%40ss@git.example.com:8443/x.git")
    assert found.url == "https://git.example.com:8443/x.git"
    assert found.variables == {"IGZ_GIT_NAME": "ada", "IGZ_GIT_PASSWORD": "p@ss"}
    assert found.secrets == ("p%40ss", "p@ss", "YWRhOnBAc3M=")
    assert not any("p@ss" in setting or "p%40ss" in setting for setting in found.settings)
    assert shown("https://ada:p%40ss@git.example.com/x.git") == "https://git.example.com/x.git"
    assert login_of("https://ada@git.example.com/x") == Login("https://ada@git.example.com/x")
