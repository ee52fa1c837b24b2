"""List, get, create, update and delete of any resource type, driven by its table and its behaviour."""

from __future__ import annotations

import math
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection
from igz_apply.emulator.iguazio3 import job_records, resource_documents
from igz_apply.emulator.iguazio3.drafts import changed_draft, new_draft
from igz_apply.emulator.iguazio3.envelope import read_body
from igz_apply.emulator.iguazio3.query_selection import select
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.world import Call, Draft


def list_records(call: Call, resource_type: ResourceType) -> Answer:
    """Answer a page of a list."""
    behaviour = call.world.behaviour(resource_type.name)
    behaviour.check_readable(call, resource_type, None)
    selection = select(resource_type, call.query, call.world.options, behaviour.visible_ids(call))
    number, size = _page(call, selection)
    shift = call.world.shift if number else 0
    offset = max(0, number * size + shift) if size > 0 else 0
    document = resource_documents.page(call, resource_type, selection, size, offset)
    if call.query.page.counted:
        document["meta"] = _totals(call.store.total(selection) - shift, number, size)
    return Answer(200, document)


def _page(call: Call, selection: Selection) -> tuple[int, int]:
    """Return the number and the size of the page that is wanted; a size of -1 is everything."""
    page, options = call.query.page, call.world.options
    if page.whole:
        return 0, -1
    size = min(page.size or options.page_size, options.max_page_size)
    if not page.of:
        return page.number, size
    position = call.store.position(selection, page.of)
    if position is None:
        raise bad_request(f"page[of]: {page.of[:80]!r} is not in this list")
    return position // size, size


def _totals(total: int, number: int, size: int) -> dict[str, Any]:
    pages = math.ceil(total / size) if size > 0 else 1
    return {"total_records": total, "total_pages": pages, "page_number": number}


def get_record(call: Call, resource_type: ResourceType, record_id: str) -> Answer:
    """Answer one resource."""
    record = readable(call, resource_type, record_id)
    return Answer(200, resource_documents.one(call, resource_type, record))


def readable(call: Call, resource_type: ResourceType, record_id: str) -> Record:
    """Return a record that the caller may read. Raises Refusal (403 or 404)."""
    behaviour = call.world.behaviour(resource_type.name)
    record = call.find(resource_type.name, record_id)
    behaviour.check_readable(call, resource_type, record)
    return record


def create_record(call: Call, resource_type: ResourceType) -> Answer:
    """Create a resource, answer it, and start its job if the type has one."""
    behaviour = call.world.behaviour(resource_type.name)
    behaviour.check_writable(call, resource_type, None)
    draft = new_draft(call, resource_type, read_body(call.request, resource_type.name))
    behaviour.prepare(call, draft)
    insert(call, draft)
    relationships = behaviour.created(call, draft)
    if resource_type.create_job:
        job = job_records.start(call.world, resource_type.create_job)
        relationships["jobs"] = {"data": [{"type": "job", "id": job.id}]}
    document = resource_documents.one(call, resource_type, draft.record, relationships)
    return Answer(resource_type.created_status or call.world.options.created_status, document)


def insert(call: Call, draft: Draft) -> None:
    """Store a new record. Raises Refusal (409) when its name is taken."""
    resource_type, record = draft.type, draft.record
    name = record.attributes.get(resource_type.key)
    if name is not None and call.store.by_name(resource_type.stored_as, name) is not None:
        raise call.world.name_taken(f"{resource_type.name} {name}")
    if resource_type.integer_ids:
        record.id = str(_next_integer_id(call, resource_type))
    call.store.insert(record)
    store_links(call, draft)


def _next_integer_id(call: Call, resource_type: ResourceType) -> int:
    taken = [int(record.id) for record in call.store.select(Selection(resource_type.stored_as))]
    return max((*taken, 1023)) + 1


def store_links(call: Call, draft: Draft) -> None:
    """Store the relationships that a draft names."""
    for name, ids in draft.links.items():
        relationship = draft.type.relationship(name)
        assert relationship is not None, "a draft names relationships of its type"
        relation, inverse = draft.type.links(relationship)
        if not inverse:
            call.store.set_links(relation, draft.record.id, ids)
            continue
        for source in call.store.sources(relation, draft.record.id):
            call.store.remove_link(relation, source, draft.record.id)
        call.store.add_links(relation, ((source, draft.record.id) for source in ids))


def update_record(call: Call, resource_type: ResourceType, record_id: str) -> Answer:
    """Change what the request names, leave the rest, and answer the resource or only that it was done."""
    record = change(call, resource_type, record_id)
    if call.world.options.answer_updates or resource_type.answers_updates:
        return Answer(200, resource_documents.one(call, resource_type, record))
    return Answer(200, {"data": {**resource_documents.identifier(resource_type, record.id), "attributes": {}}})


def change(call: Call, resource_type: ResourceType, record_id: str) -> Record:
    """Apply an update and return the record. Raises Refusal when it is not allowed."""
    behaviour = call.world.behaviour(resource_type.name)
    before = call.find(resource_type.name, record_id)
    behaviour.check_writable(call, resource_type, before)
    draft = changed_draft(call, resource_type, before, read_body(call.request, resource_type.name))
    behaviour.prepare(call, draft)
    _check_name_is_free(call, draft)
    call.store.save(draft.record)
    store_links(call, draft)
    behaviour.updated(call, draft)
    return draft.record


def _check_name_is_free(call: Call, draft: Draft) -> None:
    name = draft.record.attributes.get(draft.type.key)
    if name is None:
        return
    holder = call.store.by_name(draft.type.stored_as, name)
    if holder is not None and holder.id != draft.record.id:
        raise call.world.name_taken(f"{draft.type.name} {name}")


def delete_record(call: Call, resource_type: ResourceType, record_id: str) -> Answer:
    """Delete a resource: at once (204), or through a job (202).

    A delete that is repeated while its job runs is answered with that job again.
    """
    behaviour = call.world.behaviour(resource_type.name)
    record = call.find(resource_type.name, record_id)
    behaviour.check_writable(call, resource_type, record)
    running = record.private.get("delete_job")
    if running:
        return deletion_answer(running)
    behaviour.check_deletable(call, record)
    if not _needs_delete_job(call, resource_type):
        behaviour.deleting(call, record)
        call.store.remove(record)
        return Answer(204)
    job = job_records.start(
        call.world,
        resource_type.delete_job,
        effect="record.deleted",
        subject={"type": record.type, "id": record.id},
    )
    record.private["delete_job"] = job.id
    if resource_type.attribute("operational_status") is not None:
        record.attributes["operational_status"] = "deleting"
    call.store.save(record)
    behaviour.deleting(call, record)
    return deletion_answer(job.id)


def _needs_delete_job(call: Call, resource_type: ResourceType) -> bool:
    if resource_type.name == "user_group" and not call.world.options.group_delete_job:
        return False
    return bool(resource_type.delete_job)


def deletion_answer(job_id: str) -> Answer:
    """Return the answer to a delete that a job carries out (wire reference, section 6.5)."""
    linkage = {"jobs": {"data": [{"type": "job", "id": job_id}]}}
    return Answer(202, {"data": {"type": "deletion_response", "id": "0", "attributes": {}, "relationships": linkage}})
