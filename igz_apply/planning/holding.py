"""What of a plan may be made by nobody's leave, and when: the rest is told, and held back.

What is held back takes along all that needs it, so that what is left is a plan of its own: each change as it was, none
that waits for what is not made, and rails and policies let it pass. They look at the whole plan first: what needs a
waiver does not pass because some of it is held back for another reason.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Mode
from igz_apply.model.roles import carriers_of
from igz_apply.model.rounds import Cause, HeldBack
from igz_apply.planning.digest import covered
from igz_apply.planning.leaving import Leaving, leavers_told
from igz_apply.planning.operations import has_left_over, with_operations
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.rail_facts import RailFacts
from igz_apply.planning.resting import Resting, Sleepers
from igz_apply.values import dataclass

HeldChanges = Mapping[Address, HeldBack]
PRESENCE = ""
"""The path of a field that stands for the resource itself: that it is there, or is not."""


@dataclass(frozen=True, slots=True)
class Restraints:
    """All that keeps differences from being healed, apart from what the plan is."""

    mode_of: Callable[[str], Mode]  # of a kind
    resting: tuple[Resting, ...] = ()
    flapping: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)  # dotted path, or PRESENCE -> why
    failing: HeldChanges = field(default_factory=dict)  # what is not tried now, as it failed each time


@dataclass(frozen=True, slots=True)
class Ground:
    """What it takes to make a plan of some of the changes of another."""

    facts: RailFacts
    derive: Callable[[Plan], Plan]  # works out all that follows from changes, where `warnings` are those of planning
    judge: Callable[[Plan], tuple[Problem, ...]]  # what rails and policies say of a plan
    lacking: Callable[[Plan], tuple[Problem, ...]] = lambda _: ()  # what is wrong with the secrets that it sends
    refusals: tuple[Problem, ...] = ()  # what they say of the whole
    warnings: tuple[str, ...] = ()  # what planning said of the whole, before anything was derived
    rules: tuple[OperationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What may be made of a plan, and what is held back."""

    plan: Plan
    held: HeldChanges  # of what differs, and what is refused of the rest
    stops: tuple[Problem, ...] = ()  # the refusals, and what lacks, by which something is held back


def narrowed(whole: Plan, ground: Ground, restraints: Restraints) -> Narrowed:
    """Return what of a plan may be made; the plan itself where that is all of it.

    First goes what is of a kind that is only told of, with what any refusal of the whole plan names. What is refused
    of the rest as a whole holds all of it, and so on until nothing is refused.
    """
    holding = _Holding(whole, ground, restraints)
    if not holding.items:
        return Narrowed(whole, {})
    holding.hold(holding.told_of())
    holding.hold(holding.named_by(ground.refusals))
    holding.refuse()
    holding.hold(holding.at_rest())
    holding.hold(holding.lacking())
    while holding.is_any_left and holding.refuse():
        pass  # what is left may be refused for what is not in it: an administrator who does not come
    return Narrowed(holding.plan, holding.told(), tuple(dict.fromkeys(holding.stops)))


def _items(plan: Plan, facts: RailFacts) -> frozenset[Address]:
    """Return all that an apply would do anything about, be it in the inventory alone."""
    return frozenset(
        (
            *(change.address for change in covered(plan)),
            *(item.address for item in plan.operations),
            *plan.dropped,
            *plan.forgotten,
            *plan.given_up,
            *(address for address in plan.not_visible if address in facts.declared),
        )
    )


