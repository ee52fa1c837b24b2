"""What a new emulator holds: an administrator, a group, the system-wide policies (wire reference, section 23)."""

from __future__ import annotations

from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4 import jwts, tokens
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS, MEMBER_USERS
from igz_apply.emulator.iguazio4.policy_table import SYSTEM_ADMIN, SYSTEM_POLICIES
from igz_apply.emulator.iguazio4.world import IN_GROUP, World

# Known to everyone, on purpose: they open an emulator and nothing else.
ADMIN_USERNAME = "admin"
ADMIN_ID = "ada1ada1-0000-4000-8000-0000000e4001"
ADMINS_ID = "ada1ada1-0000-4000-8000-0000000e4002"
ADMIN_TOKEN_ID = "ada1ada1-0000-4000-8000-0000000e4003"
_ISSUED, _EXPIRES = 1_700_000_000, 4_102_444_800  # the latter is the year 2100
ADMIN_OFFLINE_TOKEN = jwts.encode(tokens.refresh_claims(ADMIN_TOKEN_ID, ADMIN_ID, tokens.OFFLINE, _ISSUED, _EXPIRES))


def is_seeded(world: World) -> bool:
    """Tell whether the store holds the seed already."""
    return world.store.get(tokens.GENERATION, tokens.GENERATION) is not None


def sow(world: World) -> None:
    """Put the seed into an empty store."""
    store = world.store
    admin = {"username": ADMIN_USERNAME, "firstName": "Admin", "lastName": "Admin", "email": "", "active": True}
    store.insert(Record("user", ADMIN_ID, {**admin, "createdAt": world.moment, "unixUid": 1000}))
    store.insert(Record("group", ADMINS_ID, {"name": "admins", "path": "/admins", "parentId": ""}))
    store.add_links(IN_GROUP, [(ADMIN_ID, ADMINS_ID)])
    for each in SYSTEM_POLICIES:
        name = f"{world.options.policy_prefix}-{each.name}"
        attributes = {
            "key": f"/{name}",
            "name": name,
            "displayName": each.display_name,
            "project": "",
            "role": "",
            "version": 1,
            "permissions": each.permissions,
        }
        policy = store.insert(Record("policy", each.id, attributes))
        if each.name == SYSTEM_ADMIN:
            store.add_links(MEMBER_USERS, [(policy.id, ADMIN_ID)])
            store.add_links(MEMBER_GROUPS, [(policy.id, ADMINS_ID)])
    store.insert(Record("token", ADMIN_TOKEN_ID, {"kind": tokens.OFFLINE}, {"user": ADMIN_ID}))
    store.insert(Record(tokens.GENERATION, tokens.GENERATION, {"number": 0}))
