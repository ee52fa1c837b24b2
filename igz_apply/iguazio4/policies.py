"""Management policies, and what is known of them. Wire reference, section 8.1.

Names and rights of most are not known, and they cannot be made or changed: they are looked up.
"""

from igz_apply.model.kind import Powers

POLICY = "Policy"
"""What a policy is called in messages; it is no kind, as nobody can declare one."""

ADMINISTRATIVE = frozenset({"oris-system-admin", "igz-system-admin"})
"""The policy that may do everything, under its present and its former name."""

POWERS = Powers(
    held_in="policies",
    known=ADMINISTRATIVE,
    applies=ADMINISTRATIVE,
    administers=ADMINISTRATIVE,
    rules=ADMINISTRATIVE,
    over_others=ADMINISTRATIVE,
    roles=frozenset({"Owner", "Admin"}),
)
