"""The reports of a move: every object and standing in each form, what counts first, nothing that hostile names do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest

from igz_apply.manifests.schemas import form_schema
from igz_apply.model.migration import Migration
from igz_apply.planning.migration_account import Turn, address_of, turn_of, turns_of
from igz_apply.reports.comment_layout import MAX_LENGTH
from igz_apply.reports.migration_html import migration_html
from igz_apply.reports.migration_json import migration_document, migration_json
from igz_apply.reports.migration_markdown import migration_markdown
from igz_apply.wording.printable import printable
from tests.reports.migration_builders import (
    COLLISION,
    UNMAPPED,
    carried,
    field_lost,
    hostile_move,
    large_move,
    lower,
    moved,
    usual_move,
    whole_move,
)
from tests.reports.reports_builders import at

SCHEMA = jsonschema_rs.validator_for(dict(form_schema("migration")))
MOVES = {
    "usual": usual_move(),
    "whole": whole_move(),
    "hostile": hostile_move(),
    "large": large_move(40, 5),
    "none": moved(),
}


def document(of: Migration) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(migration_json(of))
    return found


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_json_is_what_its_schema_says_and_adds_up(move: Migration) -> None:
    data = document(move)
    SCHEMA.validate(data)
    assert data == json.loads(json.dumps(migration_document(move)))
    assert len(data["objects"]) == len(move.objects)
    assert sum(sum(each.values()) for each in data["counts"]["objects"].values()) == len(move.objects)
    roles = [it for it in data["standings"] if it["project"]]
    assert sum(data["counts"]["roles"].values()) == len(roles)
    assert sum(data["counts"]["policies"].values()) == len(data["standings"]) - len(roles)


def test_json_tells_an_object_and_its_fields_whole() -> None:
    (found,) = [each for each in document(usual_move())["objects"] if each["old"] == "Project/churn"]
    assert (found["new"], found["fate"]) == ("Project/churn", "changed")
    assert found["fields"][0] == {
        "path": "owner",
        "fate": "changed",
        "why": "the mapping says so",
        "section": "9.3",
        "mark": "[UI]",
        "before": "bob",
        "after": "ada@corp.test",
    }


def test_json_names_what_nobody_asked_for() -> None:
    assert document(usual_move())["decisions"] == {
        "kinds_lost": ["AppService"],
        "objects_lost": ["Group/all_users"],
        "unmapped_policies": ["Data"],
    }


def test_the_schema_refuses_what_the_report_is_not() -> None:
    data = document(usual_move())
    assert not SCHEMA.is_valid({**data, "objects": [{**data["objects"][0], "fate": "gone"}]})
    assert not SCHEMA.is_valid({**data, "standings": [{**data["standings"][0], "turn": "sideways"}]})
    for key in data:
        assert not SCHEMA.is_valid({name: value for name, value in data.items() if name != key}), key


# Markdown


def comment(of: Migration) -> str:
    return migration_markdown(of).decode("utf-8")


def test_markdown_says_first_what_it_comes_to_then_what_has_to_be_decided_and_then_the_numbers() -> None:
    text = comment(usual_move(problems=(COLLISION, UNMAPPED)))
    assert text.splitlines()[2] == "### igz-apply: Not to be written: 1 error"
    parts = (
        "**1 error**",
        "**Not seen in full",
        "**Less access than before: 1",
        "**More access, as",
        "| kind |",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "error: Two that become one [IGZ-760] (mapping.yaml:7:12)" in text
    assert "| `AppService` | 2 | 0 | 0 | 2 | 0 | 0 |" in text
    assert "CAUTION" not in text


def test_markdown_names_every_object_and_every_standing_while_there_is_room() -> None:
    for move in (usual_move(), large_move(40, 5), hostile_move(), whole_move()):
        text = comment(move)
        assert "no room here" not in text
        for each in move.objects:
            assert printable(address_of(each).name) in text
        for it in move.standings:
            assert printable(it.user) in text
            assert printable(it.project) in text


def test_a_comment_that_is_cut_says_so_at_the_top_and_accounts_for_every_standing() -> None:
    move = large_move()
    text = comment(move)
    assert len(text) <= MAX_LENGTH
    assert len(text) > MAX_LENGTH * 0.8  # what room there is is used
    [lower] = [len(these) for turn, these in turns_of(move.standings).items() if turn is Turn.LOWER]
    [left] = re.findall(r"> In full: Less access than before: [\d,]+ standings: \*\*([\d,]+) have no room here", text)
    assert f"**Less access than before: {lower:,} standings**" in text
    begin = text.index("<summary>In full: Less access")
    block = text[begin : text.index("</details>", begin)]
    head = re.compile(
        r"^editor → viewer (on|for) (.*?) \(the mapping makes editor viewer\)(?:, on)?(?: \(\d+\))?:(.*)$"
    )
    named, each = 0, 0
    for line in block.splitlines():
        if (found := head.match(line)) is not None:
            each = len(found[2].split(", "))
            named += each * len([it for it in found[3].split(", ") if it.strip()])
        elif line.startswith("    "):
            named += each * len(line.split(", "))
    assert named + int(left.replace(",", "")) == lower
    assert "service-00, service-01" in text
    assert "\n</details>" in text[-30:]


def test_a_short_part_is_whole_though_a_long_one_is_cut() -> None:
    move = replace(large_move(), partial={"User": "the list ended early"}, problems=(COLLISION, UNMAPPED))
    text = comment(move)
    assert "User: the list ended early" in text
    assert "service-39" in text
    assert COLLISION.detail in text
    assert len(text) <= MAX_LENGTH


def test_a_long_part_is_begun_in_the_open_and_told_whole_at_a_click() -> None:
    people = [lower(f"user-{number:04}", "churn", why="it is not carried") for number in range(1_000)]
    text = comment(moved((), [*people, *(lower("ada", f"p-{number}", why=f"{number}") for number in range(9))]))
    begun, _, whole = text.partition("<summary>In full: Less access than before: 1,009 standings</summary>")
    [left] = re.findall(r"\n    and (\d+) more, below\n", begun)
    assert begun.count("user-") + int(left) == 1_000
    assert "\nand 4 more, below\n" in begun
    assert len(begun) < 2_500
    assert all(f"user-{number:04}" in whole for number in range(1_000))
    assert "no room" not in text


def test_a_long_sentence_is_begun_in_the_open() -> None:
    begun, _, whole = comment(moved((), [lower("ada", "churn", why="x" * 900)])).partition("In full")
    assert "x… (whole below)" in begun
    assert "x" * 900 in whole


def test_of_what_is_no_decision_a_comment_says_how_much_has_no_room() -> None:
    move = moved([carried(f"User/{'u' * 60}-{number:04}") for number in range(2_000)])
    text = comment(move)
    [left] = re.findall(r"… and ([\d,]+) more, for which there is no room", text)
    assert text.count("u" * 60) + int(left.replace(",", "")) == 2_000
    assert len(text) <= MAX_LENGTH
    assert "CAUTION" not in text


def test_a_comment_keeps_its_length_though_all_is_cut() -> None:
    many = [replace(COLLISION, detail=f"{number} {'x' * 900}") for number in range(200)]
    many += [replace(UNMAPPED, detail=f"{number} {'x' * 900}") for number in range(200)]
    policies = {f"policy-{number}": (at(f"Group/{'g' * 150}-{number}"),) for number in range(1_000)}
    move = replace(large_move(), problems=tuple(many), holders=policies, origin="o" * 9_000)
    text = comment(move)
    assert len(text) <= MAX_LENGTH
    assert text.count("have no room here") == 4
    assert re.search(r"> 200 errors: \*\*\d+ have no room here", text)


def test_hostile_names_stay_text_in_a_comment() -> None:
    text = comment(hostile_move())
    assert "\u202e" not in text
    fenced = re.sub(r"(?ms)^(`{3,})text\n.*?\n\1$", "", text)
    bare = re.sub(r"(`+)(?:(?!\1).)+\1", "", fenced)
    assert "<script" not in bare
    assert "<img" not in bare


# HTML


def page(of: Migration) -> str:
    return migration_html(of).decode("utf-8")


class Texts(HTMLParser):
    """Collects what is shown, by row and by card."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[str] = []
        self.cards: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append("")
        elif tag == "details" and (dict(attrs).get("id") or "").startswith("c"):
            self.cards.append("")

    def handle_data(self, data: str) -> None:
        for texts in (self.rows, self.cards):
            if texts:
                texts[-1] += f" {data}"


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_the_page_has_a_card_for_every_object_and_a_row_for_every_standing_that_changes(move: Migration) -> None:
    found = Texts(page(move))
    assert len(found.cards) == len(move.objects)
    for each in move.objects:
        assert any(printable(str(address_of(each))) in card for card in found.cards)
    for it in move.standings:
        if turn_of(it) is not Turn.EQUAL:
            names = (printable(it.user), printable(it.project), turn_of(it).words)
            assert any(all(name in row for name in names) for row in found.rows)
    assert found.tags.count("script") == 1
    assert "img" not in found.tags


