"""Reasons to refuse a plan: one small function each. They refuse; they never drop a change and go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.kind import CASCADING, DELETION_STRATEGY, OWNER_MARK, Kinds
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Caller, Owned, Resource
from igz_apply.planning.diff import has_own_fields
from igz_apply.planning.homes import described, is_same_cluster
from igz_apply.planning.limits import (
    ALWAYS_PASS,
    DELETES,
    DISABLES,
    FORGETS,
    Limited,
    cascades,
    exceeded,
    limits_hold,
    named,
    replacements_are_asked_for,
    unless_waived,
)
from igz_apply.planning.lockout import account_of, administrators, can_apply, rights_of, touches_people
from igz_apply.planning.ownership import is_owned
from igz_apply.planning.projection import moving_rights
from igz_apply.planning.rail_facts import MOVE, RailFacts

Rail = Callable[[Plan, RailFacts], Iterator[Problem]]


def refusals(plan: Plan, facts: RailFacts) -> tuple[Problem, ...]:
    """Return every reason to refuse the plan; none means that it may be applied."""
    return in_order(problem for rail in RAILS for problem in rail(plan, facts))


def no_system_resource_is_deleted_or_disabled(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Built-in and system-provided accounts, groups and services stay, with no waiver."""
    for change in plan.writes:
        if change.live is not None and change.live.is_system and (verb := _takes_away(change, facts.kinds)):
            yield _refused(
                change,
                "System resource",
                f"{change.address} belongs to the platform and is never {verb}.",
                f"Take {change.address} out of what this run changes."
                if not change.is_pruned
                else f"Declare it again, or give it up: igz-apply forget {change.address}",
            )


