"""A fleet of which one lies, one is slow, one is dead and one has another's inventory: it stops where it should.

The rest is left alone, and every report accounts for each target. A handful of targets by default; `make torture`
(IGZ_TORTURE=whole) has 50, and prints what was seen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.fleet_world import DEAD, FOREIGN, LYING, SLOW, Fleet, Ran, ended, fleet

IS_WHOLE = os.environ.get("IGZ_TORTURE") == "whole"
pytestmark = [pytest.mark.full, pytest.mark.timeout(1800 if IS_WHOLE else 120)]

COUNT, WAVE, MOST_CHANGED = (50, 5, 20) if IS_WHOLE else (8, 2, 4)
PACE = {"canary": 1, "wave": WAVE}
FORMS = ("json", "md", "html", "svg", "xml")


def place(wave: int, number: int = 1) -> int:
    """Return which target of all, from 1, is that one of a wave after the canary, which is wave 1."""
    return 1 + (wave - 2) * WAVE + number


WRONG = {place(2, 2): SLOW, place(3): LYING, place(3, 2): FOREIGN, place(4, 2): DEAD}
STATUSES = {LYING: "partly_applied", FOREIGN: "refused", DEAD: "failed"}


@dataclass(frozen=True)
class Account:
    """How a run over all targets ended, and what its reports say."""

    ran: Ran
    data: Mapping[str, Any]
    texts: Mapping[str, str]

    @property
    def statuses(self) -> dict[str, str]:
        return {each["target"]: each["status"] for each in self.data["targets"]}

    @property
    def waves(self) -> list[list[str]]:
        return [wave["targets"] for wave in self.data["waves"]]

    def of(self, status: str) -> list[str]:
        return [name for name, each in self.statuses.items() if each == status]


def gone_through(clusters: Fleet, command: str, *options: str) -> Account:
    """Run a command over all targets and return its account, in which every report names each target."""
    told = [text for form in FORMS for text in ("--report", f"fleet.{form}")]
    ran = clusters.run(command, "--all-targets", "--retries", "1", *options, *told)
    texts = {form: (clusters.folder / f"fleet.{form}").read_text(encoding="utf-8") for form in FORMS}
    found = Account(ran, json.loads(texts["json"]), texts)
    assert found.data["exit_code"] == ran.code
    assert [each["target"] for each in found.data["targets"]] == clusters.names
    assert [name for wave in found.waves for name in wave] == clusters.names
    for form, text in {**texts, "text": ran.out}.items():
        assert [name for name in clusters.names if name not in text] == [], form
    assert "<svg" in texts["html"]
    return found


def check_untouched(clusters: Fleet, account: Account) -> None:
    """What was not started was never so much as asked; of the others each was, wave after wave."""
    left = set(account.of("not_started"))
    assert clusters.asked() == set(clusters.servers) - left
    assert clusters.written() == {*account.of("applied"), *account.of("partly_applied")}
    spans = [times(clusters, [name for name in wave if name in clusters.asked()]) for wave in account.waves]
    for earlier, later in pairwise([span for span in spans if span]):
        assert max(earlier) < min(later), "a wave began before the one before it had ended"


def times(clusters: Fleet, names: Sequence[str]) -> list[float]:
    """Return when clusters answered, in seconds of the date."""
    return [each["time"] for name in names for each in clusters.requests(name)]


def test_a_run_stops_after_the_wave_of_the_first_failure(tmp_path: Path) -> None:
    """The slow one is waited for, and what is in the wave of the one that lies comes to its own end."""
    with fleet(tmp_path, COUNT, characters=WRONG, pace=PACE) as clusters:
        seen = gone_through(clusters, "apply", "-y")
        assert seen.ran.code == 5
        assert seen.data["stop"]["cause"] == "failures"
        assert seen.data["stop"]["wave"] == 3
        assert seen.data["stop"]["targets"] == [clusters.named(LYING), clusters.named(FOREIGN)]
        assert seen.statuses == {
            name: STATUSES.get(clusters.characters.get(name, ""), "applied")
            if number <= place(3, WAVE)
            else "not_started"
            for number, name in enumerate(clusters.names, 1)
        }
        check_untouched(clusters, seen)
        print(f"\n{seen.data['verdict']} {seen.data['stop']['words']}")


def test_a_run_that_may_fail_more_often_goes_further_and_then_finishes_the_rest(tmp_path: Path) -> None:
    """Two of one wave fail together and are one too few; once mended, the same command finishes what is left."""
    with fleet(tmp_path, COUNT, characters=WRONG, pace={**PACE, "max_failures": 3}) as clusters:
        seen = gone_through(clusters, "apply", "-y")
        assert seen.ran.code == 5
        assert seen.data["stop"]["cause"] == "failures"
        assert seen.data["stop"]["wave"] == 4
        assert {name: seen.statuses[name] for name in clusters.characters} == {
            name: STATUSES.get(character, "applied") for name, character in clusters.characters.items()
        }
        assert len(seen.of("not_started")) == COUNT - place(4, WAVE)
        check_untouched(clusters, seen)
        print(f"\n{seen.data['verdict']} {seen.data['stop']['words']}")


def test_a_canary_that_fails_stops_all_others(tmp_path: Path) -> None:
    with fleet(tmp_path, COUNT, characters={1: LYING}, pace={**PACE, "max_failures": COUNT}) as clusters:
        seen = gone_through(clusters, "apply", "-y")
        assert seen.ran.code == 5
        assert (seen.data["stop"]["cause"], seen.data["stop"]["wave"]) == ("canary", 1)
        assert seen.data["stop"]["left"] == clusters.names[1:]
        assert seen.of("partly_applied") == clusters.names[:1]
        check_untouched(clusters, seen)
        print(f"\n{seen.data['verdict']} {seen.data['stop']['words']}")


def test_each_run_changes_as_many_as_it_may_and_the_next_one_goes_on(tmp_path: Path) -> None:
    most = MOST_CHANGED
    with fleet(tmp_path, COUNT, pace={**PACE, "max_changed": most}) as clusters:
        for done in range(0, COUNT, most):
            seen = gone_through(clusters, "apply", "-y")
            changed = clusters.names[done : done + most]
            left = clusters.names[done + most :]
            assert seen.of("applied") == changed
            assert seen.of("unchanged") == clusters.names[:done]
            assert seen.of("not_started") == left
            assert clusters.written() == set(clusters.names[: done + most])
            assert seen.ran.code == (5 if left else 0)
            assert (seen.data["stop"] or {"cause": None})["cause"] == ("changed" if left else None)
            print(f"\n{seen.data['verdict']} {(seen.data['stop'] or {}).get('words', '')}")


def test_a_plan_foretells_where_apply_stops(tmp_path: Path) -> None:
    """It looks at all, and sends nothing; of what only an apply can find out, as a lie, it knows nothing."""
    wrong = {number: character for number, character in WRONG.items() if character != LYING}
    with fleet(tmp_path, COUNT, characters=wrong, pace=PACE) as clusters:
        foretold = gone_through(clusters, "plan")
        assert clusters.asked() == set(clusters.servers)
        assert clusters.written() == set()
        assert foretold.ran.code == 4
        assert foretold.statuses == {
            name: STATUSES.get(clusters.characters.get(name, ""), "changes") for name in clusters.names
        }
        done = gone_through(clusters, "apply", "-y")
        parts = ("cause", "wave", "targets", "left")
        assert [foretold.data["stop"][part] for part in parts] == [done.data["stop"][part] for part in parts]
        assert done.of("not_started") == clusters.names[place(3, WAVE) :]
        print(f"\nforetold: {foretold.data['stop']['words']}\napplied: {done.data['stop']['words']}")


def single(clusters: Fleet, names: Sequence[str]) -> dict[str, int]:
    """Apply to each target by a process of its own, all at once, as a matrix of CI does; return the exit codes."""
    started = {name: clusters.start("apply", "-y", "--retries", "1", "--target", name) for name in names}
    return {name: ended(process).code for name, process in started.items()}


@pytest.mark.skipif(not IS_WHOLE, reason="it takes 10 s; tests/docs run the matrices of the templates")
@pytest.mark.parametrize("wrong", [WRONG, {}], ids=["some-wrong", "all-well"])
def test_a_matrix_of_single_runs_comes_to_the_same_end(tmp_path: Path, wrong: Mapping[int, str]) -> None:
    """The matrix is what `targets` prints; a wave of it is not begun when one before it has failed."""
    with (
        fleet(tmp_path / "fleet", COUNT, characters=wrong, pace=PACE) as one,
        fleet(tmp_path / "matrix", COUNT, characters=wrong, pace=PACE) as other,
    ):
        seen = gone_through(one, "apply", "-y")
        told = other.run("targets", "--format", "json")
        assert told.code == 0, told
        waves = [wave["targets"] for wave in json.loads(told.out)["waves"]]
        assert waves == seen.waves
        codes: dict[str, int | None] = dict.fromkeys(other.names)
        for wave in waves:
            codes |= single(other, wave)
            if any(codes[name] for name in wave):
                break
        assert codes == {each["target"]: each["exit_code"] for each in seen.data["targets"]}
        assert other.asked() == one.asked()
        for name in one.servers:
            assert one.state(name) == other.state(name), name
            assert said(one, name) == said(other, name)
        print(f"\n{sum(code is not None for code in codes.values())} single runs, {COUNT} targets: the same end")


def said(clusters: Fleet, name: str) -> dict[str, Any]:
    """Return what the inventory of a target says, without what is each cluster's own."""
    return {
        str(address): (dict(entry.values), sorted(entry.secrets), entry.is_pending)
        for address, entry in clusters.owned(name).entries.items()
    }
