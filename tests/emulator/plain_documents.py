"""What a read of the emulator has to answer, made of values and of nothing that is remembered: the slow way."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from igz_apply.emulator import Emulator
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import sessions
from igz_apply.emulator.iguazio3.deployment import manifest_of
from igz_apply.emulator.iguazio3.principals import held_by
from igz_apply.emulator.iguazio3.query import parse_query
from igz_apply.emulator.iguazio3.query_selection import select
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Call

Node = dict[str, Any]


def expected(emulator: Emulator, request: Request) -> bytes:
    """Return the body of a list, or of a get with an id, without the id of the request."""
    with emulator.store.transaction(writes=False):
        world = emulator.world()
        call = Call(world, request, parse_query(request.query), sessions.identify(world, request))
        collection, _, record_id = request.path.removeprefix("/api/").partition("/")
        resource_type = next(each for each in world.types.values() if each.collection == collection)
        document = _get(call, resource_type, record_id) if record_id else _list(call, resource_type)
    return json.dumps(document, separators=(",", ":")).encode()


def _get(call: Call, resource_type: ResourceType, record_id: str) -> dict[str, Any]:
    nodes, included = _document(call, resource_type, [call.find(resource_type.name, record_id)], in_list=False)
    return {"data": nodes[0], "included": included, "meta": {}}


def _list(call: Call, resource_type: ResourceType) -> dict[str, Any]:
    page, options, behaviour = call.query.page, call.world.options, call.world.behaviour(resource_type.name)
    selection = select(resource_type, call.query, options, behaviour.visible_ids(call))
    size = -1 if page.whole else min(page.size or options.page_size, options.max_page_size)
    number = 0 if page.whole else page.number
    records = call.store.select(selection, size, max(0, number * size) if size > 0 else 0)
    nodes, included = _document(call, resource_type, records, in_list=True)
    total = call.store.count(selection)
    pages = math.ceil(total / size) if size > 0 else 1
    meta = {"total_records": total, "total_pages": pages, "page_number": number} if page.counted else {}
    return {"data": nodes, "included": included, "meta": meta}


def _document(
    call: Call, resource_type: ResourceType, records: Sequence[Record], *, in_list: bool
) -> tuple[list[Node], list[Node]]:
    tree: dict[str, Any] = {}
    for path in call.query.include:
        branch = tree
        for name in path:
            branch = branch.setdefault(name, {})
    builder = _Builder(call, in_list)
    nodes = builder.add(resource_type, records, tree)
    first = {id(node) for node in nodes}
    return nodes, [node for node in builder.nodes.values() if id(node) not in first]


class _Builder:
    def __init__(self, call: Call, in_list: bool) -> None:
        self.nodes: dict[tuple[str, str], Node] = {}
        self._call, self._in_list = call, in_list

    def add(self, resource_type: ResourceType, records: Sequence[Record], tree: dict[str, Any]) -> list[Node]:
        by_id = {record.id: self._node(resource_type, record) for record in records}
        for relationship in resource_type.relationships:
            if not (relationship.shown or relationship.name in tree):
                continue
            target = self._call.world.types[relationship.target]
            if relationship.fixed:
                found = {each: [relationship.fixed] for each in by_id}
            else:
                name, inverse = resource_type.links(relationship)
                found = self._call.store.links_of_many(name, by_id, inverse=inverse)
            for record_id, targets in found.items():
                linkage = [_identifier(target, each) for each in targets]
                shown = by_id[record_id].setdefault("relationships", {})
                shown[relationship.name] = {"data": linkage if relationship.many else linkage[0]}
            if relationship.name in tree:
                ids = {each for targets in found.values() for each in targets}
                self.add(target, self._call.store.get_many(target.stored_as, ids), tree[relationship.name])
        return list(by_id.values())

    def _node(self, resource_type: ResourceType, record: Record) -> Node:
        key = (resource_type.name, record.id)
        if key not in self.nodes:
            names = resource_type.list_names if self._in_list else resource_type.names
            shown = {name: value for name, value in record.attributes.items() if name in names}
            shown.update(_further(self._call, resource_type, record))
            self.nodes[key] = {**_identifier(resource_type, record.id), "attributes": shown}
        return self.nodes[key]


def _identifier(resource_type: ResourceType, record_id: str) -> Node:
    return {"type": resource_type.name, "id": int(record_id) if resource_type.integer_ids else record_id}


def _further(call: Call, resource_type: ResourceType, record: Record) -> dict[str, Any]:
    further: dict[str, Any] = {}
    if resource_type.name == "k8s_config":
        services = manifest_of(call.world).attributes["app_services"]
        view = [{**each, "status": each.get("status", {})} for each in services]
        further["app_services_manifest"] = json.dumps({"app_services": view})
    if resource_type.name != "project":
        return further
    owners = call.store.get_many("user", call.store.links("project.owner", record.id))
    if owners and any(path[0] == "owner" for path in call.query.include):
        further["owner_username"] = owners[0].attributes["username"]
    if call.query.is_set("enrich_namespace"):
        further["namespace"] = "default-tenant"
    if owners and call.query.is_set("enrich_owner_access_key"):
        keys = call.store.select(held_by("access_key", owners[0].id), limit=1)
        further.update({"owner_access_key": keys[0].id} if keys else {})
    return further
