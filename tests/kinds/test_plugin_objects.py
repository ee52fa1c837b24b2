"""What a plug-in's functions may do to us: their errors become ours, and nothing that they tell shows a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

import igz_apply
from igz_apply import Connection, Field, Kind, KindPlugin, PlaneError, Problem, Record
from igz_apply.errors import AnswerLost, Missing
from igz_apply.http.scrubbing import Scrubber
from igz_apply.plugins.objects import Objects
from igz_apply.plugins.offered import Offered


class OwnError(PlaneError):
    """A plug-in's own class, which is made otherwise than ours."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text, hint=f"look at {status} Kanary7")


class Gone(Missing):
    """Another."""

    def __init__(self) -> None:
        Exception.__init__(self, "it went")


class Mute(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def objects(read: Any = list, create: Any = None) -> Objects:
    def nothing(*_: object) -> Any:
        """Do nothing."""

    plugin = KindPlugin(
        kind=Kind("Quota", (Field("cpu"), Field("token", write_only=True))),
        schema={"properties": {"cpu": {}}},
        read=lambda _: read(),
        create=create or nothing,
        update=nothing,
        delete=nothing,
    )
    return Objects(Offered(plugin, "igz-quotas"), Connection("http://127.0.0.1:9"), Scrubber(["Kanary7"]))


def raising(error: BaseException) -> Any:
    def function(*_: object) -> str:
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "read", "written", "says"),
    [
        (SystemExit(0), PlaneError, AnswerLost, "SystemExit: 0"),
        (asyncio.CancelledError(), PlaneError, AnswerLost, "CancelledError"),
        (Mute(), PlaneError, AnswerLost, "Mute"),
        (igz_apply.InvalidInput([Problem("Odd", "x", "y")]), PlaneError, AnswerLost, "InvalidInput: Odd: x"),
        (KeyError("Kanary7"), PlaneError, AnswerLost, "KeyError: '***'"),
        (OwnError(3, "no Kanary7"), PlaneError, PlaneError, "create: no ***"),
        (Gone(), Missing, Missing, "it went"),
        (AnswerLost("it hung"), AnswerLost, AnswerLost, "it hung"),
    ],
)
def test_whatever_a_plug_in_raises_is_an_error_of_ours(
    error: BaseException, read: type[PlaneError], written: type[PlaneError], says: str
) -> None:
    with pytest.raises(PlaneError) as reading:
        objects(read=raising(error)).read()
    with pytest.raises(PlaneError) as writing:
        objects(create=raising(error)).create("a", {})
    assert (type(reading.value), type(writing.value)) == (read, written)
    told = f"{writing.value} {writing.value.hint}"
    assert (says in told, "igz-quotas" in told, "Kanary7" in told) == (True, True, False)


def test_ctrl_c_is_not_the_plug_in_s() -> None:
    with pytest.raises(KeyboardInterrupt):
        objects(read=raising(KeyboardInterrupt())).read()


def test_a_secret_that_a_plug_in_reads_back_is_left_out() -> None:
    told: Iterable[Mapping[str, Any]] = [{"cpu": (1, {"a": None}), "token": "Kanary7"}]
    (live,) = objects(read=lambda: [Record(name="a", id=7, spec=spec) for spec in told]).read()  # type: ignore[arg-type]
    assert (live.id, live.spec) == ("7", {"cpu": [1, {"a": None}]})


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"name": 5}, "whose name is no text"),
        ({"name": ""}, "whose name is no text"),
        ({"name": "a", "spec": None}, "TypeError"),
        ({"name": "a", "spec": {"cpu": object()}}, "a, cpu: what JSON cannot say (object)"),
        ({"name": "a", "spec": {"cpu": {"b": {1, 2}}}}, "a, cpu: what JSON cannot say (set)"),
        ({"name": "a", "spec": {"cpu": [float("nan")]}}, "a, cpu: what JSON cannot say (float)"),
        ({"name": "a", "spec": {"cpu": {1: 2}}}, "a, cpu: what JSON cannot say (dict)"),
    ],
)
def test_a_record_that_no_plan_could_hold_stops_the_reading(record: Mapping[str, Any], says: str) -> None:
    with pytest.raises(PlaneError, match="igz-quotas") as caught:
        objects(read=lambda: [Record(**record)]).read()
    assert says in str(caught.value)
