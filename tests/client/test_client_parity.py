"""The published SDK and this client do the same things; their requests are compared.

They are equal, or their difference is intended: then one table says why, and what is sent instead.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from dataclasses import replace
from typing import Any

import pytest

import igz_apply.controlplane as ours
from igz_apply.controlplane import Forbidden, Polling
from tests.client.client_flows import FLOWS, WORLD, Flow, reload_a_configuration
from tests.client.client_recorder import Noted, Plane, recorded_plane

igz_mgmt = pytest.importorskip("igz_mgmt")
NotIgzAdmin = igz_mgmt.client.httpx.HTTPStatusError  # only that user may reload, and the emulator's is another
pytestmark = pytest.mark.sdk

READS_AGAIN = "the SDK reads a record again after each PUT; here its answer is used where it shows the change"
SENDS_ALL = "the SDK sends back what the server computed; here only what may be written, or was asked for, is sent"
TWO_LOOKUPS = "the SDK reads a record that it found by name once more; here one call finds it"
GUARDED = "the SDK does not see whether its change of a membership lasted; here the groups are read again"
ALL_ROLES = "the SDK writes all three roles; here only those that were changed, so that nobody's edit is undone"
MANIFEST = "the SDK sends statuses and all else, and reads again; here services with both marks are sent"

# Flow -> why it differs, and the calls that this client makes.
DIFFERENCES: dict[str, tuple[str, list[str]]] = {
    "list_everything": (
        "the SDK leaves a list cut where the server cuts it; here it is read to its end",
        ["GET users"],
    ),
    "get_by_name": (
        TWO_LOOKUPS,
        ["GET users", "GET user_groups", "GET projects/__name__/churn"],
    ),
    "create_a_user": (
        "the SDK makes five calls to see whether a user is operational; here one does",
        ["POST users", "GET users/<1>"],
    ),
    "create_a_user_with_groups": (
        "the SDK waits for a user to be operational even if it is told not to wait",
        ["GET user_groups", "POST users"],
    ),
    "create_a_project_and_wait": (
        "the SDK returns the project as it was while it was being created; here it is read when that is done",
        ["GET users", "POST projects", "GET projects/<1>"],
    ),
    "update_a_whole_user": (f"{SENDS_ALL}; {READS_AGAIN}", ["GET users", "PUT users/<ada>"]),
    "patch_a_user": (READS_AGAIN, ["GET users", "PUT users/<ada>"]),
    "disable_and_enable": (
        f"{SENDS_ALL}; {READS_AGAIN}",
        ["GET users", "PUT users/<ada>", "PUT users/<ada>"],
    ),
    "join_and_leave_a_group": (
        f"{SENDS_ALL}; {GUARDED}",
        [
            "GET users",
            "GET user_groups",
            *["GET users/<ada>", "PUT users/<ada>", "GET users/<ada>"],
            "GET users/<ada>",
            "GET users/<ada>",
            *["GET users/<ada>", "PUT users/<ada>", "GET users/<ada>"],
        ],
    ),
    "look_at_operational": (
        "the SDK makes four calls to see whether a user is operational; here one does",
        ["GET users", "GET users/<ada>"],
    ),
    "set_and_get_the_primary_group": (
        f"{SENDS_ALL}; {GUARDED}; the SDK reads a group that was included once more",
        [
            "GET users",
            "GET user_groups",
            *["GET users/<ada>", "PUT users/<ada>", "GET users/<ada>"],
            "GET users/<ada>",
        ],
    ),
    "change_the_owner": (
        SENDS_ALL,
        [
            "GET projects",
            "GET projects/<churn>",
            "GET users",
            "PUT projects/<churn>",
            "GET projects/<churn>",
        ],
    ),
    "change_a_membership": (
        ALL_ROLES,
        ["GET projects", "GET users", "GET projects/<churn>", "POST async_transactions"],
    ),
    "edit_roles_together": (
        f"{ALL_ROLES}; the SDK also sends a transaction for each edit",
        ["GET users", "GET user_groups", "GET projects", "GET projects/<churn>", "POST async_transactions"],
    ),
    "ask_for_members": (
        "the SDK reads the project for each question; here once",
        ["GET projects", "GET projects/<churn>", "GET projects/<churn>"],
    ),
    "rename_an_access_key": (
        f"{SENDS_ALL}; {READS_AGAIN}",
        ["POST access_keys", "PUT access_keys/<1>"],
    ),
    "create_and_remove_a_service": (
        MANIFEST,
        ["GET app_services_manifests", "PUT app_services_manifests"] * 4,
    ),
    "change_services_together": (
        f"{MANIFEST}; and it is read again right before it is written",
        ["GET app_services_manifests", "GET app_services_manifests", "PUT app_services_manifests"],
    ),
    "change_the_mail_server": (
        READS_AGAIN,
        ["GET smtp_connections", "PUT smtp_connections/<smtp>"],
    ),
}

# The flows whose requests that change something differ too, and not only what is read around them.
OTHER_WRITES = {
    "update_a_whole_user",
    "disable_and_enable",
    "join_and_leave_a_group",
    "set_and_get_the_primary_group",
    "change_the_owner",
    "change_a_membership",
    "edit_roles_together",
    "rename_an_access_key",
    "create_and_remove_a_service",
    "change_services_together",
}

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[\w-]+@default-tenant")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK sleeps for 5 to 30 seconds between two looks at a job."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))


def names_of(plane: Plane) -> dict[str, str]:
    """The id of everything that has a name."""
    with ours.Client(**plane.key) as client:
        found = {user.id: user.username for user in ours.User.list(client)}
        found |= {group.id: group.name for group in ours.Group.list(client)}
        found |= {project.id: project.name for project in ours.Project.list(client)}
        found |= {mail.id: "smtp" for mail in ours.SmtpConnection.list(client)}
        roles = client.get("project_authorization_roles").records
    return found | {role["id"]: role["attributes"]["name"] for role in roles}


def named(value: Any, names: dict[str, str]) -> Any:
    """Put names in the places of ids; what has none is numbered as it appears."""
    if isinstance(value, dict):
        return {name: named(entry, names) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [named(entry, names) for entry in value]
    if isinstance(value, str):
        return _ID.sub(lambda found: f"<{names.setdefault(found.group(0), str(len_of_new(names)))}>", value)
    return value


def len_of_new(names: dict[str, str]) -> int:
    return 1 + sum(name.isdigit() for name in names.values())


def requests_of(flow: Flow, sdk: Any) -> list[Noted]:
    """What one module sends for a flow against a fresh emulator."""
    quiet = logging.getLogger("parity")
    quiet.setLevel(logging.CRITICAL)
    with recorded_plane(job_seconds=0.005) as plane:
        plane.emulator.load(WORLD)
        names = names_of(plane)
        faster = {"polling": Polling(first=0.002, longest=0.01)} if sdk is ours else {}
        client = sdk.Client(**plane.key, logger=quiet, **faster)
        plane.recorder.take()
        refused = (Forbidden, NotIgzAdmin) if flow is reload_a_configuration else ()
        with contextlib.suppress(*refused):
            flow(sdk, client)
        return [
            replace(noted, path=named(noted.path, names), body=named(noted.body, names), query=noted.query)
            for noted in plane.recorder.take()
        ]


def told(noted: list[Noted]) -> list[Noted]:
    """What is compared: all but the status."""
    return [replace(each, status=0) for each in noted]


def writes(noted: list[Noted]) -> list[Noted]:
    return [each for each in noted if each.method != "GET"]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_requests_are_those_of_the_published_sdk_or_differ_on_purpose(flow: Flow) -> None:
    theirs, mine = told(requests_of(flow, igz_mgmt)), told(requests_of(flow, ours))
    if flow.__name__ not in DIFFERENCES:
        assert mine == theirs
        return
    reason, calls = DIFFERENCES[flow.__name__]
    assert [noted.line for noted in mine] == calls
    assert mine != theirs, f"no difference any more: {reason}"
    assert (writes(mine) == writes(theirs)) is (flow.__name__ not in OTHER_WRITES)


def test_every_intended_difference_belongs_to_a_flow() -> None:
    assert set(DIFFERENCES) <= {flow.__name__ for flow in FLOWS}
