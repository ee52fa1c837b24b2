"""What a change was planned from, looked at again right before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.changes import Change
from igz_apply.model.resources import LiveResource, Resource, SecretRef
from igz_apply.planning.precondition import entry_moved, is_another, misnamed, moved_since, unlike_sent
from tests.builders import cluster, entry, group, live, manifests, owned, plan_for, project, service, user

PEOPLE = (user("bob"), user("cy"))


def change(desired: Resource, lives: Any, **options: Any) -> Change:
    (found,) = plan_for(
        manifests(desired), cluster(lives, *PEOPLE), options.pop("inventory", owned()), **options
    ).changes
    return found


def moved(planned: Change, now: LiveResource) -> str:
    return moved_since(planned, now, KINDS[now.address.kind])


def test_a_field_may_hold_what_was_there_or_what_is_wanted_and_nothing_else() -> None:
    planned = change(user("ada", job_title="new", department="x"), user("ada", job_title="old", department="x"))
    for title in ("old", "new"):
        assert moved(planned, live(user("ada", job_title=title, department="moved"))) == ""
    for now in (user("ada", job_title="theirs"), user("ada")):
        assert moved(planned, live(now)) == "job_title holds something else now than the plan was made from"


def test_values_are_compared_by_meaning() -> None:
    wanted = service("nb", kind="jupyter", resources={"limits": {"cpu": "2"}}, desired_state="ready")
    before = service("nb", kind="jupyter", resources={"limits": {"cpu": "1"}}, desired_state="disabled")
    planned = change(wanted, before)
    same: dict[str, Any] = {"kind": "jupyter", "resources": {"limits": {"cpu": "1000m"}}, "desired_state": "disabled"}
    assert moved(planned, live(service("nb", **same))) == ""
    assert "resources.limits.cpu" in moved(planned, live(service("nb", **{**same, "resources": {}})))
    was = service("nb", kind="shell", shell={"a": {"b": 0}})
    opaque = change(service("nb", kind="shell", shell={"a": {"b": 1}}), was)
    assert moved(opaque, live(service("nb", kind="shell", shell={"a": {"b": 0}}))) == ""
    assert moved(opaque, live(service("nb", kind="shell", shell={"a": {"b": 2}}))) != ""


def test_secrets_memberships_and_roles_are_not_looked_at_here() -> None:
    declared = user("ada", password=SecretRef(from_env="PW"), groups=["ds"])
    world = cluster(user("ada"), group("ds"))
    stale = {declared.address: {"password": ""}}
    planned = next(it for it in plan_for(manifests(declared), world, stale=stale).changes if it.diff)
    assert {item.dotted for item in planned.diff} == {"password", "groups"}
    assert moved(planned, live(user("ada"))) == ""
    roles = change(project("p", members={"editor": {"users": ["bob"]}}), project("p"))
    assert moved(roles, live(project("p", members={"editor": {"users": ["cy"]}}))) == ""


def test_a_name_and_a_mark_may_have_been_put_right_meanwhile_and_not_have_moved_on() -> None:
    ds = group("ds", description="x")
    renamed = live(group("data", description="x"), id="group-ds")
    planned = change(ds, renamed, inventory=owned(ds))
    for name, said in (("data", ""), ("ds", ""), ("third", "metadata.name holds something else now")):
        assert moved(planned, live(group(name, description="x"))).startswith(said)
        assert bool(moved(planned, live(group(name, description="x")))) is bool(said)
    p = project("p", description="new")
    marked = change(p, live(project("p", description="old"), mark="b"), owner="a")
    for mark, holds in (("b", True), ("a", True), ("c", False), ("", False)):
        assert (moved(marked, live(project("p", description="old"), mark=mark)) == "") is holds


@pytest.mark.parametrize(
    ("now", "another"),
    [
        (service("nb", kind="jupyter", owner="ada"), False),
        (service("nb", kind="jupyter", owner="bob"), False),  # what the change wants
        (service("nb", kind="jupyter", owner="cy"), True),
        (service("nb", kind="shell", owner="ada"), True),
    ],
)
def test_without_an_id_kind_and_owner_tell_one_service_from_another(now: Resource, another: bool) -> None:
    planned = change(service("nb", kind="jupyter", owner="bob"), service("nb", kind="jupyter", owner="ada"))
    assert is_another(planned, live(now), KINDS["AppService"]) is another


def test_what_is_made_is_nobody_elses_yet_and_what_goes_is_known_by_what_it_was() -> None:
    (made,) = plan_for(manifests(service("nb", kind="shell")), cluster()).changes
    assert not is_another(made, live(service("nb", kind="jupyter")), KINDS["AppService"])
    gone = plan_for(manifests(), cluster(service("nb", kind="shell")), owned(service("nb", kind="shell")), prune=True)
    assert is_another(gone.changes[0], live(service("nb", kind="jupyter")), KINDS["AppService"])


def test_where_an_id_is_made_of_the_name_the_time_of_creation_tells() -> None:
    p = project("p", description="x")
    planned = change(p, live(project("p"), born="1"), inventory=owned(**{"Project/p": entry(p, born="1")}))
    for born, another in (("1", False), ("2", True)):
        assert is_another(planned, live(project("p"), born=born), KINDS["Project"]) is another


def test_what_was_made_is_as_it_was_sent_or_somebody_elses() -> None:
    sent = user("ada", email="A@x.org", job_title="boss", password=SecretRef("PW"), send_password_on_creation=True)
    (made,) = plan_for(manifests(sent), cluster()).changes
    kind = KINDS["User"]
    assert unlike_sent(made, live(user("ada", email="a@x.org", job_title="boss", uid=7)), kind) == ""
    assert unlike_sent(made, live(user("ada", email="a@x.org")), kind) == "job_title"
    assert unlike_sent(made, live(user("ada", email="b@x.org", job_title="cook")), kind) == "email, job_title"


def test_a_link_may_still_be_missing_right_after_the_resource_was_made() -> None:
    made = next(it for it in plan_for(manifests(project("p", owner="bob")), cluster(*PEOPLE)).changes if it.diff)
    for owner, said in (({}, ""), ({"owner": "bob"}, ""), ({"owner": "cy"}, "owner")):
        assert unlike_sent(made, live(project("p", **owner)), KINDS["Project"]) == said


def test_a_folded_name_is_told_with_the_one_that_was_sent() -> None:
    said = "the cluster calls it 'ada', not 'Ada' as it was sent: it folds names. Declare it as 'ada'"
    assert misnamed("ada", user("Ada").address) == said


def test_two_readings_of_a_document_differ_at_a_place_that_is_named() -> None:
    one = {"spec": {"name": "nb", "a": {"b": 1}}}
    assert entry_moved("nb", one, {"spec": {"a": {"b": 1}, "name": "nb"}}) == ""
    assert entry_moved("nb", one, {"spec": {"name": "nb", "a": {"b": 2}}}) == "nb: spec.a.b moved"
    assert entry_moved("nb", one, {"spec": {"name": "nb"}}) == "nb: spec.a moved"
    assert entry_moved("nb", None, one) == "nb is new"
    assert entry_moved("nb", one, None) == "nb is gone"
    assert entry_moved("nb", None, None) == ""
