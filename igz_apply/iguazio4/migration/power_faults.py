"""What gives power on the new platform by itself: nobody comes to it but by that very name in the mapping."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration.naming import GROUP, USER, Named
from igz_apply.iguazio4.migration.places import Places
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.iguazio4.policies import ADMINISTRATIVE
from igz_apply.model.addresses import Address
from igz_apply.model.migration import Origin
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some

SUMMARY = "Power on the new platform"
_SHOWN = "system admin"
_OWN = KINDS[GROUP].system_names


def power_faults(origin: Origin, named: Named, places: Places, policies: Policies) -> Iterator[Problem]:
    """Yield each group that becomes one of the platform's own or lies in one, and each policy that may do everything.

    An error, or, where the mapping says the whole name, a warning with all whom it is about.
    """
    for old, new in named.names.items():
        if new.kind == GROUP and new.name.partition("/")[0] in _OWN:
            yield _of_group(old, new, origin, named, places)
    for policy, news in sorted(policies.new.items()):
        held = policies.holders.get(policy, ())
        for there in filter(_may_do_everything, news) if held else ():
            yield Problem(
                SUMMARY,
                f"{policy} becomes {there}, which may do everything there: {_who(held)} would hold it.",
                "Map it to another policy, or leave it behind, unless all of them are to administer the new system.",
                "warning",
                source=places.key("policies", policy),
                about=held,
            )


def _may_do_everything(policy: str) -> bool:
    """Say so by its name, or by how it is shown, which stays where nobody could look it up."""
    return policy in ADMINISTRATIVE or policy.casefold() == _SHOWN


def _of_group(old: Address, new: Address, origin: Origin, named: Named, places: Places) -> Problem:
    said = places.mapping.groups.get(old.name)
    is_said = said is not None and said.value == new.name
    edges = sorted(edge for edge in origin.memberships if edge.group == old.name)
    people = tuple(it for edge in edges if (it := Address(USER, edge.user)) in named.names)
    how = "becomes" if new.name in _OWN else "would lie in"
    told = f": {_who(people)} would be in it" if people else ""
    also = " What it holds, those who are in that one already hold too." if new.name in _OWN else ""
    own = new.name.partition("/")[0]
    return Problem(
        SUMMARY,
        f"{old} {how} the platform's own group {own} there, the administrators by its name{told}.{also}",
        "Give it another path in the mapping."
        + (" Keep it if all of them are to administer the new system." if is_said else _SAY.format(old.name, new.name)),
        "warning" if is_said else "error",
        source=places.naming(old),
        address=old,
        about=people,
    )


_SAY = " If that is what is meant, say so by its whole name: `groups: {{{}: {}}}`."


def _who(found: tuple[Address, ...]) -> str:
    return some([str(each) for each in found])
