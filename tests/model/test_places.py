"""Telling a URL from a local path."""

from __future__ import annotations

import pytest

from igz_apply.model.urls import is_url, without_credentials


@pytest.mark.parametrize(
    "text",
    ["s3://bucket/x.json", "simplecache::s3://b/x", "data:application/json,{}", "file:///x", "async_wrapper://x"],
)
def test_what_begins_with_a_protocol_is_a_url(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["state/x.json", "/abs/x.json", "./a:b/x.json", "C:\\x.json", "C:/x.json", "x", ""])
def test_anything_else_is_a_path(text: str) -> None:
    assert not is_url(text)


def test_credentials_in_a_url_are_not_shown() -> None:
    assert without_credentials("sftp://ada:secret@host/x.json?token=t") == "sftp://host/x.json"
    assert without_credentials("sftp://ada:p@ss@w?rd#1@host/a@b.json") == "sftp://host/a@b.json"
    assert without_credentials("simplecache::sftp://ada:p@ss@host/x") == "simplecache::sftp://host/x"
    assert without_credentials("s3://bucket/a@b.json") == "s3://bucket/a@b.json"
    assert without_credentials("s3://bucket/x.json") == "s3://bucket/x.json"