def operations_are_on_what_may_bear_them(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What is not ours, is the platform's own, or is protected, is not operated on, with no waiver."""
    if not plan.operations:
        return
    names, changes = _OwnedNames(facts), {change.address: change for change in plan.changes}
    for item in plan.operations:
        change = changes.get(item.address)
        if change is None or change.live is None or change.desired is None or not _becomes_ours(change, facts):
            yield Problem(
                summary="Not ours",
                detail=f"The plan would {item.operation} {item.address}, which is not owned by this inventory.",
                hint="Declare it and apply, and plan again: igz-apply operates on what it owns alone.",
                address=item.address,
            )
        elif change.live.is_system:
            yield _refused(
                change,
                "System resource",
                f"The plan would {item.operation} {item.address}, which belongs to the platform.",
                f"Take {item.address} out of what `actions` in the config selects.",
            )
        elif _is_protected(change, facts, names):
            yield _refused(
                change,
                "Protected",
                f"The plan would {item.operation} {item.address}, which is named by protect in the config.",
                "Take it out of protect first, in a commit of its own, or out of what `actions` selects.",
            )


def _becomes_ours(change: Change, facts: RailFacts) -> bool:
    """Say whether a plan that is applied owns it: what it writes or adopts, and what was ours before."""
    if change.action in (Action.UPDATE, Action.ADOPT):
        return True
    entry = facts.owned.entries.get(change.address)
    return change.action is Action.NO_CHANGE and is_owned(entry, change.live, facts.kinds[change.address.kind])


def nothing_protected_is_deleted_or_disabled(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What `protect` names stays, with no waiver."""
    names = _OwnedNames(facts)
    for change in plan.writes:
        if (verb := _takes_away(change, facts.kinds)) and _is_protected(change, facts, names):
            yield _refused(
                change,
                "Protected",
                f"{change.address} is named by protect in the config and is never {verb}.",
                "Take it out of protect first, in a commit of its own.",
            )


def the_caller_stays(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Nobody deletes or disables the account by which this very run acts."""
    caller = _caller(facts)
    for change in plan.writes:
        if change.address == caller and (verb := _takes_away(change, facts.kinds)):
            yield _refused(
                change,
                "Own account",
                f"{change.address} is the account that this run acts as, and is never {verb} by it.",
                "Run as another administrator.",
            )


def prevent_destroy_holds(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """`prevent_destroy` outlives its manifest: the inventory remembers it."""
    names = _OwnedNames(facts)
    for change in plan.writes:
        if change.action is not Action.DELETE:
            continue
        here = change.desired is not None and change.desired.lifecycle.prevent_destroy
        if here or any(facts.owned.entries[each].prevent_destroy for each in names.of(change)):
            yield _refused(
                change,
                "Destroy prevented",
                f"{change.address} has lifecycle.prevent_destroy"
                + ("." if here else ", as the inventory remembers of the manifest that declared it last."),
                "Declare it with prevent_destroy: false and apply; after that it can be deleted.",
            )


def what_is_to_be_managed_can_be_seen(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What is declared and there, perhaps, and not shown to the caller may differ: no plan of it can be true."""
    for address, why in plan.not_visible.items():
        if address in facts.declared:
            before = ", and was applied before" if address in facts.owned.entries else ""
            yield Problem(
                summary="Not visible",
                detail=f"{address} is declared{before}, but the cluster does not show it: {why}.",
                hint=f"Run as somebody who may see it, or leave it out: --except {address}",
                address=address,
            )


def names_can_be_put_back(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What somebody renamed on the cluster gets its name back where the platform can do that; else it is refused.

    So is what another has the name of there: who exchanged names has to say which is which.
    """
    held = {Address(it.address.kind, it.called): it.address for it in facts.live.resources.values() if it.called}
    for change in plan.writes:
        holder = held.get(change.address, change.address)
        is_named = change.action is Action.CREATE or (change.live is not None and change.live.called)
        if is_named and change.action.makes and holder != change.address:
            yield _refused(
                change,
                "Name taken",
                f"{change.address} cannot have its name: {holder} is called {change.address.name} on the cluster now.",
                "Give each its own name there again, or declare it by the name that it has now; igz-apply forget drops "
                "what is remembered of one.",
            )
    for change in plan.writes:
        called = change.live.called if change.live is not None else ""
        if called and change.action is Action.UPDATE and not facts.kinds[change.address.kind].renames:
            other = f"{change.address.kind}/{called}"
            yield _refused(
                change,
                "Renamed on the cluster",
                f"{change.address} is called {called} there now; it has the same id. The platform has no way to give "
                f"what is of kind {change.address.kind} another name.",
                f"Declare it as {other}, with all that names it, or have it called {change.address.name} there again.",
            )


def the_caller_may_do_this(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What the caller's policies do not allow would fail half way (wire reference, section 18.1).

    Nothing is refused where the policies are not known, or one of them is not: it may allow anything. Nor are the
    platform's own accounts, which may do more than their policies say.
    """
    caller = _caller(facts)
    account = facts.live.resources.get(caller)
    rights = rights_of(facts.live.caller.username, facts.live, facts.kinds)
    if rights is None or not rights <= facts.kinds.powers.known or account is None or account.is_system:
        return
    for (kind, action), changes in sorted(_by_verb(plan).items()):
        needed = facts.kinds[kind].ruled_by.get(action, frozenset())
        if needed and not rights & needed:
            yield Problem(
                summary="Missing policy",
                detail=f"The plan would {action} {len(changes)} of kind {kind} ({named(changes)}), which takes the "
                f"policy {' or '.join(sorted(needed))}; {account.address.name} has "
                f"{', '.join(sorted(rights)) or 'no policy'}.",
                hint=f"Give it to {account.address.name}, directly or through a group, or run as somebody who has it.",
                about=tuple(changes),
            )


def _by_verb(plan: Plan) -> dict[tuple[str, str], list[Address]]:
    found: dict[tuple[str, str], list[Address]] = {}
    for change in plan.writes:
        found.setdefault((change.address.kind, change.action.value), []).append(change.address)
    for item in plan.operations:
        found.setdefault((item.address.kind, item.operation), []).append(item.address)
    return found


def immutable_fields_stay(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Nothing is replaced by delete-and-create behind the user's back."""
    for change in plan.writes:
        if change.action is not Action.UPDATE:
            continue
        kind = facts.kinds[change.address.kind]
        for item in change.diff:
            described = kind.field_named(item.dotted)
            if described is not None and described.immutable:
                yield _refused(
                    change,
                    "Immutable field",
                    f"{item.dotted} of {change.address} is {item.before!r} and cannot become {item.after!r}: "
                    "the platform sets it once, at creation.",
                    f"State {item.before!r}, leave the field out, or delete it and create it anew in two applies.",
                    field=item.dotted,
                )


def nothing_of_others_is_taken(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What another repository's mark or inventory claims is taken over on purpose alone."""
    claimed: dict[str, dict[Address, str]] = {}
    operated = {item.address for item in plan.operations}
    for change in plan.changes:
        is_touched = change.action is not Action.NO_CHANGE or change.address in operated
        if is_touched and (whose := _claimed_by(change, facts)):
            claimed.setdefault(change.address.kind, {})[change.address] = f"{change.address} is {whose}"
    for kind, said in sorted(claimed.items()):
        detail = f"{'; '.join(said.values())}."
        yield from unless_waived("adopt", kind, [*said], "Owned elsewhere", detail, facts)


def _claimed_by(change: Change, facts: RailFacts) -> str:
    """Say who else owns what a change would write or take over, "" for nobody."""
    live = change.live
    if live is None or change.action is Action.CREATE:
        return ""
    names = (change.address, Address(change.address.kind, live.cluster_name)) if facts.held_elsewhere else ()
    held = next((place for each in names if (place := facts.held_elsewhere.get(each))), None)
    if not (live.mark or held):
        return ""
    entry = facts.owned.entries.get(change.address)
    is_ours = is_owned(entry, live, facts.kinds[change.address.kind])
    is_as_left = is_ours and entry is not None and entry.mark == live.mark and not facts.owner
    if live.mark and live.mark != facts.owner and not is_as_left:
        return f"marked as {live.mark}'s ({OWNER_MARK})"
    ends = change.action is Action.DELETE or change.switches_off
    return f"in the inventory {held}" if held and (not is_ours or ends) else ""


def cascades_are_asked_for(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """A project goes with all that is in it only where its manifest or its inventory entry said so."""
    for change in plan.writes:
        if change.action is not Action.DELETE or not cascades(change):
            continue
        entry = facts.owned.entries.get(change.address)
        manifest = _manifest_of(change, plan)
        stated = manifest is not None and manifest.spec.get(DELETION_STRATEGY) == CASCADING
        is_ours = is_owned(entry, change.live, facts.kinds[change.address.kind])
        if not stated and not (is_ours and entry is not None and entry.deletion_strategy == CASCADING):
            yield _refused(
                change,
                "Cascading delete",
                f"{change.address} would be deleted with all that is in it, and nothing asked for that.",
                "State deletion_strategy: cascading in its manifest.",
            )


def _manifest_of(change: Change, plan: Plan) -> Resource | None:
    """Return the manifest of what changes; that of what takes its place is its own, with another name."""
    if change.replaced_by is None:
        return change.desired
    return next(it.desired for it in plan.changes if it.address == change.replaced_by)


def nothing_goes_with_what_nobody_named(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What the platform deletes with all that is in it is empty, or goes with that on purpose.

    Where nobody can tell what is in it, it may be full.
    """
    for change in plan.writes:
        live = change.live
        if change.action is not Action.DELETE or live is None or live.is_deleting:
            continue
        if not facts.kinds[change.address.kind].is_unguarded or cascades(change) or live.contents == "":
            continue
        held = f"in it is {live.contents}" if live.contents else "what is in it cannot be told"
        yield _refused(
            change,
            "Not empty",
            f"{change.address} would be deleted with all that is in it, and {held}.",
            "Empty it first. To delete it with all that is in it, state deletion_strategy: cascading in its manifest; "
            f"then --allow cascade:{change.address.kind}=COUNT, or limits.cascade, says how many may go so.",
        )


def what_can_only_be_read_is_not_written(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Of a kind that the cluster lets others lead, members alone can be written."""
    for change in plan.writes:
        why = facts.live.read_only.get(change.address.kind)
        kind = facts.kinds[change.address.kind]
        if why and (change.action in (Action.CREATE, Action.DELETE) or has_own_fields(change.diff, kind)):
            yield _refused(
                change,
                "Read-only here",
                f"{change.address} cannot be written, apart from its members: {why}.",
                "Change it where it is led, and take what differs out of the manifest.",
            )


def an_empty_input_prunes_nothing(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """No manifest at all, or none of a kind any more, is more often a wrong path than a wish.

    What is declared absent is no sign that the rest was meant to be left out.
    """
    if not facts.is_pruning:
        return
    pruned = {limited: _ended(plan, limited) for limited in (DELETES, DISABLES, FORGETS)}
    ended = {_PRUNED[limited]: len(addresses) for limited, addresses in pruned.items() if addresses}
    if not ended:
        return
    present = {address.kind for address, is_present in facts.declared.items() if is_present}
    if not present:
        yield Problem(
            summary="Empty manifests",
            detail="The manifests declare nothing present, and pruning would "
            f"{', '.join(f'{verb} {count}' for verb, count in ended.items())} resources.",
            hint="Check the path. To delete all of it on purpose, use igz-apply destroy.",
        )
        return
    for limited, addresses in pruned.items():
        verb = _PRUNED[limited]
        for kind, count in sorted(Counter(address.kind for address in addresses).items()):
            if kind not in present and count > ALWAYS_PASS and exceeded(limited, kind, count, facts) is None:
                said = f"The manifests declare nothing of kind {kind} any more, and pruning would {verb} {count} of it."
                about = [address for address in addresses if address.kind == kind]
                yield from unless_waived(limited.verb, kind, about, "Empty kind", said, facts)


_PRUNED = {DELETES: "delete", DISABLES: "disable", FORGETS: "forget"}


def _ended(plan: Plan, limited: Limited) -> Sequence[Address]:
    """Return what pruning ends in one of its ways."""
    if limited is FORGETS:
        return sorted(plan.forgotten)
    switches_off = limited is DISABLES
    return [it.address for it in plan.writes if it.is_pruned and it.switches_off == switches_off]


def the_caller_can_still_apply(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """A plan after which the caller lacks what an apply needs locks everybody out who works from git."""
    if not touches_people(plan, facts.kinds) or not moving_rights(plan, facts.kinds):
        return
    caller = facts.live.caller.username
    lost = can_apply(caller, facts.live, facts.kinds) - can_apply(caller, facts.live, facts.kinds, plan)
    if lost:
        yield Problem(
            summary="Lock-out",
            detail=f"After this plan {caller}, who runs it, would no longer have {', '.join(sorted(lost))}.",
            hint="Keep these policies, directly or through a group, or run as another administrator.",
        )


def administrators_remain(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """Somebody must be left who can administer the tenant."""
    if not touches_people(plan, facts.kinds) or not moving_rights(plan, facts.kinds):
        return
    before = administrators(facts.live, facts.kinds)
    after = administrators(facts.live, facts.kinds, plan)
    if len(after) < facts.min_admins and len(after) < len(before):
        left = ", ".join(sorted(after)) or "nobody"
        kept = " or ".join(sorted(facts.kinds.powers.administers))
        yield Problem(
            summary="Lock-out",
            detail=f"After this plan {left} could administer users; limits.min_admins is {facts.min_admins}.",
            hint=f"Keep {kept} for more users, or lower limits.min_admins in a commit of its own.",
        )


def the_inventory_is_of_this_cluster(plan: Plan, facts: RailFacts) -> Iterator[Problem]:
    """What we own on one cluster says nothing about another: pruning by it would delete the wrong things."""
    count = len(facts.owned.entries)
    waived = facts.waivers.get(MOVE)
    if waived != count:
        yield from of_another_cluster(facts.owned, plan.caller, waived)


def of_another_cluster(owned: Owned, caller: Caller, waived: int | None = None) -> Iterator[Problem]:
    """Yield the problem when the inventory is about another cluster than the caller's."""
    if is_same_cluster(owned.home, caller.home):
        return
    count = len(owned.entries)
    given = f" --allow move:inventory={waived} does not fit its {count} entries." if waived is not None else ""
    yield Problem(
        summary="Inventory of another cluster",
        detail=f"The inventory is about {described(owned.home)}; this is {described(caller.home)}.{given}",
        hint="Give each target an inventory of its own in the config, for example inventory: .igz-apply/prod.json. "
        f"If it is the same cluster at another address, say so when you apply: --allow move:inventory={count}",
    )


RAILS: tuple[Rail, ...] = (
    the_inventory_is_of_this_cluster,
    no_system_resource_is_deleted_or_disabled,
    nothing_protected_is_deleted_or_disabled,
    operations_are_on_what_may_bear_them,
    the_caller_stays,
    prevent_destroy_holds,
    what_is_to_be_managed_can_be_seen,
    names_can_be_put_back,
    the_caller_may_do_this,
    immutable_fields_stay,
    limits_hold,
    replacements_are_asked_for,
    nothing_of_others_is_taken,
    cascades_are_asked_for,
    nothing_goes_with_what_nobody_named,
    what_can_only_be_read_is_not_written,
    an_empty_input_prunes_nothing,
    the_caller_can_still_apply,
    administrators_remain,
)


class _OwnedNames:
    """The names that we own something by: an entry of its id is about it, whatever name that has."""

    def __init__(self, facts: RailFacts) -> None:
        self._entries = facts.owned.entries
        self._kinds = facts.kinds

    @cached_property
    def _by_id(self) -> Mapping[tuple[str, str], Sequence[Address]]:
        found: dict[tuple[str, str], list[Address]] = {}
        for address, entry in self._entries.items():
            found.setdefault((address.kind, entry.id), []).append(address)
        return found

    def of(self, change: Change) -> frozenset[Address]:
        """Return all names of what changes."""
        kind, known = change.address.kind, {change.address} & self._entries.keys()
        has_id = change.live is not None and change.live.id and self._kinds[kind].has_ids
        more = self._by_id.get((kind, change.live.id), ()) if has_id and change.live is not None else ()
        return frozenset((*known, *more))


def _is_protected(change: Change, facts: RailFacts, names: _OwnedNames) -> bool:
    """Say whether `protect` names what changes: as it is declared, as it is called there, or as we own it."""
    called = Address(change.address.kind, change.live.cluster_name) if change.live is not None else change.address
    return any(facts.protect.select(each) for each in (change.address, called, *names.of(change)))


def _takes_away(change: Change, kinds: Kinds) -> str:
    """Return "deleted" or "disabled" for a change that is one of the two, "" for any other."""
    if change.action is Action.DELETE:
        return "deleted"
    if change.switches_off:
        return "disabled"
    off = kinds[change.address.kind].disabled_by
    if off is not None and any(item.path == (off[0],) and item.after == off[1] for item in change.diff):
        return "disabled" if change.action is Action.UPDATE else ""
    return ""


def _caller(facts: RailFacts) -> Address:
    return account_of(facts.live.caller.username, facts.live, facts.kinds)


def _refused(change: Change, summary: str, detail: str, hint: str, field: str = "") -> Problem:
    source = change.desired.source if change.desired is not None and not change.is_pruned else None
    if change.desired is not None and field:
        source = change.desired.positions.value(("spec", field))
    return Problem(summary=summary, detail=detail, hint=hint, source=source, address=change.address)
