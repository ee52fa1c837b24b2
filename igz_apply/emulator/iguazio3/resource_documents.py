"""Records as JSON:API resources, with linkage and included resources (wire reference, section 3.3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from json.encoder import encode_basestring_ascii
from typing import Any

from igz_apply.emulator.engine.encoded import Encoded, encoded_list, to_text
from igz_apply.emulator.engine.fragments import Fragment
from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Document
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.engine.table import Relationship
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Call

IncludeTree = dict[str, Any]  # relationship name -> the tree below it


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


def one(
    call: Call, resource_type: ResourceType, record: Record, further: Mapping[str, Any] | None = None
) -> Document:
    """Return the document of one resource, with what the query includes.

    `further` holds relationships by name beyond those that are stored.
    """
    builder = _Builder(call, in_list=False)
    (node,) = builder.add(resource_type, [record], include_tree(call, resource_type))
    for name, relationship in (further or {}).items():
        node.link(name, to_text(relationship))
    return {"data": Encoded(node.text()), "included": builder.included(1)}


def many(call: Call, resource_type: ResourceType, records: Sequence[Record]) -> Document:
    """Return the document of a list; `included` stands beside it, each resource once."""
    builder = _Builder(call, in_list=True)
    return builder.list_document(builder.add(resource_type, records, include_tree(call, resource_type)))


def page(call: Call, resource_type: ResourceType, ids: Sequence[str]) -> Document:
    """Return the document of a list of stored records, as `many` does."""
    builder = _Builder(call, in_list=True)
    return builder.list_document(builder.add_stored(resource_type, ids, include_tree(call, resource_type)))


class _Node:
    """One resource, as the beginning of its JSON and its relationships."""

    __slots__ = ("_head", "_linkage")

    def __init__(self, head: str) -> None:
        self._head = head
        self._linkage: dict[str, str] = {}

    def link(self, name: str, linkage: str) -> None:
        """Show a relationship, in place of what stands under its name."""
        self._linkage[name] = f'"{name}":{linkage}'

    def text(self) -> str:
        """Return the JSON."""
        if not self._linkage:
            return f"{self._head}}}"
        return f'{self._head},"relationships":{{{",".join(self._linkage.values())}}}}}'


class _Builder:
    """Collects the nodes of one document; a resource that is met twice is one node."""

    def __init__(self, call: Call, *, in_list: bool) -> None:
        self._nodes: dict[tuple[str, str], _Node] = {}  # in the order in which they are met
        self._call = call
        self._in_list = in_list

    def list_document(self, nodes: Sequence[_Node]) -> Document:
        """Return the document of a list whose nodes have been added before all others."""
        return {"data": encoded_list(node.text() for node in nodes), "included": self.included(len(nodes))}

    def included(self, after: int) -> Encoded:
        """Return all nodes but so many at the beginning."""
        return encoded_list([node.text() for node in self._nodes.values()][after:])

    def add(self, resource_type: ResourceType, records: Iterable[Record], tree: IncludeTree) -> list[_Node]:
        """Add records as they are in hand, and what the tree includes; return their nodes."""
        heads = {each.id: _head(resource_type, self._in_list, each) for each in records}
        return self._add(resource_type, heads, tree)

    def add_stored(self, resource_type: ResourceType, ids: Sequence[str], tree: IncludeTree) -> list[_Node]:
        """Add stored records in the order of their ids, and what the tree includes; return their nodes."""
        found = self._stored(resource_type, ids)
        return self._add(resource_type, {each: found[each].text for each in ids}, tree)

    def _stored(self, resource_type: ResourceType, ids: Sequence[str]) -> dict[str, Fragment]:
        view = (resource_type.name, self._in_list)
        render = partial(_head, resource_type, self._in_list)
        return self._call.store.fragments(view, resource_type.stored_as, ids, render)

    def _add(self, resource_type: ResourceType, heads: Mapping[str, str], tree: IncludeTree) -> list[_Node]:
        nodes = self._nodes_of(resource_type, heads)
        for relationship in resource_type.relationships:
            if relationship.shown or relationship.name in tree:
                self._link(resource_type, relationship, nodes, tree.get(relationship.name))
        return list(nodes.values())

    def _nodes_of(self, resource_type: ResourceType, heads: Mapping[str, str]) -> dict[str, _Node]:
        name = resource_type.name
        new = [each for each in heads if (name, each) not in self._nodes]
        further = self._call.world.behaviour(name).further(self._call, new)
        for each in new:
            more = further.get(each)
            self._nodes[name, each] = _Node(_with(heads[each], more) if more else heads[each])
        return {each: self._nodes[name, each] for each in heads}

    def _link(
        self,
        resource_type: ResourceType,
        relationship: Relationship,
        nodes: dict[str, _Node],
        tree: IncludeTree | None,
    ) -> None:
        """Show one relationship of many nodes; a tree that is not None includes the targets as well."""
        target = self._call.world.types[relationship.target]
        if relationship.fixed:
            found = {each: [relationship.fixed] for each in nodes}
        else:
            name, inverse = resource_type.links(relationship)
            found = self._call.store.links_of_many(name, nodes, inverse=inverse)
        for record_id, targets in found.items():
            linkage = [_identity(target, each) for each in (targets if relationship.many else targets[:1])]
            data = f"[{'},'.join(linkage)}}}]" if relationship.many else f"{linkage[0]}}}"
            nodes[record_id].link(relationship.name, f'{{"data":{data}}}')
        if tree is not None:
            self._include(target, {each for targets in found.values() for each in targets}, tree)

    def _include(self, target: ResourceType, ids: Collection[str], tree: IncludeTree) -> None:
        """Add those of these records that exist, in order of creation."""
        found = sorted(self._stored(target, ids).items(), key=lambda each: each[1].seq)
        self._add(target, {each: fragment.text for each, fragment in found}, tree)


def _identity(resource_type: ResourceType, record_id: str) -> str:
    """Return the JSON of the linkage to one resource, without the brace at its end."""
    written = int(record_id) if resource_type.integer_ids else encode_basestring_ascii(record_id)
    return f'{{"type":"{resource_type.name}","id":{written}'


def _head(resource_type: ResourceType, in_list: bool, record: Record) -> str:
    """Return the JSON of a record without its relationships, and without the brace at its end."""
    shown = shown_attributes(resource_type, record, in_list=in_list)
    return f'{_identity(resource_type, record.id)},"attributes":{to_text(shown)}'


def _with(head: str, further: Mapping[str, Any]) -> str:
    """Return the beginning of a node whose attributes are updated with further ones."""
    if any(f"{to_text(name)}:" in head for name in further):  # or a name like it, deeper
        node = json.loads(f"{head}}}")
        return to_text({**node, "attributes": {**node["attributes"], **further}})[:-1]
    begun = head[:-1]
    return f"{begun}{'' if begun.endswith('{') else ','}{to_text(further)[1:]}"


def shown_attributes(resource_type: ResourceType, record: Record, *, in_list: bool) -> dict[str, Any]:
    """Return the attributes that a client sees: an unset one is left out (section 21.1)."""
    names = resource_type.list_names if in_list else resource_type.names
    return {name: value for name, value in record.attributes.items() if name in names}


def job_resource(call: Call, job: Record) -> dict[str, Any]:
    """Return a job as the resource that an asynchronous call answers with."""
    resource: dict[str, Any] = json.loads(one(call, call.world.types["job"], job)["data"].text)
    return resource
