"""`snapshot`: what lives and what is owned, written to a file. It holds nothing that writes to a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.inventories import open_inventory, settle
from igz_apply.cli.manifest_paths import check_standard_input, load_manifests
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, deadline_option, paths_argument
from igz_apply.cli.snapshots import TIME_FORM
from igz_apply.cli.wiring import Cluster, readable_cluster
from igz_apply.errors import InvalidInput
from igz_apply.local.clock import SystemClock
from igz_apply.manifests.config import DEFAULT_MANIFESTS, Config
from igz_apply.manifests.loading import Loaded
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import DesiredState
from igz_apply.model.urls import without_credentials
from igz_apply.planning.homes import held_elsewhere
from igz_apply.snapshots.case import case_of
from igz_apply.snapshots.files import write_snapshot
from igz_apply.snapshots.keys import key_in
from igz_apply.snapshots.reading import NotingReader
from igz_apply.snapshots.sanitising import sanitised
from igz_apply.snapshots.snapshot import Ownership, Snapshot
from igz_apply.snapshots.untelling import without_told
from igz_apply.version import __version__
from igz_apply.wording.counting import counted


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply snapshot live.json --target prod      # for plans of those who may not reach the cluster",
        "igz-apply plan --live live.json",
        "igz-apply snapshot case.json --with-manifests --sanitise    # a support case: one file, and no name in it",
        "igz-apply compare live.json prod                # what has changed since",
    ),
)
@click.argument("file", type=click.Path(dir_okay=False))
@paths_argument
@click.option("--sanitise", is_flag=True, help="Write keyed hashes for names, e-mails, ids and all other free text.")
@click.option(
    "--key-file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="The key of --sanitise: the same key gives the same hashes.  [default: a random one, which nobody keeps]",
)
@click.option("--with-manifests", is_flag=True, help="Put the manifests in, as they count, so that one file is a case.")
@deadline_option
@common_options
@click.pass_obj
def snapshot(
    session: Session,
    /,
    file: str,
    paths: tuple[str, ...],
    sanitise: bool,
    key_file: str | None,
    with_manifests: bool,
    deadline: float | None,
) -> None:
    """Write all that a plan needs of the cluster and the inventory to FILE: `plan --live FILE` then needs neither.

    PATH names the manifests: what they declare is looked for by itself where no list shows it. No secret is in the
    file. Without --sanitise it holds names and e-mails: who may read it is yours to say.
    """
    if key_file is not None and not sanitise:
        raise click.UsageError("--key-file is the key of --sanitise: it goes with it.")
    key = key_in(key_file) if sanitise else b""
    config = config_of(session)
    check_standard_input(session, config, paths)
    taken = SystemClock().utc().strftime(TIME_FORM)
    with readable_cluster(session, config, deadline=deadline) as cluster:
        loaded = _loaded(session, config, paths, is_needed=with_manifests)
        found = _taken(session, config, cluster, loaded.desired, taken)
    if with_manifests:
        found = replace(found, case=case_of(loaded.documents, config, session.platform.kinds))
    if sanitise:
        found = sanitised(found, session.platform, key)
    write_snapshot(Path(file), found)
    resources = counted(len(found.live.resources), "resource")
    names = "names are hashed" if sanitise else "names and e-mails are in it"
    session.output.say(f"Wrote {resources} to {file}; {names}, no secret is.\n")


def _loaded(session: Session, config: Config, paths: Sequence[str], *, is_needed: bool) -> Loaded:
    """Return the manifests, nothing where there are none; what is wrong with them stops only who needs them."""
    is_default = not paths and config.manifests == DEFAULT_MANIFESTS
    if is_default and not is_needed and not any(Path(path).exists() for path in DEFAULT_MANIFESTS):
        return Loaded(DesiredState({}), ())
    loaded = load_manifests(session, config, paths)
    if errors_of(loaded.problems):
        if is_needed:
            raise InvalidInput(config.severities.settled(loaded.problems))
        session.warn("The manifests have errors, as `igz-apply validate` tells: what they declare was not looked for.")
    return loaded


def _taken(session: Session, config: Config, cluster: Cluster, desired: DesiredState, taken: str) -> Snapshot:
    """Read everything. Raises PlaneError when a list leaves out, as a plan does."""
    noting = NotingReader(cluster.reader)
    cluster = replace(cluster, reader=noting)
    fetching = cluster.fetching()
    store, known = open_inventory(session, config)
    live = fetching.result()
    owned = settle(session, config, store, known, live)
    cluster.confirmed(live, owned, desired.resources)
    neighbours = store.neighbours()
    for each in neighbours:
        if each.fault:
            session.warn(f"{each.place} {each.fault}; if an inventory is there, nobody can tell what it owns.")
    caller = replace(live.caller, endpoint=without_credentials(live.caller.endpoint))
    told, held = without_told(live, owned, session.platform.kinds)
    ownership = Ownership(
        held,
        store.place,
        store.is_new and owned is known,
        held_elsewhere(neighbours, live.caller.home),
        {each.place: each.fault for each in neighbours if each.fault},
    )
    return Snapshot(
        taken=taken,
        platform=session.platform.name,
        live=replace(told, caller=caller),
        ownership=ownership,
        sightings=dict(sorted(noting.noted.items())),
        tool_version=__version__,
        kinds=session.platform.kinds.names,
    )
