"""What the profiles of a run make, all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from igz_apply.authoring.layering.ground import LayersGround
from igz_apply.authoring.layering.origins import LayeredPositions, Stratum
from igz_apply.authoring.layering.people import expanded_by_groups, nobody
from igz_apply.authoring.layering.profile_rules import declared_twice, profile_of, profile_schema
from igz_apply.authoring.layering.profiles import Expanded, Profile, expanded, with_values_of
from igz_apply.authoring.layering.values import Values
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from igz_apply.values import dataclass

Composed = Callable[[Document, Stratum], Document]
"""Puts the other layers over and under a document that is one layer by itself."""


@dataclass(frozen=True, slots=True)
class Made:
    """What profiles make."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    is_all: bool  # False: some profile is wrong, and nobody can tell what it would make


def made_by(
    profiles: Sequence[Document], beside: Sequence[Document], ground: LayersGround, values: Values, composed: Composed
) -> Made:
    """Return what profiles make; `beside` are the manifests, which say who is in which group."""
    problems: list[Problem] = []
    sound = _sound(profiles, ground, values, problems)

    def compose(made: Expanded) -> Document:
        return composed(Document(made.source, made.data, LayeredPositions(made.layer)), made.layer)

    listing = [it for it in sound if it.group is None]
    documents = [compose(each) for profile in listing for each in expanded(profile, tuple(profile.facts))]
    by_groups = [it for it in sound if it.group is not None]
    if by_groups:
        found = expanded_by_groups(by_groups, (*beside, *documents), ground.kinds, compose, problems)
        documents.extend(found)
    return Made(tuple(documents), tuple(problems), is_all=len(sound) == len(profiles))


def _sound(
    profiles: Sequence[Document], ground: LayersGround, values: Values, problems: list[Problem]
) -> Sequence[Profile]:
    """Return the profiles that are right by themselves; what is wrong with the others goes to `problems`."""
    found: list[Profile] = []
    schema = profile_schema(ground.profile, ground.kinds)
    for document in profiles:
        count = len(problems)
        meant = with_values_of(document, values, problems)
        if len(problems) > count:
            continue
        profile = profile_of(meant, ground.kinds, ground.schemas, schema)
        if isinstance(profile, Profile):
            found.append(profile)
        else:
            problems.extend(profile)
    problems.extend(declared_twice(found))
    problems.extend(nobody(it) for it in found if it.group is None and not it.facts)
    return found
