"""Who holds which policies, before and after: a user's own, and those of groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration.holding import Documents, users_of_documents
from igz_apply.iguazio4.migration.naming import GROUP, SIDES, USER, Named
from igz_apply.iguazio4.migration.policies import BINDING, Policies, held_by
from igz_apply.iguazio4.migration.reasons import NESTED
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Origin, Standing
from igz_apply.model.references import parent_of

_NONE: frozenset[str] = frozenset()


class PolicyStandings:
    """Compares who holds which policies."""

    def __init__(self, origin: Origin, named: Named, policies: Policies, documents: Documents) -> None:
        """Hold what they are read from: the new ones from the new manifests."""
        self._named = named
        self._policies = policies
        self._old = {
            kind: {each.name: held_by(old) for each, old in origin.objects.items() if each.kind == kind}
            for kind in (USER, GROUP)
        }
        self._new = _held_in(documents)
        groups = users_of_documents(documents)
        self._within = {
            group: _NONE.union(*(self._new[GROUP].get(it, _NONE) for it in _way_up(group))) for group in groups
        }
        self._groups_of: dict[str, list[str]] = {}
        for group, users in groups.items():
            for user in users:
                self._groups_of.setdefault(user, []).append(group)

    def of(self, user: str, groups: Iterable[str]) -> Standing | None:
        """Return which policies a user held and holds; None for none."""
        before = self._before(user, groups)
        new = self._named.new(USER, user) or ""
        after, perhaps = self._after(new) if new else (_NONE, _NONE)
        if not before and not perhaps:
            return None
        image = {each for policy in before for each in self._policies.new.get(policy, ())}
        lost = sorted(policy for policy in before if not self._is_held(policy, after))
        more = sorted(perhaps - image)
        why, is_stated = self._why(user, sorted(groups), lost) if lost else ("", False)
        if more:
            why, is_stated = "; ".join(filter(None, (NESTED.why, why))), NESTED.is_stated
        return Standing(
            user,
            new,
            "",
            ", ".join(sorted(before)),
            ", ".join(sorted(after)),
            is_higher=bool(more),
            is_lower=bool(lost),
            is_stated=is_stated,
            why=why,
            perhaps=", ".join(more),
            lost_policies=tuple(lost),
        )

    def _is_held(self, policy: str, after: frozenset[str]) -> bool:
        new = self._policies.new.get(policy, ())
        return bool(new) and after.issuperset(new)

    def _before(self, user: str, groups: Iterable[str]) -> frozenset[str]:
        given = self._old[GROUP]
        return self._old[USER][user].union(*[given[group] for group in groups if group in given])

    def _after(self, new: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the new policies, and those if members of a group count in the groups around it."""
        given, groups = self._new[GROUP], self._groups_of.get(new, ())
        own = self._new[USER].get(new, _NONE)
        after = own.union(*[given[group] for group in groups if group in given])
        return after, after.union(*[self._within[group] for group in groups])

    def _why(self, user: str, groups: Sequence[str], lost: Iterable[str]) -> tuple[str, bool]:
        """Return why policies are lost, and whether the mapping says so."""
        if Address(USER, user) not in self._named.names:
            reason = self._named.why_gone(USER, user)
            return f"the user is not carried: {reason.why}", reason.is_stated
        whys = [self._why_lost(user, groups, policy) for policy in lost]
        return "; ".join(why for why, _ in whys), all(is_stated for _, is_stated in whys)

    def _why_lost(self, user: str, groups: Sequence[str], policy: str) -> tuple[str, bool]:
        """Return why one policy is lost: it goes along nowhere, or no group does that gives it."""
        if policy in self._policies.left or policy in self._old[USER][user]:
            return self._policies.why_lost(policy), policy in self._policies.left
        through = [group for group in groups if policy in self._old[GROUP].get(group, _NONE)]
        gone = [self._named.why_gone(GROUP, group) for group in through if self._named.new(GROUP, group) is None]
        if len(gone) < len(through):
            return self._policies.why_lost(policy), False
        whys = "; ".join(f"the group {group} is not carried: {it.why}" for group, it in zip(through, gone, strict=True))
        return f"{policy}: {whys}", all(it.is_stated for it in gone)


def _held_in(documents: Documents) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return the policies of each user and each group, by kind and name, as the new manifests bind them."""
    found: dict[str, dict[str, set[str]]] = {kind: {} for kind in SIDES.values()}
    for document in documents[BINDING]:
        for side, kind in SIDES.items():
            for name in document["spec"].get(side, ()):
                found[kind].setdefault(name, set()).add(document["metadata"]["name"])
    return {kind: {name: frozenset(held) for name, held in by.items()} for kind, by in found.items()}


def _way_up(path: str) -> Iterator[str]:
    """Yield a group and those that it lies in."""
    yield path
    parent = parent_of(KINDS[GROUP], path)
    while parent is not None:
        yield parent.name
        parent = parent_of(KINDS[GROUP], parent.name)
