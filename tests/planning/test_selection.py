"""What a run is about, and what is said of globs that select nothing."""

from __future__ import annotations

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.model.addresses import Address
from igz_apply.planning.selection import Ground, Selection, selected, selector
from tests.builders import absent, group, manifests, project, user

ADA, PROD, PLAIN = Address("User", "ada"), Address("Group", "ops [prod]"), Address("Group", "ops p")
KNOWN = frozenset({ADA, PROD, PLAIN})


def found(text: str, *, among: frozenset[Address] = KNOWN, is_strict: bool = False) -> list[tuple[str, str, str]]:
    problems = Ground(KINDS, KNOWN, is_strict).idle("--only", [text], among, "that is declared")
    return [(problem.severity, problem.summary, f"{problem.detail} {problem.hint}") for problem in problems]


def test_without_globs_a_run_is_about_everything() -> None:
    assert selector(Selection(), manifests(), KINDS)(ADA)
    assert not Selection().is_partial


def test_only_brings_in_what_is_depended_on_and_a_deletion_does_not() -> None:
    desired = manifests(group("ds"), user("ada", groups=["ds"]), project("churn", owner="ada"), absent(user("bob")))
    chosen = Selection(only=("User/ada", "User/bob"))
    is_wanted = selector(chosen, desired, KINDS)
    assert [str(each) for each in sorted(desired.resources) if is_wanted(each)] == ["Group/ds", "User/ada", "User/bob"]
    assert [str(each) for each in sorted(selected(chosen, desired).resources)] == ["User/ada", "User/bob"]


def test_what_exists_beside_the_manifests_is_a_name_too() -> None:
    desired = manifests(group("ops p"))
    for chosen, expected in (
        (Selection(only=(str(PROD),)), [PLAIN]),
        (Selection(only=(str(PROD),)).among([PROD]), []),
        (Selection().among([PROD]), [PLAIN]),
        (Selection(exclude=(str(PROD),)), []),
        (Selection(exclude=(str(PROD),)).among([ADA], [PROD]), [PLAIN]),
        (Selection(), [PLAIN]),
    ):
        assert list(selected(chosen, desired).resources) == expected
        assert [each for each in desired.resources if selector(chosen, desired, KINDS)(each)] == expected


@pytest.mark.parametrize("text", ["User/ada", "Group/ops [prod]", "Group", "Gr*", "*/ada", "*", "Group/ops [a-z]"])
def test_what_selects_something_is_no_problem(text: str) -> None:
    assert found(text, is_strict=True) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Groups/ops p", "Did you mean Group?"),
        ("users", "Did you mean User?"),
        ("ops p", "Did you mean Group/ops p?"),
        ("zzz", "Kinds are"),
        ("/ada", "Kinds are"),
    ],
)
def test_a_kind_that_does_not_exist_is_an_error(text: str, meant: str) -> None:
    ((severity, summary, said),) = found(text)
    assert (severity, summary) == ("error", "Unknown kind")
    assert meant in said


@pytest.mark.parametrize(("text", "meant"), [("User/adda", "Did you mean User/ada?"), ("Project/zzz", "Correct it")])
def test_a_whole_address_that_is_nowhere_is_an_error(text: str, meant: str) -> None:
    ((severity, summary, said),) = found(text)
    assert (severity, summary) == ("error", "Unknown address")
    assert meant in said


def test_an_address_that_nobody_here_knows_is_a_warning_where_more_may_be_declared() -> None:
    for is_strict, severity in ((False, "warning"), (True, "error")):
        (problem,) = Ground(KINDS, KNOWN, is_strict, is_whole=False).idle("protect", ["User/new"], KNOWN, "")
        assert (problem.severity, problem.summary) == (severity, "Unknown address")


@pytest.mark.parametrize("text", ["User/b*", "Project", "X*", "Group/x[*]"])
def test_a_pattern_that_matches_nothing_is_a_warning_until_it_must_match(text: str) -> None:
    for is_strict, severity in ((False, "warning"), (True, "error")):
        ((found_severity, summary, said),) = found(text, is_strict=is_strict)
        assert (found_severity, summary) == (severity, "Nothing selected")
        assert f"--only {text!r} matches nothing that is declared." in said


def test_a_name_that_exists_elsewhere_is_told_like_a_pattern() -> None:
    for text in ("User/ada", "Group/ops [prod]"):
        ((severity, summary, _),) = found(text, among=frozenset({PLAIN}))
        assert (severity, summary) == ("warning", "Nothing selected")


def test_a_known_address_of_a_kind_that_another_version_manages_is_a_name() -> None:
    strange = Address("Tenant", "a")
    ground = Ground(KINDS, frozenset({strange}))
    assert list(ground.idle("protect", ["Tenant/a"], ground.known, "that is owned")) == []
