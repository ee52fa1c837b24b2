"""Which secrets an apply sends, and what is said of those that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.hidden import Hidden
from igz_apply.model.resources import Owned, Resource, SecretRef
from igz_apply.planning.sending import (
    SecretPlace,
    check_secrets,
    declared_secrets,
    invented_secrets,
    look_at,
    secrets_needed,
    secrets_to_send,
    unread_secrets,
    unsent_secrets,
    with_secret_warnings,
)
from tests.builders import absent, cluster, entry, manifests, owned, plan_for, service, user
from tests.fakes import FakeSecrets

WORD = SecretRef(from_env="WORD")
PLACE = (Address("User", "ada"), "password")
GOOD = "Good-pass-1!"


class Inventing(FakeSecrets):
    """Secrets of a rehearsal: what is missing is made up."""

    def is_invented(self, ref: SecretRef) -> bool:
        return not self.is_available(ref)


def ada(**more: Any) -> Resource:
    return user("ada", password=WORD, **more)


def sent(secrets: FakeSecrets, inventory: Owned, *rotate: SecretPlace) -> Mapping[Address, Mapping[str, str]]:
    declared = declared_secrets(manifests(ada(), absent(user("bob", password=WORD)), user("cy")))
    return secrets_to_send(declared, cluster(user("ada")), inventory, secrets, KINDS, rotate)


def known(word: str, **more: Any) -> Owned:
    return owned(**{"User/ada": entry(user("ada"), secrets={"password": FakeSecrets(WORD=word).hashed(WORD)}, **more)})


def plan_of(secrets: FakeSecrets, *resources: Resource, inventory: Owned = Owned()) -> Plan:  # noqa: B008
    stale = secrets_to_send(declared_secrets(manifests(*resources)), cluster(user("ada")), inventory, secrets, KINDS)
    return plan_for(manifests(*resources), cluster(user("ada")), inventory, stale=stale)


def test_a_secret_is_sent_that_is_not_known_to_be_there_or_has_changed() -> None:
    secrets = FakeSecrets(WORD=GOOD)
    assert sent(secrets, owned()) == {PLACE[0]: {"password": "not known to be the present one"}}
    assert sent(secrets, known("other")) == {PLACE[0]: {"password": ""}}
    assert sent(secrets, known(GOOD)) == {PLACE[0]: {}}
    assert sent(secrets, known(GOOD, id="of another")) == {PLACE[0]: {"password": "not known to be the present one"}}
    assert sent(FakeSecrets(), owned()) == {PLACE[0]: {}}


def test_one_is_sent_again_on_purpose() -> None:
    assert sent(FakeSecrets(WORD=GOOD), known(GOOD), PLACE) == {PLACE[0]: {"password": "sent again on purpose"}}


@pytest.mark.parametrize(
    ("secrets", "place", "summary", "said"),
    [
        (FakeSecrets(WORD=GOOD), (PLACE[0], "passwort"), "No such secret", "There is User/ada#password."),
        (
            FakeSecrets(WORD=GOOD),
            (Address("User", "cy"), "password"),
            "No such secret",
            "Declare it, for example with from_env",
        ),
        (FakeSecrets(), PLACE, "Missing secret", "Provide it where this runs."),
    ],
)
def test_what_cannot_be_sent_again_is_refused(
    secrets: FakeSecrets, place: SecretPlace, summary: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        sent(secrets, owned(), place)
    (problem,) = caught.value.problems
    assert problem.summary == summary
    assert said in problem.hint


def unsent(secrets: FakeSecrets, inventory: Owned, *resources: Resource) -> list[str]:
    declared = declared_secrets(manifests(*resources))
    made = plan_of(secrets, *resources, inventory=inventory)
    return list(unsent_secrets(made, declared, inventory, secrets, KINDS))


def test_what_is_neither_known_nor_here_is_told() -> None:
    told = "not known to be the present ones, and not available here, so not sent: User/ada#password"
    assert unsent(FakeSecrets(), owned(), ada()) == [told]
    assert unsent(FakeSecrets(), known(GOOD), ada()) == []
    assert unsent(FakeSecrets(WORD=GOOD), owned(), ada()) == []
    assert unsent(FakeSecrets(), owned(), ada(ignore_changes=["password"])) == []
    assert unsent(FakeSecrets(), owned(), user("new", password=WORD)) == []  # it is made, and then it is needed
    assert unsent(FakeSecrets(), owned(), user("ada")) == []


def test_a_change_warns_of_what_is_missing_where_it_runs() -> None:
    (change,) = plan_of(FakeSecrets(), user("new", password=WORD)).changes
    assert with_secret_warnings(change, FakeSecrets(WORD=GOOD)) is change
    assert with_secret_warnings(change, Inventing()) is change
    assert with_secret_warnings(change, FakeSecrets()).warnings == (
        "password is not available here (environment variable WORD)",
    )


def test_a_plan_without_what_it_sends_is_not_applied() -> None:
    made = plan_of(FakeSecrets(), user("new", password=WORD))
    check_secrets(made, FakeSecrets(WORD=GOOD), KINDS)
    with pytest.raises(InvalidInput) as caught:
        check_secrets(made, FakeSecrets(), KINDS)
    (problem,) = caught.value.problems
    assert (problem.summary, str(problem.address)) == ("Missing secret", "User/new")


def test_a_secret_that_the_platform_would_refuse_is_refused_without_a_word_of_it() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_secrets(plan_of(FakeSecrets(WORD="weak"), ada()), FakeSecrets(WORD="weak"), KINDS)
    (problem,) = caught.value.problems
    assert problem.summary == "Secret not accepted"
    assert "weak" not in problem.detail


def test_what_a_delete_or_a_change_without_secrets_sends_is_nothing() -> None:
    gone = plan_for(manifests(absent(ada())), cluster(user("ada")), owned(user("ada")))
    check_secrets(gone, FakeSecrets(), KINDS)
    titled = plan_of(FakeSecrets(WORD=GOOD), ada(job_title="x"), inventory=known(GOOD))
    assert [item.dotted for change in titled.changes for item in change.diff] == ["job_title"]
    check_secrets(titled, FakeSecrets(), KINDS)


def test_what_may_be_a_secret_and_is_in_no_saved_plan_is_not_written() -> None:
    kept = Hidden(kept=Hidden("x", "p").digest)
    wanted = service("nb", kind="jupyter", owner="ada", jupyter={"token": kept}, description="new")
    for lives, refused in ((None, True), ({"token": Hidden("x", "q")}, True), ({"token": Hidden("x", "p")}, False)):
        there = [service("nb", kind="jupyter", owner="ada", jupyter=lives)] if lives else []
        made = plan_for(manifests(wanted), cluster(user("ada"), *there), owned(*there))
        if not refused:
            check_secrets(made, FakeSecrets(), KINDS)
            continue
        with pytest.raises(InvalidInput) as caught:
            check_secrets(made, FakeSecrets(), KINDS)
        (problem,) = caught.value.problems
        assert (problem.summary, problem.detail.split()[0]) == ("Not in the plan", "jupyter.token")
    other = service("nb", kind="jupyter", owner="ada", jupyter={"token": Hidden("x", "q")})
    ignoring = service(
        "nb", kind="jupyter", jupyter={"token": kept}, description="new", ignore_changes=["jupyter.token"]
    )
    check_secrets(plan_for(manifests(ignoring), cluster(user("ada"), other), owned(other)), FakeSecrets(), KINDS)


def test_what_is_made_up_for_a_rehearsal_is_named() -> None:
    new = [user(f"u{number}", password=WORD) for number in range(6)]
    made = plan_of(FakeSecrets(), *new)
    assert list(invented_secrets(made, FakeSecrets(WORD=GOOD))) == []
    (told,) = invented_secrets(made, Inventing())
    assert told.startswith("not available here, so made up for the emulator: User/u0#password, ")
    assert told.endswith(" and 1 more")


# What is looked up

COMMAND = SecretRef(from_command=("get", "ada"))
STORED = SecretRef(from_store="vault", key="KEY")


def test_a_plan_needs_the_secrets_of_what_it_is_about() -> None:
    ignoring = user("bob", password=STORED, ignore_changes=["password"])
    desired = manifests(user("ada", password=COMMAND), ignoring, user("cy", password=WORD), user("dan"))
    lives = cluster(user("ada"), user("bob"))
    ada_, bob, cy = (Address("User", name) for name in ("ada", "bob", "cy"))
    needed = secrets_needed(desired, lives, lambda _: True)
    assert needed == {ada_: (("password", COMMAND),), cy: (("password", WORD),)}
    assert set(secrets_needed(desired, lives, lambda address: address == cy)) == {cy}
    assert set(secrets_needed(desired, lives, lambda _: False, [(bob, "password")])) == {bob}
    assert set(secrets_needed(desired, cluster(), lambda _: True)) == {ada_, bob, cy}
    secrets = FakeSecrets()
    look_at(needed, secrets)
    assert secrets.looks == [["get", "WORD"]]


def test_all_that_a_plan_sends_is_looked_at_together_before_anything_is_said() -> None:
    made = plan_of(FakeSecrets(), user("new", password=COMMAND), user("newer", password=STORED))
    secrets = FakeSecrets()
    with pytest.raises(InvalidInput) as caught:
        check_secrets(made, secrets, KINDS)
    assert secrets.looks == [["get", "KEY"]]
    assert [problem.detail for problem in caught.value.problems] == [
        "password of User/new comes from command get ada, and nobody answers.",
        "password of User/newer comes from store vault, key KEY, and nobody answers.",
    ]


def test_a_change_warns_of_what_could_not_be_looked_up_and_why() -> None:
    (change,) = plan_of(FakeSecrets(), user("new", password=STORED)).changes
    assert with_secret_warnings(change, FakeSecrets()).warnings == (
        "password is not available here (store vault, key KEY: nobody answers)",
    )


def test_what_could_not_be_looked_up_is_not_compared_and_told_once_a_reason() -> None:
    def unread(secrets: FakeSecrets, *resources: Resource) -> list[str]:
        made = plan_of(secrets, *resources)
        return list(unread_secrets(made, declared_secrets(manifests(*resources)), secrets))

    told = "not compared, since nobody answers: User/ada#password"
    assert unread(FakeSecrets(), user("ada", password=STORED), user("new", password=STORED)) == [told]
    assert unread(FakeSecrets(KEY=GOOD), user("ada", password=STORED)) == []
    assert unread(FakeSecrets(), user("ada", password=STORED, ignore_changes=["password"])) == []
    assert unread(Inventing(), user("ada", password=STORED)) == []
    assert unread(FakeSecrets(), ada()) == []  # a job that only plans need not have a variable
    assert unread(FakeSecrets(), user("ada")) == []
