"""`offboard`: takes somebody who leaves out of the manifests. It holds nothing that writes to a cluster."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import click

from igz_apply.cli.address_names import addresses_named
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.inventories import open_inventory, settle
from igz_apply.cli.kind_names import is_named
from igz_apply.cli.manifest_edits import (
    EditedManifests,
    edit_manifests,
    refuse_beyond,
    refuse_others,
    refuse_standard_input,
    show_diff,
    telling_if_interrupted,
    write_manifests,
)
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.platform_choice import settle_for_words
from igz_apply.cli.proposal import PlanFlags, add_warnings, propose
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, first
from igz_apply.cli.shared_options import common_options, paths_argument, prune_option
from igz_apply.cli.wiring import Cluster, readable_cluster
from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.inventory import FsspecInventory
from igz_apply.manifests.config import Config, config_document
from igz_apply.manifests.loading import Loaded
from igz_apply.model.addresses import Address, address_in
from igz_apply.model.changes import Action, Plan
from igz_apply.model.edits import Edit, Put
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import LiveState, Owned, Path
from igz_apply.planning.lockout import account_of
from igz_apply.planning.namings import Naming, not_known
from igz_apply.planning.offboarding import Leaving, leaving, only_living, pruned, unfit_successor, without_successor
from igz_apply.planning.renames import under_our_names
from igz_apply.values import dataclass
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.wording.printable import printable


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the cluster and the inventory say, read once."""

    cluster: Cluster
    live: LiveState
    owned: Owned
    store: FsspecInventory


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply offboard User/ada --to katherine --dry-run    # what would be edited",
        "igz-apply offboard User/ada --to katherine              # edit, and see the plan",
        "git commit -am 'Ada leaves' && igz-apply apply --prune",
    ),
)
@click.argument("address", metavar="ADDRESS", shell_complete=complete_addresses)
@paths_argument
@click.option("--to", "successor", metavar="NAME", default="", help="Who owns what they own from now on.")
@click.option("--dry-run", is_flag=True, help="Show the edits and the plan of them, and write nothing.")
@click.option("--offline", is_flag=True, help="Only edit the manifests, without a cluster and a plan.")
@prune_option
@common_options
@click.pass_obj
@telling_if_interrupted
def offboard(session: Session, /, address: str, successor: str, dry_run: bool, offline: bool, **options: Any) -> None:
    """Take somebody who leaves out of the manifests, and show the plan of what is left.

    Lists of members, rosters, roles and groups lose the user; what the user owns goes to whom --to names; the user's
    own manifest goes. Comments and layout stay as they are. On the cluster nothing changes: apply does that.
    """
    config = config_of(session)
    flags = PlanFlags(**options)
    refuse_standard_input(config, flags.paths)
    loaded = _loaded(session, config, flags)
    if offline:
        settle_for_words(session, address.partition("/")[0])
        asked = _asked(session, address)
        heir = _heir(successor, asked)
        edited, found = _edited(session, config, flags, loaded, asked, heir, None)
        show_diff(session, loaded, edited)
        write_manifests(session, edited, dry_run=dry_run)
        _tell_config(session, config, asked, found, is_written=not dry_run)
        session.warn("no cluster was looked at (--offline): what only lives there is not told, and there is no plan.")
        return
    with readable_cluster(session, config) as cluster:
        store, known = open_inventory(session, config)
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        seen = _Seen(cluster, cluster.confirmed(live, owned, loaded.desired.resources), owned, store)
    _with_plan(session, config, flags, loaded, seen, address, successor, dry_run=dry_run)


def _loaded(session: Session, config: Config, flags: PlanFlags) -> Loaded:
    """Return the manifests. Raises InvalidInput where they are wrong in more than names that lead nowhere.

    Others may still name a user who is declared absent: to take that out is what the command is for.
    """
    loaded = load_manifests(session, config, flags.paths)
    if errors_of(loaded.problems) and not loaded.desired.resources:
        raise InvalidInput(config.severities.settled(loaded.problems))
    return loaded


