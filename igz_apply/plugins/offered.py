"""The kinds that the installed packages offer, found and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.local.entry_points import KINDS_OFFERED, entry_points_of, loaded, package_of
from igz_apply.model.kind import Field, Kind
from igz_apply.model.problems import Problem
from igz_apply.platform import Platform
from igz_apply.plugins.kinds import KindPlugin
from igz_apply.values import dataclass

_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind that a package offers."""

    plugin: KindPlugin
    package: str

    @property
    def kind(self) -> Kind:
        """The kind."""
        return self.plugin.kind


def offered_for(platform: Platform) -> Mapping[str, Offered]:
    """Return the kinds that packages add to a platform. Raises InvalidInput, with the package's name, for a bad one."""
    points = entry_points_of(KINDS_OFFERED)
    found = {name: Offered(loaded(point), package_of(point)) for name, point in points.items()}
    here = {
        name: each
        for name, each in found.items()
        if not isinstance(each.plugin, KindPlugin) or _is_for(platform, each.plugin)
    }
    known = {*platform.kinds.names, *here}
    problems = [
        Problem("Broken plug-in", f"The kind {name} of {each.package} {fault}.", f"Tell the authors of {each.package}.")
        for name, each in here.items()
        for fault in faults(name, each.plugin, platform, known)
    ]
    if problems:
        raise InvalidInput(problems)
    return here


def _is_for(platform: Platform, plugin: KindPlugin) -> bool:
    versions = plugin.api_versions
    return not versions or not isinstance(versions, Collection) or platform.kinds.api_version in versions


def faults(name: str, plugin: object, platform: Platform, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with what an entry point offers."""
    if not isinstance(plugin, KindPlugin):
        yield f"is no igz_apply.KindPlugin but {type(plugin).__name__}"
        return
    if misshapen := tuple(_misshapen(plugin)):
        yield from misshapen
        return
    kind = plugin.kind
    if not _NAME.fullmatch(name) or kind.name != name:
        yield f"is called {kind.name} by its table; both names have to be one, such as Quota"
    if name in platform.kinds:
        yield f"has the name of a kind of {platform.title}"
    if kind.together or kind.holders_of or kind.inside:
        yield "says what only a platform's own kinds can: `together`, `holders_of` or `inside`"
    properties = plugin.schema.get("properties")
    stated = set(properties) if isinstance(properties, Mapping) else set()
    if odd := stated ^ {each.name for each in kind.fields if not each.write_only or each.name in stated}:
        yield f"has a table and a schema that differ: {', '.join(sorted(odd))}"
    for each in _every(kind.fields):
        if each.membership or each.mirrored or each.roles or each.looked_up:
            yield f"has a field, {each.name}, that only a platform's own kinds can have"
        if each.refers_to and each.refers_to not in known:
            yield f"refers by {each.name} to {each.refers_to}, which is no kind of {platform.title}"
    for top in kind.fields:
        for each in _every(top.fields):
            if each.write_only:
                yield f"has a secret, {each.name}, inside {top.name}: a secret is a field of its own"


def _misshapen(plugin: KindPlugin) -> Iterator[str]:
    """Yield which parts of it are not what they are said to be: others' code, which nobody need have checked."""
    parts: Mapping[str, Any] = {name: getattr(plugin, name) for name in _PARTS}
    if not isinstance(parts["kind"], Kind):
        yield f"has a table that is no igz_apply.Kind but {type(parts['kind']).__name__}"
    if not isinstance(parts["schema"], Mapping):
        yield f"has a schema that is no mapping but {type(parts['schema']).__name__}"
    elif fault := _schema_fault(parts["schema"]):
        yield f"has a schema that is no JSON Schema: {fault}"
    if isinstance(parts["api_versions"], str) or not isinstance(parts["api_versions"], Collection):
        yield "has api_versions that are no set of texts"
    for name in _FUNCTIONS:
        if not callable(parts[name]) and (name, parts[name]) != ("look", None):
            yield f"has a {name} that is no function"


_FUNCTIONS = ("read", "create", "update", "delete", "look")
_PARTS = ("kind", "schema", "api_versions", *_FUNCTIONS)


def _schema_fault(schema: Mapping[str, Any]) -> str:
    import jsonschema_rs  # here, as most runs have no plug-in

    try:
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    except (jsonschema_rs.ValidationError, ValueError, TypeError) as error:
        return str(error).splitlines()[0]
    return ""


def _every(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        yield each
        yield from _every(each.fields)
