"""`refs`: everything that names a resource, in the manifests and on the cluster. It holds nothing that writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from igz_apply.cli.address_names import addresses_named
from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.completion import complete_addresses
from igz_apply.cli.inventories import known_inventory, owned_here
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.output_forms import show_table
from igz_apply.cli.platform_choice import settle_for_words
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of
from igz_apply.cli.shared_options import common_options, forms_option, live_option, paths_argument
from igz_apply.cli.wiring import Cluster, readable_cluster, say_source
from igz_apply.errors import InvalidInput, PlaneError
from igz_apply.manifests.config import DEFAULT_MANIFESTS, Config
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import DesiredState, LiveState
from igz_apply.planning.lockout import account_of
from igz_apply.planning.namings import Naming, namings, not_known
from igz_apply.planning.renames import under_our_names

_COLUMNS = ("by", "as", "field", "where")
_CLUSTER = "cluster"

NotSeen = Mapping[str, str]


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply refs User/ada                 # before she leaves: what has to change",
        "igz-apply refs Group/data-science -o json",
        "igz-apply refs User/ada --offline       # the manifests alone",
    ),
)
@click.argument("address", metavar="ADDRESS", shell_complete=complete_addresses)
@paths_argument
@click.option("--offline", is_flag=True, help="Look into the manifests alone, without a cluster.")
@forms_option("table", "csv", "json")
@live_option
@common_options
@click.pass_obj
def refs(session: Session, /, address: str, paths: tuple[str, ...], offline: bool, output: str) -> None:
    """Show everything that names a resource: manifests with their lines, and live objects, declared or not.

    A resource is named as owner, as member of a group, in a role of a project, as primary group; the access keys that
    this login may list are told too. What could not be looked at is said on standard error.
    """
    config = config_of(session)
    not_seen: dict[str, str] = {}
    desired = _declared(session, config, paths, not_seen)
    live, keys = None, []
    if offline:
        settle_for_words(session, address.partition("/")[0])
        (asked,) = addresses_named([address], session.platform.kinds)
        not_seen["the cluster"] = "--offline was given"
    else:
        with readable_cluster(session, config) as cluster:
            (asked,) = addresses_named([address], session.platform.kinds)
            live = _living(session, config, cluster, desired)
            keys = _keys(cluster, asked, live, not_seen) if session.platform.lists_keys else []
        not_seen.update({f"every {kind}": why for kind, why in live.partial.items()})
        not_seen.update({str(hidden): why for hidden, why in live.hidden.items()})
    say_source(session)
    protected = list(_protecting(config, asked))
    found = (*namings(asked, desired, live, session.platform.kinds), *protected, *keys)
    for what, why in not_seen.items():
        session.warn(f"not looked at: {what}: {why}")
    if not found and (problem := not_known(asked, desired, live, session.platform.kinds)) is not None:
        raise InvalidInput([problem])
    document = _document(asked, live, found, not_seen)
    show_table(session, output, _COLUMNS, [_row(each) for each in found], document)
    if output == "table" and not found:
        session.say(f"Nothing names {asked}.")


def _declared(session: Session, config: Config, paths: Sequence[str], not_seen: dict[str, str]) -> DesiredState:
    """Return what the manifests declare; nothing where there is no folder of them and none was named."""
    is_default = not paths and config.manifests == DEFAULT_MANIFESTS
    if is_default and not any(Path(path).exists() for path in DEFAULT_MANIFESTS):
        not_seen["manifests"] = f"there is no folder {DEFAULT_MANIFESTS[0]} here, and none was named"
        return DesiredState({})
    loaded = load_manifests(session, config, paths)
    if errors_of(loaded.problems):
        raise InvalidInput(loaded.problems)
    return loaded.desired


def _living(session: Session, config: Config, cluster: Cluster, desired: DesiredState) -> LiveState:
    """Return what lives, under the names that we own it by, and what we own and are not shown as hidden."""
    store, known = known_inventory(session, config)
    live = cluster.live()
    owned = owned_here(session, config, store, known, live)
    seen, kinds = cluster.confirmed(live, owned), session.platform.kinds
    return under_our_names(seen, owned, kinds, desired.declared, desired.resources)


def _protecting(config: Config, asked: Address) -> Iterator[Naming]:
    """Find what the config protects by this name: it would refuse to delete it."""
    for text in config.protect:
        if globs_of([text], [asked], spares=True).select(asked):
            yield Naming(config.path or "IGZ_PROTECT", f"protect {text}")


def _keys(cluster: Cluster, asked: Address, live: LiveState, not_seen: dict[str, str]) -> list[Naming]:
    """Return the access keys of a user, never the keys themselves; who asks can list no others (section 9)."""
    membership = cluster.kinds.membership
    if asked.kind != membership.user_kind:
        return []
    if account_of(live.caller.username, live, cluster.kinds) != asked:
        not_seen[f"access keys of {asked}"] = (
            f"a cluster lists to everybody only their own, and this is {live.caller.username}; a key acts with the "
            "policies of its owner until it expires or is deleted"
        )
        return []
    try:
        keys = cluster.reader.own_keys()
    except PlaneError as error:
        not_seen[f"access keys of {asked}"] = str(error)
        return []
    return [
        Naming(f"AccessKey {label}", f"access key ({', '.join(planes)})", is_declared=False) for label, planes in keys
    ]


def _row(naming: Naming) -> Sequence[Any]:
    return (naming.by, naming.how, naming.field, _where(naming))


def _where(naming: Naming) -> str:
    if naming.source is not None:
        return str(naming.source)
    if naming.how.startswith("protect "):
        return "config"
    return _CLUSTER if naming.is_declared else f"{_CLUSTER}, not declared"


def _document(asked: Address, live: LiveState | None, found: Sequence[Naming], not_seen: NotSeen) -> Mapping[str, Any]:
    return {
        "format_version": 1,
        "address": str(asked),
        "endpoint": live.caller.endpoint if live is not None else None,
        "refs": [_record(each) for each in found],
        "not_seen": [{"what": what, "why": why} for what, why in not_seen.items()],
    }


def _record(naming: Naming) -> Mapping[str, Any]:
    source = naming.source
    return {
        "by": naming.by,
        "as": naming.how,
        "field": naming.field or None,
        "where": "manifest" if source is not None else "config" if naming.how.startswith("protect ") else _CLUSTER,
        "file": source.path if source is not None else None,
        "line": source.line if source is not None else None,
        "column": source.column if source is not None else None,
        "declared": naming.is_declared,
    }
