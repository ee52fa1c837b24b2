"""Access keys: the id of the resource is the secret (wire reference, section 9)."""

# ruff: noqa: ARG002 - hooks share one signature, and not every one of them needs all of it.

from __future__ import annotations

from typing import Any

from igz_apply.emulator.engine.http_errors import not_found
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Store
from igz_apply.emulator.iguazio3 import resource_documents, sessions
from igz_apply.emulator.iguazio3.drafts import new_draft
from igz_apply.emulator.iguazio3.envelope import read_body
from igz_apply.emulator.iguazio3.operations import insert
from igz_apply.emulator.iguazio3.principals import held_by
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.vocabulary import PLANES
from igz_apply.emulator.iguazio3.world import Behaviour, Call, Draft, World

TTL_SECONDS = 315360000


class AccessKeyBehaviour(Behaviour):
    """Everyone has access to their own keys, and to no others."""

    def visible_ids(self, call: Call) -> list[str] | None:
        """Return the caller's keys."""
        return [key.id for key in keys_of(call.store, call.caller.user.id)]

    def check_readable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Answer 404 for the key of somebody else."""
        if record is not None and record.private["user"] != call.caller.user.id:
            raise not_found("The access key")

    check_writable = check_readable

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete a key that is being created."""
        if draft.before is None:
            complete(call.world, draft.record, call.caller.user)


def keys_of(store: Store, user_id: str) -> list[Record]:
    """Return the access keys of a user."""
    return store.select(held_by("access_key", user_id))


def complete(world: World, key: Record, user: Record) -> None:
    """Fill in what the server computes: the snapshot of the owner, the planes, the life time."""
    planes = sorted(set(key.attributes.get("planes") or PLANES))
    expires = int(world.now) + TTL_SECONDS
    key.attributes.update(
        sessions.ownership(world, user),
        kind="accessKey",
        planes=planes,
        interface_kind="web",
        ttl=TTL_SECONDS,
        expires_at=expires,
    )
    key.private.update(user=user.id, planes=planes, expires=float(expires))


def get_or_create(call: Call) -> Answer:
    """Answer a key of the caller with these planes: 200 if there was one, 201 if it was made."""
    resource_type = call.world.types["access_key"]
    draft = new_draft(call, resource_type, read_body(call.request, "access_key"))
    complete(call.world, draft.record, call.caller.user)
    for key in keys_of(call.store, call.caller.user.id):
        if _is_alike(call, key.attributes, draft.record.attributes):
            return Answer(200, resource_documents.one(call, resource_type, key))
    insert(call, draft)
    return Answer(201, resource_documents.one(call, resource_type, draft.record))


def _is_alike(call: Call, held: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a key will do; whether its label counts is not known (section 24.12)."""
    same_label = held.get("label") == wanted.get("label") or not call.world.options.access_key_label_counts
    return bool(held["planes"] == wanted["planes"] and same_label)
