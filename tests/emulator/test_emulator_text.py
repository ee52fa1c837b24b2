"""Answers that are made of text which is stored or remembered are those that would be made of values, at any time."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply.emulator import Emulator, Emulator4, Options
from igz_apply.emulator.engine.encoded import Encoded, EncodedList, encode, plain
from igz_apply.emulator.engine.messages import Request
from igz_apply.emulator.engine.record_store import Selection
from igz_apply.emulator.engine.stored_text import MOST_HELD, StoredText, View
from tests.emulator.plain_documents import expected

HEADERS = {"cookie": f'session=j:{{"sid": "{Emulator.access_key}"}}'}
ROLES = "project_authorization_roles"
READS = (
    ("users", "include=user_groups,primary_group&page[size]=4&count=records"),
    ("users", "include=user_groups,primary_group&page[size]=4&page[number]=2&count=records"),
    ("users", "include=projects.owner.user_groups,jobs&sort=-username&count=records"),
    ("users", "include=user_groups.users.primary_group&filter[username]=[$contains_istr]A"),
    ("user_groups", "include=users&count=records"),
    ("user_groups", "include=users.projects&page[size]=3&page[number]=1&count=records"),
    ("projects", f"include=owner,{ROLES}.principal_users,{ROLES}.principal_user_groups&count=records"),
    ("projects", "enrich_namespace=true&enrich_owner_access_key=true&count=records"),
    ("projects", "include=owner.projects,last_job,tenant"),
    (ROLES, "include=project,principal_users&count=records"),
    ("scrubbed_users", "count=records"),
    ("scrubbed_user_groups", "pagination=false&count=records"),
    ("jobs", "count=records&page[size]=1000"),
    ("access_keys", ""),
    ("containers", "include=jobs&count=records"),
    ("k8s_configs", ""),
    ("tenants", "filter[visibility]=visible&count=records"),
)
OWN = {"user": "users", "user_group": "user_groups", "project": "projects"}


class Site:
    """An emulator, the requests that change it, and others that share its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 1_700_000_000.0
        self.emulator = self._open()
        self.other = self._open()
        self.snapshot = self.emulator.snapshot()

    def _open(self) -> Emulator:
        return Emulator(self.path, Options(job_seconds=1.0, group_users_writable=True), clock=lambda: self.now)

    def close(self) -> None:
        self.other.close()
        self.emulator.close()

    def send(self, method: str, path: str, data: dict[str, Any] | None = None, *, other: bool = False) -> int:
        body = b"" if data is None else json.dumps({"data": data}).encode()
        served = self.other if other else self.emulator
        return served.answer(Request(method, f"/api/{path}", "", HEADERS, body)).status

    def id(self, type_name: str, number: int) -> str:
        """Return the id of one of the records, none of them the administrator's."""
        held = [each for each in self.emulator.store.select(Selection(type_name)) if not each.private.get("system")]
        return held[number % len(held)].id if held else "none"

    def check(self) -> None:
        reads = [Request("GET", f"/api/{path}", quote(query, safe="=&"), HEADERS) for path, query in READS]
        gets = [
            Request("GET", f"/api/{collection}/{each.id}", "", HEADERS)
            for type_name, collection in OWN.items()
            for each in self.emulator.store.select(Selection(type_name), limit=2)
        ]
        for request in (*reads, *gets):
            answer = self.emulator.encoded_answer(request)
            assert answer.status == 200, answer
            body = encode(answer.document)
            assert without_ctx(body) == expected(self.emulator, request), (request.path, request.query)
            assert json.loads(body) == plain(answer.document)


def without_ctx(body: bytes) -> bytes:
    return re.sub(rb'("meta":\{)"ctx":"\d+",?', rb"\1", body)


def resource(type_name: str, attributes: dict[str, Any], **links: Any) -> dict[str, Any]:
    found = {name: {"data": held} for name, held in links.items()}
    return {"type": type_name, "attributes": attributes, "relationships": found}


def linked(type_name: str, *ids: str) -> list[dict[str, str]]:
    return [{"type": type_name, "id": each} for each in dict.fromkeys(ids)]


def person(number: int) -> dict[str, Any]:
    name = f"ada-{number}"
    return {"username": name, "first_name": "Ada", "last_name": 'Łove"l: \\', "email": f"{name}@example.org"}


def write_roles(site: Site, number: int, *, other: bool) -> None:
    role, user = site.id("project_authorization_role", number), site.id("user", number)
    members = {"principal_users": {"data": linked("user", user)}}
    body = {"data": {"type": "project_authorization_role", "relationships": members}}
    request = {"method": "put", "resource": f"project_authorization_roles/{role}", "body": body}
    site.send("POST", "async_transactions", resource("async_transaction", {"requests": [request]}), other=other)


def rename(site: Site, number: int, *, other: bool) -> None:
    body = resource("user_group", {"name": f"renamed-{number}", "description": "a\n: b"})
    site.send("PUT", f"user_groups/{site.id('user_group', number)}", body, other=other)


