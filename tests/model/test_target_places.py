"""`{target}` in the place of an inventory."""

from __future__ import annotations

import pytest

from igz_apply.model.target_places import misspelt_target, with_target


def test_a_place_has_the_name_of_the_target_wherever_it_says_so() -> None:
    assert with_target("s3://state/{target}/{target}.json", "prod-eu") == "s3://state/prod-eu/prod-eu.json"
    assert with_target("state/prod.json", "dev") == "state/prod.json"
    assert with_target("state/{target}.json", "") == "state/{target}.json"


@pytest.mark.parametrize("part", ["{Target}", "{targets}", "{ target }", "${target}", "{{target}}", "{traget}"])
def test_what_is_nearly_the_name_of_the_target_is_found(part: str) -> None:
    assert misspelt_target(f"state/{part}.json") == part


@pytest.mark.parametrize("place", ["state/{target}.json", "state/prod.json", "state/{cluster}.json", "state/{}.json"])
def test_what_is_no_slip_is_left_alone(place: str) -> None:
    assert misspelt_target(place) is None
