"""What the inventory remembers, before a change is sent and after."""

from __future__ import annotations

from dataclasses import replace

from builders import absent, cluster, entry, live, manifests, owned, plan_for, project, user

from igz_apply.core.addresses import Address
from igz_apply.core.ownership import applied, is_owned, opened
from igz_apply.core.resources import Entry, SecretRef

ADA = user("ada", first_name="Ada")
A = Address("User", "ada")
P = Address("Project", "p")


def test_an_entry_stands_for_the_resource_of_its_id() -> None:
    assert not is_owned(None, None)
    assert not is_owned(entry(is_pending=True), live(ADA))
    assert is_owned(entry(ADA), live(ADA))
    assert is_owned(entry(ADA), None)
    assert is_owned(entry(ADA, id=""), live(ADA))
    assert not is_owned(entry(ADA, id="another"), live(ADA))


def test_a_create_is_noted_as_pending_before_it_is_sent() -> None:
    plan = plan_for(manifests(ADA), cluster())
    assert opened({}, plan, {}) == {A: Entry(id="", is_pending=True)}


def test_a_create_of_what_vanished_keeps_its_protection() -> None:
    known = owned(user("ada", first_name="x", prevent_destroy=True), project("p", deletion_strategy="cascading"))
    assert opened(known.entries, plan_for(manifests(ADA, project("p")), cluster(), known), {}) == {
        A: Entry(id="", is_pending=True, values={"first_name": "x"}, prevent_destroy=True),
        P: Entry(id="", is_pending=True, values={"deletion_strategy": "cascading"}, deletion_strategy="cascading"),
    }


def test_what_is_already_as_declared_is_owned_before_anything_is_sent() -> None:
    plan = plan_for(manifests(ADA), cluster(ADA))
    assert opened({}, plan, {A: {"password": "hash"}}) == {
        A: Entry(id="user-ada", values={"first_name": "Ada"}, secrets={"password": "hash"})
    }


def test_what_stays_as_it_is_keeps_its_hashes_and_what_was_filled_in_and_what_is_written_is_read_back() -> None:
    known = entry(ADA, secrets={"password": "hash"}, filled={"job_title": "x"})
    plan = plan_for(manifests(ADA), cluster(ADA), owned(**{"User/ada": known}))
    assert opened({A: known}, plan, {A: {"other": "new"}}) == {
        A: replace(known, secrets={"password": "hash", "other": "new"})
    }
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
    assert opened(known.entries, plan, {}) == {A: known.entries[A]}
    deleting = plan_for(manifests(absent(ADA)), cluster(ADA), known)
    assert opened(known.entries, deleting, {}) == {A: known.entries[A]}


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
    (change,) = plan_for(manifests(user("ada", first_name="x")), cluster(ADA)).changes
    known = entry(secrets={"password": "hash", "other": "hash"})
    after = applied(change, known, "", {"other": "new"})
    assert (after.id, dict(after.secrets)) == ("user-ada", {"password": "hash", "other": "new"})


def test_the_strategy_of_a_delete_is_remembered() -> None:
    (change,) = plan_for(manifests(project("p", deletion_strategy="cascading")), cluster()).changes
    assert applied(change, None, "P").deletion_strategy == "cascading"
