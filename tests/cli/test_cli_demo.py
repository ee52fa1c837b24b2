from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]


def shown(script: str, workspace: Path) -> tuple[str, str, str]:
    """Run a demo and return what it shows of an empty plan, of an edit, and of drift."""
    shutil.copytree(ROOT / "scripts", workspace / "scripts")
    shutil.copytree(ROOT / "manifests", workspace / "manifests")
    programs = workspace / "bin"
    programs.mkdir()
    for name, call in (("igz-apply", f"{sys.executable} -m igz_apply"), ("python", sys.executable)):
        (programs / name).write_text(f'#!/bin/sh\nexec {call} "$@"\n')
        (programs / name).chmod(0o755)
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", script], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    after_apply = done.stdout.split("==> 5.")[1]
    empty, edited, drifted = (part.split("==>")[0] for part in (after_apply, *after_apply.split("==> ")[1:3]))
    assert "No changes. The cluster is as the manifests say." in empty
    assert "Plan: 0 to create, 1 to update, 0 to delete;" in edited
    return empty, edited, drifted


def test_the_demo_shows_what_it_says(workspace: Path) -> None:
    _, edited, drifted = shown("scripts/demo.sh", workspace)
    assert "job_title  Lead data scientist → Head of data science" in edited
    assert "desired_state  ready was applied, the cluster has disabled" in drifted
    assert (workspace / ".demo" / "demo.db").exists()


def test_the_demo_on_iguazio_4_shows_what_it_says(workspace: Path) -> None:
    _, edited, drifted = shown("scripts/demo4.sh", workspace)
    assert "description  Which customers are about to leave → Who is about to leave, and why" in edited
    assert "last_name  Pauling was applied, the cluster has Torvalds" in drifted
    assert (workspace / ".demo4" / "cluster.db").exists()
