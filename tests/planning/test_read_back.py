"""What was applied is fetched and compared again, and a report says what the cluster did not keep."""

from __future__ import annotations

from dataclasses import replace

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.resources import LiveState, Owned
from igz_apply.planning.read_back import ReadBack, read_back
from igz_apply.ports import Pool, Presence, Sighting
from tests.builders import absent, cluster, entry, live, manifests, owned, plan_for, service, user
from tests.fakes import InlinePool
from tests.planning.test_presence import ADMIN, Looks

ADA, NB = Address("User", "ada"), Address("AppService", "nb")
BEFORE = user("ada", job_title="old")


def account(of: Plan, status: Status = Status.APPLIED) -> Report:
    return Report(of, tuple(Outcome(change.address, change.action, status) for change in of.writes))


def seen(of: Plan, now: LiveState, inventory: Owned = Owned(), **found: Sighting) -> tuple[Report, ReadBack]:  # noqa: B008
    looks = Looks({Address.parse(text): it for text, it in found.items()}, now)
    return read_back(account(of), inventory, looks, InlinePool(), KINDS)


RETITLED = plan_for(manifests(user("ada", job_title="new")), cluster(BEFORE))


def test_what_was_kept_is_nothing_to_tell() -> None:
    report, noted = seen(RETITLED, cluster(ADMIN, user("ada", job_title="new")))
    assert report == account(RETITLED)
    assert noted == ReadBack()


def test_what_was_not_kept_is_told() -> None:
    report, _ = seen(RETITLED, cluster(ADMIN, BEFORE))
    (lost,) = report.not_converged
    assert (lost.address, [item.dotted for item in lost.diff]) == (ADA, ["job_title"])


def test_what_was_to_be_deleted_and_is_there_is_told_without_fields() -> None:
    gone = plan_for(manifests(absent(user("ada"))), cluster(user("ada")), owned(user("ada")))
    report, _ = seen(gone, cluster(ADMIN, user("ada")))
    assert [(lost.address, lost.diff) for lost in report.not_converged] == [(ADA, ())]
    assert seen(gone, cluster(ADMIN))[0].not_converged == ()


def test_a_change_that_was_not_applied_is_not_looked_at() -> None:
    looks = Looks({}, cluster(ADMIN, BEFORE))
    report, _ = read_back(account(RETITLED, Status.FAILED), Owned({}), looks, InlinePool(), KINDS)
    assert report.not_converged == ()


def test_what_cannot_be_read_is_said_and_raises_nothing() -> None:
    class Down(Looks):
        def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:  # noqa: ARG002 - the port's signature
            raise PlaneError(f"it is down: {pool is not None}", status=503)

    report, noted = read_back(account(RETITLED), Owned({}), Down({}), InlinePool(), KINDS)
    assert (report.read_back, noted) == (False, ReadBack())
    assert report.failures == ("What was applied was not read back: it is down: True",)


def test_what_is_hidden_afterwards_is_said_and_not_compared() -> None:
    hidden = Sighting(Presence.HIDDEN, why="403")
    report, _ = seen(RETITLED, cluster(ADMIN), owned(user("ada")), **{"User/ada": hidden})
    assert report.failures == ("User/ada was applied and could not be read back: 403",)
    assert report.not_converged == ()


def cleared(before: str | None) -> Plan:
    there = service("nb", kind="jupyter", description=before) if before else service("nb", kind="jupyter", avatar="a")
    wanted = service("nb", kind="jupyter", description=None, avatar=None)
    return plan_for(manifests(wanted), cluster(there), owned(there))


def test_what_the_platform_puts_where_something_was_cleared_is_its_own_and_remembered() -> None:
    filled = cluster(ADMIN, service("nb", kind="jupyter", description="by the platform"))
    report, noted = seen(cleared(None), filled, owned(service("nb", kind="jupyter")))
    assert report.not_converged == ()
    assert [(item.address, [each.dotted for each in item.diff]) for item in report.filled] == [(NB, ["description"])]
    assert list(noted.filled[NB]) == ["description"]
    known = owned(**{"AppService/nb": entry(service("nb", kind="jupyter"), filled=noted.filled[NB])})
    report, again = seen(cleared(None), filled, known)
    assert (report.filled, report.not_converged, again.filled) == ((), (), noted.filled)


def test_what_stood_there_before_may_as_well_not_have_been_cleared() -> None:
    kept = cluster(ADMIN, service("nb", kind="jupyter", description="old"))
    report, _ = seen(cleared("old"), kept, owned(service("nb", kind="jupyter")))
    assert [(lost.address, [each.dotted for each in lost.diff]) for lost in report.not_converged] == [
        (NB, ["description"])
    ]


def test_what_was_made_tells_when_it_was_born_and_its_id_where_the_call_did_not() -> None:
    made = plan_for(manifests(user("ada")), cluster())
    born = replace(live(user("ada")), born="yesterday")
    _, noted = seen(made, cluster(ADMIN, born), owned(**{"User/ada": entry()}))
    assert noted == ReadBack(born={ADA: "yesterday"}, ids={ADA: "user-ada"})
    _, noted = seen(made, cluster(ADMIN, born), owned(user("ada")))
    assert noted.ids == {}
