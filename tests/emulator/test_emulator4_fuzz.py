"""Whatever bytes arrive at the emulator of Iguazio 4: an answer below 500 (but 501), in JSON, in one of its forms."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply.emulator.iguazio4.options import Options
from igz_apply.emulator.iguazio4.routes import routes_of
from tests.contract.contract_plane import wsgi_call
from tests.emulator.plane4 import Plane4

PLANES = {leader: Plane4(leader=leader, execution_seconds=0.0) for leader in ("orca", "mlrun")}
PLANES["orca"].post("/projects/projects", {"name": "churn"})
PLANES["mlrun"].post("/projects", {"metadata": {"name": "churn"}})
TOKENS = {leader: plane.token for leader, plane in PLANES.items()}
PATHS = sorted(
    {each.path for leader in PLANES for each in routes_of(Options(leader=leader))} - {"emulator/expire-tokens"}
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FIELDS = (
    "username", "email", "firstName", "lastName", "active", "groupIds", "assignedPolicies", "name", "parentId",
    "newName", "newParentId", "usernames", "members", "membership", "override", "policyIds", "policyNames", "owner",
    "prevOpId", "description", "labels", "annotations", "desiredState", "role", "refreshToken", "refreshTokens", "mode",
    "action", "resources", "project", "metadata", "spec", "token", "counts", "hasResources", "first_name",
)  # fmt: skip

words = st.sampled_from(FIELDS)
texts = st.text(max_size=20) | st.sampled_from(
    ["admin", "churn", "oris-viewer", "viewer", "ada1ada1-0000-4000-8000-0000000e4002", "9" * 400, "/admins"]
)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | texts, inner, max_size=4),
    max_leaves=12,
)
bodies = st.binary(max_size=40) | st.builds(
    lambda body: json.dumps(body).encode(), st.dictionaries(words, values, max_size=5) | values
)
queries = st.lists(
    st.tuples(
        st.sampled_from(
            ["offset", "limit", "group", "username", "searchTerm", "format", "kind", "since", "includeMembers",
             "version", "redirectUri", "code", "orderBy", "label"]
        ),
        texts | st.integers().map(str),
    ),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={quote(value)}" for name, value in pairs)) | st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=255), max_size=30
)  # fmt: skip
holders = st.sampled_from(["churn", "admin", "viewer", "none", "ada1ada1-0000-4000-8000-0000000e4002"]) | st.text(
    min_size=1, max_size=6
).map(quote)


def check(leader: str, method: str, target: str, body: bytes) -> int:
    headers = {"Authorization": f"Bearer {TOKENS[leader]}"}
    reply = wsgi_call(PLANES[leader].emulator.wsgi, method, target, body, headers)
    assert reply.status < 500 or reply.json["code"] == 12, reply.raw
    if reply.status >= 400:
        document = reply.json
        is_service = document.get("status", {}).get("statusCode") == reply.status
        assert is_service or document.get("message") or document["detail"]["reason"]
    return reply.status


in_order = settings(derandomize=True)  # all share one emulator: another order would be another test


@in_order
@given(
    st.sampled_from(sorted(PLANES)), st.sampled_from(METHODS), st.sampled_from(PATHS), st.lists(holders, min_size=3),
    queries, bodies,
)  # fmt: skip
def test_any_request_is_answered_below_500(
    leader: str, method: str, path: str, held: list[str], query: str, body: bytes
) -> None:
    for each in held:
        path = path.replace("*", each, 1)
    check(leader, method, f"/{path}?{query}", body)
    PLANES[leader].token = TOKENS[leader]


@in_order
@given(st.sampled_from(sorted(PLANES)), st.sampled_from(PATHS), st.dictionaries(words, values, max_size=4))
def test_any_write_is_answered_below_500(leader: str, path: str, body: Any) -> None:
    target = "/" + path.replace("*", "churn")
    for method in ("POST", "PUT", "PATCH"):
        check(leader, method, target, json.dumps(body).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"username":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"username": "\\ud800"}',
        b'{"username": "\\u0000"}',
        b'{"labels": {"a": 1e999}}',
    ],
)
def test_a_body_made_to_hurt_is_refused(body: bytes) -> None:
    for leader, method, path in (
        ("orca", "POST", "/api/v1/profile/users"),
        ("orca", "POST", "/api/v1/authentication/refresh-access-token"),
        ("mlrun", "PUT", "/api/v1/projects/churn"),
    ):
        assert 400 <= check(leader, method, path, body) < 500


def test_the_emulators_still_work_after_all_this() -> None:
    for plane in PLANES.values():
        fresh = plane.send(
            "POST", "/authentication/refresh-access-token", {"refreshToken": plane.emulator.offline_token}
        )
        assert fresh.status in (200, 401)  # the fuzz may have disabled the administrator
        plane.emulator.close()
