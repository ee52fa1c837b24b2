"""Users as they are shown (wire reference, sections 3.3 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.encoded import EncodedList, to_text
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.group_documents import related_groups
from igz_apply.emulator.iguazio4.pages import Shown
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_USERS, related_policy
from igz_apply.emulator.iguazio4.world import IN_GROUP, World


@dataclass(frozen=True, slots=True)
class Included:
    """What is shown beside a user, where it is asked for."""

    groups: bool = False
    policies: bool = False
    activity: bool = False
    idps: bool = False


def read_included(query: Query) -> Included:
    """Return what a query asks for."""
    return Included(
        query.flag("includeGroups"),
        query.flag("includePolicies"),
        query.flag("includeUserActivity"),
        query.flag("includeIdps"),
    )


def answer_user(world: World, user: Record, included: Included = Included(), status: int = 200) -> Answer:
    """Answer one user."""
    (item,), related = show_users(world, [user], included)
    document = {**item, "status": {"statusCode": status, **item["status"]}}
    return Answer(status, {**document, **({"relationships": EncodedList(related)} if related else {})})


def show_users(world: World, users: Sequence[Record], included: Included) -> Shown:
    """Return users as they are shown, and what is related to them."""
    store, ids = world.store, [each.id for each in users]
    groups = store.links_of_many(IN_GROUP, ids, inverse=False) if included.groups else {}
    policies = store.links_of_many(MEMBER_USERS, ids, inverse=True) if included.policies else {}
    system = {each.id: each for each in store.get_many("policy", _all(policies)) if not each.attributes["project"]}
    held = {user: [each for each in named if each in system] for user, named in policies.items()}
    related = [*related_groups(world, _all(groups))]
    related += [to_text(related_policy(world, each)) for each in system.values()]
    shown = [_shown(world, each, included, groups.get(each.id, []), held.get(each.id, [])) for each in users]
    return shown, related


def _all(links: dict[str, list[str]]) -> set[str]:
    return {each for named in links.values() for each in named}


def _shown(world: World, user: Record, included: Included, groups: list[str], policies: list[str]) -> Document:
    attributes = user.attributes
    status: dict[str, Any] = {
        "active": attributes["active"],
        "createdAt": attributes["createdAt"],
        "lastLogin": attributes.get("lastLogin"),
        "lastActivity": attributes.get("lastLogin") if included.activity else None,
        "groupIds": groups if included.groups else None,
        "assignedPolicies": policies if included.policies else None,
        "idps": attributes.get("idps", []) if included.idps else None,
    }
    spec = {
        "email": attributes.get("email", ""),
        "firstName": attributes.get("firstName", ""),
        "lastName": attributes.get("lastName", ""),
        "unixUid": world.number(attributes.get("unixUid")),
    }
    kept = () if world.options.omit_false_active else ("active",)
    return {
        "metadata": {"id": user.id, "resourceType": "user", "username": attributes["username"]},
        "spec": world.message(spec),
        "status": world.message(status, kept),
    }
