"""The reports' files: their forms, their promises, and what hostile names can do in them (nothing)."""

from __future__ import annotations

import json
import re
import resource
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from igz_apply.errors import IgzApplyError, InvalidInput, StalePlan
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.schemas import form_schema
from igz_apply.model.addresses import Address, Source
from igz_apply.model.changes import AccessImpact, Change, FieldDiff, Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.outcomes import NotConverged, Report, Timing
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Resource
from igz_apply.planning.places import SavedPositions
from igz_apply.planning.plan_document import canonical, from_data, to_data
from igz_apply.reports import FORMS, form_of, marker, plan_bytes, read_plan, write_plan, write_report
from tests.builders import policy_change, role_change
from tests.reports.reports_builders import (
    NASTY,
    PROBLEM,
    at,
    change,
    large_plan,
    outcome,
    plan,
    report,
    run_of,
)

SCHEMA = jsonschema_rs.validator_for(dict(form_schema("plan")))


def written(suffix: str, of: Plan, run: Report | None = None, problems: tuple[Problem, ...] = ()) -> str:
    return FORMS[suffix](of, run, problems).decode("utf-8")


def nasty() -> tuple[Plan, Report]:
    """A plan in which everything that people can name has been named with bad intent."""
    nowhere = Source(NASTY, 1, 1)
    first = Change(
        Address("User", NASTY),
        change("create", "User/x").action,
        NASTY,
        diff=(FieldDiff((NASTY,), NASTY, {NASTY: [NASTY]}), FieldDiff(("s",), NASTY, NASTY, sensitive=True)),
        warnings=(NASTY,),
        desired=Resource(Address("User", NASTY), {}, SavedPositions(nowhere, {("spec", "s"): nowhere}), nowhere),
    )
    second = Change(Address("Group", NASTY), change("delete", "User/x").action, NASTY, depends_on=(first.address,))
    impact = AccessImpact(
        (role_change(NASTY, NASTY, NASTY, "admin", NASTY),), (policy_change(NASTY, (NASTY,), (NASTY,), NASTY),)
    )
    of = plan(first, second, access_impact=impact, warnings=(NASTY,), kept=(at(f"User/{NASTY}"),), foreign={NASTY: 1})
    run = report(
        of,
        outcome(first, started=0.0, ended=1.0, job=NASTY),
        outcome(second, "failed", detail=NASTY, started=1.0, ended=2.0),
        not_converged=(NotConverged(first.address, (FieldDiff((NASTY,), NASTY, NASTY),)),),
        timeline=(Timing(NASTY, (first.address,), 0.0, 1.0, NASTY), Timing("x", (second.address,), 1.0, 2.0)),
        seconds=2.0,
        failures=(NASTY,),
    )
    return of, run


HOSTILE = Problem(NASTY, NASTY, NASTY, address=at(f"User/{NASTY}"))


@pytest.mark.parametrize("suffix", FORMS)
def test_what_may_be_a_secret_is_in_no_form_also_where_the_cluster_did_not_keep_it(suffix: str) -> None:
    hidden = Hidden("AppService/a.env", "hunter2")
    of = plan(change("update", "AppService/a", FieldDiff(("env",), hidden, {"TOKEN": hidden})))
    lost = NotConverged(at("AppService/a"), of.changes[0].diff)
    text = written(suffix, of, report(of, outcome(of.changes[0]), not_converged=(lost,), filled=(lost,)))
    assert "hunter2" not in text
    assert "AppService/a" in text


