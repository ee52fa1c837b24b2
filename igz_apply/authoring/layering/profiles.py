"""`Profile`: what each of several people gets, expanded to the resources of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from igz_apply.authoring.layering.merging import replaced
from igz_apply.authoring.layering.origins import LayeredPositions, Stratum, cites_nothing
from igz_apply.authoring.layering.placeholders import FROM_MEMBER, with_member
from igz_apply.authoring.layering.values import Values, with_values
from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document, Path, Positions
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """A Profile that is right by itself, with the values that it takes in place."""

    source: Source
    data: Mapping[str, Any]
    positions: Positions

    @property
    def name(self) -> str:
        """What it is called."""
        name: str = self.data["metadata"]["name"]
        return name

    @property
    def group(self) -> str | None:
        """The group whose people are its members, None where it lists them itself."""
        group: str | None = self.data.get("members_of")
        return group

    @property
    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says of each of the members that it lists."""
        members = self.data.get("members", ())
        if isinstance(members, Mapping):
            return {name: facts or {} for name, facts in members.items()}
        return {name: {} for name in members}

    @property
    def places(self) -> Mapping[str, Path]:
        """Where each of the members stands that it lists."""
        members = self.data.get("members", ())
        keys = zip(members, members, strict=True) if isinstance(members, Mapping) else zip(members, count())
        return {member: ("members", key) for member, key in keys}

    @property
    def templates(self) -> Sequence[Mapping[str, Any]]:
        """What each member gets."""
        templates: Sequence[Mapping[str, Any]] = self.data["resources"]
        return templates


class Expanded(NamedTuple):
    """One resource that a profile makes for one member."""

    source: Source  # of the template
    data: Any
    layer: Stratum


def with_values_of(document: Document, values: Values, problems: list[Problem]) -> Document:
    """Return a Profile with its references replaced; what is wrong with those goes to `problems`."""
    layer = Stratum("profile", document.data, document.positions, (), values.cited)
    data = with_values(layer, values, problems)
    if data is document.data:
        return document
    return Document(document.source, data, LayeredPositions(layer))


def expanded(profile: Profile, members: Sequence[str]) -> Iterator[Expanded]:
    """Yield what a profile makes for each of its members."""
    facts, places = profile.facts, profile.places
    sources = [profile.positions.value(("resources", index)) for index in range(len(profile.templates))]
    for member in members:
        for index, template in enumerate(profile.templates):
            known = facts.get(member, {})
            layer = _template_for(member, known, profile, index, places.get(member, ()))
            data = {"apiVersion": profile.data["apiVersion"], **_filled(template, member, known)}
            yield Expanded(sources[index], data, layer)


def _filled(template: Mapping[str, Any], member: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    def swap(data: Any, _: Path) -> Any:
        if isinstance(data, str):
            return with_member(data, member)
        return facts[data[FROM_MEMBER]] if isinstance(data, Mapping) and FROM_MEMBER in data else data

    filled: Mapping[str, Any] = replaced(template, swap)
    return filled


def _template_for(member: str, facts: Mapping[str, Any], profile: Profile, index: int, place: Path) -> Stratum:
    def cited(data: Any) -> Stratum | None:
        fact = data.get(FROM_MEMBER) if isinstance(data, Mapping) else None
        if not isinstance(fact, str):
            return None
        return Stratum("member", facts[fact], profile.positions, ("members", member, fact), cites_nothing, fact)

    return Stratum("profile", profile.templates[index], profile.positions, ("resources", index), cited, member, place)