def _with_plan(
    session: Session,
    config: Config,
    flags: PlanFlags,
    loaded: Loaded,
    seen: _Seen,
    address: str,
    successor: str,
    *,
    dry_run: bool,
) -> None:
    """Edit, and end with the plan: it is made first, as nothing is written that no plan can be made of."""
    asked, kinds = _asked(session, address), session.platform.kinds
    heir = _heir(successor, asked)
    declared = loaded.desired.declared
    live = under_our_names(seen.live, seen.owned, kinds, declared, loaded.desired.resources)
    if (problem := _never_leaves(asked, live, session)) is not None:
        raise InvalidInput([problem])
    edited, found = _edited(session, config, flags, loaded, asked, heir, live)
    proposal = propose(
        session, config, flags, edited.loaded, seen.live, seen.owned, seen.store, connection=seen.cluster.connection
    )
    made = proposal.plan
    assert made is not None, "a proposal without a plan has been refused before"
    show_diff(session, loaded, edited)
    going = pruned(edited.loaded.desired, live, seen.owned, kinds)
    session.output.show(_living(only_living(asked, edited.loaded.desired, live, kinds, going), asked, heir))
    write_manifests(session, edited, dry_run=dry_run)
    _tell_config(session, config, asked, found, is_written=not dry_run)
    prunes = first(flags.prune, config.prune and not flags.paths)
    for text in _still_there(asked, loaded, live, seen.owned, made, prunes=bool(prunes)):
        session.warn(text)
    session.shown().plan(add_warnings(made, seen.cluster.connection))
    if proposal.refusals:
        raise PlanRefused(proposal.refusals)


def _asked(session: Session, text: str) -> Address:
    """Return the user's address. Raises InvalidInput for anything else."""
    kinds = session.platform.kinds
    (asked,) = addresses_named([text], kinds)
    if asked.kind != kinds.membership.user_kind:
        detail = f"{asked} is not a {kinds.membership.user_kind}, and only people leave."
        hint = f"Take its manifest out by hand; `igz-apply refs {asked}` lists what names it."
        raise InvalidInput([Problem("Nobody to offboard", detail, hint, address=asked)])
    return asked


def _heir(text: str, asked: Address) -> str:
    """Return the name of who takes over, which may be given as an address."""
    kind, found, name = text.partition("/")
    return name if found and is_named(kind, [asked.kind]) else text


def _never_leaves(asked: Address, live: LiveState, session: Session) -> Problem | None:
    """Return why an account cannot leave at all: no plan would ever delete it."""
    there = live.resources.get(asked)
    if there is not None and there.is_system:
        why = "is the platform's own account, which is never deleted"
    elif asked == account_of(live.caller.username, live, session.platform.kinds):
        why = "is the account that this command runs as, which never deletes itself"
    else:
        return None
    return Problem("Nobody to offboard", f"{asked} {why}.", "Run it as somebody else, or name another.", address=asked)


def _edited(
    session: Session,
    config: Config,
    flags: PlanFlags,
    loaded: Loaded,
    asked: Address,
    successor: str,
    live: LiveState | None,
) -> tuple[EditedManifests, Leaving]:
    """Return the manifests without the user. Raises InvalidInput where that cannot be."""
    kinds, desired = session.platform.kinds, loaded.desired
    found = leaving(asked, successor, desired, kinds)
    if not found.edits and (problem := not_known(asked, desired, live, kinds)) is not None:
        raise InvalidInput([problem])
    if successor:
        to = Address(asked.kind, successor)
        problem = unfit_successor(asked, to, desired, live, kinds, found.gone)
    else:
        problem = without_successor(asked, found)
    if problem is not None:
        raise InvalidInput([problem])
    refuse_beyond(config, flags.paths, found.edits, "Leave the paths out.")
    edited = edit_manifests(session, config, flags.paths, [*found.edits, *_idle_patches(config, found)])
    refuse_others(session, loaded, edited.loaded, found.about, found.specs)
    if staying := sorted(found.gone & edited.loaded.desired.resources.keys()):
        session.edited = {}
        raise InvalidInput([_still_made(staying[0], loaded)])
    return edited, found