class _Holding:
    """What is held back so far of one plan."""

    def __init__(self, whole: Plan, ground: Ground, restraints: Restraints) -> None:
        self._whole, self._ground, self._restraints = whole, ground, restraints
        self.items = _items(whole, ground.facts)
        self.stops: list[Problem] = []
        self._held: dict[Address, HeldBack] = {}
        if not self.items:
            return  # as in most rounds
        self._changes = {it.address: it for it in whole.changes if it.address in self.items}
        self._links = _links(whole, ground.facts)
        self._sides = _gathered(_in_memberships(whole, ground.facts))
        self._plan = whole
        self._count = 0  # of what was held when that plan was made

    @property
    def is_any_left(self) -> bool:
        """Whether anything is not held back."""
        return not self.items <= self._held.keys()

    def told(self) -> HeldChanges:
        """Return what is held of what differs, and what is refused of what the inventory alone is to learn."""
        differing = {*(it.address for it in self._whole.writes), *(it.address for it in self._whole.operations)}
        held = ((address, self._held[address]) for address in sorted(self.items & self._held.keys()))
        return {address: each for address, each in held if address in differing or each.cause is Cause.RAIL}

    def hold(self, found: HeldChanges) -> None:
        """Hold these, with all that needs them. What is held for itself says so, be it that it waits as well."""
        news = deque((address, found[address].cause) for address in sorted(found))
        self._held.update((address, found[address]) for address in found if self._waits(address))
        while news:
            address, cause = news.popleft()
            # Of which kind a membership is, the change that holds it says; all else is about both its sides.
            sides = self._sides.get(address, ()) if cause is not Cause.MODE else ()
            for other, why in (*self._links.get(address, ()), *sides):
                if other not in self._held:
                    self._held[other] = HeldBack(Cause.WAITS, why)
                    news.append((other, Cause.WAITS))

    def _waits(self, address: Address) -> bool:
        """Whether nothing is known yet against something itself."""
        known = self._held.get(address)
        return known is None or known.cause is Cause.WAITS

    @property
    def plan(self) -> Plan:
        """The plan of what is not held."""
        if len(self._held) != self._count:
            held = self.items & self._held.keys()
            self._plan = _without(held, self._whole, self._ground) if held else self._whole
            self._count = len(self._held)
        return self._plan

    def refuse(self) -> bool:
        """Hold what is refused of what is left, and say whether there was anything."""
        plan = self.plan
        problems = self._ground.refusals if plan is self._whole else self._ground.judge(plan)
        left = self.items - self._held.keys()
        for problem in problems:
            if left and left.isdisjoint(problem.named):
                self._stop(problem, left)
        self.hold(self.named_by(problems))
        return bool(problems)

    def _stop(self, problem: Problem, addresses: Iterable[Address]) -> None:
        self.stops.append(problem)
        self.hold(dict.fromkeys(addresses, _refused(problem)))

    # What is held for itself

    def told_of(self) -> HeldChanges:
        """Return what is of a kind of which differences are only told."""
        return {
            address: HeldBack(Cause.MODE, f"differences of kind {address.kind} are told, and not healed")
            for address in self._all()
            if self._restraints.mode_of(address.kind) is Mode.TELL
        }

    def named_by(self, problems: Iterable[Problem]) -> HeldChanges:
        """Return what refusals name, with what brings an operation about that is refused."""
        found: dict[Address, HeldBack] = {}
        for problem in problems:
            named = [address for address in problem.named if address in self.items and self._waits(address)]
            found.update((address, _refused(problem)) for address in named if address not in found)
            self.stops += [problem] if named else []
        for item in self._whole.operations:
            if item.address in found:
                why = f"it brings about the {item.operation} of {item.address}, which is refused"
                for trigger in item.triggers:
                    found.setdefault(trigger.address, HeldBack(Cause.WAITS, why))
        return found

    def at_rest(self) -> HeldChanges:
        """Return what is paused or frozen, what would disturb that, and what was healed in vain: undone, or failed."""
        found: dict[Address, HeldBack] = {}
        if self._restraints.resting:
            resting = Sleepers(self._restraints.resting, self._changes, self._whole, self._ground.facts)
            found.update((it, held) for it in self._all() if (held := resting.of(it)) is not None)
            for change in self._whole.writes:
                if change.address not in found and (held := resting.disturbed_by(change)) is not None:
                    found[change.address] = held
        for address, paths in self._restraints.flapping.items():
            written = _paths(self._changes[address]) if address in self._changes else ()
            whys = [why for path, why in sorted(paths.items()) if path in written]
            if whys:
                found.setdefault(address, HeldBack(Cause.FLAPPING, whys[0]))
        failing = self._restraints.failing
        return {**{it: failing[it] for it in self.items & failing.keys()}, **found}

    def lacking(self) -> HeldChanges:
        """Return what of the rest cannot be sent, as a secret of it is not to be had."""
        found: dict[Address, HeldBack] = {}
        for problem in self._ground.lacking(self.plan) if self.is_any_left else ():
            self.stops.append(problem)
            for address in problem.named:
                found.setdefault(address, _stopped(Cause.SECRET, problem))
        return found

    def _all(self) -> frozenset[Address]:
        """Return what may be held for itself: what anything waits for, too, though the plan leaves it as it is."""
        return self.items.union(self._links, self._sides)


def _refused(problem: Problem) -> HeldBack:
    return _stopped(Cause.RAIL, problem)


def _stopped(cause: Cause, problem: Problem) -> HeldBack:
    return HeldBack(cause, f"{problem.summary}: {problem.detail.rstrip('.')}", problem.code)


def _paths(change: Change) -> frozenset[str]:
    """Return the fields that a change writes."""
    is_whole = change.action in (Action.CREATE, Action.DELETE)
    return frozenset((*(item.dotted for item in change.diff), *((PRESENCE,) if is_whole else ())))