def move(site: Site, number: int, *, other: bool) -> None:
    groups = linked("user_group", site.id("user_group", number), site.id("user_group", number + 1))
    body = resource("user", {"job_title": f"title {number}"}, user_groups=groups, primary_group=groups[0])
    site.send("PUT", f"users/{site.id('user', number)}", body, other=other)


def give_away(site: Site, number: int, *, other: bool) -> None:
    owner = linked("user", site.id("user", number))[0]
    body = resource("project", {"description": f"{number}"}, owner=owner)
    site.send("PUT", f"projects/{site.id('project', number)}", body, other=other)


def delete_project(site: Site, number: int, *, other: bool) -> None:
    held = [each.attributes["name"] for each in site.emulator.store.select(Selection("project"))]
    if held:
        site.send("DELETE", "projects", resource("project", {"name": held[number % len(held)]}), other=other)


def fail_half_way(site: Site, number: int, *, other: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        _change_groups_in_vain(site.other if other else site.emulator, number)


def _change_groups_in_vain(emulator: Emulator, number: int) -> None:
    """Change all groups, remove the last one, and read all, in a transaction that fails."""
    with emulator.store.transaction():
        _change_groups(emulator, number)
        raise ZeroDivisionError


def _change_groups(emulator: Emulator, number: int) -> None:
    store, view = emulator.store, emulator.world().types["user_group"].in_list
    groups = store.select(Selection("user_group"))
    for each in groups:
        each.attributes["description"] = f"never {number}"
        store.save(each)
    store.remove(groups[-1])
    store.total(Selection("user_group"))
    store.shown(view, "user_group", [each.id for each in groups])


def store_as_before(site: Site, number: int, *, other: bool) -> None:
    """Write some records as older emulators did, with blanks, and one with an attribute that nobody knows."""
    with sqlite3.connect(site.path) as db:
        rows = db.execute("SELECT seq, attributes FROM resource WHERE seq % 3 = ?", (number % 3,)).fetchall()
        for seq, text in rows:
            more = {"unheard_of": 1} if other else {}
            db.execute(
                "UPDATE resource SET attributes = ? WHERE seq = ?", (json.dumps({**json.loads(text), **more}), seq)
            )
    db.close()


def pass_time(site: Site, number: int, *, other: bool) -> None:  # noqa: ARG001
    site.now += 0.7


def go_back(site: Site, number: int, *, other: bool) -> None:  # noqa: ARG001
    if number % 2:
        site.snapshot = site.emulator.snapshot()
    else:
        site.emulator.restore(site.snapshot)


def sending(method: str, path: str, data: Callable[[Site, int], dict[str, Any] | None]) -> Callable[..., None]:
    def act(site: Site, number: int, *, other: bool) -> None:
        kind = {"users": "user", "user_groups": "user_group", "projects": "project"}[path.split("/")[0]]
        site.send(method, path.replace("*", site.id(kind, number)), data(site, number), other=other)

    return act


ACTS: tuple[Callable[..., None], ...] = (
    sending("POST", "user_groups", lambda _, n: resource("user_group", {"name": f"group-{n}", "gid": 2000 + n})),
    sending("POST", "users", lambda _, n: resource("user", person(n))),
    sending("POST", "projects", lambda _, n: resource("project", {"name": f"project-{n}", "nuclio_project": "hidden"})),
    sending(
        "PUT", "users/*", lambda _, n: resource("user", {"description": None if n % 2 else "é", "phone_number": "1"})
    ),
    sending("DELETE", "user_groups/*", lambda _, _n: None),
    sending("DELETE", "users/*", lambda _, _n: None),
    rename,
    move,
    give_away,
    write_roles,
    delete_project,
    fail_half_way,
    store_as_before,
    pass_time,
    go_back,
)
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.booleans()), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that holds some of everything; each test puts that back."""
    site = Site(tmp_path_factory.mktemp("text") / "emulator.db")
    for number in range(4):
        for act in ACTS[:3]:
            act(site, number, other=False)
    for act in (pass_time, pass_time, pass_time, move, give_away, write_roles, pass_time, pass_time):
        act(site, 1, other=False)
        site.check()
    site.snapshot = site.emulator.snapshot()
    yield site
    site.close()


@given(steps=STEPS)
@settings(max_examples=15)
def test_no_change_of_whomever_leaves_an_answer_stale(full: Site, steps: list[tuple[Any, int, bool]]) -> None:
    begun, full.now = full.snapshot, 1_700_000_100.0
    full.emulator.restore(begun)
    full.check()
    for act, number, other in steps:
        act(full, number, other=other)
        full.check()
    full.snapshot = begun


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("other", [False, True])
def test_each_change_shows_at_once(full: Site, act: Callable[..., None], other: bool) -> None:
    full.emulator.restore(full.snapshot)
    full.check()
    begun = full.snapshot
    for number in (1, 2):
        act(full, number, other=other)
        full.check()
    full.snapshot = begun


@pytest.fixture
def pair4(tmp_path: Path) -> Iterator[tuple[Emulator4, Emulator4]]:
    """Two emulators of Iguazio 4 that share a file, as two processes can."""
    first, second = Emulator4(tmp_path / "four.db"), Emulator4(tmp_path / "four.db")
    first.load({"groups": [{"path": "a"}, {"path": "a/b"}], "users": [{"username": "ada", "groups": ["a", "a/b"]}]})
    yield first, second
    second.close()
    first.close()


def ask4(emulator: Emulator4, method: str, path: str, query: str = "", body: dict[str, Any] | None = None) -> Any:
    given = {"refreshToken": emulator.offline_token}
    login = Request("POST", "/api/v1/authentication/refresh-access-token", body=json.dumps(given).encode())
    tokens = emulator.answer(login).document
    assert tokens is not None
    headers = {"authorization": f"Bearer {tokens['spec']['accessToken']}"}
    content = b"" if body is None else json.dumps(body).encode()
    answer = emulator.encoded_answer(Request(method, f"/api/v1/profile/{path}", query, headers, content))
    assert answer.status == 200, answer
    return json.loads(encode(answer.document))


@pytest.mark.parametrize("writer", [0, 1])
def test_what_is_related_on_iguazio_4_is_shown_as_it_is_now(pair4: tuple[Emulator4, Emulator4], writer: int) -> None:
    reads = (("users", "includeGroups=true"), ("users/ada", "includeGroups=true"), ("groups", "includeSubGroups=true"))

    def related() -> set[str]:
        answers = [ask4(pair4[0], "GET", path, query) for path, query in reads]
        found = {each["metadata"]["path"] for answer in answers for each in answer.get("relationships", ())}
        return found - {"/admins"}

    assert related() == {"/a", "/a/b"}
    below = next(it for it in ask4(pair4[0], "GET", "groups")["items"] if it["metadata"]["path"] == "/a/b")
    ask4(pair4[writer], "PUT", f"groups/{below['metadata']['id']}/rename", body={"newName": "c"})
    assert related() == {"/a", "/a/c"}
    before = pair4[0].snapshot()
    ask4(pair4[writer], "DELETE", f"groups/{below['metadata']['id']}")
    assert related() == {"/a"}
    pair4[0].restore(before)
    assert related() == {"/a", "/a/c"}


def test_more_than_is_to_be_held_is_let_go_and_shown_all_the_same() -> None:
    texts, asked = StoredText(), list[str]()
    stored = {"one": (3, "x" * (MOST_HELD - 1)), "two": (2, "yy"), "three": (1, "z" * (MOST_HELD + 1))}

    def read(missing: list[str]) -> dict[str, tuple[int, str]]:
        asked.extend(missing)
        return {each: stored[each] for each in missing if each in stored}

    for ids in (["one"], ["one"], ["two"], ["one", "two"], ["three", "nobody"], ["three"], ["two", "three", "one"]):
        in_order = sorted((each for each in ids if each in stored), key=lambda each: stored[each])
        assert list(texts.each_once("v", ids, read).items()) == [(each, stored[each][1]) for each in in_order]
    assert asked == ["one", "two", "one", "three", "nobody", "three", "two", "three", "one"]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"a":1}', '{"a":1}'),
        ('{"a": 1}', '{"a":1}'),
        ('{"a":"é"}', '{"a":"\\u00e9"}'),
        ('{"a":1,"b":2}', '{"a":1}'),
        ('{"b":2}', "{}"),
        ("{}", "{}"),
    ],
)
def test_a_text_is_sent_as_it_is_stored_only_where_that_is_what_is_shown(stored: str, shown: str) -> None:
    texts, view = StoredText(), View("v", frozenset({"a"}), lambda record_id: f"{record_id}:")
    for _ in range(2):
        assert texts.text(view, "one", 7, stored) == f"one:{shown}"
    texts.changed("one", 7)
    assert texts.text(view, "one", 7, '{"c":1}') == "one:{}"


def test_a_document_of_texts_is_encoded_as_one_of_values() -> None:
    texts = {"data": EncodedList(['{"id":"é"}'.replace("é", "\\u00e9"), "2"]), "included": EncodedList([]), "meta": {}}
    assert encode(texts) == b'{"data":[{"id":"\\u00e9"},2],"included":[],"meta":{}}'
    assert encode({"data": Encoded("3")}) == b'{"data":3}'
    assert plain(texts) == {"data": [{"id": "é"}, 2], "included": [], "meta": {}}
    long = {"data": EncodedList([f'"{"x" * 60_000}"'] * 5), "more": 1}
    assert json.loads(encode(long)) == plain(long)
    assert encode({}) == b"{}"
    assert encode(None) == b""
