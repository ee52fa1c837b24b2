"""Users: what holds beyond their table (wire reference, sections 6 and 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict, forbidden
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Timer
from igz_apply.emulator.iguazio3 import job_records, resource_documents, sessions
from igz_apply.emulator.iguazio3.deployment import manifest_of
from igz_apply.emulator.iguazio3.passwords import hash_password
from igz_apply.emulator.iguazio3.principals import MEMBERS, PRIMARY, all_users_id, check_number_is_free, next_number
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.vocabulary import ALL_USERS, PASSWORD_RULE, is_strong_password
from igz_apply.emulator.iguazio3.world import Behaviour, Call, Draft, World


class UserBehaviour(Behaviour):
    """Users: passwords, memberships, the primary group, and the job that makes them usable."""

    def check_readable(self, call: Call, resource_type: ResourceType, record: Record | None) -> None:
        """Let everyone read their own record, without any policy."""
        if record is None or record.id != call.caller.user.id:
            super().check_readable(call, resource_type, record)

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete and check a user who is created or changed."""
        attributes = draft.record.attributes
        if attributes.get("operational_status") == "deleting":
            raise conflict(f"User {attributes['username']} is being deleted")
        _translate_enabled(draft)
        _store_password(call.world, draft)
        if draft.before is None:
            _complete_new_user(call, draft)
        else:
            draft.policies = sessions.policies_of(call.world, [draft.before])
        _prepare_groups(call, draft)
        _apply_admin_status(draft)

    def created(self, call: Call, draft: Draft) -> dict[str, Any]:
        """Start the job after which the user is operational."""
        world, user = call.world, draft.record
        if not world.options.user_create_job:
            finish_user(world, user.id)
            return {}
        job = job_records.start(world, "user.creation", effect="user.created", subject={"id": user.id})
        return {"jobs": {"data": [{"type": "job", "id": job.id}]}}

    def updated(self, call: Call, draft: Draft) -> None:
        """End the sessions of a user whose policies have changed, or who was disabled."""
        sessions.end_sessions_of_changed(call.world, draft.policies)
        if draft.record.attributes["admin_status"] == "down":
            sessions.end_sessions(call.world, draft.record.id)

    def check_deletable(self, call: Call, record: Record) -> None:
        """Refuse to delete system users, and users who still own something (section 6.5)."""
        name = record.attributes["username"]
        if record.private.get("system"):
            raise forbidden(f"User {name} is predefined and cannot be deleted")
        projects = call.store.get_many("project", call.store.sources("project.owner", record.id))
        if projects:
            owned = ", ".join(project.attributes["name"] for project in projects[:5])
            raise conflict(f"User {name} owns projects ({owned}): give them another owner first")
        services = _services_of(call.world, name)
        if services:
            raise conflict(f"User {name} owns app services ({', '.join(services[:5])}): reassign them first")

    def deleting(self, call: Call, record: Record) -> None:
        """Log the user out at once."""
        sessions.end_sessions(call.world, record.id)


def _services_of(world: World, username: str) -> list[str]:
    services = manifest_of(world).attributes["app_services"]
    return [each["spec"]["name"] for each in services if _uses(each["spec"], username)]


def _uses(spec: dict[str, Any], username: str) -> bool:
    return username in (spec.get("owner"), (spec.get("credentials") or {}).get("username"))


def _store_password(world: World, draft: Draft) -> None:
    password = draft.secrets.get("password")
    if password is None:
        return
    if not is_strong_password(password):
        raise bad_request(f"The password is too weak: {PASSWORD_RULE}")
    draft.record.private["password"] = hash_password(password)
    draft.record.attributes["password_changed_at"] = world.timestamp


def _complete_new_user(call: Call, draft: Draft) -> None:
    world, attributes = call.world, draft.record.attributes
    if world.options.require_person:
        missing = [name for name in ("first_name", "last_name", "email") if not attributes.get(name)]
        if missing:
            raise bad_request(f"A user needs {', '.join(missing)}")
    if "uid" not in attributes:
        attributes["uid"] = next_number(world, "user", "uid")
    check_number_is_free(world, draft.record, "uid")
    draft.record.private["pending"] = True
    attributes["operational_status"] = "up" if world.options.user_up_at_once else "down"


def _translate_enabled(draft: Draft) -> None:
    """Take the old name `enabled` for what is `admin_status` today (section 6.2)."""
    enabled = draft.record.attributes.pop("enabled", None)
    if enabled is not None and "admin_status" not in draft.given:
        draft.record.attributes["admin_status"] = "up" if enabled else "down"


def _apply_admin_status(draft: Draft) -> None:
    attributes = draft.record.attributes
    if attributes["admin_status"] == "down":
        attributes["operational_status"] = "down"
    elif not draft.record.private.get("pending"):
        attributes["operational_status"] = "up"


def _prepare_groups(call: Call, draft: Draft) -> None:
    """Check the groups and the primary group that the user will have (section 6.4)."""
    user_id = draft.record.id
    primary = draft.links.get("primary_group", call.store.links(PRIMARY, user_id))
    groups = draft.links.get("user_groups", call.store.links(MEMBERS, user_id))
    everyone = all_users_id(call.world)
    if everyone in primary:
        raise bad_request(f"{ALL_USERS} cannot be a primary group")
    if not set(primary) <= set(groups):
        raise bad_request(
            f"The primary group {primary[0]} is not among the groups of user "
            f"{draft.record.attributes['username']}: change the primary group first"
        )
    if "user_groups" in draft.links:
        is_member = not draft.record.private.get("pending")
        if is_member and not call.world.options.may_leave_all_users:
            groups = [everyone, *groups]
        elif not is_member:
            groups = [each for each in groups if each != everyone]
        draft.links["user_groups"] = list(dict.fromkeys(groups))


def finish_user(world: World, user_id: str) -> None:
    """Make a new user usable: up now, in all_users a moment later."""
    user = world.store.get("user", user_id)
    if user is None or user.attributes["operational_status"] == "deleting":
        return
    user.private.pop("pending", None)
    user.attributes["operational_status"] = user.attributes["admin_status"]
    user.attributes["updated_at"] = world.timestamp
    world.store.save(user)
    world.store.add_timer(Timer(world.now + world.options.join_seconds, "user.joins", {"id": user_id}))


def join_all_users(world: World, user_id: str) -> None:
    """Make a user a member of all_users."""
    if world.store.get("user", user_id) is not None:
        world.store.add_links(MEMBERS, [(user_id, all_users_id(world))])


def get_self(call: Call) -> Answer:
    """Answer the calling user; the groups come without being asked for (section 8)."""
    query = replace(call.query, include=(("user_groups",), *call.query.include))
    document = resource_documents.one(replace(call, query=query), call.world.types["user"], call.caller.user)
    return Answer(200, document)
