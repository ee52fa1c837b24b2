"""What messages say: names and values made safe, no secret, what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.model.addresses import Source
from igz_apply.model.changes import FieldDiff, Plan
from igz_apply.model.news import ChangeNews, Fate, FieldNews, News, Topic
from igz_apply.model.problems import Problem
from igz_apply.model.rounds import Cause, HeldBack, Revision, Round
from igz_apply.wording import news_words as words
from igz_apply.wording.diff_lines import value_text
from igz_apply.wording.news_words import MOST_CHANGES, MOST_FIELDS, MOST_PROBLEMS, Place, about, trial_of
from tests.notifying.news_builders import CALLER, PLACE, a_round, change, drifted, healed, news, update

ADA, BOB = update("User/ada"), update("User/bob")


def titled(topic: Topic, of: Round) -> str:
    return about(topic, news(of)).title


def test_a_title_says_where_and_what() -> None:
    assert titled(Topic.DRIFT, drifted(ADA)) == "prod: 1 resource differs"
    assert titled(Topic.DRIFT, drifted(ADA, BOB)) == "prod: 2 resources differ"
    assert titled(Topic.HEALED, healed(ADA)) == "prod: 1 resource healed"
    assert titled(Topic.HEALED, healed(ADA, left=(BOB,))) == "prod: 1 resource healed, 1 left"
    assert titled(Topic.OVER, a_round()) == "prod: nothing differs any more"
    assert titled(Topic.OVER, drifted(ADA)) == "prod: rounds work again; 1 resource differs still"
    assert titled(Topic.IN_SYNC, a_round()) == "prod: nothing differs"
    assert titled(Topic.FAILURE, a_round("invalid")) == "prod: the manifests are not to be used"
    assert titled(Topic.FAILURE, a_round("failed")) == "prod: reconciling failed"
    assert titled(Topic.FAILURE, healed(ADA, status="failed")) == "prod: not all could be healed"
    assert titled(Topic.FAILURE, a_round("refused")) == "prod: the changes were refused"


def test_without_a_target_the_cluster_says_where() -> None:
    assert about(Topic.DRIFT, news(drifted(ADA), Place())).title == f"{CALLER.endpoint}: 1 resource differs"
    assert about(Topic.FAILURE, news(a_round("failed"), Place())).title == "reconciling failed"


def test_a_difference_says_what_it_is_and_why_it_is_left() -> None:
    source = Source("manifests/users.yaml", 3, 1)
    from tests.builders import user

    stated = replace(ADA, desired=replace(user("ada", email="new"), source=source))
    (found,) = news(drifted(stated)).changes
    assert found == ChangeNews(
        "User/ada",
        "update",
        Fate.HELD,
        "mode",
        "User is only told of",
        "",
        "manifests/users.yaml:3",
        (FieldNews("email", ("- email: old", "+ email: new")),),
    )
    assert words.change_title(found) == "differs; left: User is only told of"
    assert list(words.change_lines(found)) == ["- email: old", "+ email: new"]


def test_what_is_missing_or_goes_is_told_without_its_fields() -> None:
    made = change("create", "User/eve", FieldDiff(("email",), None, "e@x.org"))
    found = news(drifted(made, change("delete", "User/bob"))).changes
    assert [words.change_title(it) for it in found] == [
        "is missing; left: User is only told of",
        "is there, and should not be; left: User is only told of",
    ]
    assert not any(it.fields for it in found)


def test_a_failure_says_how_and_a_rail_its_code() -> None:
    (failed,) = news(healed(ADA, status="failed")).changes
    assert words.change_title(failed) == "differs; not healed: 503 (PUT /api/users/7, ctx 12ab)"
    (held,) = news(drifted(ADA, why=HeldBack(Cause.RAIL, "too many", "IGZ-616"))).changes
    assert words.change_title(held) == "differs; left: too many [IGZ-616]"
    (timed,) = news(replace(healed(ADA, status="timed_out"))).changes
    assert "503" in timed.why
    restarted = ChangeNews("AppService/x", "restart", Fate.HEALED)
    assert words.change_title(restarted) == "restart; healed"


def test_a_secret_is_told_by_words() -> None:
    secret = change("update", "User/ada", FieldDiff(("password",), "set", "another one", sensitive=True))
    (found,) = news(drifted(secret)).changes
    assert found.fields == (FieldNews("password", ("~ password: set → another one",), is_sensitive=True),)


def test_a_value_that_is_not_there_is_said_to_be_unset() -> None:
    assert value_text(None, 9) == "(unset)"
    assert value_text("x" * 12, 9) == f"{'x' * 9}… (3 more characters)"


def test_there_is_room_for_the_first_of_everything() -> None:
    many = [update(f"User/u{n:02}") for n in range(MOST_CHANGES + 3)]
    wide = replace(ADA, diff=tuple(FieldDiff((f"f{n}",), None, n) for n in range(MOST_FIELDS + 2)))
    found = news(drifted(wide, *many))
    assert (len(found.changes), found.more_changes, found.changes[0].more_fields) == (MOST_CHANGES, 4, 2)
    assert list(words.change_lines(found.changes[0]))[-1] == "and 2 fields more"
    long = news(drifted(update("User/ada", "groups", before=[f"g{n}" for n in range(30)], after=[])))
    assert long.changes[0].fields[0].lines[-1] == "  and 24 more of it"
    problems = tuple(Problem("Two roles", f"d{n}") for n in range(MOST_PROBLEMS + 1))
    assert news(a_round("invalid", problems=problems)).more_problems == 1


def test_what_cannot_be_printed_is_spelled_out_and_what_is_long_is_cut() -> None:
    found = news(drifted(update("User/a\u202ed\na", before="x\x1b[31m" + "y" * 500)))
    assert found.changes[0].address == "User/a\\u202ed\\na"
    assert "\x1b" not in found.changes[0].fields[0].lines[0]
    assert len(found.changes[0].fields[0].lines[0]) < 200
    assert len(news(a_round("failed", error="e" * 5000)).error) == 600


def test_counts_are_of_all_that_differs() -> None:
    found = news(healed(ADA, left=(change("delete", "User/bob"), change("create", "User/eve"))))
    assert dict(found.counts) == {"healed": 1, "held": 2, "failed": 0, "create": 1, "update": 1, "delete": 1}


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (drifted(ADA), "igz-apply accept"),
        (drifted(ADA, why=HeldBack(Cause.FLAPPING, "ada writes it")), "who else writes it"),
        (drifted(ADA, why=HeldBack(Cause.RAIL, "", "IGZ-616")), "It takes a person"),
        (healed(ADA), "igz-apply undo 20261130-150000-7 --out undo.json"),
    ],
)
def test_it_says_what_to_do_next(of: Round, said: str) -> None:
    assert said in " ".join(about(Topic.DRIFT, news(of)).next_steps)


def test_a_failure_says_what_its_problems_say() -> None:
    problem = Problem("Two roles", "d", "Leave one out.", source=Source("manifests/p.yaml", 3, 1))
    found = about(Topic.FAILURE, news(a_round("invalid", problems=(problem, problem))))
    assert found.next_steps[0] == "Leave one out."
    assert len(found.next_steps) == 2, "the same is said once"
    assert (found.problems[0].code, found.problems[0].place) == (problem.code, "manifests/p.yaml:3")
    assert about(Topic.OVER, news(a_round())).next_steps == ()


def test_a_place_in_a_checkout_is_one_in_the_repository() -> None:
    source = Source("/cache/checkouts/4f0c2d9e8b7a/manifests/p.yaml", 3, 1)
    of = a_round("invalid", problems=(Problem("Two roles", "d", source=source),))
    assert news(of).problems[0].place == "manifests/p.yaml:3"
    assert news(replace(of, revision=Revision())).problems[0].place == f"{source.path}:3"


def test_only_what_was_healed_has_a_way_back() -> None:
    assert news(healed(ADA)).undo
    assert not news(healed(ADA, status="failed")).undo


def test_links_are_addresses_of_the_web_alone() -> None:
    place = Place(
        "prod", "embedded", {"job": "javascript:alert(1)", "commit": "https://x.org/\u202ec", "ci": "https://c"}
    )
    found = news(a_round("failed", plan=None), place)
    assert dict(found.links) == {"ci": "https://c"}
    assert dict(news(drifted(ADA)).links) == {"job": "https://ci.example.com/job/7", "cluster": CALLER.endpoint}


def test_facts_stand_below_a_title() -> None:
    found = news(replace(healed(ADA), failures_in_a_row=3, revision=Revision("4f0c2d9e8b7a6655", "main", "ada", True)))
    assert dict(words.facts_of(found)) == {
        "target": f"prod at {CALLER.endpoint}",
        "ending": "healed",
        "commit": "4f0c2d9e8b of main, signed by ada, with changes that no commit has",
        "round": "1, begun 2026-11-30T15:00:00Z",
        "failures in a row": "3",
        "run": "20261130-150000-7",
    }
    assert dict(words.facts_of(news(a_round("failed", plan=None, revision=Revision("4f")), Place()))) == {
        "ending": "failed",
        "commit": "4f",
        "round": "1, begun 2026-11-30T15:00:00Z",
    }


def test_a_trial_says_that_nothing_has_happened() -> None:
    found = trial_of(PLACE)
    assert found.title == "prod: a trial message of igz-apply: all is well here"
    assert list(words.facts_of(found)) == [("target", f"prod at {CALLER.endpoint}")]
    assert not found.next_steps


def test_a_plan_without_an_address_is_of_the_place() -> None:
    empty = replace(CALLER, endpoint="")
    assert news(a_round(plan=Plan((), empty))).cluster == PLACE.cluster
    assert isinstance(news(a_round()), News)
