"""How a target of a run over several may end."""

from __future__ import annotations

from igz_apply.model.fleets import TargetStatus


def test_an_end_is_well_or_bad_or_comes_of_a_stop() -> None:
    assert {it for it in TargetStatus if it.is_well} == {
        TargetStatus.UNCHANGED,
        TargetStatus.CHANGES,
        TargetStatus.APPLIED,
    }
    assert {it for it in TargetStatus if not it.is_well and not it.is_bad} == {
        TargetStatus.INTERRUPTED,
        TargetStatus.NOT_STARTED,
    }
    assert not any(it.is_well and it.is_bad for it in TargetStatus)
    assert TargetStatus.NOT_STARTED.words == "not started"
