"""Plans and reports for the reports' tests: small ones with defaults, and a large one that is believable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import AccessImpact, Action, Change, FieldDiff, Plan
from igz_apply.model.operations import PlannedOperation, Trigger
from igz_apply.model.outcomes import NotConverged, Outcome, Report, Status, Timing
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Caller
from tests.builders import policy_change, role_change

CALLER = Caller("https://dashboard.example.com", "ci-bot", "default-tenant", "3.5.5")
NASTY = '</script><img src=x onerror=alert(1)> `x` "q" \' & | [a](b) <!-- --> ]]> {{x}} %7B \x1b[31m\u202e\n```\n@all'


def at(text: str) -> Address:
    return Address.parse(text)


def change(action: str, address: str, *diff: FieldDiff, after: tuple[str, ...] = (), **more: Any) -> Change:
    more.setdefault("reason", "not on the cluster" if action == "create" else "differs from the manifest")
    return Change(at(address), Action(action), diff=diff, depends_on=tuple(map(at, after)), **more)


def plan(*changes: Change, **more: Any) -> Plan:
    return Plan(changes, CALLER, **more)


def outcome(of: Change, status: str = "applied", **more: Any) -> Outcome:
    return Outcome(of.address, of.action, Status(status), **more)


def report(of: Plan, *outcomes: Outcome, **more: Any) -> Report:
    return Report(of, outcomes, **more)


PROBLEM = Problem(
    "Too many deletes",
    "The plan deletes 12 of 20 users.",
    "If that is meant: --allow delete:User=12",
    source=Source("manifests/users.yaml", 3, 1),
)


def large_plan(size: int) -> Plan:
    """A plan of `size` changes that write: groups, users in them, their projects and services, and some deletes."""
    groups = [
        change("create", f"Group/team-{n:04}", FieldDiff(("description",), None, f"Team {n}"))
        for n in range(size // 10)
    ]
    users = [_user(n, groups) for n in range(size * 4 // 10)]
    projects = [_project(n, users) for n in range(size * 3 // 10)]
    services = [_service(n, users) for n in range(size // 10)]
    gone = size - len(groups) - len(users) - len(projects) - len(services)
    deletes = [change("delete", f"User/former-{n:04}", reason="no longer declared", job=True) for n in range(gone)]
    roles = tuple(
        role_change(it.address.name, f"churn-{n:04}", None, "admin" if n % 40 == 0 else "editor", "direct")
        for n, it in enumerate(users[: size // 8])
    )
    policies = (policy_change("user-0001", ("Security Admin",), ("Data",), "group team-0001"),)
    return plan(
        *groups, *users, *projects, *services, *deletes,
        access_impact=AccessImpact(roles, policies),
        kept=(at("Group/old"),),
        foreign={"User": 500, "Project": 3},
    )  # fmt: skip


def _user(n: int, groups: list[Change]) -> Change:
    group = groups[n % len(groups)].address
    return change(
        "create",
        f"User/user-{n:04}",
        FieldDiff(("first_name",), None, "Ada"),
        FieldDiff(("last_name",), None, f"Lovelace the {n}th"),
        FieldDiff(("email",), None, f"user-{n}@example.com"),
        FieldDiff(("password",), None, "set from its environment variable", sensitive=True),
        FieldDiff(("assigned_policies",), None, ["Developer", "Application Read Only"]),
        FieldDiff(("groups",), [], [group.name, "all_users"]),
        after=(str(group),),
        job=True,
    )


def _project(n: int, users: list[Change]) -> Change:
    owner = users[n % len(users)].address
    return change(
        "update",
        f"Project/churn-{n:04}",
        FieldDiff(("owner",), "bob", owner.name),
        FieldDiff(("labels",), {"team": "a"}, {"team": "b", "cost-center": str(n)}),
        FieldDiff(
            ("members", "editor", "users"),
            ["bob", "eve"],
            [owner.name, "eve"],
        ),
        after=(str(owner),),
    )


def _service(n: int, users: list[Change]) -> Change:
    owner = users[n % len(users)].address
    return change(
        "update",
        f"AppService/jupyter-{n:04}",
        FieldDiff(
            ("resources", "limits", "memory"),
            "2Gi",
            "4Gi",
        ),
        after=(str(owner),),
        warnings=("The service restarts: notebooks that run in it lose their memory.",),
        job=True,
    )


def run_of(of: Plan) -> Report:
    """An apply of the plan in which one change fails, what needs it is skipped, and one value is not kept."""
    failed, ended = of.writes[len(of.writes) // 20].address, dict[Address, float]()
    bad = {failed}
    outcomes, bars = [], []
    for index, it in enumerate(of.writes):
        if it.address != failed and bad.intersection(it.depends_on):
            bad.add(it.address)
            outcomes.append(outcome(it, "skipped", detail=f"needs {failed}, which failed"))
            continue
        started = max([ended.get(needed, 0.0) for needed in it.depends_on], default=0.0) + (index % 17) * 0.3
        ended[it.address] = started + (2.5 if it.job else 0.2)
        step, job = f"{it.action.value} {it.address}", f"job-{index}" if it.job else ""
        bars.append(Timing(step, (it.address,), started, started + 0.2))
        if job:
            bars.append(Timing(step, (it.address,), started + 0.2, ended[it.address], job))
        status, detail = ("failed", "409 Conflict: name is taken (ctx 17)") if it.address == failed else ("applied", "")
        outcomes.append(outcome(it, status, detail=detail, job=job, started=started, ended=ended[it.address]))
    lost = NotConverged(of.writes[-1].address, (FieldDiff(("description",), "a", "b"),))
    return Report(of, tuple(outcomes), (lost,), seconds=max(ended.values()), timeline=tuple(bars))


def with_restarts(of: Plan) -> Plan:
    """Return the plan with restarts: of what it updates, and of something else for two reasons."""
    own = next(it.address for it in of.writes if it.address.kind == "AppService")
    group, other = of.writes[0].address, at("AppService/shell")
    why = ("the service restarts: unsaved work and running sessions in it end",)
    restarts = (
        PlannedOperation("restart", own, (Trigger(own, ("resources.limits.memory",)),), False, (own,), why),
        PlannedOperation("restart", other, (Trigger(group, ("description",)), Trigger(own)), True, (own, group), why),
    )
    still = change("no_change", str(other), reason="as declared")
    return replace(of, changes=(*of.changes, still), operations=restarts)


def with_restarts_ended(run: Report, status: str = "failed") -> Report:
    """Return the report with its restarts: the first is done, the second ends otherwise."""
    quiet, end = Action.NO_CHANGE, run.seconds
    first, second = (it.address for it in run.plan.operations)
    step = "restart app_services_manifests"
    operated = (
        Outcome(first, quiet, Status.APPLIED, "", "", "job-r", end, end + 3.0, "restart"),
        Outcome(second, quiet, Status(status), "no node has room", "", "job-r", end, end + 3.0, "restart"),
    )
    bars = (Timing(step, (first, second), end, end + 0.2), Timing(step, (first, second), end + 0.2, end + 3.0, "job-r"))
    return replace(run, operated=operated, timeline=(*run.timeline, *bars), seconds=end + 3.0)
