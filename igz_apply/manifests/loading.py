"""Manifests, read and checked offline: what they declare and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from igz_apply.authoring.contradictions import contradictions
from igz_apply.authoring.desired import desired_state
from igz_apply.authoring.kustomize import without_bookkeeping
from igz_apply.authoring.manifest_rules import address_of, stranger
from igz_apply.authoring.resolve import unresolved
from igz_apply.authoring.validation import Policy, validate
from igz_apply.local.package_data import load_schema
from igz_apply.manifests.file_search import HERE
from igz_apply.manifests.reader import Reading, read
from igz_apply.model.kind import Kinds
from igz_apply.model.operations import OperationRule
from igz_apply.model.problems import Problem, errors_of, in_order
from igz_apply.model.resources import DesiredState, Document
from igz_apply.platform import Platform
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.authoring.layering.ground import Layers
    from igz_apply.authoring.layering.layered import Layered


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests declare, as far as they are valid, and what is wrong with them."""

    desired: DesiredState
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...] = ()  # those of the problems that are warnings and stay so with a cluster at hand
    documents: tuple[Document, ...] = ()
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by kind
    operations: tuple[OperationRule, ...] = ()  # what is to be done beside, once something is written

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
    layers: Layers | None = None,
    tops: Sequence[str] = HERE,
) -> Loaded:
    """Read and check manifests, offline. Never raises for what is wrong with them: that comes back as problems.

    `version` is the cluster's, "" when it is not known; `layers` are the config's, and `tops` the folders below which
    `_defaults.yaml` counts.
    """
    reading = read(paths, ignore=ignore, stdin=stdin, tops=tops)
    return checked(reading, platform, policies=policies, version=version, layers=layers)


def with_operations(
    loaded: Loaded, rules: Sequence[OperationRule], platform: Platform, *, is_whole: bool = True
) -> Loaded:
    """Return the manifests with what is to be done once something is written, and the faults of that.

    Not `is_whole`: there are more manifests, which may declare what these do not.
    """
    from igz_apply.authoring.operation_rules import operation_problems

    desired = loaded.desired if is_whole and not errors_of(loaded.problems) else None
    found = tuple(operation_problems(rules, desired, platform.kinds, platform.schemas, platform.title))
    warnings = [problem for problem in found if problem.severity == "warning"]
    return replace(
        loaded,
        operations=tuple(rules),
        problems=in_order((*loaded.problems, *found)),
        advice=in_order((*loaded.advice, *warnings)),
    )


def checked(
    reading: Reading,
    platform: Platform,
    *,
    policies: Sequence[Policy] = (),
    version: str = "",
    layers: Layers | None = None,
    is_whole: bool = True,
) -> Loaded:
    """Check manifests that have been read; all the rest is as in `load`.

    Not `is_whole`: there are more manifests, which other runs read.
    """
    kinds, known = platform.kinds, platform.schemas
    documents = tuple(map(without_bookkeeping, reading.documents))
    found = _layered(reading, documents, platform, layers, is_whole=is_whole)
    if found is not None:
        documents = found.documents
    desired, problems = judged(documents, kinds, known, policies=policies, version=version)
    if found is not None:
        problems = (*found.problems, *_without_holes(problems, found))
    problems = (*reading.problems, *problems)
    if errors_of(problems):
        return Loaded(DesiredState({}), _told(problems, found), (), documents, known)
    everything = _told((*problems, *unresolved(desired, kinds)), found)
    return Loaded(desired, everything, in_order(problems), documents, known)


def _layered(
    reading: Reading, documents: tuple[Document, ...], platform: Platform, layers: Layers | None, *, is_whole: bool
) -> Layered | None:
    """Return the documents with all layers put together, None where there are none; then nothing is imported for it."""
    if not (reading.defaults or reading.suspects or (layers is not None and layers.patches)):
        return None
    from igz_apply.authoring.layering.ground import NO_LAYERS, LayersGround
    from igz_apply.authoring.layering.layers import layered

    ground = LayersGround(
        kinds=platform.kinds,
        schemas=platform.schemas,
        profile=load_schema("profile"),
        defaults=reading.defaults,
        defaults_for=reading.defaults_for,
        suspects=reading.suspects,
        is_whole=is_whole,
        is_sound=not errors_of(reading.problems),
    )
    return layered(documents, layers or NO_LAYERS, ground)


def _without_holes(problems: Sequence[Problem], found: Layered) -> Sequence[Problem]:
    """Return the problems without those that only tell that something was left out, since it has a problem."""
    return [it for it in problems if it.summary != "Missing field" or it.address not in found.holed]


def _told(problems: Iterable[Problem], found: Layered | None) -> tuple[Problem, ...]:
    """Return the problems of documents as they are told, once a cause."""
    together = in_order(problems)
    if found is None or not together:
        return together
    from igz_apply.authoring.layering.layered import address_stated
    from igz_apply.authoring.layering.told import told

    documents = {address: it for it in found.documents if (address := address_stated(it.data)) is not None}
    return told(together, documents.get)


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
