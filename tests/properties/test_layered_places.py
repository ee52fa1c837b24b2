"""Every value of layers put together stands where it says that it stands."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from igz_apply.authoring.layering.merging import merged
from igz_apply.authoring.layering.origins import Elsewhere, Layer, LayeredPositions, Stratum
from igz_apply.authoring.layering.values import Values, value_layer
from igz_apply.model.addresses import Source
from igz_apply.model.resources import Document


class _Paths:
    """Positions that tell a path as a place."""

    def __init__(self, name: str) -> None:
        self.name = name

    def value(self, path: tuple[str | int, ...]) -> Source:
        return Source(f"{self.name}{list(path)}", 1, 1)

    key = value

    def text(self, path: tuple[str | int, ...]) -> str:
        return str(path)


_SCALARS = st.sampled_from([None, 1, "x", True])


def _mappings(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from("abc"), below, max_size=3)


_TREES = st.recursive(_SCALARS, lambda below: st.lists(below, max_size=2) | _mappings(below), max_leaves=8)


def _paths(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [(path, data), *(found for key, value in below for found in _paths(value, (*path, key)))]


def _at(data: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


@given(st.lists(_mappings(_TREES), min_size=1, max_size=4), _mappings(_TREES))
def test_what_stands_at_the_place_of_a_value_is_that_value(trees: list[Any], values: dict[str, Any]) -> None:
    known = Values({name: value_layer(name, value, _Paths("v"), (name,)) for name, value in values.items()})
    trees = [*trees, {name: {"from_value": name} for name in values}]
    layers = [Stratum("patch", tree, _Paths(str(at)), (), known.cited) for at, tree in enumerate(trees)]
    data: Any = {}
    for tree in trees:
        data = merged(
            data, {key: values[key] if key in values and tree is trees[-1] else it for key, it in tree.items()}
        )
    first, *others = reversed(layers)
    positions = LayeredPositions(first, (), tuple(others))
    for path, value in _paths(data):
        found = positions.origin(path)
        assert found.is_exact
        stated = found.positions.name  # type: ignore[attr-defined]
        there = _at(values if stated == "v" else trees[int(stated)], found.path)
        assert there == value or isinstance(value, dict)


def _own(tree: dict[str, Any], known: Values, *, refers: bool) -> Stratum | Document:
    if refers:
        return Stratum("manifest", tree, _Paths("own"), (), known.cited)
    return Document(Source("own", 1, 1), tree, _Paths("own"))


@given(
    st.lists(st.tuples(_mappings(_TREES), st.booleans()), min_size=1, max_size=4),
    st.tuples(_mappings(_TREES), _mappings(_TREES)),
    st.dictionaries(st.sampled_from("abc"), _TREES, max_size=2),
)
def test_manifests_with_the_same_layers_around_share_what_was_found_and_nothing_else(
    owns: list[tuple[dict[str, Any], bool]], around: tuple[Any, Any], values: dict[str, Any]
) -> None:
    known = Values({name: value_layer(name, value, _Paths("v"), (name,)) for name, value in values.items()})
    above, below = (
        Stratum(layer, tree, _Paths(layer), (), known.cited) for layer, tree in zip(_AROUND, around, strict=True)
    )
    references = {name: {"from_value": name} for name in values}
    found: Elsewhere = {}
    for tree, refers in owns:
        own = _own({**tree, **references} if refers else tree, known, refers=refers)
        positions = LayeredPositions(own, (above,), (below,), found)
        for path, _ in _paths({**around[1], **tree, **around[0]}):
            origin = positions.origin(path)
            is_own = not origin.is_exact or origin.layer == "manifest"
            assert positions.elsewhere(path) == (None if is_own else origin.source)


_AROUND: tuple[Layer, Layer] = ("patch", "defaults")
