"""What names something that is looked up, in a list or by itself."""

from __future__ import annotations

from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.references import lookups

KIND = Kind("Thing", (Field("sort", looked_up="Sort"), Field("more", shape=Shape.SET, looked_up="Sort")))


def test_one_name_and_a_list_of_names_are_looked_up_at_their_places() -> None:
    found = lookups(KIND, KIND.address("t"), {"sort": "a", "more": ["b"]})
    assert list(found) == [("Sort", "a", ("spec", "sort")), ("Sort", "b", ("spec", "more", 0))]
    assert list(lookups(KIND, KIND.address("t"), {"sort": None, "more": None})) == []
