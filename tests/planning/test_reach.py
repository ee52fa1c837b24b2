"""Which kinds a run looks at, and what is said of those that it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio4.kinds import KINDS as KINDS4
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Field, Kind, Kinds
from igz_apply.planning.plan_document import from_data, to_data
from igz_apply.planning.reach import kinds_about, kinds_to_read, lacks
from igz_apply.wording.unmanaged_words import unread_told
from tests.builders import cluster, group, manifests, owned, plan_for, project, service, user


def read(kinds: Kinds, *about: str) -> str:
    found = kinds_to_read(kinds, about)
    return "all" if found is None else " ".join(sorted(found))


@pytest.mark.parametrize(
    ("about", "kinds"),
    [
        ("User", "all"),  # who may own a project or a service, and has roles
        ("Group", "all"),
        ("Project", "Group Project User"),  # no service names one
        ("AppService", "AppService Group User"),  # no project does
        ("Project AppService", "all"),
        ("", "Group User"),  # who the caller is, and may do
        ("jupyter", "Group User"),  # no kind
    ],
)
def test_on_an_iguazio_3(about: str, kinds: str) -> None:
    assert read(KINDS, *about.split()) == kinds


@pytest.mark.parametrize(
    ("about", "kinds"),
    [
        ("User", "all"),
        ("Group", "all"),
        ("PolicyBinding", "Group PolicyBinding User"),
        ("Project", "all"),  # whoever writes one needs policies, which bindings tell
    ],
)
def test_on_an_iguazio_4(about: str, kinds: str) -> None:
    assert read(KINDS4, *about.split()) == kinds


def test_kinds_without_people_are_tied_by_what_they_name() -> None:
    shelf, book = Kind("Shelf", ()), Kind("Book", (Field("place", fields=(Field("shelf", refers_to="Shelf"),)),))
    kinds = Kinds((shelf, book, Kind("Lamp", ())))
    assert (read(kinds, "Book"), read(kinds, "Shelf"), read(kinds, "Lamp")) == ("Book Shelf", "Book Shelf", "Lamp")


def test_a_run_is_about_what_is_declared_owned_put_before_or_selected() -> None:
    desired = manifests(service("a", kind="x", depends_on=["Project/lab"]), service("b", kind="x"))
    assert kinds_about(desired, owned(), (), KINDS) == {"AppService", "Project"}
    alone = manifests(service("b", kind="x"))
    assert kinds_about(alone, owned(group("ops")), (), KINDS) == {"AppService", "Group"}
    assert kinds_about(alone, owned(), ["Project/lab", "AppService"], KINDS) == {"AppService", "Project"}
    for text in ("Proj*/lab", "*", "Projcet/lab"):  # a pattern, and what is told to be a slip of the pen
        assert kinds_about(alone, owned(), [text], KINDS) == set(KINDS.names)


def narrowed() -> Plan:
    seen = replace(cluster(user("admin"), group("all_users"), service("old", kind="x")), unread=frozenset({"Project"}))
    return plan_for(manifests(service("a", kind="x")), seen)


def test_what_was_not_looked_at_is_told_and_not_counted() -> None:
    plan = narrowed()
    assert (plan.unread, "Project" in plan.foreign) == (("Project",), False)
    assert unread_told(plan.unread) == "Project not looked at: nothing declared or owned here has to do with it"
    assert unread_told(()) == ""


def test_a_saved_plan_keeps_it() -> None:
    data = to_data(narrowed(), tool_version="1")
    assert (data["unread"], from_data(data, KINDS).unread) == (["Project"], ("Project",))
    assert "unread" not in to_data(plan_for(manifests(), cluster()), tool_version="1")


def test_what_is_declared_or_owned_and_was_not_read_is_never_taken_for_gone() -> None:
    seen = replace(cluster(), unread=frozenset({"Project"}))
    for desired, inventory in ((manifests(project("p")), owned()), (manifests(), owned(project("p")))):
        with pytest.raises(LookupError, match="Project was not read"):
            plan_for(desired, seen, inventory, prune=True)


def test_whether_something_is_lacking_hangs_on_what_is_wanted() -> None:
    whole, seen = cluster(), replace(cluster(), unread=frozenset({"Project"}))
    assert [lacks(whole, None), lacks(seen, None), lacks(seen, frozenset({"User"}))] == [False, True, False]
    assert lacks(seen, frozenset({"Project"}))
