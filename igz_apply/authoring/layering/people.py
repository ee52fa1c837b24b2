"""Who the members of profiles are: those that they list, and the people of groups as manifests state them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from igz_apply.authoring.layering.layered import address_stated
from igz_apply.authoring.layering.profiles import Expanded, Profile, expanded
from igz_apply.authoring.manifest_rules import is_absent
from igz_apply.model.kind import Kinds, Membership
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.model.suggest import did_you_mean

Compose = Callable[[Expanded], Document]
"""Puts the other layers over and under what a profile makes."""

Members = Sequence[Sequence[str] | None]
"""Who is in the group of each profile; None: nobody says so."""

_MOST_MADE = 100_000  # resources; what makes more than a cluster holds makes more and more


class People:
    """The people of groups, as either side of the membership states them in manifests."""

    def __init__(self, documents: Sequence[Document], membership: Membership) -> None:
        self._membership = membership
        self.groups: dict[str, set[str] | None] = {}  # of those that are declared; None: nobody states who is in it
        self._gone: set[str] = set()
        self._users: dict[str, set[str]] = {}
        for document in documents:
            self._take(document)

    def _take(self, document: Document) -> None:
        data, membership = document.data, self._membership
        kind, name = address_stated(data) or ("", "")
        if kind not in membership.kinds:
            return
        spec = data.get("spec")
        stated = spec if isinstance(spec, dict) else {}
        if kind == membership.group_kind:
            if not is_absent(data):
                listed = stated.get(membership.group_field)
                self.groups[name] = _texts(listed) if isinstance(listed, list) else None
        elif is_absent(data):
            self._gone.add(name)
        else:
            groups = stated.get(membership.user_field)
            for group in _texts(groups) if isinstance(groups, list) else ():
                self._users.setdefault(group, set()).add(name)

    def of(self, group: str) -> tuple[str, ...] | None:
        """Return who is in a group, None where neither side says so, or where no manifest declares it."""
        listed, stating = self.groups.get(group), self._users.get(group)
        if group not in self.groups or (listed is None and stating is None):
            return None
        return tuple(sorted(((listed or set()) | (stating or set())) - self._gone))


def _texts(values: Sequence[object]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def expanded_by_groups(
    profiles: Sequence[Profile], documents: Sequence[Document], kinds: Kinds, compose: Compose, problems: list[Problem]
) -> list[Document]:
    """Return what profiles make for the people of groups, `documents` being all the others.

    What they make may itself say who is in a group, so that it is done again until nothing changes. What never comes
    to rest is a circle.
    """
    made: list[Document] = []
    rounds: list[Members] = []
    while len(rounds) < 2 * len(profiles) + 2:
        people = People([*documents, *made], kinds.membership)
        members = [people.of(profile.group or "") for profile in profiles]
        if rounds and members == rounds[-1]:
            problems.extend(_faults(profiles, members, people, kinds.membership))
            return made
        rounds.append(members)
        if sum(len(it.templates) * len(names or ()) for it, names in zip(profiles, members, strict=True)) > _MOST_MADE:
            break
        made = [
            compose(each)
            for profile, names in zip(profiles, members, strict=True)
            for each in expanded(profile, names or ())
        ]
    before, last = rounds[-1 - min(len(profiles), len(rounds) - 1)], rounds[-1]
    problems.extend(_circle(it) for it, one, other in zip(profiles, before, last, strict=True) if one != other)
    return []


def _faults(profiles: Sequence[Profile], members: Members, people: People, membership: Membership) -> list[Problem]:
    """Return what is wrong with the groups that profiles name."""
    kind = membership.group_kind
    found = []
    for profile, names in zip(profiles, members, strict=True):
        place, group = profile.positions.value(("members_of",)), profile.group or ""
        if group not in people.groups:
            detail = f"The Profile {profile.name} is for the people of {kind}/{group}, which no manifest declares."
            meant = did_you_mean(group, people.groups)
            hint = meant or f"Declare {kind}/{group} with its {membership.group_field}, or list `members` instead."
            found.append(Problem("Unknown group of a Profile", detail, hint, source=place))
        elif not names and names is not None:
            found.append(nobody(profile))
        elif names is None:
            detail = (
                f"The Profile {profile.name} is for the people of {kind}/{group}, and no manifest says who they are."
            )
            hint = f"State `{membership.group_field}` of {kind}/{group}; [] if there is nobody yet."
            found.append(Problem("People not stated", detail, hint, source=place))
    return found


def nobody(profile: Profile) -> Problem:
    """Return the warning of a profile that is for nobody."""
    return Problem(
        "Profile without members",
        f"The Profile {profile.name} has no members, and so declares nothing.",
        "What it made before is pruned like what was removed. Take the Profile out if that is meant to last.",
        "warning",
        source=profile.positions.value(("members_of",) if profile.group is not None else ("members",)),
    )


def _circle(profile: Profile) -> Problem:
    return Problem(
        "Circle of Profiles",
        f"What the Profile {profile.name} makes changes who is in {profile.group}, and so what it makes, and so on "
        "without an end.",
        "List `members`, or take the groups out of what it makes.",
        source=profile.positions.value(("members_of",)),
    )
