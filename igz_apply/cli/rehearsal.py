"""What a rehearsal on the emulator inside a command needs beside the manifests."""

from __future__ import annotations

from collections.abc import Sequence

import click

from igz_apply.cli.platform_choice import settle_at
from igz_apply.cli.session import Session
from igz_apply.cli.settings import embedded_file
from igz_apply.manifests.config import Config
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.references import stated_references
from igz_apply.model.resources import DesiredState
from igz_apply.platform import Connection

_MOST_TOLD = 10


def make_stand_ins(session: Session, config: Config, connection: Connection, loaded: Loaded) -> None:
    """Put on the emulator what manifests name and do not declare, so that those of a part of a cluster can be tried.

    What is there already stays as it is. Raises UsageError for every endpoint but the emulator inside this command: on
    a cluster, what is missing is missing.
    """
    path = embedded_file(connection)
    if path is None:
        raise click.UsageError("--stand-ins is for rehearsals on the emulator: it takes --endpoint embedded.")
    settle_at(session, config, connection)
    missing = undeclared(loaded.desired, session.platform.kinds)
    if missing:
        with session.platform.emulated(path) as emulator:
            emulator.make(missing)
        told = ", ".join(map(str, missing[:_MOST_TOLD]))
        more = f" and {len(missing) - _MOST_TOLD:,} more" if len(missing) > _MOST_TOLD else ""
        session.warn(f"stand-ins are on the emulator for what is named and not declared: {told}{more}")


def undeclared(desired: DesiredState, kinds: Kinds) -> Sequence[Address]:
    """Return what present resources name and no manifest declares, in order."""
    named = {
        reference.target
        for resource in desired.resources.values()
        if resource.is_present
        for reference in stated_references(kinds[resource.address.kind], resource)
    }
    return sorted(named - desired.resources.keys())
