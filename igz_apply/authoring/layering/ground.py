"""What layers are made of, beside the manifests themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from igz_apply.authoring.layering.bases import Chain
from igz_apply.authoring.layering.patches import Patch
from igz_apply.authoring.layering.values import Values
from igz_apply.authoring.schema_paths import Schema
from igz_apply.model.kind import Kinds
from igz_apply.model.resources import Document
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Layers:
    """What the config puts over manifests, for one target."""

    values: Values = Values()
    patches: tuple[Patch, ...] = ()


NO_LAYERS = Layers()


@dataclass(frozen=True, slots=True)
class LayersGround:
    """What manifests are judged by, and what was read beside them."""

    kinds: Kinds
    schemas: Mapping[str, Schema]  # by kind
    profile: Schema  # of profiles, whatever the platform
    defaults: Sequence[Document]  # all that there are
    defaults_for: Mapping[str, Chain]  # by the path of a file; one that has none is left out
    suspects: Collection[str]  # the files whose text may hold references or profiles
    is_whole: bool = True  # False: there are more manifests, which this run was not asked to read
    is_sound: bool = True  # False: some of what was to be read could not be
