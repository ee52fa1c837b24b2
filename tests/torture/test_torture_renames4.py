"""Users and projects that take another's place on Iguazio 4: cut off anywhere, and finished by the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from igz_apply.iguazio4.client import Failure, Request, Response
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, LiveState
from tests.iguazio3.site3 import Killed, MortalInventory
from tests.iguazio4.site4 import GENEROUS, Manifest, Site, group, manifest, project, spec_of, user
from tests.torture.test_torture import IS_WHOLE

WAIVED = replace(GENEROUS, waivers={("replace", "User"): 1, ("replace", "Project"): 1})
PERSON, PLACE = ("ada", "katherine"), ("lab", "lab-2")


class MortalSite(Site):
    """A cluster of which an apply may be cut off, with all that is written to it watched."""

    def __init__(self) -> None:
        super().__init__()
        self.inventory: MortalInventory = MortalInventory()
        self.count = 0

    def cut(self, at: int, how: str, watch: Callable[[LiveState], None]) -> None:
        """Let write number `at`, and all that comes after a kill, go wrong."""
        self.count, self.inventory.is_dead = 0, False

        def interfere(request: Request, send: Callable[[Request], Response | Failure]) -> Response | Failure:
            if request.method == "GET" or "authentication" in request.url:
                return send(request)
            if self.inventory.is_dead:
                raise Killed
            number, self.count = self.count, self.count + 1
            here = how if number == at else ""
            if here == "killed before":
                self.inventory.is_dead = True
                raise Killed
            if here == "lost before":
                return Failure("the line broke", sent=True)
            answer = send(request)
            watch(self.live())
            if here == "killed after":
                self.inventory.is_dead = True
                raise Killed
            return Failure("the line broke", sent=True) if here == "lost after" else answer

        self.line.interfere = interfere


def renamed(made: Manifest, old: str) -> Manifest:
    return {**made, "lifecycle": {"renamed_from": old}}


def people(name: str) -> list[Manifest]:
    """What the manifests say, of whatever the person is called."""
    return [
        user("bob"),
        group("ops"),
        group("dev", users=[name, "bob"]),
        manifest("PolicyBinding", "oris-viewer", {"users": [name]}),
        project("churn", owner=name, members={"editor": {"users": ["bob"], "groups": ["dev"]}}),
        project("open", owner="bob"),
        project("kept", members={"admin": {"users": ["bob"]}}),
    ]


ADA = manifest("User", "ada", {"first_name": "Ada", "last_name": "L"})
KATHERINE = renamed(manifest("User", "katherine", {"first_name": "Ada", "last_name": "L"}), "ada")
BEFORE = [ADA, *people("ada"), project("lab", description="hers")]
AFTER = [KATHERINE, *people("katherine"), renamed(project("lab-2", description="hers"), "lab")]
MORE = [
    group("beside"),
    manifest("User", "ada", {"groups": ["ops", "dev", "beside"], "policies": ["oris-developer", "oris-viewer"]}),
    project("open", members={"editor": {"users": ["ada"]}, "viewer": {"groups": ["ops"]}}),
    project("kept", owner="ada", members={"viewer": {"groups": ["beside"]}}),
    project("lab", owner="ada", labels={"team": "x"}, members={"builder": {"users": ["bob"], "groups": ["dev"]}}),
]


@cache
def _begun() -> tuple[Any, dict[Address, Entry], float]:
    """Return what lives before the apply under torture, what is owned then, and when that is."""
    site = MortalSite()
    assert site.applied(BEFORE).code == 0
    entries = dict(site.inventory.entries)
    by_hand = {(it["kind"], it["metadata"]["name"]): it for it in BEFORE}
    for more in MORE:  # what others gave, which no manifest states
        key = more["kind"], more["metadata"]["name"]
        by_hand[key] = {**more, "spec": {**by_hand.get(key, more)["spec"], **more["spec"]}}
    ran = site.applied(by_hand.values(), prune=False)
    assert ran.code == 0, (ran.error, ran.proposal)
    site.inventory.entries = entries
    assert site.planned(BEFORE).plan.writes == ()
    return site.emulator.snapshot(), entries, site.clock.now()


def began() -> MortalSite:
    site, (world, entries, now) = MortalSite(), _begun()
    site.clock.sleep(now)
    site.emulator.restore(world)
    site.client = site.connected(site.emulator.offline_token)
    site.inventory.entries = dict(entries)
    return site


def roles_of(live: LiveState) -> dict[str, set[tuple[str, str]]]:
    """Return roles and policies of everybody, by whatever way; one person, and one project, under either name."""
    found: dict[str, set[tuple[str, str]]] = {}

    def give(name: str, at: str, role: str) -> None:
        who = "her" if name in PERSON else name
        found.setdefault(who, set()).add(("lab" if at in PLACE else at, role))

    for address, each in live.resources.items():
        if address.kind == "User":
            for policy in each.spec.get("policies") or ():
                give(address.name, "cluster", policy)
        if address.kind != "Project" or each.is_deleting:
            continue
        give(each.spec["owner"], address.name, "owner")
        for role, sides in (each.spec.get("members") or {}).items():
            for name in sides.get("users") or ():
                give(name, address.name, role)
            for name, groups in live.groups_of.items():
                if groups & set(sides.get("groups") or ()):
                    give(name, address.name, role)
    return found


def finished(site: MortalSite) -> None:
    """See that all is as the manifests say, and that what went over is nobody's."""
    live = site.live()
    names = {str(it) for it, each in live.resources.items() if not each.is_deleting}
    assert names >= {"User/katherine", "Project/lab-2"}
    assert names.isdisjoint({"User/ada", "Project/lab"})
    assert live.groups_of["katherine"] == {"ops", "dev", "beside"}
    assert set(spec_of(live, "User/katherine")["policies"]) == {"oris-developer", "oris-viewer"}
    assert (spec_of(live, "Project/lab-2")["owner"], spec_of(live, "Project/lab-2")["labels"]) == (
        "katherine",
        {"team": "x"},
    )
    assert spec_of(live, "Project/kept")["owner"] == "katherine"
    assert site.planned(AFTER).plan.writes == ()
    entries = site.inventory.load().entries
    assert entries.keys() == {Address(it["kind"], it["metadata"]["name"]) for it in AFTER}
    for each in AFTER:
        assert entries[Address(each["kind"], each["metadata"]["name"])].values.keys() == each["spec"].keys()


