"""An organisation's own rules: JSON Schemas from files, which manifests have to meet on top of ours."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.authoring.validation import Policy, policy_of
from igz_apply.manifests.reader import read_file
from igz_apply.model.addresses import Source
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, in_order


def load_policies(patterns: Sequence[str], kinds: Kinds) -> tuple[tuple[Policy, ...], tuple[Problem, ...]]:
    """Return the policies in the files that the glob patterns match, by path, and what is wrong with them.

    A pattern that matches nothing is a problem: a rule that is not looked at must not look like one that is met.
    """
    if not patterns:
        return (), ()
    policies: list[Policy] = []
    problems: list[Problem] = []
    for path in _files(patterns, problems):
        reading = read_file(path)
        problems.extend(reading.problems)
        for document in reading.documents:
            policy = policy_of(document, kinds)
            if isinstance(policy, Policy):
                policies.append(policy)
            else:
                problems.extend(policy)
    return tuple(policies), in_order(problems)


def _files(patterns: Sequence[str], problems: list[Problem]) -> list[str]:
    found: set[str] = set()
    import glob

    for pattern in patterns:
        matches = glob.glob(pattern, recursive=True)  # noqa: PTH207 - a pattern may be absolute
        found.update(matches)
        if not matches:
            detail = f"No file matches {pattern}, which `policies` asks for."
            place = Source(pattern, 1, 1)
            problems.append(Problem("No such policy", detail, "Correct the pattern, or remove it.", source=place))
    return sorted(found)
