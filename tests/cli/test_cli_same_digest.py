"""The same manifests and live state give the same digest wherever and by whomever a plan is made; no others do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from igz_apply.controlplane import Client, User
from igz_apply.emulator import Server
from tests.cli.cli_world import MANIFESTS, Cli

pytestmark = pytest.mark.full

CHANGED = MANIFESTS.replace("Lovelace", "Byron").replace("Churn prediction", "Who leaves")


def digest_in(folder: Path, environ: Mapping[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "igz_apply", "plan", "--format", "json"],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return str(json.loads(ran.stdout)["digest"])


def test_another_machine_folder_zone_locale_and_user_give_the_same(
    cli: Cli, manifests: Path, workspace: Path, cluster: Server
) -> None:
    assert cli("apply", "-y").code == 0
    (manifests / "all.yaml").write_text(CHANGED)
    elsewhere = workspace / "far" / "away ü"
    shutil.copytree(manifests, elsewhere / "manifests")
    shutil.copytree(workspace / ".igz-apply", elsewhere / ".igz-apply")
    # Other files, other order, other places, comments, and another form of the same values.
    parts = CHANGED.split("---\n")
    (elsewhere / "manifests" / "all.yaml").unlink()
    for index, part in enumerate(reversed(parts)):
        (elsewhere / "manifests" / f"{index}.yaml").write_text(f"# {index}\n\n{part}".replace("Byron", '"Byron"'))
    here = digest_in(workspace, {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"})
    there = digest_in(
        elsewhere,
        {
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "C.UTF-8",
            "LANG": "tr_TR.UTF-8",
            "PYTHONHASHSEED": "2",
            "USER": "somebody",
            "LOGNAME": "somebody",
            "HOME": str(elsewhere),
            "COLUMNS": "40",
            "IGZ_ENDPOINT": f"{cluster.url}/api/",
        },
    )
    assert here == there


def test_one_byte_of_a_manifest_or_of_what_is_touched_gives_another(cli: Cli, manifests: Path, cluster: Server) -> None:
    def digest() -> str:
        return str(json.loads(cli("plan", "--format", "json").out)["digest"])

    assert cli("apply", "-y").code == 0
    found = []
    for text in (CHANGED, CHANGED.replace("Byron", "Byrom"), CHANGED.replace("Who leaves", "Who leaves?")):
        (manifests / "all.yaml").write_text(text)
        found.append(digest())
    (manifests / "all.yaml").write_text(CHANGED)
    with Client(endpoint=cluster.url, username=cluster.username, access_key=cluster.access_key) as client:
        users = {user.username: user for user in User.list(client)}
        users["ada"].first_name = "Adb"
        users["ada"].update(client)
        found.append(digest())
        users["ada"].job_title = "x"  # which no manifest states
        users["ada"].update(client)
        found.append(digest())
        assert len(set(found)) == len(found)
        users["admin"].job_title = "x"  # of somebody whom the plan does not touch
        users["admin"].update(client)
        assert digest() == found[-1]


def test_what_a_manifest_begins_to_protect_counts_though_nothing_else_changes(
    cli: Cli, manifests: Path, cluster: Server
) -> None:
    del manifests, cluster
    assert cli("apply", "-y").code == 0
    plain = json.loads(cli("plan", "--format", "json").out)
    text = MANIFESTS.replace(
        "metadata: {name: data-science}", "metadata: {name: data-science}\nlifecycle: {prevent_destroy: true}"
    )
    Path("manifests/all.yaml").write_text(text)
    guarded = json.loads(cli("plan", "--format", "json").out)
    assert (guarded["summary"]["no_change"], guarded["learns"]) == (3, ["Group/data-science"])
    assert guarded["digest"] != plain["digest"]