def test_the_page_stands_in_the_order_of_what_has_to_be_decided() -> None:
    text = page(usual_move(problems=(COLLISION, UNMAPPED, replace(UNMAPPED, summary="Owner that is left"))))
    ids = ["errors", "decisions", "warnings", "stated", "counts", "access", "details", "changes"]
    assert re.findall(r'<section id="(\w+)"', text) == ids
    assert re.findall(r'<span class="(\w+)">Not to be written', text) == ["bad"]


def test_the_page_of_a_move_in_which_nothing_changes_is_short_and_says_so() -> None:
    text = page(whole_move())
    assert '<span class="good">All is carried</span>' in text
    assert re.findall(r'<section id="(\w+)"', text) == ["counts", "access", "details", "changes"]
    assert "Nobody holds more or less than before" in text


def test_long_lists_of_a_page_come_at_a_click() -> None:
    people = [lower(f"user-{number:04}", "churn", why="it is not carried") for number in range(1_000)]
    text = page(moved((), [*people, *(lower("ada", f"p-{number}", why=f"{number}") for number in range(15))]))
    assert "<summary>970 more</summary>" in text
    assert "<summary>4 more</summary>" in text
    assert "<summary>Roles on projects that change: 1,015</summary>" in text
    assert 'class="next">Next: ' in text


def test_roles_of_the_platform_s_own_accounts_come_at_a_click() -> None:
    text = page(usual_move())
    assert "<summary>Roles of the platform's own accounts that change: 1</summary>" in text
    first, _, own = text.partition("Roles of the platform's own accounts")
    assert ("<td>sys<" in first, "<td>sys<" in own) == (False, True)


def test_a_card_tells_every_field_with_what_it_was_and_is() -> None:
    text = page(usual_move())
    [card] = [it for it in Texts(text).cards if "Project/churn" in it]
    for said in ("owner", "bob", "ada@corp.test", "the mapping says so (section 9.3, [UI])", "description", "Who"):
        assert said in card


def test_a_long_value_is_cut_and_says_by_how_much() -> None:
    text = page(moved((carried("User/ada", "", field_lost("description", "y" * 3_000)),)))
    assert f"{'y' * 2_000}</code> … 1,000 more characters" in text
    assert "y" * 2_001 not in text


def test_what_was_declared_names_its_place() -> None:
    assert "<code>u.yaml:9</code>" in page(usual_move())


def test_each_form_of_the_same_move_is_the_same() -> None:
    for form in (migration_json, migration_markdown, migration_html):
        assert form(usual_move()) == form(usual_move())
