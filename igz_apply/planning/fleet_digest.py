"""The digest of the plans of several targets: what somebody approves who is asked about all of them at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from igz_apply.model.problems import Problem
from igz_apply.planning.fleet_report import TargetResult

_VERSION = "igz-apply fleet 1"  # another one wherever the same plans would have another digest
_LINE_END = "\n"


def fleet_digest(results: Iterable[TargetResult]) -> str:
    """Return `sha256:` and 64 hex digits over the targets, in the order of a run, each with the digest of its plan.

    In the place of a plan that there is not stands what the target came to: nobody has approved what it may have later.
    """
    rows = (f"{result.name} {result.digest or result.status.value}" for result in results)
    return f"sha256:{hashlib.sha256(_LINE_END.join((_VERSION, *rows)).encode()).hexdigest()}"


def unexpected_fleet(results: Sequence[TargetResult], expected: str) -> Iterator[Problem]:
    """Yield why plans must not be applied where those of another digest were approved; nothing where they are those."""
    made = fleet_digest(results)
    if made == expected:
        return
    many = "1 target" if len(results) == 1 else f"{len(results):,} targets"
    yield Problem(
        "Not the approved plan",
        f"The plans made now for {many} have the digest {made}; what was approved has {expected}.",
        "Targets, manifests, what lives, or what is owned have moved since, or a part was applied already. "
        f"Have the plans above approved, and apply them with --expect {made}",
    )