# --- choosing and writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*FORMS, ".MD"])
def test_the_suffix_picks_the_form(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "deep" / f"plan{suffix}"
    write_report(path, large_plan(20))
    assert path.read_bytes() == FORMS[suffix.lower()](large_plan(20), None, ())


@pytest.mark.parametrize("name", ["plan.pdf", "plan", ".md"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        form_of(Path(name))
    [problem] = caught.value.problems
    assert problem.hint == "Known are .md, .html, .json, .xml, .svg, .dot, .mmd."


@pytest.mark.parametrize("suffix", FORMS)
def test_the_same_inputs_give_the_same_bytes(suffix: str) -> None:
    of = large_plan(60)
    assert FORMS[suffix](of, run_of(of), (PROBLEM,)) == FORMS[suffix](large_plan(60), run_of(of), (PROBLEM,))


@pytest.mark.parametrize("suffix", FORMS)
def test_every_form_takes_an_empty_plan_and_an_empty_run(suffix: str) -> None:
    assert written(suffix, plan())
    assert written(suffix, plan(), report(plan()))


def test_a_report_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IgzApplyError, match=r"file/x\.md cannot be written") as caught:
        write_report(tmp_path / "file" / "x.md", plan())
    assert caught.value.hint


def test_a_full_disk_leaves_no_half_report(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # no file can grow beyond it, as on a full disk
    try:
        with pytest.raises(IgzApplyError, match=r"x\.md cannot be written"):
            write_report(path, plan())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [item.name for item in tmp_path.iterdir()] == ["x.md"]
    assert path.read_text() == "before"


# --- saved plans -----------------------------------------------------------------------------------------------------


def test_a_saved_plan_is_read_back(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", large_plan(40))
    assert read_plan(tmp_path / "plan.json", KINDS).plan == large_plan(40)


def test_an_edited_plan_is_stale_and_names_what_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_bytes(large_plan(40)).replace(b"Lovelace the 3th", b"Lovelace the 4th"))
    with pytest.raises(StalePlan) as caught:
        read_plan(path, KINDS)
    assert caught.value.addresses == (at("User/user-0003"),)
    assert str(path) in caught.value.problems[0].detail


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"format_version": 2}'])
def test_what_is_no_plan_is_invalid_input(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_plan(path, KINDS)
    assert str(path) in caught.value.problems[0].detail


# --- JSON, JUnit -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_run", [False, True])
def test_the_json_report_is_the_plans_form_with_its_outcomes(with_run: bool) -> None:
    of = large_plan(50)
    data = json.loads(written(".json", of, run_of(of) if with_run else None, (PROBLEM,)))
    SCHEMA.validate(data)
    assert from_data(data, KINDS) == of
    assert data["problems"][0]["line"] == 3
    assert ("report" in data) is with_run
    if with_run:
        assert sum(data["report"]["counts"].values()) == len(data["report"]["outcomes"]) == len(of.writes)


def test_a_json_report_of_a_plan_alone_is_a_saved_plan() -> None:
    assert written(".json", large_plan(20)).encode() == plan_bytes(large_plan(20))
    assert json.loads(plan_bytes(plan()))["tool_version"]
    assert canonical(to_data(plan(), tool_version="x"))


def test_junit_has_a_case_for_each_change_and_each_fails_as_it_ended() -> None:
    changes = [change("create", f"User/{name}", job=True) for name in ("a", "b", "c", "d", "e")]
    of = plan(*changes)
    ends = ("applied", "failed", "skipped", "unknown", "cancelled")
    run = report(
        of,
        *(outcome(it, end, detail="why", started=1.0, ended=2.5) for it, end in zip(changes, ends, strict=True)),
        not_converged=(NotConverged(at("User/a"), (FieldDiff(("email",), "x", "y"),)),),
    )
    root = ElementTree.fromstring(written(".xml", of, run))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        **{"tests": "5", "failures": "2", "errors": "1", "skipped": "2"}
    }
    found = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert found == {
        "create User/a": ["failure"],
        "create User/b": ["failure"],
        "create User/c": ["skipped"],
        "create User/d": ["error"],
        "create User/e": ["skipped"],
    }
    assert [case.get("time") for case in root.iter("testcase")] == ["1.500"] * 5


@pytest.mark.parametrize("suffix", [".md", ".html", ".xml", ".json"])
def test_what_failed_beside_the_changes_is_told(suffix: str) -> None:
    of = plan(change("create", "User/a"))
    run = report(of, outcome(of.changes[0]), failures=("The inventory could not be written.",))
    assert "The inventory could not be written." in written(suffix, of, run)


def test_in_junit_a_refusal_is_a_failure() -> None:
    root = ElementTree.fromstring(written(".xml", large_plan(20), None, (PROBLEM,)))
    [failure] = root.iter("failure")
    assert "--allow delete:User=12" in (failure.text or "")


# --- Markdown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 20, 300, 2_000, 5_000])
@pytest.mark.parametrize("with_run", [False, True])
def test_markdown_is_short_and_holds_every_delete_and_danger(size: int, with_run: bool) -> None:
    of = large_plan(max(size, 10)) if size else plan()
    text = written(".md", of, run_of(of) if with_run and size else None, (PROBLEM,))
    assert len(text) <= 60_000
    for it in of.changes:
        if it.action.value == "delete" or it.warnings:
            assert it.address.name in text
    for role in of.access_impact.roles:
        if role.after == "admin":
            assert f"{role.user}: becomes admin of {role.project}" in text
    counts = of.counts
    assert f"**{counts['create']:,} to create, {counts['update']:,} to update, {counts['delete']:,} to delete" in text


def test_five_thousand_deletes_stay_within_the_limit_and_all_are_named() -> None:
    of = plan(*(change("delete", f"User/user-{n:04}") for n in range(5_000)))
    text = written(".md", of)
    assert len(text) <= 60_000
    assert all(f"user-{n:04}" in text for n in range(5_000))
    assert "**5,000 to delete**" in text


def test_more_deletes_than_a_comment_can_hold_are_counted() -> None:
    of = plan(*(change("delete", f"User/{'x' * 60}-{n:04}") for n in range(5_000)))
    text = written(".md", of)
    assert len(text) <= 60_000
    named = len(set(re.findall(r"x{60}-\d{4}", text)))
    assert f"**… and {5_000 - named:,} more" in text


def test_what_has_no_room_in_markdown_is_counted() -> None:
    text = written(".md", large_plan(5_000))
    shown = len(re.findall("^@@ ", text, re.MULTILINE))
    assert f"The details of {5_000 - shown:,} changes have no room here" in text


def test_small_plans_are_shown_whole_in_markdown() -> None:
    of = plan(
        change("update", "User/ada", FieldDiff(("groups",), ["a", "b"], ["b", "c"]), FieldDiff(("email",), "x", None))
    )
    text = written(".md", of)
    for line in ("@@ User/ada @@", "# differs from the manifest", "- groups: a", "+ groups: c", "- email: x"):
        assert f"\n{line}\n" in text
    assert "no room" not in text


def test_markdown_begins_with_the_marker_of_its_target() -> None:
    assert written(".md", plan()).startswith("<!-- igz-apply https://dashboard.example.com -->\n")
    assert marker(plan()) == "<!-- igz-apply https://dashboard.example.com -->"


def test_a_refused_plan_says_why_and_with_which_waiver() -> None:
    text = written(".md", large_plan(20), None, (PROBLEM,))
    assert "### igz-apply: Plan refused" in text
    assert "--allow delete:User=12" in text


def outside_of_code(text: str) -> str:
    """Return what a Markdown reader does not take literally."""
    text = re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+) ?.*? ?\1", "", text)


def test_names_are_nothing_but_text_in_markdown() -> None:
    of, run = nasty()
    text = outside_of_code(written(".md", of, run, (HOSTILE,)))
    assert "onerror" not in text
    assert "[a](b)" not in text
    assert "@all" not in text


# --- graphs ----------------------------------------------------------------------------------------------------------


def diamond() -> Plan:
    return plan(
        change("create", "Group/g"),
        change("create", "User/a", after=("Group/g",)),
        change("create", "User/b", after=("Group/g",)),
        change("update", "Project/p", after=("User/a", "User/b")),
        change("no_change", "Group/idle"),
    )


def test_dot_draws_what_waits_for_what() -> None:
    text = written(".dot", diamond())
    assert '"Group/g" -> "User/a";' in text
    assert '"User/b" -> "Project/p";' in text
    assert text.count("->") == 4
    assert "idle" not in text


def test_mermaid_draws_what_waits_for_what() -> None:
    text = written(".mmd", diamond())
    assert re.search(r'n0\["create Group/g"\]:::create', text)
    assert text.count("-->") == 4


def test_svg_puts_each_layer_right_of_what_it_waits_for() -> None:
    root = ElementTree.fromstring(written(".svg", diamond()))
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    x = {text.text: int(text.get("x", "0")) for text in texts}
    assert x["Group/g"] < x["User/a"] == x["User/b"] < x["Project/p"]


def test_graphs_of_hostile_names_stay_well_formed() -> None:
    of, _ = nasty()
    ElementTree.fromstring(written(".svg", of))
    dot = written(".dot", of)
    assert all(len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0 for line in dot.splitlines()[1:])
    mermaid = written(".mmd", of)
    labels = re.findall(r'^  n\d+\["(.*)"\]:::\w+$', mermaid, re.MULTILINE)
    assert len(labels) == 2
    assert all(re.fullmatch(r"[\w /.~+=@#;-]*", label, re.ASCII) for label in labels)


# --- HTML ------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "link", "input", "br", "tr", "th", "td"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "tr":
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    of = large_plan(200)
    page = Page(written(".html", of, run_of(of), (PROBLEM,)))
    assert page.open == []
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = {value for name, value in page.attributes if name in ("href", "src", "action")}
    assert all(link and (link.startswith("#") or link == "data:,") for link in links)
    assert {link[1:] for link in links if link and link.startswith("#")} <= {*ids, None}


def test_names_are_nothing_but_text_on_the_page() -> None:
    of, run = nasty()
    page = Page(written(".html", of, run, (HOSTILE,)))
    assert page.open == []
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
    assert "onerror=alert(1)" in page.text


def test_the_page_can_be_read_without_a_script() -> None:
    of = large_plan(100)
    page = Page(written(".html", of, run_of(of), (PROBLEM,)))
    for it in of.writes:
        assert str(it.address) in page.text
    assert "--allow delete:User=12" in page.text
    assert "The critical path" in page.text
    assert "becomes admin of" in page.text


def test_a_page_of_two_thousand_changes_is_under_three_megabytes() -> None:
    of = large_plan(2_000)
    assert len(FORMS[".html"](of, run_of(of), (PROBLEM,))) < 3_000_000


def test_long_values_are_cut_and_counted() -> None:
    of = plan(change("create", "User/a", FieldDiff(("avatar",), None, "x" * 100_000)))
    assert "98,000 more characters" in written(".html", of)
    assert "99,840 more characters" in written(".md", of)


def test_a_sensitive_difference_is_told_in_its_words_alone() -> None:
    of = plan(change("update", "User/a", FieldDiff(("password",), "set", "changed", sensitive=True)))
    for suffix in (".md", ".html", ".xml"):
        assert "password: set → changed" in written(suffix, of)


def test_a_cascading_delete_is_a_danger() -> None:
    of = plan(change("delete", "Project/p", deletion_strategy="cascading"))
    assert "! Project/p: deleted with everything inside (cascading)" in written(".md", of)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"interrupted": True}, "Interrupted"),
        ({"deadline": 1200.0}, "igz-apply: Deadline of 20m reached\n"),
        ({"read_back": False}, "result not read back"),
        ({"seconds": 200.0}, "in 3 min 20 s"),
        ({}, "igz-apply: Applied\n"),
    ],
)
def test_how_an_apply_ended_is_said_first(run: dict[str, Any], said: str) -> None:
    of = plan(change("adopt", "User/a"))
    assert said in written(".md", of, report(of, outcome(of.changes[0]), **run))


