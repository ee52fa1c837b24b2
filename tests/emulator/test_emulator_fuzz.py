"""Whatever bytes arrive: an answer below 500, in JSON, with its errors, and soon."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply.emulator import RESOURCES
from tests.contract.contract_plane import Plane, wsgi_call

PATHS = (
    *(f"/api/{each.collection}" for each in RESOURCES),
    "/api/sessions",
    "/api/sessions/verifications/planes/any/internal",
    "/api/self",
    "/api/self/get_or_create_access_key",
    "/api/projects/__name__/churn",
    "/api/projects/__name__/churn/authorization",
    "/api/async_transactions",
    "/api/manual_events",
    "/api/configurations/events/reloads",
    "/api/containers/1024/statistics",
    "/api/tunnel/igz0.version.0/external_versions/igz0",
    "/emulator/projects/churn",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

words = st.sampled_from(
    sorted({a.name for each in RESOURCES for a in each.attributes} | {"data", "id", "type", "spec"})
)
texts = st.text(max_size=20) | st.sampled_from(["admin", "Admin", "up", "all_users", "put", "churn", "9" * 400])
scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | texts, inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from([each.name for each in RESOURCES]) | texts


@st.composite
def envelopes(draw: st.DrawFn) -> Any:
    """Bodies that look right from afar: a type, attributes and relationships that may exist."""
    resource_type = draw(st.sampled_from(RESOURCES))
    names = [each.name for each in resource_type.attributes] or ["name"]
    attributes = draw(st.dictionaries(st.sampled_from(names), values, max_size=4) | values)
    linkage = st.fixed_dictionaries({"data": values | st.lists(values, max_size=2)}) | values
    links = [each.name for each in resource_type.relationships] or ["users"]
    relationships = draw(st.dictionaries(st.sampled_from(links), linkage, max_size=2) | values)
    kind = draw(st.just(resource_type.name) | types)
    return {"data": {"type": kind, "attributes": attributes, "relationships": relationships}}


services = st.fixed_dictionaries({"spec": st.dictionaries(words, values, max_size=4) | values})
manifests = st.builds(
    lambda found: {"data": {"type": "app_services_manifest", "attributes": {"app_services": found}}},
    st.lists(services, max_size=3),
)
transactions = st.builds(lambda found: {"data": {"attributes": {"requests": found}}}, values | st.lists(values))
bodies = st.binary(max_size=40) | st.builds(
    lambda body: json.dumps(body).encode(), envelopes() | manifests | transactions | values
)
queries = st.lists(
    st.tuples(
        st.sampled_from(["filter", "sort", "include", "page[number]", "page[size]", "page[of]", "count", "filter["])
        | st.builds("filter[{}]".format, words | texts),
        texts
        | st.integers().map(str)
        | st.builds("[${}]{}".format, st.sampled_from(["gt", "ne", "contains_any", "contains_istr", "x"]), texts),
    ),
    max_size=4,
).map(lambda pairs: "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)) | st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=255), max_size=40
)
tails = st.sampled_from(["", "", "/", "/x", "/0", "/%00", "/..", "/a/b/c"]) | st.text(max_size=8).map(
    lambda t: "/" + quote(t)
)
cookies = st.just("KEY") | texts

# One emulator for all of them, so that what one leaves behind meets the next.
PLANE = Plane(job_seconds=0)
PLANE.add_project("churn")
KEY = PLANE.emulator.access_key


def check(method: str, target: str, body: bytes, cookie: str = KEY) -> int:
    encoded = cookie.encode("utf-8", "surrogatepass").decode("latin-1")
    headers = {"Cookie": f'session=j:{{"sid": "{encoded}"}}'}
    reply = wsgi_call(PLANE.emulator.wsgi, method, target, body, headers)
    assert reply.status < 500, reply.raw
    if reply.status >= 400 and method != "HEAD":
        (error,) = reply.json["errors"]
        assert error["status"] == reply.status
        assert error["detail"]
        assert reply.json["meta"]["ctx"].isdigit()
    elif reply.raw:
        assert b"null" not in reply.raw.replace(b'"value":null', b"") or "data" in reply.json
    return reply.status


in_order = settings(derandomize=True)  # all share one emulator: another order would be another test


@in_order
@given(st.sampled_from(METHODS), st.sampled_from(PATHS), tails, queries, bodies)
def test_any_request_is_answered_below_500(method: str, path: str, tail: str, query: str, body: bytes) -> None:
    check(method, f"{path}{tail}?{query}", body)


@in_order
@given(st.sampled_from([p for p in PATHS if p.count("/") == 2]), envelopes())
def test_any_create_is_answered_below_500(path: str, body: Any) -> None:
    check("POST", path, json.dumps(body).encode())


@in_order
@given(st.sampled_from(RESOURCES), st.data())
def test_any_create_and_update_of_the_right_type_is_answered_below_500(resource_type: Any, data: Any) -> None:
    names = [each.name for each in resource_type.attributes] or ["name"]
    attributes = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=3))
    body = json.dumps({"data": {"type": resource_type.name, "attributes": attributes}}).encode()
    check("POST", f"/api/{resource_type.collection}", body)
    listed = PLANE.get(f"/{resource_type.collection}?page[size]=3").json
    for each in listed.get("data", [])[-1:]:
        check("PUT", f"/api/{resource_type.collection}/{each['id']}", body)


@in_order
@given(st.sampled_from([each for each in RESOURCES if "list" in each.operations]), queries)
def test_any_query_is_answered_below_500(resource_type: Any, query: str) -> None:
    check("GET", f"/api/{resource_type.collection}?{query}", b"")


@in_order
@given(manifests | transactions)
def test_any_manifest_and_transaction_is_answered_below_500(body: Any) -> None:
    raw = json.dumps(body).encode()
    check("PUT", "/api/app_services_manifests", raw)
    check("POST", "/api/async_transactions", raw)
    check("GET", "/api/k8s_configs", b"")


@in_order
@given(texts, st.binary(max_size=30))
def test_any_credential_is_answered_with_401(cookie: str, header: bytes) -> None:
    sent = {"Cookie": cookie.encode("utf-8", "replace").decode("latin-1"), "Authorization": header.decode("latin-1")}
    reply = wsgi_call(PLANE.emulator.wsgi, "GET", "/api/self", b"", sent)
    assert reply.status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"data":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"data": {"type": "user", "attributes": {"uid": ' + b"9" * 5000 + b"}}}",
        b'{"data": {"type": "user", "attributes": {"uid": 1e999}}}',
        b'{"data": {"type": "user", "id": ' + b"9" * 4000 + b', "attributes": {}}}',
        b'{"data": {"type": "user", "attributes": {"username": "' + b"a" * 3_000_000 + b'"}}}',
    ],
)
def test_a_body_made_to_hurt_is_refused(body: bytes) -> None:
    for method, path in (("POST", "/api/users"), ("POST", "/api/sessions"), ("PUT", "/api/app_services_manifests")):
        assert 400 <= check(method, path, body) < 500


def test_the_emulator_still_works_after_all_this() -> None:
    assert PLANE.get("/users").status == 200
