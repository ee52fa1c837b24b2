"""The policies that there are: system-wide ones, and one for each role of a project (wire reference, 8 and 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.iguazio4.rights import grant, read

OWNER, ADMIN = "owner", "admin"
ROLES = (OWNER, ADMIN, "editor", "builder", "curator", "viewer")  # the highest first
SYSTEM_ADMIN = "system-admin"


@dataclass(frozen=True, slots=True)
class SystemPolicy:
    """One policy of the whole system; its name begins with a prefix. All of it is made up (section 23)."""

    name: str
    display_name: str
    id: str
    permissions: dict[str, Any]


SYSTEM_POLICIES = (
    SystemPolicy(
        SYSTEM_ADMIN,
        "System Admin",
        "ada1ada1-0000-4000-8000-0000000e4a01",
        grant([".*"], "/mgmt/**", "/resources/**"),
    ),
    SystemPolicy(
        "developer",
        "Developer",
        "ada1ada1-0000-4000-8000-0000000e4a02",
        grant(["create"], "/mgmt/projects"),
    ),
    SystemPolicy(
        "viewer",
        "Viewer",
        "ada1ada1-0000-4000-8000-0000000e4a03",
        read("/mgmt/**", "/resources/**"),
    ),
)


def role_permissions(project: str, role: str) -> dict[str, Any]:
    """Return what a role of a project permits (section 8.1)."""
    resources, place = f"/resources/projects/{project}/**", f"/mgmt/projects/{project}"
    assignments = f"{place}/policies/assignments"
    if role == OWNER:
        return {**grant([".*"], resources), **grant([".*"], f"{place}/**")}
    if role == ADMIN:
        return {
            **grant([".*"], resources),
            **grant(["read", "list", "update"], assignments),
            **grant(["read", "update"], place),
        }
    allowed = [".*"] if role in ("editor", "builder") else ["read", "list"]
    return {**grant(allowed, resources), **grant(["read", "list"], assignments), **read(place)}
