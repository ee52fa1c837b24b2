"""The config's `values`, and `{from_value: NAME}`, which stands for one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from igz_apply.authoring.layering.merging import GONE, replaced
from igz_apply.authoring.layering.origins import Stratum, cites_nothing
from igz_apply.authoring.manifest_rules import FROM_VALUE
from igz_apply.authoring.schema_paths import dotted
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Path, Positions
from igz_apply.model.suggest import did_you_mean, some
from igz_apply.values import dataclass

_IDENTITY: tuple[Path, ...] = ((), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"))
"""Where no reference can stand: what a document is about does not depend on the target."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one target."""

    known: Mapping[str, Stratum] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> the targets that define it
    config: str = ""  # its path; "": there is none
    target: str = ""  # "": none was chosen

    def cited(self, data: Any) -> Stratum | None:
        """Return the value that the data stands for, None where it is no reference to one that there is."""
        name = data.get(FROM_VALUE) if isinstance(data, dict) and len(data) == 1 else None
        return self.known.get(name) if isinstance(name, str) else None


def value_layer(name: str, data: Any, positions: Positions, path: Path) -> Stratum:
    """Return a value as a layer; it holds no references."""
    return Stratum("value", data, positions, path, cites_nothing, name)


def is_reference(data: Any) -> bool:
    """Say whether data means to stand for a value, rightly or not."""
    return isinstance(data, dict) and FROM_VALUE in data


def with_values(layer: Stratum, values: Values, problems: list[Problem]) -> Any:
    """Return what a layer says once its references are replaced; what is wrong with them goes to `problems`.

    A reference with a problem is left out.
    """

    def swap(data: Any, path: Path) -> Any:
        if not is_reference(data):
            return data
        found = values.cited(data)
        if found is not None and path not in _IDENTITY:
            return found.data
        problems.append(_problem(layer, data, path, values))
        return GONE

    found = replaced(layer.data, swap)
    return {} if found is GONE else found


def _problem(layer: Stratum, data: Mapping[str, Any], path: Path, values: Values) -> Problem:
    """Return what is wrong with a reference; `path` is below the layer."""
    place = (*layer.prefix, *path, FROM_VALUE)
    name = data[FROM_VALUE]
    if len(data) > 1:
        others = ", ".join(repr(key) for key in data if key != FROM_VALUE)
        detail = f"Beside `{FROM_VALUE}` there is {others}; a reference stands for the whole value."
        return Problem("Bad reference", detail, "Take one of the two out.", source=layer.positions.key(place))
    if not isinstance(name, str) or not name:
        detail = f"`{FROM_VALUE}` takes the name of a value, as text."
        hint = f"Write {{{FROM_VALUE}: NAME}}, and define NAME below `values` in the config."
        return Problem("Bad reference", detail, hint, source=layer.positions.value(place))
    if path in _IDENTITY:
        where = f"`{dotted(path)}` says" if path else "A whole document says"
        detail = f"{where} what this is about, which cannot depend on a value."
        return Problem("Bad reference", detail, "Write it out here.", source=layer.positions.value(place))
    return Problem(
        "Undefined value",
        _not_defined(name, values),
        _how_to_define(name, values),
        source=layer.positions.value(place),
    )


def _not_defined(name: str, values: Values) -> str:
    if not values.config:
        return f"There is no value {name!r}: no config defines any."
    target = f", for the target {values.target}," if values.target else ""
    return f"{values.config}{target} defines no value {name!r}."


def _how_to_define(name: str, values: Values) -> str:
    meant = did_you_mean(name, values.known)
    targets = values.elsewhere.get(name, ())
    if targets and not values.target:
        return f"{meant} Targets that define it: {some(targets)}. Choose one: --target {targets[0]}.".strip()
    if targets:
        others = f"Targets that define it: {some(targets)}."
        return f"{meant} {others} Add it to the `values` of {values.target} too, or at the top.".strip()
    return meant or f"Add it below `values` in {values.config or 'igz-apply.yaml'}."


def values_that_refer(values: Any, path: Path, positions: Positions) -> Iterator[Problem]:
    """Find values that refer to others; `path` leads to `values` in the config."""
    for name, value in values.items() if isinstance(values, Mapping) else ():
        for place in _references(value, (*path, name)):
            yield Problem(
                "Value of a value",
                f"The value {name} refers to another value, and values stand for themselves.",
                "Write it out here. Where it is used, a mapping may hold references of its own.",
                source=positions.value((*place, FROM_VALUE)),
            )


def _references(data: Any, path: Path) -> Iterator[Path]:
    if is_reference(data):
        yield path
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _references(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _references(value, (*path, index))
