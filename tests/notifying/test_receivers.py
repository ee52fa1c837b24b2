"""Who is told: what is wrong with a variable is said with its place, and never with what it holds."""

from __future__ import annotations

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Source
from igz_apply.model.reconciling import Notification, Shape
from igz_apply.notifying.receivers import Receiver, receivers_of

URL = "https://hooks.example.com/services/S3CRET"
KEY = "0123456789abcdef"


def place(index: int, key: str) -> Source:
    return Source("igz-apply.yaml", index + 1, len(key))


def of(notification: Notification, **environ: str) -> Receiver:
    (found,) = receivers_of([notification], environ, place)
    return found


def told(notification: Notification, **environ: str) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        of(notification, **environ)
    (problem,) = caught.value.problems
    assert "S3CRET" not in repr(caught.value.problems)
    return f"{problem.summary} {problem.source}", problem.detail


def test_a_receiver_is_what_the_config_and_the_environment_say() -> None:
    stated = Notification("HOOK", Shape.SLACK, "KEY", ("failed",))
    assert of(stated, HOOK=f" {URL}\n", KEY=KEY) == Receiver(1, Shape.SLACK, "HOOK", URL, KEY.encode(), ("failed",))
    assert of(Notification("HOOK"), HOOK=URL).key == b""


def test_a_missing_variable_is_told_with_its_place() -> None:
    assert told(Notification("HOOK")) == (
        "Missing webhook igz-apply.yaml:1:7",
        "`notify` takes an address from HOOK, which is not set.",
    )
    assert told(Notification("HOOK"), HOOK="  ")[0].startswith("Missing webhook")


@pytest.mark.parametrize(
    "url",
    [
        "S3CRET", "ftp://x/S3CRET", "https:///S3CRET", "https://[S3CRET", "https://x:0/S3CRET", "https://x:S3CRET/",
        "https://x/S3CRET\x1b[0m", "https://x/S3 CRET S3CRET", "file:///S3CRET",
    ],
)  # fmt: skip
def test_what_is_no_address_is_told_and_not_shown(url: str) -> None:
    assert told(Notification("HOOK"), HOOK=url)[0] == "Unusable webhook igz-apply.yaml:1:7"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KEY", "", "not set"),
        ("KEY", "S3CRET", "shorter than 16"),
        ("V3IO_ACCESS_KEY", "S3CRET-of-enough-letters", "who we are"),
    ],
)
def test_a_key_that_is_none_is_told(name: str, value: str, said: str) -> None:
    where, detail = told(Notification("HOOK", secret_env=name), HOOK=URL, **{name: value})
    assert where == "Unusable signing key igz-apply.yaml:1:10"
    assert said in detail


def test_all_that_is_wrong_is_told_at_once() -> None:
    stated = [Notification("ONE"), Notification("TWO", secret_env="KEY")]
    with pytest.raises(InvalidInput) as caught:
        receivers_of(stated, {"ONE": "x"}, place)
    assert [problem.code for problem in caught.value.problems] == ["IGZ-746", "IGZ-745", "IGZ-747"]
