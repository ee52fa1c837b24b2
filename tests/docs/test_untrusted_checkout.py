"""Whatever a branch brings along, CI's own steps import none of it: each is run in a checkout full of traps."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.ci_runner import ACTION, program, shell
from tests.docs.docs_pages import ROOT, blocks

pytestmark = pytest.mark.full

MANIFEST = """
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: analysts}
spec: {}
"""
TEMPLATES = ROOT / "igz_apply" / "manifests" / "templates"
# Runs the module or the script that is asked for as Python would, but has a module only show its help: pip has no index
# here, and what counts is which pip it is.
_PYTHON = f"""#!/bin/bash
flags=()
while [ $# -gt 0 ]; do
  case "$1" in
    -m) exec {sys.executable} "${{flags[@]}}" -m "$2" --help ;;
    -) exec {sys.executable} "${{flags[@]}}" "$@" ;;
    *) flags+=("$1"); shift ;;
  esac
done
"""
_TRAP = 'open(__import__("os").environ["TRAP"], "a").write(__name__ + "\\n")\n'
_TRAPS = (
    "json.py",
    "sitecustomize.py",
    "urllib/__init__.py",
    "pip/__init__.py",
    "pip/__main__.py",
    "venv/__init__.py",
    "venv/__main__.py",
    "igz_apply/__init__.py",
    "igz_apply/__main__.py",
)


def scripts() -> Iterator[tuple[str, str]]:
    """Yield every shell that installs something or runs Python, by where it stands."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    steps = {step.get("name", ""): step.get("run", "") for step in action["runs"]["steps"]}
    yield "action.yml", steps["Install"]
    runner = 'export RUNNER_TEMP="$WORKSPACE_TMP" GITHUB_OUTPUT=/dev/null; mkdir -p "$RUNNER_TEMP/igz-apply"'
    yield "action.yml, waves", f"{runner}\n{steps['Waves']}"
    gitlab = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
    yield "ci/gitlab.yml", "\n".join(gitlab[".igz-apply"]["before_script"])
    yield "ci/gitlab.yml, plan", "\n".join(gitlab["igz-apply-plan"]["script"])
    fleet, wave = (yaml.safe_load((ROOT / "ci" / f"gitlab-fleet{it}.yml").read_text()) for it in ("", "-wave"))
    yield "ci/gitlab-fleet-wave.yml", "\n".join(wave[".igz-fleet"]["before_script"])
    yield "ci/gitlab-fleet.yml, plan", "\n".join(fleet["igz-fleet-plan"]["script"])
    yield "ci/gitlab-fleet.yml, waves", "\n".join(fleet["igz-fleet-waves"]["script"])
    yield "init, GitLab", "\n".join(yaml.safe_load((TEMPLATES / "gitlab-ci.yaml").read_text())["before_script"])
    workflow = yaml.safe_load((TEMPLATES / "github-workflow.yaml").read_text())
    for name, job in workflow["jobs"].items():
        installing = [step["run"] for step in job["steps"] if "pip" in step.get("run", "")]
        yield f"init, GitHub, {name}", "\n".join(installing)
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    jenkinsfile = "\n".join(next(block.lines for block in blocks(page) if block.title == "Jenkinsfile"))
    install = re.search(r"stage\('Install'\).*?sh '''(.*?)'''", jenkinsfile, re.DOTALL)
    assert install is not None
    yield "Jenkinsfile", textwrap.dedent(install[1])


SCRIPTS = dict(scripts())


def caught(script: str, folder: Path) -> tuple[int, list[str]]:
    """Run the script in a checkout full of traps; return its exit code, and the traps that it walked into."""
    checkout, around = folder / "checkout", folder / "around"
    (checkout / "manifests").mkdir(parents=True)
    (checkout / "manifests" / "group.yaml").write_text(MANIFEST)
    (checkout / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {endpoint: embedded}}\n")
    for name in _TRAPS:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(_TRAP)
    program(around / "bin" / "python", _PYTHON)
    program(around / "tmp" / "venv" / "bin" / "python", _PYTHON)  # what `-m venv` would have made
    trap = around / "trap"
    trap.write_text("")
    done = shell(
        f'export PATH="{around / "bin"}:$PATH"\nunset PYTHONPATH\n{script}',
        checkout,
        TRAP=str(trap),
        WORKSPACE_TMP=str(around / "tmp"),
        REQUIREMENT="igz-apply",
        IGZ_APPLY_REQUIREMENT="igz-apply",
        IGZ_ENDPOINT__PROD="embedded",
        IGZ_ENDPOINT="embedded",
        IGZ_FLEET="*",
        IGZ_NOTES_TOKEN="a-token",
        CI_MERGE_REQUEST_IID="7",
        CI_API_V4_URL="http://127.0.0.1:1",
        CI_PROJECT_ID="3",
        NO_PROXY="127.0.0.1",
    )
    return done.returncode, sorted(set(trap.read_text().split()))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_step_of_ci_imports_what_a_branch_brings_along(name: str, tmp_path: Path) -> None:
    assert "python -I" in SCRIPTS[name]
    assert caught(SCRIPTS[name], tmp_path) == (0, [])


@pytest.mark.parametrize(
    "name", ["action.yml", "action.yml, waves", "ci/gitlab.yml, plan", "ci/gitlab-fleet.yml, waves", "Jenkinsfile"]
)
def test_the_traps_catch_whoever_is_not_isolated(name: str, tmp_path: Path) -> None:
    assert caught(SCRIPTS[name].replace("-I ", ""), tmp_path)[1]


def test_no_python_is_run_otherwise_anywhere() -> None:
    for path in (ACTION, *(ROOT / "ci").glob("*.yml"), *TEMPLATES.glob("*.yaml"), ROOT / "docs" / "ci.md"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"(?m)^[ -]*(?:run: )?(?:python3? (?!-I )|pip3? install).*", text) == [], path
