"""How the time of an apply was spent: the bars, and the chain of changes that made it as long as it was."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.outcomes import Report, Timing
from igz_apply.values import dataclass
from igz_apply.wording.operation_words import subject, subject_of


@dataclass(frozen=True, slots=True)
class Row:
    """One step: its calls and the jobs that it awaited."""

    step: str
    addresses: tuple[Address, ...]
    bars: tuple[Timing, ...]
    is_critical: bool

    @property
    def started(self) -> float:
        """When its first call went out, in seconds since the apply began."""
        return min(bar.started for bar in self.bars)

    @property
    def ended(self) -> float:
        """When the last of its bars ended."""
        return max(bar.ended for bar in self.bars)


def rows_of(report: Report) -> tuple[Row, ...]:
    """Return the steps in the order in which they began."""
    critical = {link.address for link in critical_path(report)}
    bars: dict[str, list[Timing]] = {}
    for timing in report.timeline:
        bars.setdefault(timing.step, []).append(timing)
    rows = [_row(step, found, critical) for step, found in bars.items()]
    return tuple(sorted(rows, key=lambda row: (row.started, row.ended, row.step)))


@dataclass(frozen=True, slots=True)
class Link:
    """A change of the critical path, with its own share of the time."""

    address: Address
    started: float
    ended: float


def critical_path(report: Report) -> tuple[Link, ...]:
    """Return the chain that ended last, first change first: each waited for the one before it.

    To make an apply faster, one of these has to become faster. Empty when nothing was started.
    """
    times = {
        name: Link(name, outcome.started, outcome.ended)
        for outcome in report.ends
        if outcome.started is not None and outcome.ended is not None
        for name in [subject(outcome.operation, outcome.address) if outcome.operation else outcome.address]
    }
    needs = {change.address: change.depends_on for change in report.plan.changes}
    needs.update((subject_of(item), item.depends_on) for item in report.plan.operations)
    path: list[Link] = []
    current = _last(list(times.values()))
    while current is not None:
        path.append(current)
        before = (times[address] for address in needs.get(current.address, ()) if address in times)
        current = _last([link for link in before if link not in path])
    return tuple(reversed(path))


def _last(links: Sequence[Link]) -> Link | None:
    return max(links, key=lambda link: (link.ended, link.address), default=None)


def _row(step: str, bars: Sequence[Timing], critical: set[Address]) -> Row:
    addresses = tuple(dict.fromkeys(address for bar in bars for address in bar.addresses))
    operated = [subject(step.partition(" ")[0], address) for address in addresses]
    return Row(step, addresses, tuple(bars), not critical.isdisjoint((*addresses, *operated)))
