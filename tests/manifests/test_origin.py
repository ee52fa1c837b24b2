"""Where igz-apply was installed from, as PEP 610 records it, and what `init` makes of that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import igz_apply
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.origin import PLACEHOLDER, installed_from, origin_of
from igz_apply.manifests.scaffold import scaffold, unsettled

COMMIT = "3ac75bc0f00d3ac75bc0f00d3ac75bc0f00d3ac7"
SHA = "ab" * 32


def git(url: str, revision: str | None = None, **more: str) -> dict[str, Any]:
    asked = {"requested_revision": revision} if revision else {}
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT, **asked}, **more}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            git("https://git.corvid.example/ops/igz-apply", "v0.1.0"),
            "git+https://git.corvid.example/ops/igz-apply@v0.1.0",
        ),
        (git("https://h.example/a.git", "0.2"), "git+https://h.example/a.git@0.2"),
        # A branch moves, and so does what nobody named.
        (git("https://h.example/a", "main"), f"git+https://h.example/a@{COMMIT}"),
        (git("https://h.example/a"), f"git+https://h.example/a@{COMMIT}"),
        (git("https://h.example/a", "v1", subdirectory="tools/x"), "git+https://h.example/a@v1#subdirectory=tools/x"),
        # What lets one in is no part of where it is.
        (git("https://ada:hunter2@h.example/a", "v1"), "git+https://h.example/a@v1"),
        (git("https://h.example:8443/a?token=hunter2", "v1"), "git+https://h.example:8443/a@v1"),
        (git("ssh://git:hunter2@h.example/a", "v1"), "git+ssh://git@h.example/a@v1"),
        (
            {"url": "https://h.example/igz_apply-0.1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": SHA}}},
            f"https://h.example/igz_apply-0.1.0-py3-none-any.whl#sha256={SHA}",
        ),
        ({"url": "https://h.example/a.tar.gz", "archive_info": {}}, "https://h.example/a.tar.gz"),
        # Of this machine alone.
        (git("file:///home/ada/igz-apply", "v1"), None),
        ({"url": "file:///home/ada/igz-apply", "dir_info": {"editable": True}}, None),
        ({"url": "file:///tmp/igz_apply-0.1.0-py3-none-any.whl", "archive_info": {}}, None),
        ({}, None),
        # What a shell would take for something else is not pasted into one.
        (git("https://h.example/a;id", "v1"), None),
        (git("https://h.example/a$(id)", "v1"), None),
        (git('https://h.example/a" b', "v1"), None),
    ],
)
def test_what_pip_recorded_becomes_what_pip_is_given(record: dict[str, Any], expected: str | None) -> None:
    assert origin_of(record) == expected


def installed(folder: Path, record: str | None) -> dict[str, str]:
    """What `init` writes where a folder of installed packages holds igz-apply with that record."""
    info = folder / "site" / "igz_apply-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: igz-apply\nVersion: 0.1.0\n")
    if record is not None:
        (info / "direct_url.json").write_text(record)
    code = "from igz_apply.__main__ import main; main()"
    path = f"{folder / 'site'}:{Path(igz_apply.__file__).parents[1]}"
    command = [sys.executable, "-c", code, "init", "new"]
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = (".github/workflows/igz-apply.yml", ".gitlab-ci.yml", "README.md")
    return {"said": done.stdout, **{name: (folder / "new" / name).read_text() for name in names}}


def test_init_writes_where_the_running_package_came_from(tmp_path: Path) -> None:
    written = installed(tmp_path, json.dumps(git("https://git.corvid.example/ops/igz-apply", "v0.1.0")))
    origin = "git+https://git.corvid.example/ops/igz-apply@v0.1.0"
    for name in (".github/workflows/igz-apply.yml", ".gitlab-ci.yml"):
        parsed = yaml.safe_load(written[name])
        assert parsed.get("env", parsed.get("variables")) == {"IGZ_APPLY_REQUIREMENT": origin}
    assert f'pip install "igz-apply @ {origin}"' in written["README.md"]
    assert "EDIT" not in "".join(written.values())
    assert "your-org" not in "".join(written.values())


@pytest.mark.parametrize("record", [None, "{", json.dumps({"url": "file:///home/ada/igz-apply", "dir_info": {}})])
def test_init_says_what_to_edit_where_nobody_can_tell(record: str | None, tmp_path: Path) -> None:
    written = installed(tmp_path, record)
    assert (
        "say where CI installs igz-apply from (EDIT): .github/workflows/igz-apply.yml, .gitlab-ci.yml"
        in written["said"]
    )
    for name in (".github/workflows/igz-apply.yml", ".gitlab-ci.yml"):
        assert "# EDIT: your copy of igz-apply, at a version. " in written[name]
        assert PLACEHOLDER in written[name]


def test_no_file_is_left_with_a_mark_of_the_templates() -> None:
    for files in (scaffold(IGUAZIO3), scaffold(IGUAZIO3, "git+https://h.example/a@v1")):
        assert not [path for path, text in files.items() if "<<origin" in text or "<<note" in text]
    assert unsettled(scaffold(IGUAZIO3, "git+https://h.example/a@v1")) == []


def test_a_checkout_is_no_place_for_others_to_install_from() -> None:
    assert installed_from() is None or "://" in str(installed_from())
