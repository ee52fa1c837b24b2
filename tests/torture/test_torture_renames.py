"""Users, projects and services that take another's place on Iguazio 3: cut off anywhere, finished by the same again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from igz_apply.errors import PlanRefused
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.resources import LiveState
from igz_apply.workflow import Limits
from tests.builders import group, project, service, user
from tests.emulated import EmulatedPlane
from tests.iguazio3.site3 import Document, Killed, Site, declared, roles_of
from tests.torture.test_torture import IS_WHOLE

pytestmark = pytest.mark.full

WAIVED = Limits(
    delete=dict.fromkeys(KINDS.names, 0),
    waivers={("replace", "User"): 1, ("replace", "Project"): 1, ("replace", "AppService"): 1},
)
SAME = {"katherine": "ada", "lab-2": "lab"}


def people(name: str, **lifecycle: Any) -> list[Document]:
    """What the manifests say, of whatever the person is called."""
    names = {"first_name": "Ada", "last_name": "L", "email": "ada@example.com"}
    return [
        declared("User", name, names, **lifecycle),
        declared("User", "bob", {"first_name": "Bob", "last_name": "B", "email": "bob@example.com"}),
        declared("Group", "ops"),
        declared("Group", "dev", {"users": [name, "bob"]}),
        declared("Project", "churn", {"owner": name, "members": {"editor": {"users": ["bob"], "groups": ["dev"]}}}),
        declared("Project", "open"),
        declared("Project", "kept", {"members": {"admin": {"users": ["bob"]}}}),
        declared("AppService", "graf", {"kind": "grafana"}),
    ]


BEFORE = [
    *people("ada"),
    declared("Project", "lab"),
    declared("AppService", "jup", {"kind": "jupyter", "owner": "ada"}),
]
AFTER = [
    *people("katherine", renamed_from="ada"),
    declared("Project", "lab-2", renamed_from="lab"),
    declared("AppService", "jup-2", {"kind": "jupyter", "owner": "katherine"}, renamed_from="jup"),
]


def living() -> list[Any]:
    """What lives: more than the manifests say of it."""
    return [
        user(
            "ada",
            first_name="Ada",
            last_name="L",
            email="ada@example.com",
            groups=["ops", "dev", "beside"],
            primary_group="ops",
            assigned_policies=["Data", "Developer"],
            job_title="countess",
            uid=1815,
        ),
        user("bob", first_name="Bob", last_name="B", email="bob@example.com", groups=["dev"]),
        group("ops"),
        group("dev"),
        group("beside"),
        project("churn", owner="ada", members={"editor": {"users": ["bob"], "groups": ["dev"]}}),
        project("open", owner="bob", members={"editor": {"users": ["ada"]}, "viewer": {"groups": ["ops"]}}),
        project("kept", owner="ada", members={"admin": {"users": ["bob"]}, "viewer": {"groups": ["beside"]}}),
        project(
            "lab",
            owner="ada",
            labels={"team": "x"},
            members={"editor": {"users": ["bob"]}, "viewer": {"groups": ["dev"]}},
        ),
        service("jup", kind="jupyter", owner="ada", description="hers", jupyter={"image_name": "jupyter-all"}),
        service("graf", kind="grafana", owner="ada"),
    ]


def began(job: str = "") -> Site:
    site = Site(EmulatedPlane(*living(), job_seconds=1.0))
    report = site.applied(BEFORE, WAIVED)
    assert report.exit_code == 0, (job, report.outcomes)
    assert site.planned(BEFORE, WAIVED).plan.writes == ()  # type: ignore[union-attr]
    return site


def finished(site: Site) -> None:
    """See that all is as the manifests say, and that what went over is nobody's."""
    live = site.plane.live()
    names = {str(it) for it, each in live.resources.items() if not each.is_deleting}
    assert names >= {"User/katherine", "Project/lab-2", "AppService/jup-2"}
    assert names.isdisjoint({"User/ada", "Project/lab", "AppService/jup"})
    she = live.resources[Address("User", "katherine")].spec
    assert (she["job_title"], she["primary_group"]) == ("countess", "ops")
    assert set(she["assigned_policies"]) == {"Data", "Developer"}
    assert she["uid"] != 1815
    assert live.groups_of["katherine"] == {"ops", "dev", "beside", "all_users"}
    lab = live.resources[Address("Project", "lab-2")].spec
    assert (lab["owner"], lab["labels"]) == ("katherine", {"team": "x"})
    assert live.resources[Address("AppService", "jup-2")].spec["description"] == "hers"
    assert live.resources[Address("AppService", "graf")].spec["owner"] == "katherine"
    assert site.planned(AFTER, WAIVED).plan.writes == ()  # type: ignore[union-attr]
    entries = site.inventory.load().entries
    assert entries.keys() == {Address(it["kind"], it["metadata"]["name"]) for it in AFTER}
    for document in AFTER:
        values = entries[Address(document["kind"], document["metadata"]["name"])].values
        assert values.keys() == document["spec"].keys(), (document, values)


def test_the_whole_of_it_is_one_plan_in_order() -> None:
    site = began()
    proposal = site.planned(AFTER, WAIVED)
    assert proposal.problems == ()
    assert proposal.refusals == ()
    plan = proposal.plan
    assert plan is not None
    places = {str(change.address): number for number, change in enumerate(plan.changes) if change.action.writes}
    assert {it for it in places if it.startswith(("User", "Project", "AppService"))} == set(places)
    assert places["User/katherine"] < places["Project/churn"] < places["User/ada"]
    assert places["AppService/jup-2"] < places["AppService/jup"] < places["User/ada"]
    assert places["Project/lab-2"] < places["Project/lab"]
    assert site.applied(AFTER, WAIVED).exit_code == 0
    finished(site)


def test_without_its_waiver_nothing_is_sent_and_the_exact_one_is_said() -> None:
    site = began()
    with pytest.raises(PlanRefused) as refused:
        site.applied(AFTER, Limits(delete=dict.fromkeys(KINDS.names, 0)))
    assert [it.hint for it in refused.value.problems] == [
        f"If that is what you want, say so: --allow replace:{kind}=1" for kind in ("AppService", "Project", "User")
    ]
    assert refused.value.exit_code == 4


WAYS = ("killed before", "killed after", "lost after", "lost before", "refused")
MOST = 16  # more writes than it takes


@pytest.mark.parametrize("how", WAYS)
def test_cut_off_at_any_write_the_same_again_finishes_and_nobody_loses_access_meanwhile(how: str) -> None:
    sites, step = 0, 1 if IS_WHOLE else 3
    for at in range(0 if IS_WHOLE else WAYS.index(how) % step, MOST, step):
        site = began()
        first = roles_of(site.plane.live(), SAME)

        def watch(live: LiveState, first: Mapping[str, set[tuple[str, str]]] = first) -> None:
            now = roles_of(live, SAME)
            assert {name: roles - now.get(name, set()) for name, roles in first.items() if roles - now[name]} == {}

        site.cut(at, how, watch)
        code: int | None = None
        with suppress(Killed):
            code = site.applied(AFTER, WAIVED).exit_code
        if site.writes <= at:
            break
        sites += 1
        assert (code is None) == how.startswith("killed")
        watch(site.plane.live())
        site.cut(-1, "", watch)
        site.plane.clock.sleep(10 * (at % 2))  # else the next run meets jobs that still run
        again = site.applied(AFTER, WAIVED)
        assert again.exit_code == 0, (at, again.outcomes, again.not_converged)
        finished(site)
        assert roles_of(site.plane.live(), SAME) == first
    assert 8 <= sites * step < MOST
