"""The small functions of the client: pauses, queries, masks."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.controlplane.platform_version import is_at_least
from igz_apply.controlplane.secret_fields import REDACTION
from igz_apply.http.backoff import Backoff, parse_retry_after
from igz_apply.http.connection import encode_query
from igz_apply.http.scrubbing import Scrubber

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("99999999999999999999", 1e20),
        ("²", None),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tue, 14 Nov 2023 22:13:30", 10.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("Tue, 99 Nov 2023 22:00:00 GMT", None),
    ],
)
def test_a_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@pytest.mark.parametrize(("jitter", "delays"), [(0.0, [0.125, 0.25, 0.5]), (1.0, [0.25, 0.5, 1.0])])
def test_a_pause_doubles_within_its_jitter(jitter: float, delays: list[float]) -> None:
    backoff = Backoff(jitter=lambda: jitter)
    assert [backoff.delay(attempt) for attempt in (1, 2, 3)] == delays
    assert backoff.delay(99) <= backoff.longest
    assert backoff.delay(1, retry_after=30.0) == 30.0


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, ""),
        ({}, ""),
        ({"a": None}, ""),
        ({"filter[x]": "[$ne]a b&c"}, "?filter%5Bx%5D=%5B%24ne%5Da%20b%26c"),
        ({"flag": True, "n": 3, "many": ["a", "b"]}, "?flag=true&n=3&many=a%2Cb"),
    ],
)
def test_a_query_is_encoded(params: dict[str, Any] | None, query: str) -> None:
    assert encode_query(params) == query


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("users/u-1", "users/u-1"),
        ("access_keys", "access_keys"),
        ("access_keys/20573cbe", "access_keys/***"),
        ('"DELETE /api/access_keys/20573cbe HTTP/1.1" 204', '"DELETE /api/access_keys/*** HTTP/1.1" 204'),
        ("/api/access_keys?filter%5Bid%5D=20573cbe", "/api/access_keys?***"),
    ],
)
def test_an_access_key_in_a_path_is_masked(path: str, shown: str) -> None:
    assert REDACTION.redact_path(path) == shown


def test_secrets_are_masked_by_the_names_of_their_attributes() -> None:
    body = {
        "password": "p-1234",
        "auth_password": "p-5678",
        "send_password_on_creation": True,
        "password_changed_at": "2024",
        "jupyter": {"extra_environment_vars": {"entries": [{"name": "TOKEN", "value": "t-9012"}]}},
        "list": [{"kubeconfig": "k-3456"}, {"token": ""}],
    }
    assert REDACTION.redact(body) == {
        "password": "***",
        "auth_password": "***",
        "send_password_on_creation": True,
        "password_changed_at": "2024",
        "jupyter": {"extra_environment_vars": "***"},
        "list": [{"kubeconfig": "***"}, {"token": ""}],
    }
    assert {"p-1234", "p-5678", "t-9012", "k-3456"} <= set(REDACTION.secrets_in(body))


def test_secrets_are_masked_within_the_json_that_a_job_was_given() -> None:
    job = {"params": '{"username": "ada", "password": "p-1234"}', "result": '{"status": 400}', "state": "password"}
    assert REDACTION.redact(job) == {**job, "params": '{"username": "ada", "password": "***"}'}
    assert REDACTION.redact({"params": "no json: password"}) == {"params": "no json: password"}


def test_a_text_is_scrubbed_of_whole_secrets_before_parts_of_them() -> None:
    assert Scrubber(["abcd", "abcdefgh"]).scrub("abcd and abcdefgh") == "*** and ***"


@pytest.mark.parametrize(
    ("version", "oldest", "answer"),
    [("3.5.5", "3.5.5", True), ("3.10.0", "3.5.5", True), ("3.5.4", "3.5.5", False), (None, "3.5.5", None)],
)
def test_versions_are_compared_by_their_numbers(version: str | None, oldest: str, answer: bool | None) -> None:
    assert is_at_least(version, oldest) is answer
