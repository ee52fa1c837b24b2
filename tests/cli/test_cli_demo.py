from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]


def test_the_demo_shows_what_it_says(workspace: Path) -> None:
    shutil.copytree(ROOT / "scripts", workspace / "scripts")
    shutil.copytree(ROOT / "manifests", workspace / "manifests")
    program = workspace / "bin" / "igz-apply"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m igz_apply "$@"\n')
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "scripts/demo.sh"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    after_apply = done.stdout.split("==> 5.")[1]
    empty, edited, drifted = (part.split("==>")[0] for part in (after_apply, *after_apply.split("==> ")[1:3]))
    assert "No changes. The cluster is as the manifests say." in empty
    assert "job_title  Lead data scientist → Head of data science" in edited
    assert "Plan: 0 to create, 1 to update, 0 to delete;" in edited
    assert "desired_state  ready was applied, the cluster has disabled" in drifted
    assert (workspace / ".demo" / "demo.db").exists()
