"""What a rehearsal on the emulator inside a command needs beside the manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from igz_apply.cli.session import Session
from igz_apply.cli.settings import Connection
from igz_apply.cli.wiring import opened_emulator
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.wire import endpoint_of
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.references import references
from igz_apply.model.resources import DesiredState

_MOST_TOLD = 10


def make_stand_ins(session: Session, connection: Connection, loaded: Loaded) -> None:
    """Put on the emulator what manifests name and do not declare, so that those of a part of a cluster can be tried.

    What is there already stays as it is. Raises UsageError for every endpoint but the emulator inside this command: on
    a cluster, what is missing is missing.
    """
    path = connection.embedded
    if path is None:
        raise click.UsageError("--stand-ins is for rehearsals on the emulator: it takes --endpoint embedded.")
    missing = undeclared(loaded.desired)
    if missing:
        _load(path, missing)
        told = ", ".join(map(str, missing[:_MOST_TOLD]))
        more = f" and {len(missing) - _MOST_TOLD:,} more" if len(missing) > _MOST_TOLD else ""
        session.warn(f"stand-ins are on the emulator for what is named and not declared: {told}{more}")


def undeclared(desired: DesiredState) -> Sequence[Address]:
    """Return what present resources name and no manifest declares, in order."""
    named = {
        reference.target
        for resource in desired.resources.values()
        if resource.is_present
        for reference in references(KINDS[resource.address.kind], resource.spec)
    }
    return sorted(named - desired.resources.keys())


def _load(path: Path, missing: Sequence[Address]) -> None:
    content: dict[str, list[Mapping[str, Any]]] = {}
    for address in missing:
        content.setdefault(f"{address.kind.lower()}s", []).append({endpoint_of(KINDS[address.kind]).key: address.name})
    emulator = opened_emulator(path)
    try:
        emulator.load(content)
    finally:
        emulator.close()
