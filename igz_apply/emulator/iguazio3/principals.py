"""What users and groups share: memberships, and numbers that are given once (wire reference, 6 and 7)."""

from __future__ import annotations

from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column, private_column
from igz_apply.emulator.iguazio3.vocabulary import ALL_USERS
from igz_apply.emulator.iguazio3.world import World

MEMBERS = "user.user_groups"
PRIMARY = "user.primary_group"
FIRST_LOCAL_ID = 51
INDEXES = {"uid": attribute_column("uid"), "gid": attribute_column("gid"), "user": private_column("user")}


def all_users_id(world: World) -> str:
    """Return the id of the group that holds everyone."""
    group = world.store.by_name("user_group", ALL_USERS)
    assert group is not None, "the seed holds all_users"
    return group.id


def next_number(world: World, type_name: str, attribute: str) -> int:
    """Return the next free uid or gid; local ones start near 50 (section 6.2)."""
    return max(world.store.largest(type_name, attribute) + 1, FIRST_LOCAL_ID)


def check_number_is_free(world: World, record: Record, attribute: str) -> None:
    """Refuse a uid or gid that another record has."""
    same = f"{attribute_column(attribute)} = ?"
    taken = Selection(record.type, (same, "id <> ?"), (record.attributes[attribute], record.id))
    if world.store.count(taken):
        raise world.name_taken(f"{record.type} with {attribute} {record.attributes[attribute]}")


def held_by(type_name: str, user_id: str) -> Selection:
    """Return the selection of the sessions or access keys of a user."""
    return Selection(type_name, (f"{private_column('user')} = ?",), (user_id,))
