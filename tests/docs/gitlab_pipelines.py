"""Which jobs a GitLab pipeline has: `workflow:rules` and `rules`, as far as our templates use them.

As GitLab documents it: the first rule whose `if` holds decides, and `when: never` says no; where none holds, the job
(or the pipeline) is not there. A job without `rules` is in pipelines of branches and tags, and in none of merge
requests; without `workflow`, pipelines of every kind are made. A job that needs one which is not in its pipeline fails
it whole.

`passed` goes through a pipeline as a runner does: stage by stage, each job as often as its matrix says, and none of a
later stage once one has failed; what runs beside that one comes to its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

_GLOBAL = ("variables", "workflow", "stages", "image", "before_script", "default", "include")
_DEFAULT_STAGES = ["build", "test", "deploy"]
_TERM = re.compile(r'\$(?P<name>\w+)|"(?P<text>[^"]*)"|(?P<null>null)')
_RULE_KEYS = {"if", "when"}
_WHENS = {"always", "on_success", "never", "manual"}

Variables = Mapping[str, str]

MAIN = {"CI_DEFAULT_BRANCH": "main"}
EVENTS: Mapping[str, Variables] = {
    "push to the default branch": {**MAIN, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"},
    "push to the default branch, which a merge request is of": {
        **MAIN,
        "CI_PIPELINE_SOURCE": "push",
        "CI_COMMIT_BRANCH": "main",
        "CI_OPEN_MERGE_REQUESTS": "corvid/cluster!3",
    },
    "push to a branch": {**MAIN, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "new"},
    "push to a branch with a merge request": {
        **MAIN,
        "CI_PIPELINE_SOURCE": "push",
        "CI_COMMIT_BRANCH": "new",
        "CI_OPEN_MERGE_REQUESTS": "corvid/cluster!7",
    },
    # A merge request's pipeline has no CI_COMMIT_BRANCH.
    "merge request": {
        **MAIN,
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_OPEN_MERGE_REQUESTS": "corvid/cluster!7",
    },
    "schedule on the default branch": {**MAIN, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
    "schedule on a branch with a merge request": {
        **MAIN,
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_COMMIT_BRANCH": "new",
        "CI_OPEN_MERGE_REQUESTS": "corvid/cluster!7",
    },
    "tag": {**MAIN, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"},
}


def jobs_of(definition: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the jobs that a definition may start."""
    return {name: job for name, job in definition.items() if name not in _GLOBAL and not name.startswith(".")}


def pipeline(definition: Mapping[str, Any], variables: Variables) -> set[str]:
    """Return the names of the jobs in a pipeline, none where no pipeline is made."""
    workflow = definition.get("workflow")
    if workflow is not None and not _is_in(workflow["rules"], variables):
        return set()
    return {name for name in jobs_of(definition) if _has(extended(definition, name), variables)}


def unmet(definition: Mapping[str, Any], variables: Variables) -> Iterator[str]:
    """Yield what would keep GitLab from making the pipeline: needs that are not in it, or in a later stage."""
    names, jobs = pipeline(definition, variables), jobs_of(definition)
    stages = definition.get("stages", _DEFAULT_STAGES)
    for name in sorted(names):
        for needed in jobs[name].get("needs", ()):
            if needed not in names:
                yield f"{name} needs {needed}, which is not in the pipeline"
            elif stages.index(jobs[needed]["stage"]) > stages.index(jobs[name]["stage"]):
                yield f"{name} needs {needed}, which is in a later stage"


def _has(job: Mapping[str, Any], variables: Variables) -> bool:
    assert not job.keys() & {"only", "except"}, "not evaluated here"
    if "rules" not in job:
        return variables["CI_PIPELINE_SOURCE"] != "merge_request_event"
    return _is_in(job["rules"], variables)


def _is_in(rules: list[Mapping[str, str]], variables: Variables) -> bool:
    for rule in rules:
        assert rule.keys() <= _RULE_KEYS, f"not evaluated here: {rule}"
        assert rule.get("when", "always") in _WHENS, rule
        if "if" not in rule or holds(rule["if"], variables):
            return rule.get("when") != "never"
    return False


def holds(expression: str, variables: Variables) -> bool:
    """Say whether an expression of variables, texts, ==, !=, && and || holds; && binds closer."""
    return any(
        all(_comparison(part.strip(), variables) for part in either.split("&&")) for either in expression.split("||")
    )


def _comparison(text: str, variables: Variables) -> bool:
    for operator in ("==", "!="):
        if operator in text:
            left, right = (_value(side.strip(), variables) for side in text.split(operator))
            return (left == right) is (operator == "==")
    return bool(_value(text, variables))  # set, and not empty


def _value(term: str, variables: Variables) -> str | None:
    found = _TERM.fullmatch(term)
    assert found is not None, f"not evaluated here: {term}"
    return variables.get(found["name"]) if found["name"] else found["text"]


def with_included(definition: Mapping[str, Any], root: Path) -> Mapping[str, Any]:
    """Return a definition with the local files that it includes below it."""
    found: dict[str, Any] = {}
    for each in definition.get("include", ()):
        assert each.keys() == {"local"}, "not evaluated here"
        found.update(yaml.safe_load((root / each["local"]).read_text(encoding="utf-8")))
    return {**found, **{key: value for key, value in definition.items() if key != "include"}}


def extended(definition: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a job with what it extends below it; mappings are put together, all else is replaced."""
    job: Mapping[str, Any] = definition[name]
    if "extends" not in job:
        return job
    base = extended(definition, job["extends"])
    return {**base, **job, "variables": {**base.get("variables", {}), **job.get("variables", {})}}


def matrix_of(job: Mapping[str, Any]) -> Sequence[Variables]:
    """Return the variables of each job that one becomes by its `parallel: matrix`."""
    rows: Sequence[Mapping[str, Any]] = job.get("parallel", {}).get("matrix", [{}])
    lists = [[(name, [it] if isinstance(it, str) else it) for name, it in row.items()] for row in rows]
    found = [
        dict(zip([name for name, _ in row], values, strict=True))
        for row in lists
        for values in product(*(values for _, values in row))
    ]
    assert len(found) <= 200, "GitLab makes no more of one job"
    return found


def passed(
    definition: Mapping[str, Any], variables: Variables, does: Callable[[str, Mapping[str, Any], Variables], bool]
) -> bool:
    """Go through a pipeline without `needs`, and return whether all went well; `does` runs one job and tells that."""
    names = pipeline(definition, variables)
    for stage in definition["stages"]:
        jobs = [name for name in names if definition[name].get("stage") == stage]
        assert not any("needs" in definition[name] for name in jobs), "not evaluated here"
        ended = [does(name, extended(definition, name), each) for name in jobs for each in matrix_of(definition[name])]
        if not all(ended):
            return False
    return True
