"""A job as the platform tells it, and how long it ran."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.job_states import end_told, job_seen
from igz_apply.ports import Ended, Running, Unknown

BEGUN = "2023-11-13T14:50:02.992000+00:00"


def body(**attributes: Any) -> dict[str, Any]:
    return {"type": "job", "id": "7", "attributes": attributes}


@pytest.mark.parametrize(
    ("created", "updated", "seconds"),
    [
        (BEGUN, "2023-11-13T14:50:05.492000+00:00", 2.5),
        ("2023-11-13T14:50:02Z", "2023-11-13T16:50:03+02:00", 1.0),
        (BEGUN, BEGUN, None),
        (BEGUN, "2023-11-13T14:50:01.000000+00:00", None),
        (BEGUN, "0000-00-00T00:00:00.000000+00:00", None),
        (BEGUN, "2023-11-13T14:50:05.492000", None),
        (BEGUN, None, None),
        (17, 19, None),
    ],
)
def test_how_long_a_job_ran_is_said_only_where_the_platform_says_it(
    created: Any, updated: Any, seconds: float | None
) -> None:
    seen = job_seen("7", body(state="completed", created_at=created, updated_at=updated))
    assert seen == Ended(True, "completed", seconds)


def test_a_job_that_runs_has_no_length_and_says_what_it_does() -> None:
    times = {"created_at": BEGUN, "updated_at": "2023-11-13T14:50:05.492000+00:00"}
    assert job_seen("7", body(state="in_progress", result="Creating", **times)) == Running("in_progress", "Creating")
    assert job_seen("7", body(**times)) == Running("")


def test_one_that_failed_says_why_or_that_it_gave_no_reason() -> None:
    assert job_seen("7", body(state="failed", result="no room")) == Ended(False, "failed: no room")
    silent = job_seen("7", body(state="failed", result=""))
    assert isinstance(silent, Ended)
    assert silent.words.startswith("failed: ")


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ("completed", Ended(True, "completed")),
        ("canceled", Ended(False, "canceled: the platform gave no reason")),
        ("created", Running("created")),
        ("republishing", Running("republishing")),
        ("a state of a later version", Running("a state of a later version")),
    ],
)
def test_a_job_has_ended_in_the_states_that_are_known_to_be_the_last(state: str, seen: Ended | Running) -> None:
    assert job_seen("7", body(state=state)) == seen


def test_a_job_that_the_cluster_has_forgotten_is_told_from_one_that_failed() -> None:
    assert end_told("7", Unknown()) == "its job 7 vanished"
    assert end_told("7", Ended(False, "failed: no room")) == "its job 7 failed: no room"


@pytest.mark.parametrize("body", [None, [], {}, {"attributes": None}])
def test_what_is_no_job_is_an_error(body: Any) -> None:
    with pytest.raises(PlaneError, match="without a job"):
        job_seen("7", body)
