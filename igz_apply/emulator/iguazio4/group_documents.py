"""Groups as they are shown (wire reference, section 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from igz_apply.emulator.engine.encoded import EncodedList, to_text
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.pages import Shown
from igz_apply.emulator.iguazio4.policy_documents import MEMBER_GROUPS, related_policy
from igz_apply.emulator.iguazio4.world import IN_GROUP, PARENT, World


@dataclass(frozen=True, slots=True)
class Included:
    """What is shown beside a group, where it is asked for."""

    sub_groups: bool = False
    members: bool = False
    policies: bool = False


def read_included(query: Query) -> Included:
    """Return what a query asks for."""
    return Included(query.flag("includeSubGroups"), query.flag("includeMembers"), query.flag("includePolicies"))


def answer_group(world: World, group: Record, included: Included = Included(), status: int = 200) -> Answer:
    """Answer one group."""
    (item,), related = show_groups(world, [group], included)
    document = {**item, "status": {"statusCode": status, **item["status"]}}
    return Answer(status, {**document, **({"relationships": EncodedList(related)} if related else {})})


def show_groups(world: World, groups: Sequence[Record], included: Included) -> Shown:
    """Return groups as they are shown, and what is related to them."""
    store, ids = world.store, [each.id for each in groups]
    children = store.links_of_many(PARENT, ids, inverse=True)
    members = _members(world, ids) if included.members else {}
    related: list[str] = []
    if included.sub_groups:
        related += related_groups(world, {each for named in children.values() for each in named})
    if included.policies:
        held = store.links_of_many(MEMBER_GROUPS, ids, inverse=True)
        policies = store.get_many("policy", {each for named in held.values() for each in named})
        related += [to_text(related_policy(world, each)) for each in policies if not each.attributes["project"]]
    shown = []
    for each in groups:
        status: dict[str, Any] = {
            "subGroupIds": children.get(each.id, []) if included.sub_groups else None,
            "memberIds": members.get(each.id, []) if included.members else None,
        }
        shown.append(_shown(world, each, len(children.get(each.id, [])), status))
    return shown, related


def _members(world: World, ids: list[str]) -> dict[str, list[str]]:
    """Return the members of groups, as usernames or as ids."""
    found = world.store.links_of_many(IN_GROUP, ids, inverse=True)
    if world.options.member_ids == "ids":
        return found
    names = world.store.names("user", {each for named in found.values() for each in named})
    return {group: [names[each] for each in named] for group, named in found.items()}


def _shown(world: World, group: Record, children: int, status: dict[str, Any]) -> Document:
    attributes = group.attributes
    metadata = {
        "id": group.id,
        "resourceType": "usergroup",
        "path": attributes["path"],
        "parentId": attributes["parentId"],
        "subGroupCount": children,
    }
    return {
        "metadata": world.message(metadata),
        "spec": {"name": attributes["name"]},
        "status": world.message(status),
    }


def related_groups(world: World, ids: Collection[str]) -> Iterable[str]:
    """Return groups as they are shown beside something else, as JSON."""

    def render(group: Record) -> str:
        return to_text(related_group(world, group))

    return world.store.rendered("related group", "group", ids, render).values()


def related_group(world: World, group: Record) -> Document:
    """Return a group as it is shown beside something else: without a status (section 3.3)."""
    metadata = {
        "id": group.id,
        "resourceType": "usergroup",
        "path": group.attributes["path"],
        "parentId": group.attributes["parentId"],
    }
    return {
        "@type": "type.googleapis.com/usergroup.Group",
        "metadata": world.message(metadata),
        "spec": {"name": group.attributes["name"]},
    }
