"""Whether a round is news: what it found to be wrong and made right, by hashes, held against what was told before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change
from igz_apply.model.news import Fate, Topic
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, Ending, HeldBack, Round
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

MOST_FAILURES = 10
"""Kinds of failure that are told in a row: an error that reads otherwise every time tells nothing new any more."""

_SILENT = (Ending.STANDBY, Ending.INTERRUPTED)
_VARIES = pattern(r"0x[0-9a-f]+|\b[0-9a-f]{8,}(?:-[0-9a-f]+)*\b|\d+", re.IGNORECASE)
_ENDS = pattern(r": | \(|\. ")
_UNKNOWN = "unknown"  # no plan was made, so that what differs is not known


@dataclass(frozen=True, slots=True)
class Standing:
    """What a round came to. Each is a hash, "" where there is nothing of it."""

    ending: Ending
    differs: str = ""  # what differs still: which fields of what, why it is left; `_UNKNOWN` where nobody looked
    healed: str = ""  # what was made as declared
    failure: str = ""  # in which way the round failed

    @property
    def hash(self) -> str:
        """The hash of all of it."""
        return _hash([self.ending.value, self.differs, self.healed, self.failure])

    @property
    def is_silent(self) -> bool:
        """Whether it says nothing about the cluster: another looks after it, or we were to end."""
        return self.ending in _SILENT


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody has been told, as far as it is still so. It is a cache: without it something is told twice."""

    differs: str = ""
    healed: str = ""  # by the last round that was no failure
    failures: frozenset[str] = frozenset()  # since the last round that was none
    in_sync: bool = False  # whether it was told that nothing differs


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differed when a round looked, and what became of it."""

    address: Address
    verb: str  # what makes it as declared: an action, or an operation
    fate: Fate
    change: Change | None = None  # None: it is an operation
    held: HeldBack | None = None  # why it was left; None: nothing is said of that
    end: Outcome | None = None  # of what was sent; None: it was not


def standing_of(round_: Round) -> Standing:
    """Return what a round came to."""
    found = differences(round_)
    healed = sorted(_row(it) for it in found if it.fate is Fate.HEALED)
    left = sorted(_row(it) for it in found if it.fate is not Fate.HEALED)
    differs = _UNKNOWN if round_.plan is None else _hash(left) if left else ""
    return Standing(round_.ending, differs, _hash(healed) if healed else "", _failure(round_, found))


def told_anew(told: Told, standing: Standing, about: Collection[str] = ()) -> tuple[Topic | None, Told]:
    """Return what is to be told of a round, None for nothing, and what has been told once it is.

    `about` holds the endings that somebody wants to know of; none of them means all but that nothing differs. Who was
    told of something is also told that it is over.
    """
    if standing.is_silent:
        return None, told
    topic = _topic(told, standing, about)
    if topic is None:
        return None, _quietly(told, standing)
    return topic, _after(told, standing) if topic is not Topic.OVER else _once_over(told, standing)


def differences(round_: Round) -> tuple[Difference, ...]:
    """Return all that differed when a round looked: what it could not heal first, then what it left, then the rest."""
    plan, report = round_.plan, round_.report
    if plan is None:
        return ()
    ends = {} if report is None else {it.address: it for it in _kept(report)}
    found = [_difference(it.address, it.action.value, it, ends.get(it.address), round_) for it in plan.writes]
    operated = {} if report is None else {(it.address, it.operation): it for it in report.operated}
    for item in plan.operations:
        end = operated.get((item.address, item.operation))
        found.append(_difference(item.address, item.operation, None, end, round_))
    return tuple(sorted(found, key=lambda it: _ORDER[it.fate]))  # a stable sort: otherwise in the plan's order


_ORDER = {Fate.FAILED: 0, Fate.HELD: 1, Fate.HEALED: 2}


def _difference(address: Address, verb: str, change: Change | None, end: Outcome | None, round_: Round) -> Difference:
    held = round_.held.get(address)
    if held is not None or end is None:
        return Difference(address, verb, Fate.HELD, change, held)
    fate = Fate.HEALED if end.status is Status.APPLIED else Fate.FAILED
    return Difference(address, verb, fate, change, end=end)


def _kept(report: Report) -> Iterator[Outcome]:
    """Yield the outcomes of changes; what the cluster did not keep has failed."""
    lost = {it.address: ", ".join(diff.dotted for diff in it.diff) for it in report.not_converged}
    for it in report.outcomes:
        if it.address in lost:
            yield replace(it, status=Status.FAILED, detail=f"the cluster did not keep {lost[it.address]}")
        else:
            yield it


def _topic(told: Told, standing: Standing, about: Collection[str]) -> Topic | None:
    new = _news(told, standing)
    is_wanted = standing.ending.value in about if about else standing.ending is not Ending.IN_SYNC
    if new is not None and is_wanted:
        return new
    return Topic.OVER if _is_over(told, standing) else None


def _news(told: Told, standing: Standing) -> Topic | None:
    """Return what a round brings that was not told."""
    if standing.failure:
        is_new = standing.failure not in told.failures and len(told.failures) < MOST_FAILURES
        return Topic.FAILURE if is_new or _differs_anew(told, standing) else None
    if standing.healed and standing.healed != told.healed:
        return Topic.HEALED
    if _differs_anew(told, standing):
        return Topic.DRIFT
    is_calm = standing.ending is Ending.IN_SYNC and not (told.in_sync or _is_over(told, standing))
    return Topic.IN_SYNC if is_calm else None


def _differs_anew(told: Told, standing: Standing) -> bool:
    return standing.differs not in ("", _UNKNOWN, told.differs)


def _is_over(told: Told, standing: Standing) -> bool:
    """Say whether something that was told is so no more: rounds failed and do not, or something differed."""
    return not standing.failure and bool(told.failures or (told.differs and not standing.differs))


def _after(told: Told, standing: Standing) -> Told:
    """Return what has been told once a round was."""
    differs = told.differs if standing.differs == _UNKNOWN else standing.differs
    if standing.failure:
        return Told(differs, told.healed, told.failures | {standing.failure})
    return Told(differs, standing.healed, in_sync=standing.ending is Ending.IN_SYNC)


def _once_over(told: Told, standing: Standing) -> Told:
    """Return what has been told once it was that something is over: not what somebody did not ask for."""
    differs = told.differs if standing.differs else ""
    return Told(differs, standing.healed, in_sync=standing.ending is Ending.IN_SYNC)


def _quietly(told: Told, standing: Standing) -> Told:
    """Return what has been told once a round was not: what is healed again after a while is news again."""
    if standing.failure or standing.healed:
        return told
    in_sync = told.in_sync and standing.ending is Ending.IN_SYNC
    return Told(told.differs, "", told.failures, in_sync)


def _row(item: Difference) -> list[Any]:
    """Return what is to tell a difference from others. No value stands in it."""
    change, held = item.change, item.held
    return [
        str(item.address),
        item.verb,
        sorted({each.dotted for each in change.diff}) if change is not None else [],
        sorted([*each.edge, each.adds] for each in change.edges) if change is not None else [],
        [held.cause.value, held.code] if held is not None and not _fails(item) else [],
        "failed" if _fails(item) else item.end.status.value if item.end is not None else "",
    ]


def _fails(item: Difference) -> bool:
    """Say whether something fails, or waits for what does: it is no news whether a round tries it or lets it rest."""
    if item.held is not None:
        return item.held.cause in (Cause.FAILING, Cause.WAITS)
    return item.end is not None and (item.end.status.is_bad or item.end.status is Status.SKIPPED)


def _failure(round_: Round, found: Iterable[Difference]) -> str:
    """Return the kind of a failure, "" where there was none: not its words, in which numbers and times may stand."""
    if not round_.ending.is_failure:
        return ""
    problems = sorted({(it.code or it.summary, str(it.address or ""), _file(it)) for it in round_.problems})
    failed = sorted(_row(it) for it in found if it.fate is Fate.FAILED or _fails(it))
    texts = () if problems or not round_.error else (round_.error,)
    beside = round_.report.failures if round_.report is not None else ()
    return _hash([round_.ending.value, problems, failed, sorted({_kind(text) for text in (*texts, *beside)})])


def _file(problem: Problem) -> str:
    """Return where it lies: the folder of one commit is as good as that of the next."""
    return _VARIES.sub("#", problem.source.path) if problem.source is not None else ""


def _kind(text: str) -> str:
    """Return the first clause of an error without what differs from time to time: numbers, ids."""
    return _VARIES.sub("#", _ENDS.split(text, maxsplit=1)[0])


def _hash(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
