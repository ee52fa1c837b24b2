from __future__ import annotations

from igz_apply.iguazio3.browser import BROWSER
from igz_apply.iguazio3.browsing import LISTINGS, STARTS
from igz_apply.iguazio3.kinds import KINDS


def test_all_that_can_be_read_is_listed_somehow() -> None:
    assert {*LISTINGS, *BROWSER.whole} == set(BROWSER.kinds)
    assert BROWSER.jobs in LISTINGS


def test_all_that_is_managed_can_be_read() -> None:
    assert {kind.name for kind in KINDS} <= set(BROWSER.kinds)


def test_help_names_all_that_can_be_read() -> None:
    assert [kind for kind in BROWSER.kinds if kind not in BROWSER.about] == []


def test_every_operation_can_be_started_and_no_other() -> None:
    assert set(STARTS) == {operation.name for operation in BROWSER.operations}
