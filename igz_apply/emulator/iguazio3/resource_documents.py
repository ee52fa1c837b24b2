"""Records as JSON:API resources, with linkage and included resources (wire reference, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.engine.table import Relationship
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Call

IncludeTree = dict[str, Any]  # relationship name -> the tree below it
Node = dict[str, Any]


def include_tree(call: Call, resource_type: ResourceType) -> IncludeTree:
    """Return the includes of a query as a tree. Raises Refusal (400) for an unknown relationship."""
    tree: IncludeTree = {}
    for path in call.query.include:
        branch, current = tree, resource_type
        for name in path:
            relationship = current.relationship(name)
            if relationship is None and not call.world.options.refuse_unknown:
                break
            if relationship is None:
                raise bad_request(f"{current.name} has no relationship {name!r} to include")
            branch, current = branch.setdefault(name, {}), call.world.types[relationship.target]
    return tree


def identifier(resource_type: ResourceType, record_id: str) -> dict[str, Any]:
    """Return the linkage to one resource."""
    return {"type": resource_type.name, "id": int(record_id) if resource_type.integer_ids else record_id}


def one(call: Call, resource_type: ResourceType, record: Record) -> dict[str, Any]:
    """Return the document of one resource, with what the query includes."""
    document = _document(call, resource_type, [record], in_list=False)
    return {"data": document[0][0], "included": document[1]}


def many(call: Call, resource_type: ResourceType, records: Sequence[Record]) -> dict[str, Any]:
    """Return the document of a list; `included` stands beside it, each resource once."""
    nodes, included = _document(call, resource_type, records, in_list=True)
    return {"data": nodes, "included": included}


def _document(
    call: Call, resource_type: ResourceType, records: Sequence[Record], *, in_list: bool
) -> tuple[list[Node], list[Node]]:
    builder = _Builder(call, in_list)
    nodes = builder.add(resource_type, records, include_tree(call, resource_type))
    first = {id(node) for node in nodes}
    return nodes, [node for node in builder.nodes.values() if id(node) not in first]


class _Builder:
    """Collects the nodes of one document; a resource that is met twice is one node."""

    def __init__(self, call: Call, in_list: bool) -> None:
        self.nodes: dict[tuple[str, str], Node] = {}
        self._call = call
        self._in_list = in_list

    def add(self, resource_type: ResourceType, records: Sequence[Record], tree: IncludeTree) -> list[Node]:
        """Add records and what the tree includes; return their nodes."""
        by_id = {record.id: self._node(resource_type, record) for record in records}
        for relationship in resource_type.relationships:
            if relationship.shown or relationship.name in tree:
                self._link(resource_type, relationship, by_id, tree.get(relationship.name))
        return list(by_id.values())

    def _node(self, resource_type: ResourceType, record: Record) -> Node:
        node = self.nodes.get((resource_type.name, record.id))
        if node is None:
            node = identifier(resource_type, record.id)
            behaviour = self._call.world.behaviour(resource_type.name)
            node["attributes"] = behaviour.present(
                self._call, record, shown_attributes(resource_type, record, in_list=self._in_list)
            )
            self.nodes[resource_type.name, record.id] = node
        return node

    def _link(
        self,
        resource_type: ResourceType,
        relationship: Relationship,
        by_id: dict[str, Node],
        tree: IncludeTree | None,
    ) -> None:
        """Show one relationship of many nodes; a tree that is not None includes the targets as well."""
        target = self._call.world.types[relationship.target]
        if relationship.fixed:
            found = {each: [relationship.fixed] for each in by_id}
        else:
            name, inverse = resource_type.links(relationship)
            found = self._call.store.links_of_many(name, by_id, inverse=inverse)
        for record_id, targets in found.items():
            linkage = [identifier(target, each) for each in targets]
            shown = by_id[record_id].setdefault("relationships", {})
            shown[relationship.name] = {"data": linkage if relationship.many else linkage[0]}
        if tree is not None:
            ids = dict.fromkeys(each for targets in found.values() for each in targets)
            self.add(target, self._call.store.get_many(target.stored_as, ids), tree)


def shown_attributes(resource_type: ResourceType, record: Record, *, in_list: bool) -> dict[str, Any]:
    """Return the attributes that a client sees: an unset one is left out (section 21.1)."""
    names = resource_type.list_names if in_list else resource_type.names
    return {name: value for name, value in record.attributes.items() if name in names}


def job_resource(call: Call, job: Record) -> dict[str, Any]:
    """Return a job as the resource that an asynchronous call answers with."""
    resource: dict[str, Any] = one(call, call.world.types["job"], job)["data"]
    return resource
