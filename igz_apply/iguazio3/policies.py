"""Management policies, and what each allows. Wire reference, section 18.1."""

from igz_apply.model.kind import Powers

PROJECT_VIEWERS = frozenset({"Project Security Admin", "Project Admin", "Project Read Only"})
"""Each shows all projects; without one of them a caller sees those of which it is a member."""

DEVELOPERS = frozenset({"Developer", "Function Admin"})
"""The only policy that creates projects, under its present and its oldest name."""

ADMINISTRATIVE = frozenset({"IT Admin", "Security Admin", "Tenant Admin"})
"""Each rules the cluster, its tenants or everybody's accounts: who holds one has to be known."""

POLICIES = frozenset(
    {
        "Application Admin",
        "Application Read Only",
        "Data",
        "IT Admin Read Only",
        "Service Admin",
        "System Admin",
        *ADMINISTRATIVE,
        *DEVELOPERS,
        *PROJECT_VIEWERS,
    }
)
"""All of which it is known what they allow. A newer system may have others, which may allow anything."""


POWERS = Powers(
    held_in="assigned_policies",
    known=POLICIES,
    applies=frozenset({"Security Admin", "Developer", "Service Admin"}),
    administers=frozenset({"Security Admin"}),
    rules=ADMINISTRATIVE,
    # Who may change what other people may do (section 18.1).
    over_others=frozenset({"IT Admin", "Project Security Admin", "Project Admin", "Security Admin", "Tenant Admin"}),
    roles=frozenset({"Admin"}),
)


def ruled(actions: tuple[str, ...], *policies: str) -> dict[str, frozenset[str]]:
    """Return the same policies for each action."""
    return dict.fromkeys(actions, frozenset(policies))


WRITES = ("create", "update", "delete")
