"""How many requests a command sends: reading costs pages, not objects; writing costs a few calls an object touched."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from igz_apply.controlplane import ReadOnlyClient
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.wire import Collection, SharedDocument, endpoint_of
from tests.wire.wire_site import Site

pytestmark = pytest.mark.full

Company = dict[str, dict[str, Any]]
Request = tuple[str, str, str]  # method, path below /api, query

PAGE = 200
MORE = 5  # requests of a command beside those for pages
LISTS = frozenset(endpoint_of(kind).path for kind in KINDS)
IDENTITY = (("POST", "sessions/verifications"), ("GET", "tunnel/"))  # who is calling, and which version answers
OLD, NEW = "as it was", "as it shall be"


def group(_: int, word: str) -> dict[str, Any]:
    roster = {"users": ["pipelines"]} if word == NEW else {}
    return {"description": word, "assigned_policies": ["Data"], **roster}


def user(number: int, word: str) -> dict[str, Any]:
    name = {"first_name": "Ada", "last_name": "L", "email": f"u-{number}@example.org"}
    groups = ["admins"] if word == NEW else []
    return {**name, "job_title": word, "assigned_policies": ["Developer"], "groups": groups}


def project(_: int, word: str) -> dict[str, Any]:
    viewers = {"groups": ["admins"]} if word == OLD else {}
    members = {"editor": {"users": ["monitoring"]}, "viewer": viewers}
    return {"description": word, "owner": "admin", "labels": {"team": word}, "members": members}


def service(_: int, word: str) -> dict[str, Any]:
    return {"kind": "jupyter", "owner": "admin", "description": word}


SPECS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "User": user,
    "Group": group,
    "Project": project,
    "AppService": service,
}
LOADED = {
    "User": ("users", "username"),
    "Group": ("groups", "name"),
    "Project": ("projects", "name"),
    "AppService": ("services", "name"),
}


def some(kind: str, count: int, word: str) -> Company:
    """Return so many manifests of a kind; another word makes each of them differ."""
    return {f"{kind}/x-{number:04}": SPECS[kind](number, word) for number in range(count)}


def mix(count: int, word: str) -> Company:
    """Return so many of every kind, which name each other."""
    company = {address: spec for kind in KINDS for address, spec in some(kind.name, count, word).items()}
    for name in (f"x-{number:04}" for number in range(count)):
        company[f"User/{name}"].update(groups=[name], primary_group=name)
        company[f"Project/{name}"].update(owner=name)
        company[f"AppService/{name}"].update(owner=name)
    return company


def load(site: Site, company: Company) -> None:
    """Let the cluster hold what the manifests say."""
    content: dict[str, list[dict[str, Any]]] = {key: [] for key, _ in LOADED.values()}
    for address, spec in company.items():
        kind, name = address.split("/")
        key, natural = LOADED[kind]
        content[key].append({natural: name, **spec})
    site.emulator.load(content)


def listed(site: Site) -> dict[str, int]:
    """Return how many objects of each kind the cluster lists, by its own count."""
    server, counts = site.server, {}
    with ReadOnlyClient(endpoint=server.url, access_key=server.access_key, username=server.username) as client:
        for kind in KINDS:
            answer = client.get(endpoint_of(kind).path, params={"count": "records", "page[size]": 1})
            if isinstance(kind.wire, Collection):
                counts[kind.name] = answer.meta["total_records"]
            elif isinstance(kind.wire, SharedDocument):
                counts[kind.name] = len(answer.data[0]["attributes"][kind.wire.entries])
    return counts


def pages(site: Site) -> Counter[str]:
    """Return how many pages each list has; an empty one has to be asked for too, and a document is one page."""
    counts = listed(site)
    collections = {endpoint_of(kind).path: counts[kind.name] for kind in KINDS if isinstance(kind.wire, Collection)}
    return Counter({path: max(1, math.ceil(collections.get(path, 1) / PAGE)) for path in LISTS})


def sent(site: Site, *arguments: str, expect: int) -> list[Request]:
    """Run a command and return what it has sent, as the server logged it."""
    lines = site.requests(lambda: site.run(*arguments, expect=expect))
    return [(line["method"], line["path"].removeprefix("/api/"), str(line["query"])) for line in lines]


def is_of_a_reading(request: Request) -> bool:
    """Whether a request asks for a page of a whole list, or for who is calling where."""
    method, path, query = request
    is_page = method == "GET" and path in LISTS and "filter" not in query
    return is_page or any(method == verb and path.startswith(start) for verb, start in IDENTITY)


def assert_reads_once(site: Site, *arguments: str, expect: int = 0) -> None:
    """Run a command that reads: it asks for each page once, for nothing else, and keeps to pages + kinds + 5."""
    there = pages(site)
    requests = sent(site, *arguments, expect=expect)
    assert [each for each in requests if not is_of_a_reading(each)] == []
    assert sorted(set(requests)) == sorted(requests)
    asked = Counter(path for _, path, _ in requests if path in LISTS)
    assert asked - there == Counter()
    assert len(requests) - asked.total() <= MORE


# How long a list is, what the platform brings along included: an empty one is as short as it gets.
SIZES = (0, PAGE - 1, PAGE, PAGE + 1, 450)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_a_plan_asks_for_each_page_once_and_for_nothing_else(site: Site, kind: str, size: int) -> None:
    count = max(min(size, 1), size - listed(site)[kind])
    load(site, some(kind, count, OLD))
    same, other = list(some(kind, count, OLD).items()), list(some(kind, count, NEW).items())
    site.declare({"Group/another": group(0, OLD), **dict(same[0::3]), **dict(other[1::3])})  # every third is foreign
    assert_reads_once(site, "plan", "--detailed-exitcode", expect=2)


@pytest.mark.parametrize("kind", [*(kind.name for kind in KINDS), "all"])
def test_what_a_plan_finds_does_not_change_what_it_asks_for(site: Site, kind: str) -> None:
    same, other = (mix(50, word) if kind == "all" else some(kind, 120, word) for word in (OLD, NEW))
    load(site, same)
    site.declare({"Group/another": group(0, OLD)})
    assert_reads_once(site, "plan", "--detailed-exitcode", expect=2)
    site.declare(other)
    assert_reads_once(site, "plan", "--detailed-exitcode", expect=2)
    site.declare(same)
    site.run("apply", "-y")
    assert_reads_once(site, "plan", "--detailed-exitcode", expect=0)


@pytest.mark.parametrize("command", [["drift"], ["export"], ["plan", "--format", "json"], ["plan", "--out", "p.plan"]])
def test_other_commands_that_read_keep_to_the_budget_too(site: Site, command: list[str]) -> None:
    load(site, mix(50, OLD))
    site.declare(mix(50, NEW))
    assert_reads_once(site, *command)


def test_validate_sends_nothing(site: Site) -> None:
    load(site, mix(20, OLD))
    site.declare(mix(20, NEW))
    assert sent(site, "validate", expect=0) == []


MANY = 30


@pytest.mark.parametrize(
    ("kind", "change", "writes", "reads"),
    [
        ("Group", "create", 1, 0),
        ("Group", "update", 2, 2),  # itself, and the user on its roster, each read right before
        ("Group", "delete", 1, 2),  # its job, and whether it is gone
        ("User", "create", 1, 2),  # its job, and whether it is usable
        ("User", "update", 1, 1),  # fields and groups are read right before they are written, in one call
        ("User", "delete", 1, 2),
        ("Project", "create", 2, 4),  # itself with job and a look, its roles with a read before and a job
        ("Project", "update", 2, 3),  # itself and its roles, each read right before, and a job
        ("Project", "delete", 1, 3),  # its name by its id right before, since it is deleted by name
        (
            "AppService",
            "create",
            1,
            4,
        ),  # one document for all of them: it is read twice before, its job once, the names
        ("AppService", "update", 1, 3),
        ("AppService", "delete", 1, 3),
    ],
)
def test_an_apply_costs_two_readings_and_a_few_calls_for_each_change(
    site: Site, kind: str, change: str, writes: int, reads: int
) -> None:
    if change != "create":
        load(site, some(kind, MANY, OLD))
    wanted = some(kind, MANY, NEW if change == "update" else OLD)
    site.declare(dict.fromkeys(wanted) if change == "delete" else wanted)
    first = pages(site)
    requests = sent(site, "apply", "-y", f"--allow=delete:{kind}={MANY}", expect=0)
    written = [each for each in requests if each[0] != "GET" and not is_of_a_reading(each)]
    units = MANY if isinstance(KINDS[kind].wire, Collection) else 1
    assert len(written) == units * writes
    readings = first.total() + pages(site).total() + MORE
    assert len(requests) - len(written) <= readings + units * reads
