"""What asks about access and references sends nothing that writes, whoever asks and whatever it is about."""

from __future__ import annotations

import pytest
from wire_site import Site


@pytest.mark.parametrize(
    "line",
    [
        "access",
        "access User/ada Group/ds Project/churn -o json",
        "access --path manifests",
        "access --plan later.plan",
        "refs User/ada",
        "refs User/admin -o csv",
        "refs AppService/notebook",
    ],
)
def test_a_question_writes_nothing(applied: Site, line: str) -> None:
    applied.run("plan", "--out", "later.plan")
    assert applied.writes(lambda: applied.run(*line.split())) == []
