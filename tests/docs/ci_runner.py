"""A small runner of CI definitions: the shell in them is run, against the emulator and with stubs of the service."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.docs.docs_pages import ROOT
from tests.docs.docs_shell import environment

ACTION = ROOT / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")

# Its comments lie in a file, in GitHub's form; jq filters them where it is installed, as gh's own does.
_GH = f"""#!{sys.executable}
import json, os, shutil, subprocess, sys
from pathlib import Path
state = Path(os.environ["FAKE_GH_STATE"])
comments = json.loads(state.read_text())
if comments is None:
    sys.exit("HTTP 403: Resource not accessible by integration")
words = sys.argv[1:]
assert words[0] == "api" and os.environ["GH_TOKEN"] == "the-token", words
url = next(word for word in words if word.startswith("repos/"))
body = next((Path(word[6:]).read_text() for word in words if word.startswith("body=@")), None)
if "--jq" in words:
    query = words[words.index("--jq") + 1]
    assert "env.AUTHOR" in query and "env.MARKER" in query and url.endswith("/issues/7/comments?per_page=100")
    if shutil.which("jq"):
        sys.exit(subprocess.run(["jq", "-r", query], input=state.read_bytes()).returncode)
    for each in comments:
        if each["user"]["login"] == os.environ["AUTHOR"] and each["body"].startswith(os.environ["MARKER"]):
            print(each["id"])
elif "PATCH" in words:
    next(each for each in comments if url.endswith(f"/issues/comments/{{each['id']}}"))["body"] = body
else:
    assert "POST" in words and url.endswith("/issues/7/comments"), words
    comments.append({{"id": len(comments) + 1, "user": {{"login": "github-actions[bot]"}}, "body": body}})
state.write_text(json.dumps(comments))
"""
# What it installs is noted; all else is run.
_PYTHON = f"""#!/bin/sh
case "$*" in
  *"-m pip"*) printf '%s\\n' "$*" >> "$FAKE_PIP_LOG" ;;
  *) exec {sys.executable} "$@" ;;
esac
"""


def program(path: Path, text: str) -> None:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@dataclass
class Ran:
    """How a run of the action ended."""

    code: int
    text: str  # all that its steps printed
    names: list[str]  # of the steps that ran
    outputs: Mapping[str, str]
    summary: str


@dataclass
class ActionRunner:
    """Runs action.yml in a folder, as often as one likes; the comments of the pull request stay."""

    folder: Path  # the checkout
    around: Path  # where the runner keeps its own files
    always: Mapping[str, str] = field(default_factory=dict)  # inputs of every run
    environ: Mapping[str, str] = field(default_factory=dict)  # of the job
    action: Mapping[str, Any] = field(default_factory=lambda: yaml.safe_load(ACTION.read_text(encoding="utf-8")))

    def __post_init__(self) -> None:
        program(self.around / "bin" / "gh", _GH)
        program(self.around / "bin" / "python", _PYTHON)
        self.comments = self.around / "comments.json"
        self.comments.write_text("[]")

    def run(self, event: str, **inputs: str) -> Ran:
        """Run the action for an event; underscores in the names of inputs are dashes."""
        given = {name: str(each.get("default", "")) for name, each in self.action["inputs"].items()}
        given = {**given, "github-token": "the-token", **self.always}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        context = {f"inputs.{name}": value for name, value in given.items()}
        if event == "pull_request":
            context["github.event.pull_request.number"] = "7"
        summary = self.around / "summary.md"
        summary.write_text("")
        ran = Ran(0, "", [], {}, "")
        for index, step in enumerate(self.action["runs"]["steps"]):
            if "run" not in step or not evaluated(step.get("if", "'yes'"), context):
                continue
            output = self.around / f"output-{index}"
            output.write_text("")
            done = self._step(step, context, {"GITHUB_EVENT_NAME": event, "GITHUB_OUTPUT": str(output)})
            ran.names.append(step["name"])
            ran.text += done.stdout
            for line in output.read_text().splitlines():
                name, _, value = line.partition("=")
                context[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode:
                ran.code = done.returncode
                break
        ran.outputs = {name: filled(each["value"], context) for name, each in self.action["outputs"].items()}
        ran.summary = summary.read_text()
        return ran

    def _step(
        self, step: Mapping[str, Any], context: Mapping[str, str], more: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        assert step["shell"] == "bash"
        script = self.around / "step.sh"
        script.write_text(step["run"])
        base = environment(self.folder)
        own = {name: filled(value, context) for name, value in step.get("env", {}).items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.folder / filled(step.get("working-directory", "."), context),
            env={
                **base,
                **self.environ,
                "PATH": f"{self.around / 'bin'}:{base['PATH']}",
                "RUNNER_TEMP": str(self.around / "temp"),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_REPOSITORY": "corvid/cluster",
                "GITHUB_STEP_SUMMARY": str(self.around / "summary.md"),
                "FAKE_GH_STATE": str(self.comments),
                "FAKE_PIP_LOG": str(self.around / "pip.log"),
                **more,
                **own,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )


def filled(value: Any, context: Mapping[str, str]) -> str:
    """Return a text with its expressions replaced."""
    return _EXPRESSION.sub(lambda found: evaluated(found[1], context), str(value))


def evaluated(expression: str, context: Mapping[str, str]) -> str:
    """Return an expression's value, "" for false. It knows what action.yml uses: names, texts, ==, !=, &&, ||."""
    if "&&" in expression:
        values = [evaluated(part, context) for part in expression.split("&&")]
        return values[-1] if all(values) else ""
    for operator, wanted in (("==", True), ("!=", False)):
        if operator in expression:
            left, right = (evaluated(part, context) for part in expression.split(operator))
            return "true" if (left == right) is wanted else ""
    values = [_term(part.strip(), context) for part in expression.split("||")]
    return next((value for value in values if value), "")


def _term(term: str, context: Mapping[str, str]) -> str:
    if term.startswith("'"):
        return term.strip("'")
    assert re.fullmatch(r"(inputs|env|steps|github|vars)\.[\w.-]+", term), term
    return context.get(term, "")


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a CI job's: it ends at the first command that fails."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment(folder), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