def _still_made(address: Address, loaded: Loaded) -> Problem:
    """Return the problem that a profile goes on making what is to go, for a member whom it does not list."""
    detail = f"{address} would still be declared: a Profile makes it for a member that a group brings along."
    hint = "Take the member out of that group by hand. Nothing was written."
    return Problem("Cannot edit", detail, hint, source=loaded.desired.resources[address].source, address=address)


def _idle_patches(config: Config, found: Leaving) -> Iterator[Edit]:
    """Yield what takes out the config's patches, of whatever target, for what goes: a patch for nothing is an error."""
    document = config_document(config)
    if document is None:
        return
    targets = document.data.get("targets", {})
    for path, part in (((), document.data), *((("targets", name), targets[name]) for name in targets)):
        patches = part.get("patches", ())
        idle = [index for index, patch in enumerate(patches) if address_in(patch["address"]) in found.gone]
        if idle and len(idle) == len(patches):
            yield Put(document.source, (*path, "patches"))
        else:
            yield from (Put(document.source, (*path, "patches", index)) for index in idle)


def _tell_config(session: Session, config: Config, asked: Address, found: Leaving, *, is_written: bool) -> None:
    """Say where the config names what goes and the edits leave it alone: in `protect`, in layers of other targets."""
    document = config_document(config)
    if document is None:
        return
    gone = {text for each in (asked, *found.gone) for text in (str(each), each.name)}
    edited = {edit.path for edit in found.edits if edit.document == document.source and not is_written}
    for path, text in _texts(document.data, gone):
        is_taken_out = path[-1] == "address" and address_in(text) in found.gone
        if not is_taken_out and path[0] != "owner" and not any(path[: len(each)] == each for each in edited):
            session.warn(f"{document.positions.value(path)} names who leaves, and stays as it is: look at it by hand.")


def _texts(data: Any, wanted: Container[str], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield some texts in data, with their paths."""
    below = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    if isinstance(data, str) and data in wanted:
        yield path, data
    for key, value in below:
        yield from _texts(value, wanted, (*path, key))


def _living(namings: Sequence[Naming] | Any, asked: Address, successor: str) -> Sequence[Line]:
    """Return what names the user on the cluster alone, each with what to do about it."""
    found = list(namings)
    if not found:
        return ()
    lines = [line(Span(f"Only on the cluster, by no manifest, these name {printable(str(asked))}:", Tone.WARNING))]
    for naming in found:
        heir = successor or "somebody else"
        held = f"give it to {heir} there, or declare it: as long as it stands, the account cannot be deleted"
        todo = held if naming.holds else "nothing to do: it ends with the account"
        lines.append(line(f"  {printable(naming.by)}  {naming.how}: {todo}"))
    return [*lines, BLANK]


def _still_there(
    asked: Address, before: Loaded, live: LiveState, owned: Owned, plan: Plan, *, prunes: bool
) -> Sequence[str]:
    """Say why the account may be there after the next apply, or is not though its manifest said so."""
    entry, resource = owned.entries.get(asked), before.desired.resources.get(asked)
    if asked not in live.resources or (resource is not None and not resource.is_present):
        return ()  # gone, or declared absent: the plan deletes it
    if entry is None or not owned.holds(asked):
        if resource is None:
            return [f"no manifest declares {asked}: to have it deleted, declare it with lifecycle.state: absent."]
        advice = "delete it there, or declare it with lifecycle.state: absent."
        return [f"{asked} was never applied from here, so apply does not delete the account: {advice}"]
    if entry.on_removal != "delete":
        what = {"disable": "disabled and kept", "forget": "forgotten and left as it is"}
        return [f"{asked} {'is' if entry.is_removed else 'will be'} {what[entry.on_removal]} (lifecycle.on_removal)."]
    found = []
    if resource is not None and resource.lifecycle.on_removal != "delete":
        said = f"lifecycle.on_removal: {resource.lifecycle.on_removal}"
        found.append(f"{asked} says {said}, which was never applied, so a prune deletes it: apply that first.")
    is_deleted = any(it.address == asked and it.action is Action.DELETE for it in plan.changes)
    if not prunes and not is_deleted:
        found.append(f"{asked} is kept on the cluster until a run with --prune.")
    return found
