"""What the shell offers while a command is typed: kinds, addresses and targets. It never fails, it offers less.

Every command imports this for its options, so that it imports what it needs when it is asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from igz_apply.cli.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from igz_apply.model.addresses import Address
    from igz_apply.platform import Platform


def complete_kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Offer the kinds."""
    names = _platform(ctx).kinds.names
    return _offered(name for name in names if name.lower().startswith(incomplete.lower()))


def complete_fields(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the kinds; after a dot, the fields that stand there."""
    above, dot, begun = incomplete.rpartition(".")
    if not dot:
        return complete_kinds(ctx, param, incomplete)
    from igz_apply.authoring.field_docs import NoSuchField, explain
    from igz_apply.cli.kind_names import kind_named
    from igz_apply.errors import InvalidInput

    name, _, path = above.partition(".")
    try:
        kind = kind_named(name, _platform(ctx).kinds)
        children = explain(_platform(ctx).schema_of(kind.name), kind, path).children
    except (InvalidInput, NoSuchField):
        return []
    found = {f"{above}.{each.name}": each.description for each in children if each.name.startswith(begun)}
    return _offered(found, found)


def complete_addresses(
    ctx: click.Context,
    param: click.Parameter,
    incomplete: str,
) -> list[CompletionItem]:
    """Offer the addresses that the manifests and the inventory know, and kinds while no slash is typed."""
    known = {str(address) for address in _known_addresses(ctx)}
    kinds = [item.value for item in complete_kinds(ctx, param, incomplete)] if "/" not in incomplete else []
    return _offered(text for text in sorted({*known, *kinds}) if text.startswith(incomplete))


def complete_policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Offer the policies of which it is known what they allow."""
    known = sorted(_platform(ctx).kinds.powers.known)
    return _offered(name for name in known if name.lower().startswith(incomplete.lower()))


def complete_targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Offer the targets of the config."""
    from pathlib import Path

    import yaml

    from igz_apply.manifests.config import DEFAULT_PATH

    try:
        config = yaml.safe_load(Path(os.environ.get("IGZ_CONFIG") or DEFAULT_PATH).read_text(encoding="utf-8"))
        targets = config["targets"]
        return _offered(str(name) for name in targets if str(name).startswith(incomplete))
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
        return []


def _offered(texts: Iterable[str], helps: Mapping[str, str] = MappingProxyType({})) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(text, help=helps.get(text)) for text in texts]


def _platform(ctx: click.Context) -> Platform:
    from igz_apply.cli.platform_choice import settle_for_words
    from igz_apply.errors import InvalidInput

    session = ctx.ensure_object(Session)
    with suppress(InvalidInput):
        settle_for_words(session)
    return session.platform


def _known_addresses(ctx: click.Context) -> Iterator[Address]:
    yield from _declared(ctx)
    yield from _owned()


def _declared(ctx: click.Context) -> Iterator[Address]:
    """Yield the addresses of the documents that can be read; their validity does not matter here."""
    from igz_apply.manifests.config import DEFAULT_MANIFESTS
    from igz_apply.manifests.reader import read
    from igz_apply.model.addresses import Address

    paths = [path for path in ctx.params.get("paths") or DEFAULT_MANIFESTS if path != "-"]
    for document in read(paths).documents:
        match document.data:
            case {"kind": str(kind), "metadata": {"name": str(name)}}:
                yield Address(kind, name)


def _owned() -> Iterator[Address]:
    """Yield the addresses of the inventories below the working folder; others could be slow to reach."""
    from pathlib import Path

    from igz_apply.inventory import DEFAULT_PLACE

    for path in Path(DEFAULT_PLACE).parent.glob("inventory*.json"):
        yield from _held(path)


def _held(path: Path) -> list[Address]:
    import json

    from igz_apply.model.addresses import Address

    try:
        return [Address.parse(text) for text in json.loads(path.read_text(encoding="utf-8"))["entries"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []
