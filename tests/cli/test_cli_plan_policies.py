"""`policies_on_plan` from outside: what is denied is refused by every command that plans, and said in every form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.cli_world import Cli

CONFIG = """\
version: 1
policies_on_plan:
  - code: ORG-12
    each: access.policy
    schema: {{properties: {{gained: {{not: {{contains: {{const: Developer}}}}}}}}}}
    effect: {effect}
    message: Nobody gains Developer.
    hint: Ask <security@example.com>.
    waivers: {waivers}
"""
TOLD = "Nobody gains Developer. It is about User/ada, at access_impact.policies[1].gained in the plan's JSON."


def write(effect: str = "deny", waivers: str = "[]") -> None:
    Path("igz-apply.yaml").write_text(CONFIG.format(effect=effect, waivers=waivers))


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_plan_that_is_denied_is_shown_in_full_in_every_form_and_refused(cli: Cli) -> None:
    write()
    ran = cli("plan", *(f"--report=plan.{form}" for form in ("json", "md", "html", "xml")))
    assert ran.code == 4
    assert "+ create  User/ada" in ran.out
    assert "manifests/all.yaml:6:1: error: Denied by policy [ORG-12]" in ran.err
    assert TOLD in in_one_line(ran.err)
    (problem,) = json.loads(Path("plan.json").read_text())["problems"]
    assert (problem["code"], problem["address"], problem["line"]) == ("ORG-12", "User/ada", 6)
    for form in ("md", "html", "xml"):
        text = Path(f"plan.{form}").read_text()
        assert "Denied by policy [ORG-12]" in text, form
        assert "Nobody gains Developer." in text, form


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_denied_plan_is_neither_applied_nor_saved(cli: Cli) -> None:
    write()
    assert cli("apply", "-y").code == 4
    assert cli("plan", "--out", "p.json").code == 4
    assert not Path("p.json").exists()
    assert cli("get", "user", "ada").code == 1


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_saved_plan_is_held_against_the_policies_of_the_day_on_which_it_is_applied(cli: Cli) -> None:
    assert cli("plan", "--out", "p.json").code == 0
    write()
    ran = cli("apply", "-y", "--plan", "p.json")
    assert (ran.code, "Denied by policy [ORG-12]" in ran.err) == (4, True)
    write(waivers="[{until: 2020-01-01, reason: OPS-1}]")
    ran = cli("apply", "-y", "--plan", "p.json")
    assert (ran.code, "Waiver has ended [IGZ-392]" in ran.err) == (4, True)
    write(waivers="[{address: User/ada, until: 2999-12-31, reason: OPS-1}]")
    ran = cli("apply", "-y", "--plan", "p.json")
    assert (ran.code, "ORG-12 is waived for User/ada until 2999-12-31: OPS-1" in ran.out) == (0, True)


@pytest.mark.usefixtures("cluster", "manifests")
def test_what_is_only_warned_of_is_said_to_every_reader_and_stops_a_strict_run_alone(cli: Cli) -> None:
    write("warn")
    ran = cli("plan", "--out=p.json", *(f"--report=plan.{form}" for form in ("json", "md", "html")))
    assert ran.code == 0
    assert f"ORG-12: {TOLD} (manifests/all.yaml:6) Ask" in in_one_line(ran.out)
    for path in ("p.json", "plan.json", "plan.md", "plan.html"):
        assert "ORG-12: Nobody gains Developer." in Path(path).read_text(), path
    ran = cli("plan", "--strict")
    assert (ran.code, "error: Policy warns [ORG-12]" in ran.err) == (3, True)
    ran = cli("apply", "-y", "--strict", "--plan", "p.json")
    assert (ran.code, "error: Policy warns [ORG-12]" in ran.err) == (3, True)
    assert cli("apply", "-y", "--plan", "p.json").code == 0


@pytest.mark.usefixtures("cluster", "manifests")
def test_what_destroys_is_held_against_policies_and_what_only_compares_is_not(cli: Cli) -> None:
    assert cli("apply", "-y").code == 0
    schema = "{properties: {action: {not: {const: delete}}, diff: {maxItems: 0}}}"
    Path("igz-apply.yaml").write_text(
        "version: 1\npolicies_on_plan:\n"
        f"  - {{code: ORG-1, each: change, schema: {schema}, message: Nothing changes.}}\n"
    )
    ran = cli("destroy", "-y", "--only", "Project/churn")
    assert (ran.code, "Denied by policy [ORG-1]" in ran.err) == (4, True)
    text = Path("manifests/all.yaml").read_text().replace("Churn prediction", "Churn")
    Path("manifests/all.yaml").write_text(text)
    assert cli("plan").code == 4
    assert cli("drift").code == 0


@pytest.mark.usefixtures("cluster", "manifests")
def test_an_undo_is_held_against_policies(cli: Cli) -> None:
    assert cli("apply", "-y").code == 0
    schema = "{properties: {action: {not: {const: delete}}}}"
    waivers = "[{address: Group/others, until: 2999-12-31, reason: not of this undo}]"
    entry = "{code: ORG-1, each: change, message: Nothing goes, schema: %s, waivers: %s%s}"
    text = f"version: 1\npolicies_on_plan: [{entry}]\n"
    Path("igz-apply.yaml").write_text(text % (schema, waivers, ""))
    ran = cli("undo", "last", "--report=undo.json")
    assert (ran.code, "Idle waiver" in ran.err) == (4, False), ran.err
    denied = [it for it in json.loads(Path("undo.json").read_text())["problems"] if it["code"] == "ORG-1"]
    assert [it["address"] for it in denied] == ["Group/data-science", "Project/churn", "User/ada"], ran.err
    changes = json.loads(Path("undo.json").read_text())["changes"]
    told = [f"at changes[{index}].action in" for index, it in enumerate(changes) if it["action"] == "delete"]
    assert all(any(place in it["detail"] for it in denied) for place in told)
    Path("igz-apply.yaml").write_text(text % (schema, waivers, ", effect: warn"))
    ran = cli("undo", "last", "--strict")
    assert (ran.code, "Policy warns [ORG-1]" in ran.err) == (3, True)
    ran = cli("undo", "last")
    assert (ran.code, "ORG-1: Nothing goes" in in_one_line(ran.out)) == (0, True)


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_waiver_for_what_is_not_asked_about_is_not_idle(cli: Cli) -> None:
    write("warn", "[{address: User/ada, until: 2999-12-31, reason: OPS-1}]")
    Path("manifests/other.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: o}\nspec: {description: d}\n"
    )
    assert "Idle waiver" not in cli("plan", "manifests/other.yaml").err
    assert "Idle waiver" not in cli("plan", "--only", "Group/o").err


@pytest.mark.usefixtures("cluster", "manifests")
def test_a_waiver_of_nothing_is_warned_of_and_its_severity_is_the_configs(cli: Cli) -> None:
    write(waivers="[{address: User/eda, until: 2999-12-31, reason: OPS-1}]")
    ran = cli("plan")
    assert (ran.code, "igz-apply.yaml:9:15: warning: Idle waiver [IGZ-393]" in ran.err) == (4, True)
    with Path("igz-apply.yaml").open("a") as file:
        file.write("severity: {IGZ-393: error}\n")
    ran = cli("plan")
    assert (ran.code, "error: Idle waiver [IGZ-393]" in ran.err) == (3, True)


# Pinned


@pytest.mark.usefixtures("cluster", "manifests")
def test_pinned_policies_come_from_outside_alone(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGZ_PINNED", "policies")
    assert cli("validate").code == 0  # which holds no plan against them
    ran = cli("plan")
    assert (ran.code, "IGZ_PINNED names policies: IGZ_POLICIES_ON_PLAN names no file." in ran.err) == (3, True)
    write()
    monkeypatch.setenv("IGZ_POLICIES_ON_PLAN", "igz-apply.yaml")  # which the branch can change
    ran = cli("plan")
    assert (ran.code, "lies in the checkout, where a branch can change it" in in_one_line(ran.err)) == (3, True)
    Path("outside/.git").mkdir(parents=True)  # a checkout of its own
    Path("igz-apply.yaml").rename("outside/trusted.yaml")
    monkeypatch.setenv("IGZ_POLICIES_ON_PLAN", "outside/trusted.yaml")
    assert cli("plan").code == 4
    write(waivers="[{until: 2999-12-31, reason: mine}]")  # by whoever wrote the branch
    ran = cli("apply", "-y")
    assert (ran.code, "Denied by policy [ORG-12]" in ran.err, "mine" in ran.out) == (4, True, False)


@pytest.mark.usefixtures("cluster", "manifests")
def test_policies_from_outside_that_cannot_be_used_stop_every_plan(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("plan", "--out", "p.json").code == 0
    monkeypatch.setenv("IGZ_POLICIES_ON_PLAN", "nowhere.yaml")
    for command in ("validate", "plan", "apply -y", "apply -y --plan p.json"):
        ran = cli(*command.split())
        assert (ran.code, "nowhere.yaml" in ran.err) == (3, True), command
    Path("nowhere.yaml").write_text("version: 1\npolicies_on_plan: [{code: O-1, schema: {type: 3}, message: m}]\n")
    ran = cli("apply", "-y", "--plan", "p.json")
    assert (ran.code, "nowhere.yaml:2:47: error: Not a JSON Schema" in ran.err) == (3, True), ran.err
