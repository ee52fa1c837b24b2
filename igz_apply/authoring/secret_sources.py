"""Secrets that manifests would have looked up where nobody allows it: told offline, before anything is run or asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.model.problems import Problem
from igz_apply.model.references import PLAIN_TYPES, secret_refs
from igz_apply.model.resources import DesiredState, Resource


def sources_not_allowed(desired: DesiredState, allowed: AllowedSources) -> Iterator[Problem]:
    """Find the secrets whose command or store is not allowed, each at its place."""
    for resource in desired.resources.values():
        if resource.is_present and not PLAIN_TYPES.issuperset(map(type, resource.spec.values())):
            yield from _refused(resource, allowed)


def _refused(resource: Resource, allowed: AllowedSources) -> Iterator[Problem]:
    for path, ref in secret_refs(resource.spec):
        if (problem := allowed.refusal(ref)) is not None:
            yield replace(
                problem,
                detail=f"`spec.{path}` of {resource.address} {problem.detail}",
                source=resource.positions.value(("spec", *path.split("."))),
                address=resource.address,
            )
