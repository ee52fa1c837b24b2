"""The receiver of the documentation believes what we sign, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from igz_apply.notifying.signing import signature
from tests.docs.docs_pages import ROOT, steps

PAGE = (ROOT / "docs" / "howto" / "notify.md").read_text(encoding="utf-8")
KEY, BODY, AT = b"an-example-key-of-32-characters!", b'{"title": "prod: 1 resource differs"}', 1764529200


@pytest.fixture(scope="module")
def is_genuine() -> Callable[..., bool]:
    (code,) = (step.content for step in steps(PAGE) if step.path == "receiver.py")
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code, "receiver.py", "exec"), names)
    return names["is_genuine"]  # type: ignore[no-any-return]


def test_the_example_of_the_page_is_signed_as_we_sign(is_genuine: Callable[..., bool]) -> None:
    (example,) = re.findall(r"^t=\d+,v1=[0-9a-f]{64}$", PAGE, re.MULTILINE)
    assert example == signature(KEY, AT, BODY)
    assert is_genuine(KEY, example, BODY, AT + 10)
    for text in (KEY.decode(), BODY.decode()):
        assert text in PAGE


def test_what_is_not_ours_is_not_believed(is_genuine: Callable[..., bool]) -> None:
    good = signature(KEY, AT, BODY)
    assert not is_genuine(b"another key of enough letters", good, BODY, AT)
    assert not is_genuine(KEY, good, BODY + b" ", AT)
    assert not is_genuine(KEY, good.replace(str(AT), str(AT + 1)), BODY, AT)
    assert not is_genuine(KEY, good, BODY, AT + 301)
    for header in ("", "t=1", "v1=", f"v1={'0' * 64}", "x,y,z", "t=1764529200,v1="):
        assert not is_genuine(KEY, header, BODY, AT)
