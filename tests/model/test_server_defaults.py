"""What the platform puts in place of what was cleared is no difference, as long as it stays."""

from __future__ import annotations

from typing import Any

from igz_apply.iguazio3.kinds import APP_SERVICE, GROUP
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, FieldDiff
from igz_apply.model.server_defaults import filled_in, hashes_of, is_known, is_left_over, without_filled
from tests.builders import cluster, entry, manifests, owned, plan_for, service, steps, user

CLEARED = FieldDiff(("resources",), {"limits": {"cpu": "1"}}, None)
OTHER = FieldDiff(("resources",), {"limits": {"cpu": "2"}}, None)
LOST = FieldDiff(("description",), "old", "new")
SECRET = FieldDiff(
    ("filebeat", "elasticsearch_password"),
    "(set)",
    None,
    sensitive=True,
)


def test_only_what_was_cleared_of_what_is_written_whole_is_filled_in() -> None:
    assert filled_in(APP_SERVICE, (CLEARED, LOST, SECRET)) == (CLEARED,)
    assert filled_in(GROUP, (CLEARED, LOST)) == ()


def test_a_value_counts_as_filled_in_for_as_long_as_it_is_the_same() -> None:
    filled = hashes_of([CLEARED])
    assert list(filled) == ["resources"]
    assert "limits" not in filled["resources"]  # nobody has to keep what no manifest states
    assert without_filled((CLEARED, LOST), filled) == (LOST,)
    assert without_filled((OTHER, LOST), filled) == (OTHER, LOST)
    emptied = FieldDiff(("resources",), {"limits": {"cpu": "1"}}, {})
    assert without_filled((emptied,), filled) == (emptied,)
    assert without_filled((CLEARED,), {}) == (CLEARED,)
    assert (is_known(CLEARED, filled), is_known(OTHER, filled), is_known(LOST, filled)) == (True, False, False)


def test_what_stood_there_before_may_not_have_been_cleared() -> None:
    def change(*diff: FieldDiff) -> Change:
        return Change(Address("AppService", "nb"), Action.UPDATE, "", diff=diff)

    assert is_left_over(CLEARED, change(LOST, CLEARED))
    assert not is_left_over(CLEARED, change(OTHER))
    assert not is_left_over(CLEARED, change(LOST))
    assert not is_left_over(CLEARED, change(FieldDiff(("resources",), None, None)))


def test_what_was_filled_in_is_remembered_of_the_very_resource_that_we_own() -> None:
    declared = manifests(service("nb", kind="jupyter", visible_to_all=None))
    world = cluster(service("nb", kind="jupyter", visible_to_all=False))
    ours = {"kind": "jupyter"}
    known: dict[str, Any] = {"filled": hashes_of([FieldDiff(("visible_to_all",), False, None)])}
    assert steps(plan_for(declared, world, owned(**{"AppService/nb": entry(id="", values=ours, **known)}))) == []
    theirs = {"values": {"kind": "shell"}, **known}
    for other in (entry(id="", **theirs), entry(id="", is_pending=True, **known), entry(id="", values=ours)):
        assert steps(plan_for(declared, world, owned(**{"AppService/nb": other}))) == ["update AppService/nb"]


def test_another_kinds_cleared_field_stays_a_difference() -> None:
    declared = manifests(user("ada", job_title=None))
    inventory = owned(user("ada"))
    assert steps(plan_for(declared, cluster(user("ada", job_title="x")), inventory)) == ["update User/ada"]
