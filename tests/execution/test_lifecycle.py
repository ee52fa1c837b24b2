"""The table of a step's life: every pair is stated or a defect, and every path comes to an end."""

from __future__ import annotations

import pytest

from igz_apply.execution.lifecycle import STATUSES, TABLE, Command, Move, Phase, StepEvent, Unstated, next_move

LIVE = [phase for phase in Phase if not phase.is_end]
PAIRS = [(phase, event) for phase in Phase for event in StepEvent]
BOUNDED = (Command.WAIT, Command.PAUSE, Command.STAY)  # by the clock, by the number of sends; not by the table


def path(*events: StepEvent, start: Phase = Phase.SENDING) -> list[Phase]:
    found = [start]
    for event in events:
        found.append(next_move(found[-1], event).phase)
    return found


@pytest.mark.parametrize(("phase", "event"), PAIRS, ids=lambda it: it.name)
def test_each_pair_is_stated_or_raises(phase: Phase, event: StepEvent) -> None:
    stated = TABLE.get(phase, {}).get(event)
    if stated is None:
        with pytest.raises(Unstated, match=f"{event.name} in {phase.name}"):
            next_move(phase, event)
        return
    move = next_move(phase, event)
    assert move == stated
    assert not phase.is_end
    assert move.phase.is_end == (move.command is Command.END)
    allowed = {
        Command.SEND: [Phase.SENDING],
        Command.PAUSE: [Phase.TURN],
        Command.ASK: [Phase.JUDGING],
        Command.STAY: [phase],
        Command.LOOK_SOON: [Phase.READY],
        Command.LOOK_LATER: [Phase.JOB, Phase.READY],
    }
    assert move.phase in allowed.get(move.command, Phase)


def test_how_many_pairs_can_happen_is_known() -> None:
    """Who states one more, or one less, has to say so here too."""
    assert {phase.name: len(events) for phase, events in TABLE.items()} == {
        "SENDING": 13,
        "CHECKING": 14,
        "TURN": 10,
        "JOB": 13,
        "JUDGING": 7,
        "READY": 11,
    }


def test_each_phase_and_each_event_has_its_use() -> None:
    assert set(TABLE) == set(LIVE)
    assert {event for events in TABLE.values() for event in events} == set(StepEvent)
    reached = {move.phase for events in TABLE.values() for move in events.values()}
    assert reached == set(Phase)
    assert {move.command for events in TABLE.values() for move in events.values()} == set(Command)
    assert {*STATUSES, Phase.DONE} == set(Phase) - set(LIVE)


def test_the_end_of_everything_comes_to_every_phase() -> None:
    for phase in LIVE:
        assert next_move(phase, StepEvent.CLOSED) == Move(phase, Command.STAY)
        assert next_move(phase, StepEvent.DEFECT) == Move(Phase.UNKNOWN, Command.END)


def test_only_what_was_certainly_not_sent_is_taken_back() -> None:
    taken_back = [phase for phase in LIVE if StepEvent.CLOSED_UNSENT in TABLE[phase]]
    assert taken_back == [Phase.TURN, Phase.READY]  # the latter of a step that makes no call
    assert {TABLE[phase][StepEvent.CLOSED_UNSENT].phase for phase in taken_back} == {Phase.CANCELLED}


def test_what_is_waited_for_can_come_too_late() -> None:
    waits = {move.phase for events in TABLE.values() for move in events.values() if move.command is Command.WAIT}
    assert all(StepEvent.LATE in TABLE[phase] and StepEvent.DUE in TABLE[phase] for phase in waits)


def test_after_a_lost_answer_nothing_is_sent_before_it_was_looked_for() -> None:
    e = StepEvent
    assert next_move(Phase.SENDING, e.LOST) == Move(Phase.CHECKING, Command.LOOK)
    assert path(e.LOST, e.NOT_HAPPENED, e.PAUSE_OVER) == [Phase.SENDING, Phase.CHECKING, Phase.TURN, Phase.SENDING]
    assert path(e.LOST, e.JOB_BEGUN, e.JOB_OVER) == [Phase.SENDING, Phase.CHECKING, Phase.JOB, Phase.DONE]
    assert path(e.LOST, e.TAKEN)[-1] is Phase.REFUSED
    assert path(e.LOST, e.UNSURE)[-1] is Phase.UNKNOWN
    assert path(e.LOST, e.LATE)[-1] is Phase.UNKNOWN
    sends = {(phase, event) for phase, events in TABLE.items() for event in events if _sends(phase, event)}
    assert sends == {(Phase.TURN, e.PAUSE_OVER), (Phase.TURN, e.OBSTACLE_GONE)}


def _sends(phase: Phase, event: StepEvent) -> bool:
    return next_move(phase, event).command is Command.SEND


def test_no_path_comes_back_to_where_it_was_but_by_what_is_bounded() -> None:
    onward = {
        phase: [
            move.phase for event, move in TABLE[phase].items() if move.command not in BOUNDED and not _is_time(event)
        ]
        for phase in LIVE
    }
    done: list[Phase] = []

    def go(phase: Phase, trail: tuple[Phase, ...]) -> None:
        assert phase not in trail, [*trail, phase]
        for following in onward.get(phase, ()):
            go(following, (*trail, phase))
        done.append(phase)

    for phase in LIVE:
        go(phase, ())
    assert set(done) == set(Phase) - {Phase.TIMED_OUT}


def _is_time(event: StepEvent) -> bool:
    """Whether it only comes after a wait."""
    return event in (StepEvent.DUE, StepEvent.LATE, StepEvent.LATE_UNSENT)


def test_what_has_changed_nothing_for_sure_is_an_end() -> None:
    untouched = [phase for phase in Phase if phase.is_untouched]
    assert untouched == [Phase.REFUSED, Phase.CONFLICT, Phase.CANCELLED]
    assert all(phase.is_end for phase in untouched)
