"""Each shape of a message keeps to the limits of whoever shows it, and no name in it is anything but a name."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.local.package_data import load_schema
from igz_apply.model.news import News, Topic
from igz_apply.model.problems import Problem
from igz_apply.model.reconciling import Shape
from igz_apply.model.rounds import Cause, HeldBack, Round
from igz_apply.notifying.delivery import body_of
from igz_apply.notifying.json_shape import json_message
from igz_apply.notifying.slack import LONGEST_SECTION, MOST_BLOCKS, slack_message
from igz_apply.notifying.teams import MOST_BYTES, teams_message
from igz_apply.wording.news_words import Place, about, trial_of
from tests.notifying.news_builders import PLACE, a_round, change, drifted, healed, news, update
from tests.reports.reports_builders import NASTY

SCHEMA = dict(load_schema("notification"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
MENTIONS = "<!channel> <@U024BE7LH> <https://evil.example|click> <!subteam^S1> &lt; @here `code` *bold* ```"
ADA, BOB = update("User/ada"), change("create", "User/bob")

ROUNDS: dict[str, tuple[Topic, Round]] = {
    "drift": (Topic.DRIFT, drifted(ADA, BOB)),
    "healed": (Topic.HEALED, healed(ADA, left=(BOB,))),
    "partly": (Topic.FAILURE, healed(ADA, status="failed")),
    "invalid": (Topic.FAILURE, a_round("invalid", problems=(Problem("Two roles", "d", "h"),))),
    "failed": (Topic.FAILURE, a_round("failed", error="no connection", next_in=None)),
    "over": (Topic.OVER, a_round()),
}


def message(name: str) -> News:
    topic, of = ROUNDS[name]
    return about(topic, news(of))


def hostile(text: str, many: int = 12) -> News:
    """A message in which every text that people write is `text`."""
    changes = [update(f"User/{text}{n}", text or "x", before=text, after=[text] * 9) for n in range(many)]
    held = HeldBack(Cause.FLAPPING, text, "IGZ-1")
    problems = tuple(Problem(text or "x", text, text) for _ in range(7))
    return about(Topic.DRIFT, news(drifted(*changes, why=held, problems=problems, error=text), Place(text, text)))


def texts(of: Any) -> list[str]:
    if isinstance(of, str):
        return [of]
    inner = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    return [text for each in inner for text in texts(each)]


def runs(card: Any) -> list[str]:
    return [run["text"] for block in card["body"] for run in block["inlines"]]


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("name", ROUNDS)
def test_json_is_as_the_schema_says(name: str) -> None:
    data = json_message(message(name))
    VALIDATOR.validate(data)
    assert list(data) == SCHEMA["required"]


def test_json_of_a_trial_and_of_hostile_names_is_as_the_schema_says() -> None:
    for each in (trial_of(PLACE), hostile(NASTY), hostile(MENTIONS)):
        VALIDATOR.validate(json.loads(body_of(each, Shape.JSON)))


def test_slack_says_what_differs_and_what_to_do_next() -> None:
    blocks = slack_message(message("drift"))["blocks"]
    assert blocks[0]["text"]["text"] == ":large_orange_circle: prod: 2 resources differ"
    assert blocks[1]["elements"][0]["text"].splitlines()[:2] == [
        "*target* `prod at https://dashboard.example.com`",
        "*ending* `drifted`",
    ]
    assert blocks[2]["text"]["text"] == (
        "*`User/ada`* differs; left: User is only told of\n```\n- email: old\n+ email: new\n```\n"
        "*`User/bob`* is missing; left: User is only told of"
    )
    assert "igz-apply accept" in blocks[3]["text"]["text"]
    assert blocks[4]["elements"][0]["text"].startswith("<https://ci.example.com/job/7|job>")


def test_slack_knows_no_mention_and_no_link_but_ours() -> None:
    message_ = slack_message(hostile(MENTIONS))
    for text in [*texts(message_["blocks"]), message_["text"]]:
        assert not re.search(r"<[!@#]", text), text
        assert "<https://evil" not in text
    for block in message_["blocks"]:
        for part in [block.get("text"), *block.get("elements", ())]:
            assert part is None or part["type"] == "plain_text" or part["verbatim"]


def test_a_fence_in_a_value_does_not_end_the_one_around_it() -> None:
    found = about(Topic.DRIFT, news(drifted(update("User/ada", before="```\n<!here>"))))
    section = slack_message(found)["blocks"][2]["text"]["text"]
    assert section.count("```") == 2
    assert "&lt;!here&gt;" in section


def assert_within_limits(found: News) -> None:
    said = slack_message(found)
    blocks = said["blocks"]
    assert len(blocks) <= MOST_BLOCKS
    for block in blocks:
        if block["type"] == "header":
            assert 0 < len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= LONGEST_SECTION
        else:
            assert 0 < len(block["elements"]) <= 10
            assert all(0 < len(each["text"]) <= LONGEST_SECTION for each in block["elements"])
    assert len(body_of(found, Shape.TEAMS)) <= MOST_BYTES
    assert all("\n" not in run for run in runs(_card(found)))


def _card(found: News) -> Any:
    return teams_message(found)["attachments"][0]["content"]


@pytest.mark.parametrize("text", [*(each * 3000 for each in "&<é`\n\U0001f600"), NASTY, ""])
def test_no_text_breaks_a_limit(text: str) -> None:
    assert_within_limits(hostile(text))


@given(st.text(max_size=300), st.integers(0, 20))
def test_no_names_break_a_limit(text: str, many: int) -> None:
    found = hostile(text, many)
    assert_within_limits(found)
    VALIDATOR.validate(json_message(found))


def test_what_has_no_room_is_said_to_have_none() -> None:
    wide = [update(f"User/u{n}", before=["\U0001f600" * 100 for _ in range(9)], after=[]) for n in range(12)]
    found = about(Topic.DRIFT, news(drifted(*wide)))
    assert "and more, for which there is no room here" in runs(_card(found))
    many = about(Topic.DRIFT, news(drifted(*(update(f"User/u{n:02}", before="<" * 900) for n in range(12)))))
    assert_within_limits(many)


def test_teams_gets_an_adaptive_card_of_plain_runs() -> None:
    sent = teams_message(message("healed"))
    assert sent["type"] == "message"
    (attachment,) = sent["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert runs(card)[0] == "prod: 1 resource healed, 1 left"
    assert card["actions"][0] == {"type": "Action.OpenUrl", "title": "job", "url": "https://ci.example.com/job/7"}


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("shape", Shape)
def test_every_shape_says_the_title(shape: Shape, name: str) -> None:
    found = message(name)
    assert found.title in json.dumps(json.loads(body_of(found, shape)), ensure_ascii=False)
