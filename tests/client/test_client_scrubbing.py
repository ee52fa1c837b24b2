"""A secret is found in a text however it is spelled there, and nothing else is taken for one."""

from __future__ import annotations

import html
import itertools
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from igz_apply.controlplane import AccessKey, BadRequest, Client, Conflict, Job, JobFailed, User
from igz_apply.http.scrubbing import Scrubber
from tests.client.client_builders import a_client
from tests.client.client_stub import Asked, Say, body, in_turn, one, stub

SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda text: text,
    "json": lambda text: json.dumps(text)[1:-1],
    "json in utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "quote": lambda text: quote(text, safe=""),
    "quote a path": quote,
    "quote plus": quote_plus,
    "html": html.escape,
    "html text": lambda text: html.escape(text, quote=False),
    "joined": lambda text: " ".join(text.split()),
}
SECRETS = (
    "simple-Canary1!",
    "two  spaces in it",
    "quo\"te's & back\\slash",
    "tab\tand\nline",
    "a&b<c>d;#e",
    "per%41cent+plus x/y",
    "ünï-cödé-😀",
    "back\\\\slash\\n",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_in_each_spelling_and_in_each_within_each_other(secret: str) -> None:
    scrub = Scrubber([secret])
    for one_, two, three in itertools.product(SPELLINGS.values(), repeat=3):
        text = three(two(one_(secret)))
        assert scrub(f"the password '{text}' is too weak") == "the password '***' is too weak", text


def test_a_short_secret_is_masked_between_quotes_alone() -> None:
    scrub = Scrubber(["abc", "e", ".", " ", ""])
    assert scrub("no secrets here. But abc...") == "no secrets here. But abc..."
    said = """password 'abc', {"password": "abc"}, "{\\"password\\": \\"e\\"}", &quot;abc&quot;, %22abc%22 '.'"""
    hidden = """password '***', {"password": "***"}, "{\\"password\\": \\"***\\"}", &quot;***&quot;, %22***%22 '***'"""
    assert scrub(said) == hidden


def test_ordinary_words_stay() -> None:
    said = "User ada needs the policy Security Admin (GET users/1, status 403): 100% \\ & + sure"
    assert Scrubber(SECRETS).scrub(said) == said


def test_a_whole_secret_is_masked_before_a_part_of_it() -> None:
    assert Scrubber(["abcd", "abcdefgh"]).scrub("abcd and abcdefgh") == "*** and ***"


def test_no_text_makes_it_slow() -> None:
    hostile = ("a" + "\\" * 300 + "%5C" * 100 + "&amp;" * 100 + " " * 100) * 40
    begun = time.process_time()
    for secret in ('a\\b"c', "\\\\\"\"''a", "a b c", 'a""""a', "a& &a"):
        Scrubber([secret]).scrub(hostile)
    assert time.process_time() - begun < 20  # it took hours where it could go back over all of it again and again


def test_a_thousand_known_secrets_cost_nothing_where_none_is_told() -> None:
    scrub = Scrubber(f"secret-{number}-!" for number in range(1000))
    assert scrub("nothing to see " * 20) == "nothing to see " * 20
    assert all(known._pattern is None for known in scrub._known.values())


# Through the client

WEAK = 'Weak  pass"word\\1'


def quoting(spell: Callable[[str], str], before: int = 0) -> Callable[[Asked], Say]:
    def script(asked: Asked) -> Say:
        secret = asked.body["data"]["attributes"]["password"]
        return Say(400, {"errors": [{"detail": "x" * before + f" password '{spell(secret)}' is too weak"}]})

    return script


def create(client: Client, password: str = WEAK) -> User:
    return User.create(client, "ada", "a@x.org", "A", "B", password, wait_for_completion=False)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_error_never_tells_the_password_that_it_refuses(spelling: str) -> None:
    with stub(quoting(SPELLINGS[spelling])) as server, pytest.raises(BadRequest) as caught:
        create(a_client(server.url))
    assert caught.value.details == ("password '***' is too weak",)


@pytest.mark.parametrize("before", range(470, 505, 3))
def test_a_secret_is_not_told_in_part_where_a_long_text_is_cut(before: int) -> None:
    with stub(quoting(str, before)) as server, pytest.raises(BadRequest) as caught:
        create(a_client(server.url))
    (detail,) = caught.value.details
    assert len(detail) <= 500
    assert "Weak" not in detail


def test_what_a_call_has_carried_is_masked_in_the_result_of_its_job() -> None:
    result = json.dumps({"status": 400, "message": f"cannot set {json.dumps({'password': WEAK})}"})
    failed = body(one("job", "j-1", state="failed", kind="user.creation", result=result))
    made = body(
        {**one("user", "u-1", username="ada"), "relationships": {"jobs": {"data": [{"type": "job", "id": "j-1"}]}}}
    )
    with stub(in_turn(made, failed)) as server:
        client = a_client(server.url)
        create(client)
        with pytest.raises(JobFailed) as caught:
            client.wait_for_job("j-1")
        seen = Job.get(client, "j-1")
    assert "cannot set" in str(caught.value)
    for text in (str(caught.value), seen.message, repr(seen), caught.value.job.message):
        assert "Weak" not in text


def test_an_access_key_that_was_created_is_masked_from_then_on() -> None:
    refused = Say(409, {"errors": [{"detail": "the key new-key-4711 exists"}], "meta": {"ctx": "for new-key-4711"}})
    with stub(in_turn(Say(201, body(one("access_key", "new-key-4711"))), refused)) as server:
        client = a_client(server.url)
        AccessKey.create(client)
        with pytest.raises(Conflict) as caught:
            client.call("POST", "projects", body={})
    assert (caught.value.details, caught.value.ctx) == (("the key *** exists",), "for ***")


def test_a_closed_client_holds_no_secret() -> None:
    with stub(quoting(str)) as server:
        client = a_client(server.url)
        with pytest.raises(BadRequest):
            create(client)
        client.close()
    assert repr(client._connection._scrub) == "Scrubber(0 secrets)"
