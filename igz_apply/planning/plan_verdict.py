"""What an organisation's own policies say of a plan.

They see the plan as its documented JSON has it (contract, section 7), so that one can be tried on any plan that was
saved or printed. What they say is told by path and address, and never repeats a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.schema_paths import dotted, without_false
from igz_apply.authoring.validation import Judgement
from igz_apply.model.addresses import Address, Source, globs_of
from igz_apply.model.changes import Action, Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Path
from igz_apply.model.suggest import some
from igz_apply.planning.plan_document import to_data
from igz_apply.planning.policing import EACH, PlanPolicy, Policing, PolicyWaiver
from igz_apply.values import dataclass

_SHOWN = 3  # places of one finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all policies say of one plan."""

    denials: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()  # waivers that are of no use any more, and with --strict what else would warn
    warnings: tuple[str, ...] = ()  # for the plan's readers: what is warned of, and which waiver lets what pass


@dataclass(frozen=True, slots=True)
class _Finding:
    """What does not meet a policy."""

    policy: PlanPolicy
    about: Address | None  # None: the plan as a whole
    paths: tuple[str, ...]


def verdict(plan: Plan, policing: Policing, kinds: Kinds, *, tool_version: str) -> Verdict:
    """Hold a plan against the policies."""
    data = to_data(plan, tool_version=tool_version)
    known = frozenset((*(change.address for change in plan.changes), *plan.kept))
    sources = {it.address: it.desired.source for it in plan.changes if it.desired is not None and not it.is_pruned}
    denials: list[Problem] = []
    problems: list[Problem] = []
    warnings: list[str] = []
    for policy in policing.policies:
        problems += ended_waivers(policy, policing.today)
        problems += _idle_waivers(policy, policing.today, known) if policing.is_whole else ()
        for found in _findings(policy, data, kinds):
            waivers = _waivers_for(found, known)
            waiver = next((it for it in waivers if it.counts_on(policing.today)), None)
            source = sources.get(found.about) if found.about is not None else None
            if waiver is not None:
                warnings.append(_waived(found, waiver))
            elif policy.denies:
                denials.append(_problem("Denied by policy", found, source, waivers))
            elif policing.is_strict:
                problems.append(_problem("Policy warns", found, source, waivers))
            else:
                warnings.append(_warned(found, source))
    return Verdict(tuple(denials), in_order(problems), tuple(warnings))


def ended_waivers(policy: PlanPolicy, today: str) -> Iterator[Problem]:
    """Find waivers whose day is over."""
    for waiver in policy.waivers:
        if not waiver.counts_on(today):
            detail = f"The waiver of {policy.code}{_of(waiver)} ended with {waiver.until} ({waiver.reason})."
            hint = "Take it out, or have a later day reviewed."
            yield Problem("Waiver has ended", detail, hint, "warning", waiver.source)


def _idle_waivers(policy: PlanPolicy, today: str, known: frozenset[Address]) -> Iterator[Problem]:
    for waiver in policy.waivers:
        if waiver.address and waiver.counts_on(today) and not any(map(globs_of([waiver.address], known).select, known)):
            detail = f"The waiver of {policy.code} names {waiver.address}, and nothing of that name is in the plan."
            yield Problem("Idle waiver", detail, "Correct the address, or take it out.", "warning", waiver.source)


def _of(waiver: PolicyWaiver) -> str:
    return f" for {waiver.address}" if waiver.address else ""


def _findings(policy: PlanPolicy, data: Mapping[str, Any], kinds: Kinds) -> Iterator[_Finding]:
    """Yield what does not meet the policy, one finding an address."""
    judgement = Judgement(without_false(policy.schema))
    places: dict[Address | None, dict[str, None]] = {}
    for path, item in _judged(policy.each, data):
        for error in judgement.errors(item):
            whole = (*path, *error.absolute_path)
            places.setdefault(_about(whole, data, kinds), {})[dotted(whole) or "the plan"] = None
    for about in sorted(places, key=str):
        yield _Finding(policy, about, tuple(places[about]))


def _judged(each: str, data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield what a schema is held against, with its path."""
    if not each:
        yield (), data
        return
    keys = EACH[each]
    found: Any = data
    for key in keys:
        found = found.get(key, ())
    for index, item in enumerate(found):
        if item.get("action") != Action.NO_CHANGE.value:
            yield (*keys, index), item


def _about(path: Path, data: Mapping[str, Any], kinds: Kinds) -> Address | None:
    """Return whom a place in the plan is about."""
    for keys in EACH.values():
        depth = len(keys)
        if path[:depth] == keys and len(path) > depth:
            found: Any = data
            for key in path[: depth + 1]:
                found = found[key]
            return Address(kinds.membership.user_kind, found["user"]) if "user" in found else _parsed(found)
    return None


def _parsed(item: Mapping[str, Any]) -> Address:
    return Address.parse(item["address"])


def _waivers_for(found: _Finding, known: Iterable[Address]) -> Sequence[PolicyWaiver]:
    """Return the waivers that are for it, whether they have ended or not."""
    named = frozenset(known) | ({found.about} if found.about is not None else frozenset())
    return [it for it in found.policy.waivers if _selects(it, found.about, named)]


def _selects(waiver: PolicyWaiver, about: Address | None, known: frozenset[Address]) -> bool:
    if not waiver.address or about is None:
        return not waiver.address
    return globs_of([waiver.address], known).select(about)


def _problem(summary: str, found: _Finding, source: Source | None, ended: Sequence[PolicyWaiver]) -> Problem:
    policy = found.policy
    over = f" Its waiver ended with {max(it.until for it in ended)}." if ended else ""
    return Problem(
        summary=summary,
        detail=f"{_sentence(policy.message)} {_told(found)}{over}",
        hint=policy.hint or _default_hint(policy),
        source=source,
        address=found.about,
        own_code=policy.code,
    )


def _default_hint(policy: PlanPolicy) -> str:
    where = f", which stands at {policy.source}" if policy.source is not None else ""
    return f"Change what is planned, or ask those who keep the policy {policy.code}{where}."


def _sentence(message: str) -> str:
    """Return what others wrote so that a sentence may follow it."""
    text = message.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _told(found: _Finding) -> str:
    about = f"about {found.about}, " if found.about is not None else ""
    return f"It is {about}at {_places(found.paths)} in the plan's JSON."


def _places(paths: Sequence[str]) -> str:
    return some(list(paths), _SHOWN)


def _warned(found: _Finding, source: Source | None) -> str:
    place = f" ({source.path}:{source.line})" if source is not None else ""
    hint = f" {found.policy.hint}" if found.policy.hint else ""
    return f"{found.policy.code}: {_sentence(found.policy.message)} {_told(found)}{place}{hint}"


def _waived(found: _Finding, waiver: PolicyWaiver) -> str:
    about = f" for {found.about}" if found.about is not None else ""
    return f"{found.policy.code} is waived{about} until {waiver.until}: {waiver.reason}"