def test_the_whole_of_it_is_one_plan_in_order() -> None:
    site = began()
    ran = site.planned(AFTER, WAIVED)
    assert ran.proposal is not None
    assert (ran.proposal.problems, ran.proposal.refusals) == ((), ())
    places = {str(change.address): number for number, change in enumerate(ran.plan.changes) if change.action.writes}
    assert places["User/katherine"] < places["Project/kept"] < places["User/ada"]
    assert places["Project/lab-2"] < places["Project/lab"] < places["User/ada"]
    assert [it.hint for it in site.planned(AFTER).proposal.refusals] == [  # type: ignore[union-attr]
        f"If that is what you want, say so: --allow replace:{kind}=1" for kind in ("Project", "User")
    ]
    assert site.applied(AFTER, WAIVED).code == 0
    finished(site)


MOST = 30  # more writes than it takes


WAYS = ("killed before", "killed after", "lost after", "lost before")


@pytest.mark.parametrize("how", WAYS)
def test_cut_off_at_any_write_the_same_again_finishes_and_nobody_loses_access_meanwhile(how: str) -> None:
    sites, step = 0, 1 if IS_WHOLE else 4
    for at in range(0 if IS_WHOLE else WAYS.index(how), MOST, step):
        site = began()
        first = roles_of(site.live())

        def watch(live: LiveState, first: Mapping[str, set[tuple[str, str]]] = first) -> None:
            now = roles_of(live)
            assert {name: roles - now.get(name, set()) for name, roles in first.items() if roles - now[name]} == {}

        site.cut(at, how, watch)
        ran = None
        with suppress(Killed):
            ran = site.applied(AFTER, WAIVED)
        if site.count <= at:
            break
        sites += 1
        assert (ran is None) == how.startswith("killed")
        watch(site.live())
        site.cut(-1, "", watch)
        site.clock.sleep(10 * (at % 2))  # else the next run meets what is still under way
        again = site.applied(AFTER, WAIVED)
        assert again.code == 0, (at, again.error, again.report)
        finished(site)
        assert roles_of(site.live()) == first
    assert 8 <= sites * step < MOST
