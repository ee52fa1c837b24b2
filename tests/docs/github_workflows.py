"""What a GitHub workflow comes to: which jobs run, are skipped or fail, as far as our templates use it.

As GitHub documents it: a job runs once all that it needs have ended; without a status function in its `if`, only where
all of them went well, and one that was skipped did not. A matrix makes a job of each row; with `fail-fast: false` all
of them come to their end. A job that `uses` a workflow is that workflow's jobs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_][\w-]*)|(==|!=|&&|\|\||[()\[\].,!]))")
_EXPRESSION = re.compile(r"\$\{\{(.+?)\}\}")

SUCCESS, FAILURE, SKIPPED = "success", "failure", "skipped"


class Expression:
    """One expression of GitHub's, read from left to right; names that are not there are null."""

    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self._tokens = list(_tokens(text))
        self._context = context

    def value(self) -> Any:
        """Return what it comes to."""
        found = self._either()
        assert not self._tokens, f"not evaluated here: {self._tokens}"
        return found

    def _either(self) -> Any:
        found = self._both()
        while self._took("||"):
            other = self._both()
            found = found if _is_true(found) else other
        return found

    def _both(self) -> Any:
        found = self._equal()
        while self._took("&&"):
            other = self._equal()
            found = other if _is_true(found) else found
        return found

    def _equal(self) -> Any:
        found = self._not()
        for operator, wanted in (("==", True), ("!=", False)):
            if self._took(operator):
                return (found == self._not()) is wanted
        return found

    def _not(self) -> Any:
        return not _is_true(self._not()) if self._took("!") else self._part()

    def _part(self) -> Any:
        found = self._first()
        while self._tokens and self._tokens[0] in (("sign", "."), ("sign", "[")):
            if self._took("."):
                key: Any = self._tokens.pop(0)[1]
            else:
                self._take("[")
                key = self._either()
                self._take("]")
            found = _at(found, key)
        return found

    def _first(self) -> Any:
        kind, text = self._tokens.pop(0)
        if kind == "text":
            return text.replace("''", "'")
        if kind == "number":
            return int(text)
        if (kind, text) == ("sign", "("):
            found = self._either()
            self._take(")")
            return found
        assert kind == "name", f"not evaluated here: {text}"
        if not self._took("("):
            return self._context.get(text)
        given = [self._either()]
        while self._took(","):
            given.append(self._either())
        self._take(")")
        return _FUNCTIONS[text](*given)

    def _took(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            self._tokens.pop(0)
            return True
        return False

    def _take(self, sign: str) -> None:
        assert self._took(sign), f"{sign} is missing before {self._tokens}"


def _tokens(text: str) -> Sequence[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        assert match is not None, f"not evaluated here: {text[at:]}"
        kinds = ("text", "number", "name", "sign")
        found.append(next((kind, it) for kind, it in zip(kinds, match.groups(), strict=True) if it is not None))
        at = match.end()
    return found


def _at(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        folded = {str(name).casefold(): it for name, it in value.items()}  # names of secrets have no case
        return folded.get(str(key).casefold())
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return None


def _is_true(value: Any) -> bool:
    """Say whether GitHub takes a value for true; lists and mappings are, also where they are empty."""
    return value not in (None, "", 0, False) or isinstance(value, (list, dict))


def _formatted(text: str, *given: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: str(given[int(found[1])]), text)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "fromJSON": json.loads,
    "toJSON": lambda value: json.dumps(value, indent=2),
    "format": _formatted,
}


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """Return a value of a workflow with its expressions worked out; one that is all of a text stays what it is."""
    if isinstance(value, Mapping):
        return {key: filled(it, context) for key, it in value.items()}
    if isinstance(value, list):
        return [filled(it, context) for it in value]
    if not isinstance(value, str):
        return value
    if (whole := _EXPRESSION.fullmatch(value)) and "}}" not in whole[1]:
        return Expression(whole[1], context).value()
    return _EXPRESSION.sub(lambda found: _text(Expression(found[1], context).value()), value)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


Does = Callable[[str, Mapping[str, Any], Mapping[str, Any]], tuple[bool, Mapping[str, str]]]
"""Runs one job of a name in a context, and tells whether it went well, and its outputs."""


@dataclass
class WorkflowRun:
    """One run of a workflow; `called` are those that its jobs use, by their path."""

    workflow: Mapping[str, Any]
    context: Mapping[str, Any]  # github, vars, secrets, inputs
    does: Does
    called: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)  # of each job: success, failure, skipped

    def run(self) -> str:
        """Run all jobs in the order of their needs, and return how it ended."""
        outputs: dict[str, Mapping[str, str]] = {}
        todo = dict(self.workflow["jobs"])
        while todo:
            name = next(name for name, job in todo.items() if not set(_needs(job)) & set(todo))
            job = todo.pop(name)
            needs = {it: {"result": self.results[it], "outputs": outputs[it]} for it in _needs(job)}
            context = {**self.context, "needs": needs}
            self.results[name], outputs[name] = self._job(name, job, context)
        return FAILURE if FAILURE in self.results.values() else SUCCESS

    def _job(self, name: str, job: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        condition = str(job.get("if", "'yes'"))
        assert not re.search(r"\b(always|failure|cancelled|success)\(", condition), "not evaluated here"
        if any(it["result"] != SUCCESS for it in context["needs"].values()):
            return SKIPPED, {}
        if not _is_true(Expression(condition, context).value()):
            return SKIPPED, {}
        if "uses" in job:
            assert job["secrets"] == "inherit"
            inputs = filled(job["with"], context)
            inner = {**self.context, "inputs": inputs}
            return WorkflowRun(self.called[job["uses"]], inner, self.does).run(), {}
        rows = filled(job.get("strategy", {}).get("matrix", {}), context).get("include", [{}])
        assert 0 < len(rows) <= 256, "GitHub makes a matrix of 1 to 256 jobs"
        assert len(rows) == 1 or job["strategy"]["fail-fast"] is False, "it breaks off what runs beside one that fails"
        ended = [self.does(name, job, {**context, "matrix": row}) for row in rows]
        return (SUCCESS if all(it for it, _ in ended) else FAILURE), ended[-1][1]


def _needs(job: Mapping[str, Any]) -> Sequence[str]:
    needs: str | list[str] = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs
