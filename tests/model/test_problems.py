"""Problems, the codes of their rules, and what warnings count as."""

from __future__ import annotations

from igz_apply.model.addresses import Source
from igz_apply.model.catalogue import RULES, STAGES, rule_named
from igz_apply.model.problems import Problem, Severities, Weight

DOUBT = Problem("Look-alike names", "x", severity="warning")


def test_codes_and_summaries_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.summary for rule in RULES}) == len(RULES)
    assert {rule.stage for rule in RULES} == set(STAGES)
    for rule in RULES:
        assert rule.meaning.endswith("."), rule
        assert rule_named(rule.code.lower()) is rule


def test_a_problem_has_the_code_of_its_rule() -> None:
    assert DOUBT.code == "IGZ-302"
    assert Problem("Made up by a caller", "x").code == ""


def test_a_warning_counts_as_it_is_asked_for() -> None:
    cases: tuple[tuple[dict[str, Weight], bool, list[str]], ...] = (
        ({}, False, ["warning"]),
        ({}, True, ["error"]),
        ({DOUBT.code: "error"}, False, ["error"]),
        ({DOUBT.code: "ignore"}, True, []),
    )
    for asked, strict, severities in cases:
        assert [each.severity for each in Severities(asked, strict).settled([DOUBT])] == severities


def test_errors_are_never_less_than_errors() -> None:
    error = Problem("Two roles", "x")
    weights = Severities({error.code: "ignore"}, is_strict=True)
    assert weights.settled([error]) == (error,)


def test_a_place_in_no_file_is_none() -> None:
    assert Problem("s", "d", source=Source("", 0, 0)).source is None
    assert Problem("s", "d", source=Source("a.yaml", 1, 1)).source == Source("a.yaml", 1, 1)
