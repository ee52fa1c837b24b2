"""Answers that no client should trust, jobs that end badly, writes that are accepted and not kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, Options, Server, serving
from tests.torture.tortured_plane import JOB_SECONDS, Torturer
from tests.torture.tortured_run import Ran, run_once
from tests.torture.tortured_world import Manifest, group, project, service, user, write

pytestmark = pytest.mark.full

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
BODIES = ('{"data": [{"attributes": {}}]}', '{"data": []}', '{"data": [{"attributes": null}]}', "[]")
CALLS = (
    ("POST", "/api/user_groups"),
    ("PUT", "/api/user_groups/*"),
    ("DELETE", "/api/user_groups/*"),
    ("POST", "/api/users"),
    ("PUT", "/api/users/*"),
    ("DELETE", "/api/users/*"),
    ("POST", "/api/projects"),
    ("PUT", "/api/projects/*"),
    ("DELETE", "/api/projects"),
    ("POST", "/api/async_transactions"),
    ("PUT", "/api/app_services_manifests"),
    ("GET", "/api/jobs/*"),
    ("GET", "/api/users/*"),
    ("GET", "/api/projects/*"),
)
OLD = [
    *(group(f"old{n}", description="old") for n in range(2)),
    *(user(f"old{n}", job_title="old") for n in range(3)),
    *(project(f"old{n}", labels={"a": "1"}) for n in range(3)),
    *(service(f"old{n}", description="old") for n in range(2)),
]
NEW = [
    group("old0", description="new"),
    group("new"),
    user("old0", job_title="new", groups=["new"]),
    user("new0", groups=["new"]),
    user("new1"),
    project("old0", labels={"a": "2"}, members={"viewer": {"users": ["new0"]}}),
    project("new0", owner="new0", members={"editor": {"groups": ["new"]}}),
    project("new1"),
    service("old0", description="new"),
    service("new0", owner="new0"),
]


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[tuple[Torturer, Server]]:
    emulator = Emulator(folder / "cluster.db", Options(**{"job_seconds": JOB_SECONDS, **options}))
    try:
        with serving(emulator) as server:
            yield Torturer(emulator), server
    finally:
        emulator.close()


def start(folder: Path) -> None:
    """Apply the old manifests, undisturbed."""
    with served(folder) as (torturer, server):
        assert apply(folder, OLD, torturer, server).code == 0


def apply(folder: Path, manifests: list[Manifest], torturer: Torturer, server: Server, **more: Any) -> Ran:
    path = write(folder / "manifests", manifests)
    return run_once(path, folder / "inventory.json", server, torturer, **more)


def statuses(ran: Ran) -> Mapping[str, str]:
    assert ran.report is not None, ran
    return {str(outcome.address): outcome.status.value for outcome in ran.report.outcomes}


def finishes(folder: Path) -> None:
    """The same command again, undisturbed, makes everything true; once more has nothing to do."""
    with served(folder) as (torturer, server):
        ran = apply(folder, NEW, torturer, server)
        assert ran.code == 0, ran.report
        again = apply(folder, NEW, torturer, server, plans_only=True)
        assert again.plan is not None
        assert again.plan.writes == ()


def acts() -> dict[str, dict[str, Any]]:
    """Each act, and what it is done with; every one after the call has had its effect, where there is a choice."""
    found: dict[str, dict[str, Any]] = {
        act: {"act": act, "when": "after"} for act in ("empty", "garbage", "cut", "refuse")
    }
    found |= {f"{status}": {"act": "status", "status": status, "when": "after"} for status in (500, 502, 503, 504)}
    found |= {"login page": {"act": "status", "status": 200, "body": "<html>Log in</html>", "when": "after"}}
    found |= {"other json": {"act": "status", "status": 200, "body": '{"data": [1, null, {"id": 7}]}', "when": "after"}}
    found |= {"nothing": {"act": "status", "status": 200, "body": '{"data": null}', "when": "after"}}
    return found | {"truncate": {"act": "truncate"}, "drip": {"act": "drip", "seconds": 0.2}}


@pytest.mark.parametrize("act", acts() if IS_WHOLE else ["empty", "500", "other json", "truncate"])
def test_an_answer_that_cannot_be_trusted_is_looked_into(tmp_path: Path, act: str) -> None:
    """Each kind of call meets the act at its first two times."""
    start(tmp_path)
    matches = [{"method": method, "path": path, "nth": [1, 2]} for method, path in CALLS]
    faults = {"requests": [{"match": match, **acts()[act]} for match in matches]}
    with served(tmp_path, faults=faults) as (torturer, server):
        ran = apply(tmp_path, NEW, torturer, server)
    assert ran.code in (0, 5), ran
    assert len(statuses(ran)) == 16
    assert "failed" not in statuses(ran).values(), list(ran.report.outcomes)  # type: ignore[union-attr]
    finishes(tmp_path)


@pytest.mark.parametrize("body", BODIES if IS_WHOLE else BODIES[:1])
@pytest.mark.parametrize(("last", "code"), [(3, 0), (99, 5)])
def test_a_manifest_without_services_is_never_taken_for_an_empty_one(
    tmp_path: Path, body: str, last: int, code: int
) -> None:
    """The manifest is read wrongly from the apply's own read on: for a moment, or for good."""
    start(tmp_path)
    match = {"method": "GET", "path": "/api/app_services_manifests", "nth": list(range(2, last))}
    faults = {"requests": [{"match": match, "act": "status", "status": 200, "body": body}]}
    with served(tmp_path, faults=faults) as (torturer, server):
        ran = apply(tmp_path, NEW, torturer, server)
        record = torturer.emulator.store.get("app_services_manifest", "0")
        assert record is not None
        names = {each["spec"]["name"] for each in record.attributes["app_services"]}
    assert ran.code == code, ran.report
    assert names >= {"webapi", "nuclio", "mlrun", "grafana", "old0"}
    assert ("new0" in names, "old1" in names) == ((True, False) if code == 0 else (False, True))
    finishes(tmp_path)


