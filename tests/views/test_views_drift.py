from __future__ import annotations

import io

from views_builders import address

from igz_apply.core.changes import Action, FieldDiff, Origin
from igz_apply.core.drift import Drift, FieldDrift
from igz_apply.core.outcomes import Job
from igz_apply.views.drift_text import drift_lines
from igz_apply.views.lines import render
from igz_apply.views.sink import Sink
from igz_apply.views.waiting import waiting


def told(*drifts: Drift) -> str:
    return render(drift_lines(drifts, {}, "ci"), colour=False)


def test_a_field_that_both_sides_changed_shows_all_three_values() -> None:
    field = FieldDrift(FieldDiff("last_name", "Byron", "King", origin=Origin.BOTH), applied="Lovelace")
    assert told(Drift(address("User/ada"), Action.UPDATE, (field,), Origin.BOTH)) == (
        "~ User/ada\n"
        "    last_name  Lovelace was applied, the cluster has Byron\n"
        "               git now says King\n"
        "\n"
        "Drift: 1 resource changed on the cluster.\n"
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
