"""Policies as they are stored and shown (wire reference, section 8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4.policy_table import role_permissions
from igz_apply.emulator.iguazio4.world import World

MEMBER_USERS, MEMBER_GROUPS = "policy.users", "policy.groups"  # from a policy to a member


def permissions_of(policy: Record) -> dict[str, Any]:
    """Return what a policy permits."""
    if policy.attributes["project"]:
        return role_permissions(policy.attributes["project"], policy.attributes["role"])
    permissions: dict[str, Any] = policy.attributes["permissions"]
    return permissions


def answer_policy(world: World, policy: Record, *, members: bool) -> Answer:
    """Answer one policy, in full."""
    (item,) = show_policies(world, [policy], is_full=True, members=members)
    return Answer(200, {**item, "status": {"statusCode": 200, **item["status"]}})


def show_policies(world: World, policies: Sequence[Record], *, is_full: bool, members: bool) -> list[Document]:
    """Return policies as they are shown; the minimal form has no permissions."""
    held = members_of(world, [each.id for each in policies]) if members else {}
    shown = []
    for each in policies:
        status = {"assignedMembers": held.get(each.id, []) if members else None}
        shown.append({**_shown(world, each, is_full=is_full), "status": world.message(status)})
    return shown


def _shown(world: World, policy: Record, *, is_full: bool) -> Document:
    attributes = policy.attributes
    spec = {
        "kind": "project" if attributes["project"] else world.options.policies_kind_word,
        "displayName": attributes["displayName"],
        "projectName": attributes["project"],
        "role": attributes["role"],
        "systemGenerated": True,
        "permissions": permissions_of(policy) if is_full else None,
    }
    return {
        "metadata": {"id": policy.id, "resourceType": "policy", "name": attributes["name"]},
        "spec": {**world.message(spec), "version": attributes["version"]},
    }


def members_of(world: World, ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """Return the members of policies: users by name, groups by id."""
    users = world.store.links_of_many(MEMBER_USERS, ids, inverse=False)
    groups = world.store.links_of_many(MEMBER_GROUPS, ids, inverse=False)
    names = world.store.names("user", {each for named in users.values() for each in named})
    return {
        policy: [
            *({"id": names[each], "kind": "user"} for each in users.get(policy, [])),
            *({"id": each, "kind": "group"} for each in groups.get(policy, [])),
        ]
        for policy in ids
    }


def related_policy(world: World, policy: Record) -> Document:
    """Return a policy as it is shown beside something else."""
    return {"@type": "type.googleapis.com/policy.Policy", **_shown(world, policy, is_full=False)}
