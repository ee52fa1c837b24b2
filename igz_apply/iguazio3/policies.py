"""Management policies, and what each allows. Wire reference, section 18.1."""

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


def ruled(actions: tuple[str, ...], *policies: str) -> dict[str, frozenset[str]]:
    """Return the same policies for each action."""
    return dict.fromkeys(actions, frozenset(policies))


WRITES = ("create", "update", "delete")
