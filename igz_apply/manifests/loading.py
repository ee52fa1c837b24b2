"""Manifests, read and checked offline: what they declare and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, BinaryIO

from igz_apply.authoring.contradictions import contradictions
from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.kustomize import without_bookkeeping
from igz_apply.authoring.manifest_rules import address_of, stranger
from igz_apply.authoring.resolve import unresolved
from igz_apply.authoring.validation import Policy, validate
from igz_apply.manifests.reader import Reading, read
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.resources import DesiredState, Document
from igz_apply.platform import Platform
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests declare, as far as they are valid, and what is wrong with them."""

    desired: DesiredState
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...] = ()  # those of the problems that are warnings and stay so with a cluster at hand
    documents: tuple[Document, ...] = ()
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by kind

    @property
    def count(self) -> int:
        """How many documents were read, valid or not."""
        return len(self.documents)


def load(
    paths: Sequence[str],
    platform: Platform,
    *,
    ignore: Sequence[str] = (),
    policies: Sequence[Policy] = (),
    version: str = "",
    stdin: BinaryIO | None = None,
) -> Loaded:
    """Read and check manifests, offline. Never raises for what is wrong with them: that comes back as problems.

    `version` is the cluster's, "" when it is not known.
    """
    reading = read(paths, ignore=ignore, stdin=stdin)
    return checked(reading, platform, policies=policies, version=version)


def checked(
    reading: Reading,
    platform: Platform,
    *,
    policies: Sequence[Policy] = (),
    version: str = "",
) -> Loaded:
    """Check manifests that have been read; all the rest is as in `load`."""
    kinds, known = platform.kinds, platform.schemas
    documents = tuple(map(without_bookkeeping, reading.documents))
    desired, found = judged(documents, kinds, known, policies=policies, version=version)
    problems = (*reading.problems, *found)
    if errors_of(problems):
        return Loaded(DesiredState({}), in_order(problems), (), documents, known)
    everything = in_order((*problems, *unresolved(desired, kinds)))
    return Loaded(desired, everything, in_order(problems), documents, known)


def judged(
    documents: Sequence[Document],
    kinds: Kinds,
    known: Mapping[str, Mapping[str, Any]],
    *,
    policies: Sequence[Policy] = (),
    version: str = "",
) -> tuple[DesiredState, tuple[Problem, ...]]:
    """Return what those of the documents declare that are right by themselves, and what is wrong with all of them."""
    problems = validate(documents, kinds, known, policies=policies, version=version)
    desired = desired_state(_sound(documents, problems, kinds), kinds)
    return desired, (*problems, *contradictions(desired, kinds))


def _sound(documents: Sequence[Document], problems: Sequence[Problem], kinds: Kinds) -> Sequence[Document]:
    """Return the documents that have no error of their own: what they say can be held against each other."""
    if not errors_of(problems):
        return documents
    faulty = {problem.address for problem in errors_of(problems)}
    recognised = (document for document in documents if stranger(document, kinds) is None)
    return [it for it in recognised if (address := address_of(it)) is not None and address not in faulty]