def _without(held: Iterable[Address], whole: Plan, ground: Ground) -> Plan:
    """Return the plan without what is held, with all that follows from its changes worked out anew."""
    gone, facts = frozenset(held), ground.facts
    left = replace(
        whole,
        changes=tuple(it for it in whole.changes if it.address not in gone),
        dropped={it: why for it, why in whole.dropped.items() if it not in gone},
        forgotten=whole.forgotten - gone,
        not_visible={it: why for it, why in whole.not_visible.items() if it not in gone},
        unknown={it: fields for it, fields in whole.unknown.items() if it not in gone},
        operations=(),
        put_off={},
        given_up={},
    )
    left = replace(left, warnings=_warnings(whole, left, ground))
    if ground.rules or has_left_over(facts.owned):
        left = with_operations(left, ground.rules, facts.live, facts.owned, facts.kinds)
    return ground.derive(left)


def _warnings(whole: Plan, left: Plan, ground: Ground) -> tuple[str, ...]:
    """Return what planning warns of, where some of those who were to be disabled are not."""
    facts = ground.facts
    leaving = Leaving({it.address: it.desired for it in whole.writes if it.switches_off and it.desired is not None})
    if not leaving.disabled:
        return ground.warnings
    before = set(leavers_told(whole, leaving, facts.live, facts.kinds))
    kept = (it for it in ground.warnings if it not in before)
    return (*kept, *leavers_told(left, leaving, facts.live, facts.kinds))


# What needs what

_Link = tuple[Address, Address, str]  # what is held, what is held for it, and why
_Links = Mapping[Address, list[tuple[Address, str]]]


def _links(whole: Plan, facts: RailFacts) -> _Links:
    parts = (_paired(whole), _waiting(whole), _taken_from_leavers(whole, facts), _followed(whole, facts))
    return _gathered((*chain.from_iterable(parts), *_brought_about(whole, facts)))


def _gathered(links: Iterable[_Link]) -> _Links:
    found: defaultdict[Address, list[tuple[Address, str]]] = defaultdict(list)
    for address, other, why in links:
        found[address].append((other, why))
    return found


def _waiting(whole: Plan) -> Iterator[_Link]:
    for change in whole.changes:
        for need in change.depends_on:
            yield need, change.address, f"it comes after {need}, which is held back"


def _paired(whole: Plan) -> Iterator[_Link]:
    """What takes the place of something comes with its end, and its end with that."""
    for change in whole.changes:
        for other in (change.replaces, change.replaced_by):
            if other is not None:
                why = f"{other} is held back, and " + ("takes its place" if change.replaced_by else "makes way for it")
                yield other, change.address, why


def _in_memberships(whole: Plan, facts: RailFacts) -> Iterator[_Link]:
    """A membership is about both its sides, whichever change holds it."""
    membership = facts.kinds.membership
    for change in whole.writes:
        for item in change.edges:
            user = Address(membership.user_kind, item.edge.user)
            group = Address(membership.group_kind, item.edge.group)
            verb = "adds" if item.adds else "takes"
            said = f"it {verb} {user} {'to' if item.adds else 'out of'} {group}"
            for side in (user, group):
                if side != change.address:
                    yield side, change.address, f"{said}, and {side} is held back"


def _taken_from_leavers(whole: Plan, facts: RailFacts) -> Iterator[_Link]:
    """Roles are taken from somebody because they leave: not before they do."""
    leavers = {change.address for change in whole.writes if change.switches_off}
    carriers = carriers_of(facts.kinds) if leavers else {}
    for change in whole.writes if carriers else ():
        roles = carriers.get(change.address.kind)
        if roles is None:
            continue
        for item in (item for item in change.diff if item.path[0] == roles.name):
            lost = frozenset(item.before or ()) - frozenset(item.after or ())
            for leaver in sorted(leavers):
                if leaver.name in lost:
                    yield leaver, change.address, f"it takes a role from {leaver}, which is held back"


def _followed(whole: Plan, facts: RailFacts) -> Iterator[_Link]:
    """An entry that ends because what it is about is declared by the name that it has now, and what that becomes."""
    entries = facts.owned.entries
    ended = {(it.kind, entries[it].id): it for it in whole.dropped if it in entries and entries[it].id}
    for change in whole.changes if ended else ():
        old = ended.get((change.address.kind, change.live.id)) if change.live is not None else None
        if old is not None and old != change.address:
            yield old, change.address, f"it is what {old} was, which is held back"
            yield change.address, old, f"it is {change.address} now, which is held back"


def _brought_about(whole: Plan, facts: RailFacts) -> Iterator[_Link]:
    """What brings an operation about waits with it, where the inventory could not remember it for later."""
    lives, entries = facts.live.resources, facts.owned.entries
    for item in whole.operations:
        there = lives.get(item.address)
        if not is_owned(entries.get(item.address), there, facts.kinds[item.address.kind]):
            for trigger in item.triggers:
                why = f"it brings about the {item.operation} of {item.address}, which is held back"
                yield item.address, trigger.address, why
