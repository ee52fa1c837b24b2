"""A job as the platform tells it, and how long it ran."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.jobs import job_of
from igz_apply.model.outcomes import Job

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
    assert job_of("7", body(state="completed", created_at=created, updated_at=updated)) == Job(
        "7", "completed", seconds=seconds
    )


def test_a_job_that_runs_has_no_length_and_says_what_it_does() -> None:
    times = {"created_at": BEGUN, "updated_at": "2023-11-13T14:50:05.492000+00:00"}
    assert job_of("7", body(state="in_progress", result="Creating", **times)) == Job("7", "in_progress", "Creating")
    assert job_of("7", body(**times)) == Job("7", "")


def test_one_that_failed_says_why_or_that_it_gave_no_reason() -> None:
    assert job_of("7", body(state="failed", result="no room")).message == "no room"
    assert job_of("7", body(state="failed", result="")).message != ""


@pytest.mark.parametrize("body", [None, [], {}, {"attributes": None}])
def test_what_is_no_job_is_an_error(body: Any) -> None:
    with pytest.raises(PlaneError, match="without a job"):
        job_of("7", body)
