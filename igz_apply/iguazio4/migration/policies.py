"""Policies: by the mapping alone, as there is no public table of equal names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.iguazio4.migration.fields import FIELDS
from igz_apply.iguazio4.migration.making import Manifest, field_fate, manifest
from igz_apply.iguazio4.migration.naming import GROUP, USER, Named
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Destination, Fate, FieldFate, NameMapping, OldObject, Origin, Stated
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

HELD_IN = "assigned_policies"
BINDING = "PolicyBinding"
_NAME = pattern(r"[^ \t\r\n/]([^\r\n/]*[^ \t\r\n/])?")


@dataclass(frozen=True, slots=True)
class Policies:
    """What becomes of policies, and who held them."""

    new: Mapping[str, tuple[str, ...]]  # old -> new names, of those that are carried
    holders: Mapping[str, tuple[Address, ...]]  # old -> who held it, but for the platform's own
    left: Mapping[str, str]  # those that the mapping leaves behind -> why

    def of(self, old: OldObject) -> frozenset[str]:
        """Return the new policies of a user or a group."""
        return frozenset(new for policy in held_by(old) for new in self.new.get(policy, ()))

    def fates(self, old: OldObject) -> Iterator[FieldFate]:
        """Yield what becomes of the policies of a user or a group, if it holds any."""
        held = sorted(held_by(old))
        if not held:
            return
        missing = [policy for policy in held if policy not in self.new]
        after = sorted(self.of(old))
        fate = Fate.CARRIED if not missing else Fate.CHANGED if after else Fate.LOST
        why = "; ".join(self.why_lost(policy) for policy in missing)
        reason = FIELDS[old.address.kind][HELD_IN].reason
        yield field_fate(HELD_IN, fate, held, after or None, reason, why)

    def why_lost(self, policy: str) -> str:
        """Return why a policy is lost."""
        reason = self.left.get(policy)
        return f"{policy} is not carried: {reason or 'the mapping says nothing of it'}"


def held_by(old: OldObject) -> frozenset[str]:
    """Return the policies that a user or a group held."""
    return frozenset(old.spec.get(HELD_IN) or ())


def policies_of(
    origin: Origin, mapping: NameMapping, destination: Destination, named: Named
) -> tuple[Policies, tuple[Problem, ...]]:
    """Return what becomes of the policies that somebody holds, and what is wrong with the mapping of them."""
    holders = _holders(origin, named)
    problems: list[Problem] = []
    new: dict[str, tuple[str, ...]] = {}
    for old, stated in mapping.policies.items():
        found = [_resolved(old, each, destination, problems) for each in stated]
        if stated:
            new[old] = tuple(dict.fromkeys(name for name in found if name))
    left = {old: mapping.policy_reasons.get(old, "") for old, stated in mapping.policies.items() if not stated}
    return Policies(new, holders, left), tuple(problems)


def _holders(origin: Origin, named: Named) -> Mapping[str, tuple[Address, ...]]:
    found: dict[str, list[Address]] = {}
    for address in sorted(origin.objects):
        old = origin.objects[address]
        if address.kind in (USER, GROUP) and not named.is_own(old):
            for policy in held_by(old):
                found.setdefault(policy, []).append(address)
    return {policy: tuple(found[policy]) for policy in sorted(found)}


def _resolved(old: str, stated: Stated, destination: Destination, problems: list[Problem]) -> str:
    """Return the name of a new policy, which may be stated by its display name; "" where there is none."""
    known, text = destination.policies, stated.value
    if known is None or text in known:
        if _NAME.fullmatch(text):
            return text
        problems.append(
            Problem(
                "Unusable new name",
                f"The mapping has the policy {old} become {text!r}, which no policy can be called.",
                "Name one as the new cluster does: `igz-apply get Policy` lists them.",
                source=stated.source,
            )
        )
        return ""
    shown = sorted(name for name, display in known.items() if display.casefold() == text.casefold())
    if len(shown) == 1:
        return shown[0]
    problems.append(_unknown(old, stated, shown, destination))
    return ""


def _unknown(old: str, stated: Stated, shown: list[str], destination: Destination) -> Problem:
    if shown:
        detail = f"{len(shown)} policies of {destination.where} are shown as {stated.value}: {', '.join(shown)}."
        return Problem("Unknown policy there", detail, "State one of these names.", source=stated.source)
    known = destination.policies or {}
    near = did_you_mean(stated.value, [*known, *known.values()])
    detail = f"{destination.where} has no policy {stated.value}, which {old} is to become."
    hint = near or f"It has {', '.join(sorted(known)) or 'none'}."
    return Problem("Unknown policy there", detail, hint, source=stated.source)


def bindings(policies: Policies, named: Named) -> Iterator[Manifest]:
    """Yield a manifest for each new policy that somebody is to hold; it takes it from nobody who holds it there."""
    found: dict[str, dict[str, set[str]]] = {}
    for old, holders in policies.holders.items():
        for address in holders:
            new = named.names.get(address)
            for policy in policies.new.get(old, ()) if new is not None else ():
                assert new is not None
                found.setdefault(policy, {}).setdefault(_SIDES[new.kind], set()).add(new.name)
    for policy in sorted(found):
        spec: dict[str, Any] = {side: sorted(names) for side, names in found[policy].items()}
        yield manifest(Address(BINDING, policy), spec, ("users", "groups"), {"membership": "additive"})


_SIDES = {USER: "users", GROUP: "groups"}
