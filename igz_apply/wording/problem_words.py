"""Problems as plain data, for JSON (contract, section 7)."""

from __future__ import annotations

from typing import Any

from igz_apply.model.problems import Problem


def titled(problem: Problem) -> str:
    """Return the summary with the rule's code, as `Two roles [IGZ-304]`."""
    return f"{problem.summary} [{problem.code}]" if problem.code else problem.summary


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return the problem with every key present; what does not apply is None."""
    source = problem.source
    return {
        "severity": problem.severity,
        "code": problem.code or None,
        "summary": problem.summary,
        "detail": problem.detail,
        "hint": problem.hint or None,
        "file": source.path if source else None,
        "line": source.line if source else None,
        "column": source.column if source else None,
        "address": str(problem.address) if problem.address else None,
    }
