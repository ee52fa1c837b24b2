from __future__ import annotations

import io

from igz_apply.model.addresses import Source
from igz_apply.model.changes import Action, FieldDiff, ForeignAdministrator, ForeignMember, Origin, Unmanaged
from igz_apply.model.outcomes import Job
from igz_apply.planning.drift import Drift, FieldDrift
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.lines import render
from igz_apply.views.sink import Sink
from igz_apply.views.unmanaged_text import unmanaged_lines
from igz_apply.views.waiting import waiting
from tests.views.views_builders import address


def told(*drifts: Drift) -> str:
    return render(drift_lines(drifts, {}, "ci"), colour=False)


def test_a_field_that_both_sides_changed_shows_all_three_values() -> None:
    field = FieldDrift(FieldDiff(("last_name",), "Byron", "King", origin=Origin.BOTH), applied="Lovelace")
    assert told(Drift(address("User/ada"), Action.UPDATE, (field,), Origin.BOTH)) == (
        "~ User/ada\n"
        "    last_name  Lovelace was applied, the cluster has Byron\n"
        "               git now says King\n"
        "\n"
        "Drift: 1 resource changed on the cluster.\n"
    )


def test_a_field_that_drifted_names_where_git_states_it_beside_it_or_else_below() -> None:
    there = Source("manifests/teams/retail/people/ada.yaml", 12, 3)
    last_name = FieldDrift(FieldDiff(("last_name",), "Byron", "Lovelace", origin=Origin.CLUSTER), "Lovelace", there)
    both = FieldDrift(FieldDiff(("email",), "a@x", "c@x", origin=Origin.BOTH), "b@x", there)
    drift = Drift(address("User/ada"), Action.UPDATE, (last_name, both), Origin.BOTH, source=there)
    gone = Drift(address("User/bob"), Action.CREATE, (), Origin.CLUSTER, source=there)
    assert render(drift_lines((drift, gone), {}, "ci", width=80), colour=False) == (
        "~ User/ada\n"
        "    last_name  Lovelace was applied, the cluster has Byron\n"
        "      (manifests/teams/retail/people/ada.yaml:12)\n"
        "    email      b@x was applied, the cluster has a@x\n"
        "               git now says c@x  (manifests/teams/retail/people/ada.yaml:12)\n"
        "\n"
        "- User/bob  was deleted on the cluster\n"
        "      (manifests/teams/retail/people/ada.yaml:12)\n"
        "\n"
        "Drift: 2 resources changed on the cluster.\n"
    )


def test_what_vanished_is_said_and_what_git_changed_is_counted() -> None:
    gone = Drift(address("Project/churn"), Action.CREATE, (), Origin.CLUSTER)
    ours = Drift(address("User/bob"), Action.UPDATE, (), Origin.GIT)
    others = Drift(address("User/eve"), Action.UPDATE, (), Origin.UNKNOWN)
    assert told(gone, ours, others) == (
        "- Project/churn  was deleted on the cluster\n"
        "\n"
        "Drift: 1 resource changed on the cluster.\n"
        "1 resource changed in git alone; igz-apply plan shows that.\n"
        "1 resource never applied, and different; igz-apply plan shows that.\n"
    )


def test_no_drift_is_one_line() -> None:
    assert told() == "No drift. Nobody changed on the cluster what igz-apply last applied.\n"


def of_others(holders: int, users: int) -> Unmanaged:
    holding = (ForeignAdministrator(address(f"User/h{n:02}"), ("Security Admin",), None) for n in range(holders))
    return Unmanaged(tuple(address(f"User/u{n:02}") for n in range(users)), (), tuple(holding))


def test_no_drift_is_qualified_by_who_has_access_by_no_manifest() -> None:
    member = ForeignMember(address("User/tim"), address("Project/churn"), "Editor")
    found = Unmanaged((address("User/tim"),), (member,), of_others(1, 0).administrators)
    assert render(drift_lines((), {}, "ci", found), colour=False) == (
        "Not in git, and left alone\n"
        "  ! User/h00 holds Security Admin\n"
        "  ! User/tim is Editor of Project/churn\n"
        "  = 1 User: tim\n"
        "\n"
        "No drift in what igz-apply last applied; 1 administrator and 1 member not in git, see above.\n"
    )


def test_what_was_not_looked_at_is_told_in_one_quiet_line_and_among_what_is_not_in_git() -> None:
    told = "  = Project not looked at: nothing declared or owned here has to do with it.\n\n"
    assert render(unmanaged_lines(Unmanaged(), 120, unread=("Project",)), colour=False) == told
    some = render(unmanaged_lines(of_others(1, 1), 120, unread=("Project",)), colour=False)
    assert some.startswith("Not in git, and left alone\n")
    assert some.endswith(told)
    narrow = render(unmanaged_lines(Unmanaged(), 40, unread=("Project",)), colour=False)
    assert max(map(len, narrow.splitlines())) <= 40


def test_what_is_not_in_git_is_capped_and_counted_unless_all_of_it_is_asked_for() -> None:
    some = render(unmanaged_lines(of_others(22, 12), 60), colour=False)
    assert [text for text in some.splitlines() if "h19" in text or "more" in text] == [
        "  ! User/h19 holds Security Admin",
        "  ! and 2 more",
        "             u09, and 2 more",
    ]
    whole = render(unmanaged_lines(of_others(22, 12), 60, is_whole=True), colour=False)
    assert "more" not in whole
    assert "h21" in whole
    assert "u11" in whole
    assert list(unmanaged_lines(Unmanaged(), 60)) == []


def test_a_job_that_is_waited_for_is_told_when_its_state_changes_and_now_and_then() -> None:
    stream = io.StringIO()
    times = iter([0.0, 1.0, 5.0, 40.0])
    with waiting(Sink(stream), "AppService/grafana", lambda: next(times)) as told:
        for _ in range(3):
            told(Job("77", "in_progress"))
    assert stream.getvalue() == (
        "   1.0s  AppService/grafana waits for job 77 (in_progress)\n"
        "    40s  AppService/grafana waits for job 77 (in_progress)\n"
    )
