"""The tables of fields: none of Iguazio 3 is without a fate, none leads to nowhere, and each says how it is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.migration import reasons
from igz_apply.iguazio4.migration.fields import BEYOND, FIELDS, LIFECYCLE, Row
from igz_apply.iguazio4.migration.reasons import WHOLE, Reason
from igz_apply.iguazio4.platform import IGUAZIO4

MARK = re.compile(r"\[(SDK|SDKTEST|MLRUN|ORCA|MLSDK|UI|NUCLIO|3X|INFERRED)\]( \[|$)")
SECTION = re.compile(r"[0-9]{1,2}(\.[0-9])?")
ROWS = [(kind, name, row) for kind, rows in FIELDS.items() for name, row in rows.items()]


def part(platform: Any, kind: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = platform.schemas[kind]["properties"][name]["properties"]
    return found


def test_every_kind_of_iguazio_3_has_a_fate() -> None:
    assert {*FIELDS, *WHOLE} == {*IGUAZIO3.kinds.names}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_of_a_schema_has_a_row_and_no_row_is_of_a_field_that_is_none(kind: str) -> None:
    assert FIELDS[kind].keys() == part(IGUAZIO3, kind, "spec").keys()
    assert FIELDS[kind].keys() == {field.name for field in IGUAZIO3.kinds[kind].fields}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_key_of_a_lifecycle_has_a_row(kind: str) -> None:
    assert LIFECYCLE.keys() == part(IGUAZIO3, kind, "lifecycle").keys()
    kept = {row.to for row in LIFECYCLE.values() if row.to}
    assert kept <= part(IGUAZIO4, kind, "lifecycle").keys()


@pytest.mark.parametrize(("kind", "name", "row"), ROWS, ids=[f"{kind}.{name}" for kind, name, _ in ROWS])
def test_a_row_leads_to_a_field_that_is_there_or_says_why_not_and_how_that_is_known(
    kind: str, name: str, row: Row
) -> None:
    assert not row.to or row.to in part(IGUAZIO4, kind, "spec")
    assert row.is_lost == (not row.to and not row.is_made)
    assert bool(row.reason.why) == row.is_lost, name
    assert SECTION.fullmatch(row.reason.section)
    assert MARK.match(row.reason.mark)


def test_a_field_that_null_clears_may_be_null_there() -> None:
    for kind, name, row in ROWS:
        if row.may_clear:
            assert "null" in part(IGUAZIO4, kind, "spec")[row.to]["type"], name


def test_what_no_object_shows_says_why_it_does_not_come_along() -> None:
    assert all(each.why and SECTION.fullmatch(each.section) and MARK.match(each.mark) for each in BEYOND)
    assert {"passwords", "access keys"} <= {each.path for each in BEYOND}


def test_every_reason_has_words_and_what_is_known_from_the_reference_says_where() -> None:
    found = [each for each in vars(reasons).values() if isinstance(each, Reason)] + [*WHOLE.values()]
    of_the_manifests = {reasons.ABSENT, reasons.UNSEEN}
    assert len(found) > 6
    for each in found:
        assert each.why
        assert each in of_the_manifests or (SECTION.fullmatch(each.section) and MARK.match(each.mark)), each.why
