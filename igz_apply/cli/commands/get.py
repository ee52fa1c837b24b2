"""`get` and `whoami`: live objects, through a client that cannot write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.kind_names import is_named
from igz_apply.cli.options import common_options, output_option
from igz_apply.cli.output_forms import show_records, show_values
from igz_apply.cli.session import Session
from igz_apply.cli.settings import config_of, connection_of, embedded_file
from igz_apply.cli.wiring import read_only
from igz_apply.controlplane import (
    ControlPlaneError,
    ReadOnlyClient,
    ResourceListPagingQueryParams,
    User,
    crud,
    exactly,
)
from igz_apply.controlplane.manifest import AppServicesManifest
from igz_apply.controlplane.redaction import redact
from igz_apply.errors import InvalidInput, Missing
from igz_apply.iguazio3.browsing import (
    READABLES,
    SERVICE_COLUMNS,
    SERVICES,
    Readable,
    record,
    row,
    service_row,
)
from igz_apply.iguazio3.client_errors import translated
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean

T = TypeVar("T")

_NAMES = (*(each.names[0] for each in READABLES), SERVICES[0])


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    return [CompletionItem(name) for name in _NAMES if name.lower().startswith(incomplete.lower())]


def _filters(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG001
    wrong = [value for value in values if not value.partition("=")[0] or "=" not in value]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not a filter: write ATTRIBUTE=VALUE.")
    return {value.partition("=")[0]: value.partition("=")[2] for value in values}


def _names(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG001
    return tuple(name for value in values for name in value.split(",") if name)


def readable_named(name: str) -> Readable | None:
    """Return what is meant by `User`, `user` or `users`; None for a name that nothing has."""
    return next((each for each in READABLES if is_named(name, each.names)), None)


def list_options(command: Any) -> Any:
    """Add what narrows a list down."""
    for option in (
        click.option("--page-size", type=click.IntRange(1), default=50, show_default=True, help="Records of a page."),
        click.option("--page", type=click.IntRange(0), metavar="N", help="One page, from 0 on.  [default: all]"),
        click.option(
            "--include", multiple=True, callback=_names, metavar="RELATIONSHIP", help="Bring these along too."
        ),
        click.option(
            "--sort",
            "sort_by",
            multiple=True,
            callback=_names,
            metavar="ATTRIBUTE",
            help="Sort; -ATTRIBUTE: downwards.",
        ),
        click.option(
            "--filter",
            "filters",
            multiple=True,
            callback=_filters,
            metavar="ATTRIBUTE=VALUE",
            help="Only these; VALUE may begin with an operator: [$ne] [$lt] [$le] [$gt] [$ge] [$contains_istr].",
        ),
    ):
        command = option(command)
    return command


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply get users",
        "igz-apply get Project churn -o yaml --include owner",
        "igz-apply get User --filter 'operational_status=[$ne]up' --sort -created_at",
        "igz-apply get AppService jupyter-ada -o json",
    ),
)
@click.argument("kind", metavar="KIND", shell_complete=_complete)
@click.argument("name", metavar="[NAME]", required=False)
@list_options
@output_option
@common_options
@click.pass_obj
def get(session: Session, /, kind: str, name: str | None, output: str, **narrowing: Any) -> None:
    """Read live objects of a kind, or the one that NAME names; secrets are masked.

    Kinds are User, Group, Project, AppService, Job, AccessKey, Event, AuditEvent, CommunicationEvent, K8sConfig and
    SmtpConnection. Attributes, filters and relationships are the API's own.
    """
    sort = readable_named(kind)
    is_service = is_named(kind, SERVICES)
    if sort is None and not is_service:
        hint = did_you_mean(kind, _NAMES) or f"There are {', '.join(_NAMES)}."
        raise InvalidInput([Problem("Unknown kind", f"{kind} is not a kind that can be read.", hint)])
    if is_service and _narrows(narrowing):
        raise click.UsageError(
            "App services come in one document: --filter, --sort, --include and --page do not apply."
        )
    with read_only(connection_of(session, config_of(session))) as client, translated():
        if sort is None:
            _show_services(session, client, name, output)
        else:
            found = _named(client, sort, name, narrowing) if name else list_of(client, sort, **narrowing)
            show_records(
                session,
                output,
                sort.columns,
                [row(it, sort.columns) for it in found],
                map(record, found),
                is_one=bool(name),
            )


@click.command(cls=HelpfulCommand, examples=("igz-apply whoami --target prod", "igz-apply whoami -o json"))
@output_option
@common_options
@click.pass_obj
def whoami(session: Session, /, output: str) -> None:
    """Check that the connection works, and show who you are there and what you may do.

    Who you are is all that the platform has to tell; what else it keeps to itself is named, with the reason.
    """
    connection = connection_of(session, config_of(session))
    with read_only(connection) as client, translated():
        me = User.self(client)
        kept: dict[str, str] = {}
        values: dict[str, Any] = {
            "endpoint": connection.endpoint if embedded_file(connection) else client.endpoint,
            "version": _unless_kept(kept, "version", lambda: client.version),
            "username": me.username,
            "tenant": _unless_kept(kept, "tenant", lambda: client.tenant_id),
        }
        policies = {*(me.assigned_policies or ()), *(_unless_kept(kept, "policies", lambda: client.policies) or ())}
    values["policies"] = sorted(policies)
    for name, why in kept.items():
        session.warn(f"{name}: {_PARTS.get(name, 'not told')}: {why}.")
    show_values(session, output, values)


_PARTS = {"policies": "those of groups are not told"}


def _unless_kept(kept: dict[str, str], name: str, ask: Callable[[], T]) -> T | None:
    """Return what the platform tells; where it does not, note why, and return None."""
    try:
        told = ask()
    except ControlPlaneError as error:
        kept[name] = str(error)
        return None
    if told is None:
        kept[name] = "the platform does not say"
    return told


def list_of(
    client: ReadOnlyClient,
    sort: Readable,
    *,
    filters: Mapping[str, str],
    sort_by: Sequence[str] = (),
    include: Sequence[str] = (),
    page: int | None = None,
    page_size: int = 50,
) -> list[Any]:
    """Return the records that the options narrow down to: one page, or all of them."""
    paging = None if page is None else ResourceListPagingQueryParams(page, page_size)
    return sort.resource.list(
        client, filter_by=filters, sort_by=sort_by, paging=paging, include=include or sort.include
    )


def _named(client: ReadOnlyClient, sort: Readable, name: str, narrowing: Mapping[str, Any]) -> list[Any]:
    """Return the record of that name, by its key; by its id where that is the key. Raises Missing."""
    include = narrowing["include"]
    if sort.key == "id" and issubclass(sort.resource, crud.Readable):
        return [sort.resource.get(client, name, include=include)]
    listed = list_of(client, sort, **{**narrowing, "filters": {**narrowing["filters"], sort.key: exactly(name)}})
    found = [each for each in listed if str(each.id if sort.key == "id" else each.get_attribute(sort.key)) == name]
    if not found:
        raise Missing(f"The cluster has no {sort.names[0]} whose {sort.key} is {name}.")
    return found


def _narrows(narrowing: Mapping[str, Any]) -> bool:
    lists = any(narrowing[option] for option in ("filters", "sort_by", "include"))
    return lists or narrowing["page"] is not None


def _show_services(session: Session, client: ReadOnlyClient, name: str | None, output: str) -> None:
    """Show entries of the app-services manifest, which comes whole."""
    services = [service.as_data() for service in AppServicesManifest.get(client).app_services]
    found = [service for service in services if name is None or service["spec"].get("name") == name]
    if name is not None and not found:
        raise Missing(f"The cluster has no AppService of the name {name}.")
    show_records(session, output, SERVICE_COLUMNS, map(service_row, found), map(redact, found), is_one=name is not None)
