"""What the inventory remembers, before a change is sent and after."""

from __future__ import annotations

from dataclasses import replace

from igz_apply.iguazio3.kinds import APP_SERVICE, USER
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, SecretRef
from igz_apply.planning.ownership import applied, is_owned, may_be_pruned, opened
from tests.builders import absent, cluster, entry, live, manifests, owned, plan_for, project, service, user

ADA = user("ada", first_name="Ada")
A = Address("User", "ada")
P = Address("Project", "p")


def test_an_entry_stands_for_the_resource_of_its_id() -> None:
    assert not is_owned(None, None, USER)
    assert not is_owned(entry(is_pending=True), live(ADA), USER)
    assert is_owned(entry(ADA), live(ADA), USER)
    assert is_owned(entry(ADA), None, USER)
    assert not is_owned(entry(ADA, id=""), live(ADA), USER)
    assert not is_owned(entry(ADA, id="another"), live(ADA), USER)


NB = service("nb", kind="jupyter", owner="ada", description="x")


def test_without_ids_what_seldom_changes_tells_the_one_that_was_applied() -> None:
    assert is_owned(entry(NB, id=""), live(NB), APP_SERVICE)
    for other in (
        service("nb", kind="jupyter", owner="bob", description="x"),
        service("nb", kind="shell", owner="ada", description="x"),
        service("nb", kind="jupyter", description="x"),
    ):
        assert not is_owned(entry(NB), live(other), APP_SERVICE)
    changed = service("nb", kind="jupyter", owner="ada", description="by hand", desired_state="disabled")
    assert is_owned(entry(NB), live(changed), APP_SERVICE)


def test_where_the_owner_was_not_stated_everything_that_was_has_to_be_as_it_was() -> None:
    known = service("nb", kind="jupyter", description="x", resources={"limits": {"cpu": "1000m"}}, avatar=None)
    lives = service("nb", kind="jupyter", description="x", resources={"limits": {"cpu": 1}}, owner="bob", avatar="a")
    assert is_owned(entry(known), live(lives), APP_SERVICE)
    assert not is_owned(entry(known), live(replace(lives, spec={**lives.spec, "description": "y"})), APP_SERVICE)
    asleep = service("nb", kind="jupyter", desired_state="ready", scale_to_zero={"mode": "enabled"})
    scaled = live(replace(asleep, spec={**asleep.spec, "desired_state": "scaledToZero"}))
    assert is_owned(entry(asleep), scaled, APP_SERVICE)


def test_a_mark_of_ours_tells_more_than_values_and_one_of_others_too() -> None:
    taken = service("nb", kind="jupyter", owner="bob")
    assert is_owned(entry(NB, mark="a"), live(taken, mark="a"), APP_SERVICE)
    assert not is_owned(entry(NB, mark="a"), live(NB, mark="b"), APP_SERVICE)
    assert not is_owned(entry(NB, mark="a"), live(NB), APP_SERVICE)  # made anew, perhaps, by whoever marks nothing
    assert is_owned(entry(NB), live(NB, mark="b"), APP_SERVICE)


def test_only_what_is_ours_beyond_doubt_is_pruned() -> None:
    edited = live(replace(NB, spec={**NB.spec, "description": "edited"}))
    assert may_be_pruned(entry(NB), live(NB), APP_SERVICE)
    assert is_owned(entry(NB), edited, APP_SERVICE)
    assert not may_be_pruned(entry(NB), edited, APP_SERVICE)
    assert may_be_pruned(entry(NB, mark="a"), replace(edited, mark="a"), APP_SERVICE)
    assert not may_be_pruned(entry(NB, is_pending=True), live(NB), APP_SERVICE)
    assert may_be_pruned(entry(ADA), live(user("ada", first_name="edited")), USER)


def test_hashes_of_secrets_end_with_the_resource_that_they_were_sent_to() -> None:
    known = entry(ADA, secrets={"password": "hash"})
    for lives, left in ((live(ADA), {"password": "hash"}), (live(ADA, id="another"), {})):
        (change,) = plan_for(manifests(ADA), cluster(lives), owned(**{"User/ada": known})).changes
        assert applied(change, known, "").secrets == left


