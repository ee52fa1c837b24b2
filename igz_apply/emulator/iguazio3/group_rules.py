"""Groups: what holds beyond their table (wire reference, section 7)."""

from __future__ import annotations

from typing import Any

from igz_apply.emulator.engine.http_errors import bad_request, conflict, forbidden
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio3 import sessions
from igz_apply.emulator.iguazio3.principals import MEMBERS, PRIMARY, check_number_is_free, next_number
from igz_apply.emulator.iguazio3.world import Behaviour, Call, Draft


class GroupBehaviour(Behaviour):
    """Groups: numbers, the roster, and what keeps one from being deleted."""

    def prepare(self, call: Call, draft: Draft) -> None:
        """Complete and check a group that is created or changed."""
        attributes = draft.record.attributes
        draft.policies = sessions.policies_of(call.world, sessions.users_with_sessions(call.world))
        if draft.before is None:
            attributes.setdefault("gid", next_number(call.world, "user_group", "gid"))
            check_number_is_free(call.world, draft.record, "gid")
            return
        if draft.record.private.get("delete_job"):
            raise conflict(f"Group {attributes['name']} is being deleted")
        if draft.record.private.get("system") and attributes["name"] != draft.before.attributes["name"]:
            raise forbidden(f"Group {draft.before.attributes['name']} is predefined and keeps its name")
        _check_roster(call, draft)

    def created(self, call: Call, draft: Draft) -> dict[str, Any]:
        """End the sessions of users who have other policies as members."""
        sessions.end_sessions_of_changed(call.world, draft.policies)
        return {}

    def updated(self, call: Call, draft: Draft) -> None:
        """End the sessions of members whose policies have changed."""
        sessions.end_sessions_of_changed(call.world, draft.policies)

    def check_deletable(self, call: Call, record: Record) -> None:
        """Refuse to delete system groups, and those that are somebody's primary group."""
        name = record.attributes["name"]
        if record.private.get("system"):
            raise forbidden(f"Group {name} is predefined and cannot be deleted")
        users = call.store.get_many("user", call.store.sources(PRIMARY, record.id))
        if users:
            names = ", ".join(user.attributes["username"] for user in users[:5])
            raise bad_request(f"Group {name} is the primary group of {names}")


def _check_roster(call: Call, draft: Draft) -> None:
    """Refuse to change the users of a group, unless the option allows it (section 7 and 24.6)."""
    wanted = draft.links.get("users")
    if wanted is None:
        return
    held = call.store.sources(MEMBERS, draft.record.id)
    if set(wanted) != set(held) and not call.world.options.group_users_writable:
        raise bad_request("The users of a group cannot be changed here: change the groups of each user")
    loose = set(held) - set(wanted)
    bound = loose & set(call.store.sources(PRIMARY, draft.record.id))
    if bound:
        raise bad_request(f"Group {draft.record.attributes['name']} is the primary group of {min(bound)}")
