"""Records as JSON:API resources, with linkage and included resources (wire reference, section 3.3)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from igz_apply.emulator.engine.encoded import Encoded, EncodedList, to_text
from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Document
from igz_apply.emulator.engine.record_store import Record, Selection
from igz_apply.emulator.engine.stored_text import View
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


def one(call: Call, resource_type: ResourceType, record: Record, further: Mapping[str, Any] | None = None) -> Document:
    """Return the document of one resource, with what the query includes.

    `further` holds relationships by name beyond those that are stored.
    """
    builder = _Builder(call, in_list=False)
    builder.add(resource_type, [record], include_tree(call, resource_type))
    for name, relationship in (further or {}).items():
        builder.link(resource_type, record.id, name, to_text(relationship))
    data, *included = builder.texts()
    return {"data": Encoded(data), "included": EncodedList(included)}


def many(call: Call, resource_type: ResourceType, records: Sequence[Record]) -> Document:
    """Return the document of a list; `included` stands beside it, each resource once."""
    builder = _Builder(call, in_list=True)
    builder.add(resource_type, records, include_tree(call, resource_type))
    return _list_document(builder.texts(), len(records))


def page(call: Call, resource_type: ResourceType, selection: Selection, limit: int, offset: int) -> Document:
    """Return the document of so many of the selected records, as `many` does; a limit of -1 is none."""
    builder = _Builder(call, in_list=True)
    tree = include_tree(call, resource_type)
    shown = call.store.page(builder.view(resource_type), selection, limit, offset)
    builder.add_shown(resource_type, shown, tree)
    return _list_document(builder.texts(), len(shown))


def _list_document(texts: Sequence[str], listed: int) -> Document:
    return {"data": EncodedList(texts[:listed]), "included": EncodedList(texts[listed:])}


class _Builder:
    """Collects the resources of one document as text; one that is met twice is there once."""

    def __init__(self, call: Call, *, in_list: bool) -> None:
        self._call = call
        self._in_list = in_list
        self._met: list[tuple[str, list[str]]] = []  # types and ids, in the order in which they are met
        self._heads: dict[str, dict[str, str]] = {}  # by type and id: the JSON up to the end of the attributes
        self._links: dict[str, dict[str, dict[str, str]]] = {}  # by type and id: relationships by name

    def texts(self) -> list[str]:
        """Return the JSON of all resources."""
        found: list[str] = []
        for type_name, ids in self._met:
            heads, links = self._heads[type_name], self._links[type_name]
            found += [_whole(heads[each], links[each]) if each in links else f"{heads[each]}}}" for each in ids]
        return found

    def view(self, resource_type: ResourceType) -> View:
        """Return how the records of a type are shown."""
        return resource_type.in_list if self._in_list else resource_type.alone

    def add(self, resource_type: ResourceType, records: Iterable[Record], tree: IncludeTree) -> None:
        """Add records as they are in hand, and what the tree includes."""
        view = self.view(resource_type)
        shown = {each.id: view.before(each.id) + to_text(_shown(each, view.shown)) for each in records}
        self.add_shown(resource_type, shown, tree)

    def add_shown(self, resource_type: ResourceType, shown: Mapping[str, str], tree: IncludeTree) -> None:
        """Add records by id, as their view shows them, and what the tree includes."""
        self._add_heads(resource_type, shown)
        for relationship in resource_type.relationships:
            if relationship.shown or relationship.name in tree:
                self._link(resource_type, relationship, shown, tree.get(relationship.name))

    def _add_heads(self, resource_type: ResourceType, shown: Mapping[str, str]) -> None:
        heads = self._heads.setdefault(resource_type.name, {})
        self._links.setdefault(resource_type.name, {})
        new = [each for each in shown if each not in heads] if heads else list(shown)
        further = self._call.world.behaviour(resource_type.name).further(self._call, new)
        heads.update({each: shown[each] for each in new})
        heads.update({each: _updated(heads[each], more) for each, more in further.items() if more})
        self._met.append((resource_type.name, new))

    def link(self, resource_type: ResourceType, record_id: str, name: str, linkage: str) -> None:
        """Show a relationship of a record, in place of what stands under its name."""
        self._links[resource_type.name].setdefault(record_id, {})[name] = f'"{name}":{linkage}'

    def _link(
        self,
        resource_type: ResourceType,
        relationship: Relationship,
        ids: Collection[str],
        tree: IncludeTree | None,
    ) -> None:
        """Show one relationship of many records; a tree that is not None includes the targets as well."""
        target = self._call.world.types[relationship.target]
        if relationship.fixed:
            found = {each: [relationship.fixed] for each in ids}
        else:
            name, inverse = resource_type.links(relationship)
            found = self._call.store.links_of_many(name, ids, inverse=inverse)
        for record_id, targets in found.items():
            linkage = [target.linkage(each) for each in (targets if relationship.many else targets[:1])]
            data = f"[{','.join(linkage)}]" if relationship.many else linkage[0]
            self.link(resource_type, record_id, relationship.name, f'{{"data":{data}}}')
        if tree is not None:
            targets_of_all = {each for targets in found.values() for each in targets}
            self.add_shown(target, self._call.store.shown(self.view(target), target.stored_as, targets_of_all), tree)


def _whole(head: str, links: Mapping[str, str]) -> str:
    return f'{head},"relationships":{{{",".join(links.values())}}}}}'


def _updated(head: str, further: Mapping[str, Any]) -> str:
    """Return the beginning of a resource whose attributes are updated with further ones."""
    if any(f"{to_text(name)}:" in head for name in further):  # or a name like it, deeper
        resource = json.loads(f"{head}}}")
        return to_text({**resource, "attributes": {**resource["attributes"], **further}})[:-1]
    return f"{head[:-1]}{'' if head.endswith('{}') else ','}{to_text(further)[1:]}"


def _shown(record: Record, names: frozenset[str]) -> dict[str, Any]:
    """Return the attributes that a client sees: an unset one is left out (section 21.1)."""
    return {name: value for name, value in record.attributes.items() if name in names}


def job_resource(call: Call, job: Record) -> dict[str, Any]:
    """Return a job as the resource that an asynchronous call answers with."""
    resource: dict[str, Any] = json.loads(one(call, call.world.types["job"], job)["data"].text)
    return resource