def test_what_bears_our_mark_is_remembered_with_it() -> None:
    p = project("p", description="x")
    (change,) = plan_for(manifests(p), cluster(), owner="team").changes
    assert applied(change, None, "P1").mark == "team"
    (kept,) = plan_for(manifests(p), cluster(live(p, mark="team")), owner="team").changes
    assert applied(kept, None, "").mark == "team"


def test_a_create_is_noted_as_pending_before_it_is_sent() -> None:
    plan = plan_for(manifests(ADA), cluster())
    assert opened({}, plan) == {A: Entry(id="", is_pending=True)}


def test_a_create_of_what_vanished_keeps_its_protection() -> None:
    known = owned(user("ada", first_name="x", prevent_destroy=True), project("p", deletion_strategy="cascading"))
    assert opened(known.entries, plan_for(manifests(ADA, project("p")), cluster(), known)) == {
        A: Entry(id="", is_pending=True, values={"first_name": "x"}, prevent_destroy=True),
        P: Entry(id="", is_pending=True, values={"deletion_strategy": "cascading"}, deletion_strategy="cascading"),
    }


def test_what_is_already_as_declared_is_owned_before_anything_is_sent() -> None:
    plan = plan_for(manifests(ADA), cluster(ADA))
    assert opened({}, plan) == {A: Entry(id="user-ada", values={"first_name": "Ada"})}


def test_what_stays_as_it_is_keeps_its_hashes_and_what_was_filled_in_and_what_is_written_is_read_back() -> None:
    known = entry(ADA, secrets={"password": "hash"}, filled={"job_title": "x"})
    plan = plan_for(manifests(ADA), cluster(ADA), owned(**{"User/ada": known}))
    assert opened({A: known}, plan) == {A: known}
    (update,) = plan_for(manifests(user("ada", first_name="x")), cluster(ADA), owned(**{"User/ada": known})).changes
    assert applied(update, known, "") == replace(known, values={"first_name": "x"})
    written = replace(known, filled={"first_name": "x", "job_title": "x"})
    assert applied(update, written, "") == replace(known, values={"first_name": "x"})


def test_what_the_platform_did_not_name_has_no_id() -> None:
    (create,) = plan_for(manifests(ADA), cluster()).changes
    assert applied(create, None, "") == Entry(id="", values={"first_name": "Ada"})


def test_what_is_gone_is_dropped_and_what_is_to_be_changed_stays_as_it_was() -> None:
    known = owned(ADA, user("bob"))
    plan = plan_for(manifests(user("ada", first_name="new")), cluster(ADA), known)
    assert opened(known.entries, plan) == {A: known.entries[A]}
    deleting = plan_for(manifests(absent(ADA)), cluster(ADA), known)
    assert opened(known.entries, deleting) == {A: known.entries[A]}


def test_what_was_applied_is_remembered_without_secrets_at_any_depth() -> None:
    declared = user(
        "ada", password=SecretRef(from_env="PW"), odd={"deep": SecretRef(from_env="X"), "kept": 1}, prevent_destroy=True
    )
    (change,) = plan_for(manifests(declared), cluster()).changes
    known = entry(secrets={"old": "hash"})
    assert applied(change, known, "U1", {"password": "new hash"}) == Entry(
        id="U1", values={"odd": {"kept": 1}}, secrets={"password": "new hash"}, prevent_destroy=True
    )


def test_an_update_keeps_the_id_and_the_hashes_that_it_did_not_renew() -> None:
    known = entry(ADA, secrets={"password": "hash", "other": "hash"})
    for inventory, kept in ((owned(ADA), {"password": "hash"}), (owned(), {})):
        (change,) = plan_for(manifests(user("ada", first_name="x")), cluster(ADA), inventory).changes
        after = applied(change, known, "", {"other": "new"})
        assert (after.id, dict(after.secrets)) == ("user-ada", {**kept, "other": "new"})


def test_the_strategy_of_a_delete_is_remembered() -> None:
    (change,) = plan_for(manifests(project("p", deletion_strategy="cascading")), cluster()).changes
    assert applied(change, None, "P").deletion_strategy == "cascading"
