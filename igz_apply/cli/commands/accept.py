"""`accept`: writes what the cluster has into the manifests. It holds nothing that writes to a cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import click

from igz_apply.authoring.field_docs import unknown_field
from igz_apply.cli.address_names import addresses_named
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.inventories import open_inventory, settle
from igz_apply.cli.manifest_edits import (
    changed,
    edit_manifests,
    refuse_beyond,
    refuse_standard_input,
    show_diff,
    telling_if_interrupted,
    write_manifests,
)
from igz_apply.cli.proposal import PlanFlags, add_warnings, load_valid, propose
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options
from igz_apply.cli.wiring import readable_cluster
from igz_apply.errors import InvalidInput, PlanRefused
from igz_apply.manifests.config import Config, config_document
from igz_apply.manifests.yaml_lines import Style, inline
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.edits import Put
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState, LiveState
from igz_apply.planning.accepting import Accepted, Taken, Wish, accepted, wish_of
from igz_apply.planning.namings import not_known
from igz_apply.planning.places import NOWHERE


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply accept User/ada#email             # the e-mail address that she has there",
        "igz-apply accept Project/churn --dry-run    # all that others changed in it",
        "igz-apply accept Group/ds#users",
    ),
)
@click.argument("wishes", nargs=-1, required=True, metavar="ADDRESS[#FIELD]...", shell_complete=complete_addresses)
@click.option("--path", "paths", multiple=True, metavar="PATH", type=click.Path(), help="Manifests. Repeatable.")
@click.option("--here", is_flag=True, help="State it in the resource's own manifest, whatever layer says it now.")
@click.option("--dry-run", is_flag=True, help="Show the edits and the plan of them, and write nothing.")
@common_options
@click.pass_obj
@telling_if_interrupted
def accept(session: Session, /, wishes: tuple[str, ...], here: bool, dry_run: bool, **options: Any) -> None:
    """Write what the cluster has into the manifests that state it, where `plan` or `drift` show a difference.

    A whole resource takes over what others changed there; what changed in git alone stays, unless its field is named.
    A resource that was deleted there loses its manifest. Secrets are never taken over. On the cluster nothing changes.
    """
    config = config_of(session)
    flags = PlanFlags(**options, prune=False)
    refuse_standard_input(config, flags.paths)
    loaded = load_valid(session, config, flags)
    with readable_cluster(session, config) as cluster:
        store, known = open_inventory(session, config)
        live = cluster.live()
        owned = settle(session, config, store, known, live)
        seen = cluster.confirmed(live, owned, loaded.desired.resources)
    wanted = _wanted(session, wishes, loaded.desired, seen)
    before = propose(session, config, flags, loaded, seen, owned, store, connection=cluster.connection).plan
    assert before is not None, "a proposal without a plan has been refused before"
    found = accepted(wanted, before, loaded.desired, session.platform.kinds, is_here=here)
    if found.problems:
        raise InvalidInput(found.problems)
    for text in found.left:
        session.warn(text)
    if not found.edits:
        session.say("Nothing was accepted." if found.left else "Nothing to accept: the plan shows no such difference.")
        return
    if homeless := list(_homeless(found)):
        raise InvalidInput(homeless)
    hint = "Leave --path out, or state it in the resource's own manifest, with --here."
    refuse_beyond(config, flags.paths, found.edits, hint)
    edited = edit_manifests(session, config, flags.paths, found.edits)
    proposal = propose(session, config, flags, edited.loaded, seen, owned, store, connection=cluster.connection)
    after = proposal.plan
    assert after is not None, "a proposal without a plan has been refused before"
    others = changed(loaded, edited.loaded) - _about(found)
    if problems := [*_still_different(found.taken, after), *_spread(found, others, before, after)]:
        raise InvalidInput(problems)
    show_diff(session, loaded, edited)
    _tell_targets(session, config, found)
    write_manifests(session, edited, dry_run=dry_run)
    session.shown().plan(add_warnings(after, cluster.connection))
    if proposal.refusals:
        raise PlanRefused(proposal.refusals)


def _wanted(session: Session, texts: Sequence[str], desired: DesiredState, live: LiveState) -> Sequence[Wish]:
    """Return what is wished for. Raises InvalidInput with every text that names nothing."""
    kinds = session.platform.kinds
    parts = [wish_of(text, desired.resources) for text in texts]
    addresses = addresses_named([address for address, _ in parts], kinds)
    problems = [problem for each in addresses if (problem := _not_declared(session, each, desired, live)) is not None]
    if problems:
        raise InvalidInput(problems)
    wanted = [Wish(address, field) for address, (_, field) in zip(addresses, parts, strict=True)]
    if strange := [problem for each in wanted if (problem := _no_field(session, each)) is not None]:
        raise InvalidInput(strange)
    return wanted


def _no_field(session: Session, wish: Wish) -> Problem | None:
    kind = session.platform.kinds[wish.address.kind]
    found = unknown_field(session.platform.schema_of(kind.name), kind, wish.field) if wish.field else None
    if found is None:
        return None
    near = found.near.removeprefix(f"{kind.name}.").removeprefix("spec.")
    hint = f"Did you mean {wish.address}#{near}?" if near else f"igz-apply explain {kind.name} lists its fields."
    return Problem("Unknown field", f"{found}.", hint, address=wish.address)


def _not_declared(session: Session, address: Address, desired: DesiredState, live: LiveState) -> Problem | None:
    if address in desired.resources:
        return None
    if address in live.resources:
        hint = f"`igz-apply export --only {address}` writes a manifest of it."
        return Problem("Unknown address", f"No manifest declares {address}.", hint, address=address)
    return not_known(address, desired, live, session.platform.kinds) or Problem(
        "Unknown address", f"No manifest declares {address}.", address=address
    )


def _homeless(found: Accepted) -> Iterator[Problem]:
    """Find what --here cannot state, since a Profile makes the resource, with the patch that can."""
    for each in found.taken:
        for edit in each.edits:
            if edit.document == NOWHERE and isinstance(edit, Put):
                stated: Any = edit.value
                for key in reversed(edit.path):
                    stated = {key: stated}
                patch = inline({"address": str(each.address), "patch": stated}, Style())
                detail = f"{each.address} has no manifest of its own: a Profile makes it."
                hint = f"Below `patches` of the config, or of a target, write: - {patch}"
                yield Problem("Stated for many", detail, hint, address=each.address)


def _tell_targets(session: Session, config: Config, found: Accepted) -> None:
    """Say which other targets have what is edited at the top of the config; those that state it themselves do not."""
    document = config_document(config)
    for edit in found.edits if document is not None else ():
        if document is None or edit.document != document.source or edit.path[0] not in ("values", "patches"):
            continue
        stating = {
            name
            for name, target in document.data.get("targets", {}).items()
            if edit.path[0] == "values" and edit.path[1] in target.get("values", {})
        }
        if others := [name for name in config.targets if name not in (config.target, *stating)]:
            place = document.positions.value(edit.path)
            session.warn(f"{place} is for other targets too, of which no plan was made: {', '.join(others)}.")


def _spread(found: Accepted, others: Collection[Address], before: Plan, after: Plan) -> Iterator[Problem]:
    """Find what other resources would say too, and do not have on the cluster."""
    was, will = _shown(before), _shown(after)
    differing = sorted(address for address in others if not _within(will.get(address, []), was.get(address, [])))
    if differing:
        named = ", ".join(str(address) for address in sorted({each.address for each in found.taken}))
        more = f" and {len(differing) - 1} more have" if len(differing) > 1 else " has"
        detail = (
            f"What {named} has is stated in a layer that is for others too, and on the cluster {differing[0]}{more} "
            "something else."
        )
        hint = "With --here it is stated in the resource's own manifest instead. Nothing was written."
        yield Problem("Stated for many", detail, hint, address=found.taken[0].address)


def _shown(plan: Plan) -> Mapping[Address, Sequence[tuple[str, Any, Any]]]:
    return {it.address: [(diff.dotted, diff.before, diff.after) for diff in it.diff] for it in plan.writes}


def _within(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return all(each in others for each in some)


def _about(found: Accepted) -> frozenset[Address]:
    """Return whose manifests may say something else: what was named, and the other sides of its memberships."""
    return frozenset(address for each in found.taken for address in (each.address, *each.beside))


def _still_different(taken: Sequence[Taken], plan: Plan) -> Iterator[Problem]:
    """Find what the plan would show again; a part of a difference may leave the rest of it."""
    shown = {(change.address, diff.dotted) for change in plan.changes for diff in change.diff}
    for each in taken:
        if (each.address, each.dotted) in shown and not each.is_part:
            detail = f"{each.address}#{each.dotted} would still differ: no manifest can say what the cluster has there."
            yield Problem("Still different", detail, "Nothing was written.", address=each.address)
