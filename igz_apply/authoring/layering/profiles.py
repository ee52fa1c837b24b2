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

OLD_NAME = "renamed_from"
"""The fact that says what a member was called: all that is made for that member is renamed."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A Profile that is right by itself, with the values that it takes in place."""

    source: Source
    data: Mapping[str, Any]
    positions: Positions
    renamable: frozenset[str] = frozenset()  # the kinds whose manifests may say what name they had

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
        known, place = facts.get(member, {}), places.get(member, ())
        for index, stated in enumerate(profile.templates):
            template = _with_old_name(stated, known) if stated["kind"] in profile.renamable else stated
            layer = _template_for(member, known, profile, index, template, place)
            data = {"apiVersion": profile.data["apiVersion"], **_filled(template, member, known)}
            if template is not stated:
                _name_as_it_was(data, stated, known[OLD_NAME])
            yield Expanded(sources[index], data, layer)


def _with_old_name(template: Mapping[str, Any], facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a template that asks for the name which the member had, if that is known and it states none itself."""
    lifecycle = template.get("lifecycle", {})
    if OLD_NAME not in facts or not isinstance(lifecycle, Mapping) or OLD_NAME in lifecycle:
        return template
    return {**template, "lifecycle": {**lifecycle, OLD_NAME: {FROM_MEMBER: OLD_NAME}}}


def _name_as_it_was(data: dict[str, Any], template: Mapping[str, Any], old: Any) -> None:
    """Put the name that the resource had when its member was called `old`; what is no name is told by its own rule."""
    if isinstance(old, str):
        name = with_member(template["metadata"]["name"], old)
        data["lifecycle"] = {**data["lifecycle"], OLD_NAME: name}


def _filled(template: Mapping[str, Any], member: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    def swap(data: Any, _: Path) -> Any:
        if isinstance(data, str):
            return with_member(data, member)
        return facts[data[FROM_MEMBER]] if isinstance(data, Mapping) and FROM_MEMBER in data else data

    filled: Mapping[str, Any] = replaced(template, swap)
    return filled


def _template_for(
    member: str, facts: Mapping[str, Any], profile: Profile, index: int, template: Mapping[str, Any], place: Path
) -> Stratum:
    def cited(data: Any) -> Stratum | None:
        fact = data.get(FROM_MEMBER) if isinstance(data, Mapping) else None
        if not isinstance(fact, str):
            return None
        return Stratum("member", facts[fact], profile.positions, ("members", member, fact), cites_nothing, fact)

    return Stratum("profile", template, profile.positions, ("resources", index), cited, member, place)