@pytest.mark.parametrize(("act", "ends"), [("fail", "failed"), ("stall", "timed_out"), ("vanish", "applied")])
def test_jobs_that_fail_stall_or_vanish(tmp_path: Path, act: str, ends: str) -> None:
    start(tmp_path)
    kinds = ("user.creation", "user_group.deletion", "project.creation", "project.roles.update")
    jobs = [{"match": {"kind": kind, "nth": 1}, "act": act} for kind in kinds]
    jobs = [{**job, "result": '{"status": null, "message": "no room"}'} if act == "fail" else job for job in jobs]
    with served(tmp_path, faults={"jobs": jobs}) as (torturer, server):
        ran = apply(tmp_path, NEW, torturer, server)
        found = statuses(ran)
        assert ran.code == (0 if ends == "applied" else 5), ran.report
        assert list(found.values()).count(ends) >= 3
        if act == "fail":
            details = [it.detail for it in ran.report.outcomes if it.status.value == "failed"]  # type: ignore[union-attr]
            assert all("no room" in detail for detail in details)
        if act == "stall":
            return  # what hangs in the platform, nobody finishes
    finishes(tmp_path)


def test_a_service_that_cannot_be_deployed_is_named_and_tried_again(tmp_path: Path) -> None:
    start(tmp_path)
    for _ in range(2):
        with served(tmp_path, faults={"services": {"new0": "no such image"}}) as (torturer, server):
            ran = apply(tmp_path, NEW, torturer, server)
            assert ran.code == 5
            assert statuses(ran)["AppService/new0"] == "failed"
            detail = next(it.detail for it in ran.report.outcomes if it.status.value == "failed")  # type: ignore[union-attr]
            assert detail.endswith("no such image")
    finishes(tmp_path)


def test_a_write_that_is_accepted_and_not_kept_is_named_with_its_field(tmp_path: Path) -> None:
    start(tmp_path)
    faults = {
        "requests": [
            {"match": {"method": "PUT", "path": "/api/users/*"}, "act": "status", "status": 200, "body": "{}"},
            {"match": {"method": "PUT", "path": "/api/user_groups/*"}, "act": "status", "status": 200, "body": "{}"},
        ]
    }
    with served(tmp_path, faults=faults) as (torturer, server):
        ran = apply(tmp_path, NEW, torturer, server)
    assert ran.code == 5
    assert ran.report is not None
    assert {(str(kept.address), diff.dotted) for kept in ran.report.not_converged for diff in kept.diff} >= {
        ("User/old0", "job_title"),
        ("User/old0", "groups"),
        ("Group/old0", "description"),
    }
    assert set(statuses(ran).values()) == {"applied"}
    finishes(tmp_path)


def test_what_an_apply_left_unfinished_on_the_cluster_is_waited_for(tmp_path: Path) -> None:
    """A user not yet operational, a project being made, a transaction, a manifest job, deletes: all still running."""
    start(tmp_path)
    with served(tmp_path, job_seconds=1.0) as (torturer, server):
        assert isinstance(torturer.emulator, Emulator)
        dying = Dying(torturer, writes=14)
        torturer.emulator.wsgi, gateway = dying, torturer.emulator.wsgi  # type: ignore[assignment]
        with serving(torturer.emulator) as slow:
            first = apply(tmp_path, NEW, torturer, slow)
        torturer.emulator.wsgi = gateway
        assert first.code is None
        torturer.disarm()
        second = apply(tmp_path, NEW, torturer, server)
        assert second.code == 0, second.report
    finishes(tmp_path)


class Dying:
    """Kills the client after so many writes have had their effect; their jobs go on."""

    def __init__(self, torturer: Torturer, writes: int) -> None:
        self._torturer = torturer
        self._left = writes

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] in ("POST", "PUT", "DELETE"):
            self._left -= 1
        answer = list(self._torturer(environ, start_response))
        if self._left <= 0:
            self._torturer.is_dead = True
        return answer
