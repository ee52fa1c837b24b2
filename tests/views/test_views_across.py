"""The drift of both sides of a move as people read it: what was applied, and what each side has now."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.planning.across import Across, Side, Unseen
from igz_apply.views.across_text import across_lines
from igz_apply.views.cells import cells
from igz_apply.views.lines import render
from tests.reports.reports_builders import at

PEOPLE = [f"user-{number:04}@example.com" for number in range(1_000)]


def told(*found: Across, width: int | None = None, unseen: tuple[Unseen, Unseen] = (Unseen(), Unseen())) -> str:
    return render(list(across_lines(found, "old", "new", unseen, width)), colour=False)


def change(side: Side = Side.APART, **more: Any) -> Across:
    return Across(side, at("Project/churn"), **{"path": "description", "was": "a", "old": "b", "new": "c", **more})


def test_what_was_not_seen_is_not_told_as_if_nobody_had_changed_it() -> None:
    assert told() == "No drift. Nobody changed on old or new what was last applied.\n"
    old = Unseen(not_visible={at("User/ada"): "403"}, unknown={at("User/bob"): ("email",)})
    new = Unseen(partial={"Group": "403"})
    assert told(unseen=(old, new)) == (
        "! User/ada is not visible on old: 403\n"
        "! old: User/bob: the cluster does not say what `email` is; it is neither compared nor changed\n"
        "! not every Group of new is seen: 403\n"
        "No drift in what may be seen; on old, 1 resource not seen, and 1 resource not seen in full; "
        "on new, not every Group is seen.\n"
    )
    both = told(change(Side.OLD), unseen=(Unseen(), new))
    assert both.endswith(
        "! not every Group of new is seen: 403\n"
        "Drift: 1 change; 1 on the old side alone, 0 on the new side alone, 0 on both to the same, "
        "0 on both and not to the same.\n"
    )


@pytest.mark.parametrize(
    ("side", "said"),
    [
        (Side.OLD, "a was applied, old has b"),
        (Side.NEW, "a was applied, new has c"),
        (Side.ALIKE, "a was applied, old has b, new has c"),
        (Side.APART, "a was applied, old has b, new has c"),
    ],
)
def test_each_side_is_told_that_was_changed(side: Side, said: str) -> None:
    assert f"    description  {said}\n" in told(change(side))
    assert f"    description  {said}; it does not go along\n" in told(change(side, stays=True))


def test_what_is_about_the_whole_is_told_on_the_line_of_its_name() -> None:
    each = Across(Side.OLD, at("User/ada@x.test"), old_address=at("User/ada"), note="it is gone", stays=True)
    assert "~ User/ada@x.test (User/ada)  it is gone  does not go along\n" in told(each)


def test_what_is_too_wide_stands_on_lines_of_its_own() -> None:
    text = told(change(was="w" * 30, old=("o " * 60).strip(), new="n" * 30, stays=True), width=80)
    assert max(map(cells, text.splitlines())) <= 80
    assert "    description\n      " + "w" * 30 + " was applied\n      old has o o" in text
    assert "\n      new has " + "n" * 30 + "\n      it does not go along\n" in text


def test_of_a_long_list_only_what_changed_is_told() -> None:
    less = [it for it in PEOPLE if it != PEOPLE[3]]
    text = told(change(path="users", was=PEOPLE, old=less, new=[*less, "eve"]))
    assert text.split("\n")[2] == (
        f"    users  1,000 items were applied, old lacks [{PEOPLE[3]}], new lacks [{PEOPLE[3]}] and has [eve] besides"
    )
    assert "new has [eve] besides" in told(change(Side.NEW, path="users", was=PEOPLE, new=[*PEOPLE, "eve"]))
    assert "old has (none)" not in told(change(Side.OLD, was=PEOPLE, old=PEOPLE[::-1]))
    assert PEOPLE[500] in told(change(Side.OLD, was=PEOPLE, old=PEOPLE[::-1]))
    assert "1,000 items were applied, old has all" in told(change(Side.OLD, was=PEOPLE, old="all"))


def test_where_nothing_was_changed_that_is_said() -> None:
    assert told() == "No drift. Nobody changed on old or new what was last applied.\n"
