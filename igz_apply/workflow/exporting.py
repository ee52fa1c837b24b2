"""Manifests of what lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.authoring.renamings import replacements, stating_names
from igz_apply.authoring.vetting import vetted
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded, judged
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, Document, LiveState, Owned
from igz_apply.planning.renames import under_our_names
from igz_apply.platform import Platform
from igz_apply.values import dataclass

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Exported:
    """Manifests of what lives, and what no manifest can declare."""

    resources: tuple[ExportedResource, ...]
    refused: Mapping[Address, str]  # -> why
    live: LiveState  # what they were made from, under the names that manifests use


def export(
    live: LiveState,
    owned: Owned,
    *,
    only: Sequence[str] = (),
    beside: Loaded | None = None,
    full: bool = False,
    platform: Platform = IGUAZIO3,
) -> Exported:
    """Return valid manifests of what lives; a plan right after is empty.

    `beside` are manifests that stay: what they declare is left out, and named as they name it. `full` states what the
    platform fills in by itself too.
    """
    kinds = platform.kinds
    desired = beside.desired if beside is not None else DesiredState({})
    declared, stated = desired.declared, desired.resources
    held = {address: entry for address, entry in owned.entries.items() if address in stated}
    live = under_our_names(live, replace(owned, entries=held), kinds, declared, stated)
    filled = {address: entry.filled for address, entry in owned.entries.items() if entry.filled}
    # What something else is to take the place of is not to be declared beside it.
    old = {it.old for it in replacements(stated, stating_names(stated), kinds)}
    found = exported(live, kinds, only, owned.entries, declared={*declared, *old}, filled=filled, is_full=full)

    def judge(documents: Sequence[Document]) -> Sequence[Problem]:
        return judged(documents, kinds, platform.schemas, version=live.caller.version)[1]

    checked = vetted(found, judge, beside.documents if beside is not None else ())
    return Exported(checked.resources, checked.refused, live)
