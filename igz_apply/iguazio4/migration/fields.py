"""What becomes of each field of an Iguazio 3 manifest; a test holds that none of its schemas is without a row.

Sections and marks are those of the wire reference of Iguazio 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.iguazio4.migration.reasons import Reason
from igz_apply.model.migration import Fate, FieldFate
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of a field whatever it says, or, if it is `made`, what rules of its own begin with."""

    to: str = ""  # the field that takes it; "": none
    reason: Reason = Reason("")
    default: Any = None  # what says nothing there
    is_made: bool = False  # rules of its own make its value
    may_clear: bool = False  # null clears it there too

    @property
    def is_lost(self) -> bool:
        """Whether nothing takes it."""
        return not self.to and not self.is_made


def _lost(why: str, section: str, mark: str, default: Any = None) -> Row:
    return Row(reason=Reason(why, section, mark), default=default)


def _kept(to: str, section: str, mark: str, *, may_clear: bool = False) -> Row:
    return Row(to, Reason("", section, mark), may_clear=may_clear)


def _made(to: str, section: str, mark: str) -> Row:
    return Row(to, Reason("", section, mark), is_made=True)


_NO_FIELD = "Iguazio 4 has no such field"
_NO_PASSWORDS = "Iguazio 4 takes no passwords: people log in by SSO, or set one on the identity provider's page"

USER: Mapping[str, Row] = {
    "first_name": _made("first_name", "6", "[SDK]"),
    "last_name": _made("last_name", "6", "[SDK]"),
    "email": _made("email", "6", "[SDK]"),
    "admin_status": _made("active", "6", "[SDK]"),
    "groups": _made("groups", "7", "[SDK]"),
    "assigned_policies": _made("", "8.1", "[SDK]"),
    "password": _lost(_NO_PASSWORDS, "6", "[SDK]"),
    "send_password_on_creation": _lost(_NO_PASSWORDS, "6", "[SDK]", default=False),
    "uid": _lost("Iguazio 4 gives Unix user ids itself: files keep the number of the old one", "6", "[SDK]"),
    "primary_group": _lost("none of a user's groups comes first there; the membership is carried", "6", "[SDK] [3X]"),
    "authentication_methods": _lost("the identity provider says how people log in", "21", "[SDK]"),
    "data_access_mode": _lost(_NO_FIELD, "21", "[SDK]", default="enabled"),
    "phone_number": _lost(_NO_FIELD, "6", "[SDK] [3X]"),
    "job_title": _lost(_NO_FIELD, "6", "[SDK] [3X]"),
    "department": _lost(f"{_NO_FIELD}; a group can say it", "6", "[SDK] [3X]"),
    "description": _lost(_NO_FIELD, "21", "[SDK]"),
    "avatar": _lost(_NO_FIELD, "21", "[SDK]"),
}

GROUP: Mapping[str, Row] = {
    "users": _made("users", "7", "[SDK]"),
    "assigned_policies": _made("", "8.1", "[SDK]"),
    "description": _lost("groups have no description there", "7", "[SDK]"),
    "gid": _lost("groups have no Unix group id there: files keep the number of the old one", "7", "[SDK]"),
    "data_access_mode": _lost(_NO_FIELD, "21", "[SDK]", default="enabled"),
}

PROJECT: Mapping[str, Row] = {
    "description": _kept("description", "10.2", "[ORCA]", may_clear=True),
    "owner": _made("owner", "9.3", "[SDK] [UI]"),
    "labels": _made("labels", "10.2", "[ORCA]"),
    "annotations": _made("annotations", "10.2", "[ORCA]"),
    "default_function_node_selector": _made("default_function_node_selector", "10.2", "[ORCA] [MLSDK]"),
    "admin_status": _made("state", "10.2", "[ORCA] [MLSDK] [UI]"),
    "members": _made("members", "9.2", "[SDK]"),
    "deletion_strategy": _kept("deletion_strategy", "21", "[UI]"),
}

FIELDS: Mapping[str, Mapping[str, Row]] = {"User": USER, "Group": GROUP, "Project": PROJECT}
"""By kind; of other kinds nothing is carried."""

LIFECYCLE: Mapping[str, Row] = {
    "state": _made("state", "", ""),  # what is to be absent does not go along
    "prevent_destroy": _kept("prevent_destroy", "", ""),
    "ignore_changes": _made("ignore_changes", "", ""),
    "membership": _made("membership", "", ""),
    "renamed_from": _lost("it is made anew there, under its new name: there is nothing to rename", "22", "[INFERRED]"),
    "on_removal": _kept("on_removal", "", ""),
    "timeout": _made("timeout", "", ""),
    "depends_on": _made("depends_on", "", ""),
}
"""What a manifest says of a life is igz-apply's own, and means the same there."""


def _beyond(what: str, why: str, section: str, mark: str) -> FieldFate:
    return FieldFate(what, Fate.LOST, why=why, section=section, mark=mark)


BEYOND: tuple[FieldFate, ...] = (
    _beyond("passwords", "nobody can read them, and Iguazio 4 takes none: people log in by SSO", "6", "[SDK]"),
    _beyond("access keys", "offline tokens take their place, and each person makes one", "12", "[SDK]"),
    _beyond("Unix ids of files", "Iguazio 4 gives ids itself, so that files belong to other numbers", "6", "[SDK]"),
    _beyond("contents of projects", "functions, runs, models and artifacts are MLRun's to move", "10.2", "[ORCA]"),
    _beyond("data containers and access policies", "no interface of Iguazio 4 shows them", "21", "[3X]"),
    _beyond("events, notifications and SMTP", "they are of other forms there, and set anew", "15", "[SDK]"),
    _beyond("tenants and cluster settings", "no path of Iguazio 4 has a tenant or a k8s_config", "21", "[3X]"),
)
"""What no object shows, and does not come along either."""
