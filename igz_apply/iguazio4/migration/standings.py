"""Who may do what, before and after."""

from __future__ import annotations

from igz_apply.iguazio4.migration.holding import Documents
from igz_apply.iguazio4.migration.naming import PROJECT, USER, Named
from igz_apply.iguazio4.migration.policies import Policies
from igz_apply.iguazio4.migration.policy_standings import PolicyStandings
from igz_apply.iguazio4.migration.projects import Projects
from igz_apply.iguazio4.migration.role_standings import RoleStandings
from igz_apply.iguazio4.migration.sides import Sides
from igz_apply.model.migration import NameMapping, Origin, Standing


def standings(
    origin: Origin,
    sides: Sides,
    named: Named,
    mapping: NameMapping,
    policies: Policies,
    projects: Projects,
    documents: Documents,
) -> tuple[Standing, ...]:
    """Return what every person held and holds, on each project and as policies, by person and project."""
    roles = RoleStandings(named, mapping, projects, documents)
    found = [
        each
        for address, old in origin.objects.items()
        if address.kind == PROJECT and old.lifecycle.state != "absent"
        for each in roles.on(old, sides.users_of)
    ]
    held = PolicyStandings(origin, named, policies, documents)
    people = [address.name for address, old in origin.objects.items() if address.kind == USER and not named.is_own(old)]
    found += filter(None, (held.of(user, sides.groups_of.get(user, ())) for user in people))
    return tuple(sorted(found, key=lambda each: (each.user, each.project)))
