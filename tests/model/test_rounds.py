"""One round of reconciling, once it is over."""

from __future__ import annotations

from igz_apply.model.rounds import Ending, Round
from tests.notifying.news_builders import a_round, healed, update


def test_what_was_made_is_what_was_applied() -> None:
    assert [str(address) for address in healed(update("User/ada")).healed] == ["User/ada"]
    assert healed(update("User/ada"), status="failed").healed == ()
    assert a_round("failed").healed == ()


def test_a_round_without_a_report_has_made_nothing() -> None:
    assert Round(1, "2026-11-30T15:00:00Z", 0.5, Ending.IN_SYNC).healed == ()


def test_what_did_not_come_to_its_work_puts_the_next_round_off() -> None:
    late = {ending for ending in Ending if ending.is_failure}
    assert late == {Ending.PARTLY, Ending.REFUSED, Ending.INVALID, Ending.FAILED}