def test_a_warning_does_not_refuse_a_plan() -> None:
    warning = Problem("Unknown value", "`x` is not known.", severity="warning")
    of = plan(change("create", "User/a"))
    text = written(".md", of, None, (warning,))
    assert "### igz-apply: Plan\n" in text
    assert "**Warnings**" in text
    assert "Warnings" in written(".html", of, None, (warning,))


def test_a_graph_that_is_too_large_for_the_page_is_left_out_of_it() -> None:
    of = plan(*(change("create", f"User/u{n}") for n in range(4_001)))
    assert "4,001 changes are too many to draw here" in written(".html", of)


def test_kinds_that_were_not_looked_at_are_told_beside_what_is_not_ours() -> None:
    of: Any = plan(foreign={"User": 7}, unread=("Project",))
    assert "7 not ours, Project not looked at" in written(".md", of)
    assert "Project not looked at: nothing declared or owned here has to do with it." in Page(written(".html", of)).text
    assert '"unread":["Project"]' in written(".json", of)


def test_a_prune_that_was_not_asked_for_is_told() -> None:
    of: Any = plan(kept=(at("User/old"),), dropped={at("User/gone"): "gone from the cluster"}, foreign={"User": 7})
    text = Page(written(".html", of)).text
    assert "User/old" in text
    assert "User/gone" in text
    assert "7 User" in text


def test_a_change_names_its_manifest_and_a_difference_the_document_that_states_it() -> None:
    own, other = Source("manifests/ada.yaml", 1, 1), Source("manifests/<b>/_defaults.yaml", 4, 3)
    ada = Resource(at("User/ada"), {}, SavedPositions(own, {("spec", "groups"): other}), own)
    of = plan(
        change(
            "update",
            "User/ada",
            FieldDiff(("email",), "a", "b"),
            FieldDiff(("groups",), ["x", "y"], ["z", "a"]),
            desired=ada,
        ),
        change("delete", "User/bob"),
    )
    comment, page = written(".md", of), written(".html", of)
    assert (
        "@@ User/ada @@ manifests/ada.yaml:1\n# differs from the manifest\n- email: a\n+ email: b\n- groups: x\n"
        "- groups: y\n+ groups: z\n+ groups: a  (manifests/<b>/_defaults.yaml:4)\n"
    ) in comment
    assert "@@ User/bob @@\n" in comment
    assert "<p>differs from the manifest, <code>manifests/ada.yaml:1</code></p>" in page
    assert "+ groups: a  (manifests/&lt;b&gt;/_defaults.yaml:4)" in page
