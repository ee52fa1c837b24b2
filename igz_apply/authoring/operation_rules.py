"""What is wrong with the config's `actions`, told from the kinds, their schemas and what the manifests declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.ignored_paths import fault_of
from igz_apply.authoring.schema_paths import Schema
from igz_apply.model.addresses import PATTERN_CHARACTERS, Address, Source, address_in, globs_of
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.operations import OperationRule, TriggerRule
from igz_apply.model.problems import Problem
from igz_apply.model.resources import DesiredState
from igz_apply.model.suggest import did_you_mean

_NOTHING: Mapping[str, Any] = {}


def operation_problems(
    rules: Sequence[OperationRule],
    desired: DesiredState | None,
    kinds: Kinds,
    schemas: Mapping[str, Schema],
    title: str,
) -> Iterator[Problem]:
    """Yield all of it. `desired` is None where nobody knows what is declared: manifests have errors, or are a part.

    `title` is the platform's.
    """
    for rule in rules:
        operable = [kind for kind in kinds if rule.operation in kind.operations]
        if not operable:
            yield _unknown_operation(rule, kinds, title)
            continue
        yield from _on(rule, operable, desired, kinds, title)
        for trigger in rule.triggers:
            yield from _by(trigger, operable, desired, kinds, schemas, title)


def _unknown_operation(rule: OperationRule, kinds: Kinds, title: str) -> Problem:
    known = sorted({operation for kind in kinds for operation in kind.operations})
    detail = f"`actions` asks for {rule.operation!r}, which a plan cannot do on an {title}."
    hint = (
        f"{did_you_mean(rule.operation, known)} There is {', '.join(known)}.".strip()
        if known
        else ("There are no operations there: take it out, or move it to a target that has them.")
    )
    return Problem("Unknown operation", detail, hint, source=rule.source)


def _on(
    rule: OperationRule, operable: Sequence[Kind], desired: DesiredState | None, kinds: Kinds, title: str
) -> Iterator[Problem]:
    """Look at what is to be operated on."""
    fault = _kind_fault(rule.resources, kinds, title)
    names = [kind.name for kind in operable]
    kind = rule.resources.partition("/")[0]
    if fault is not None:
        yield Problem(*fault, source=rule.source)
    elif PATTERN_CHARACTERS.isdisjoint(kind) and kind not in names:
        detail = f"`actions` would {rule.operation} {rule.resources}, and that can be done to {', '.join(names)} alone."
        yield Problem("Unknown operation", detail, f"Name an {names[0]}.", source=rule.source)
    elif desired is not None:
        yield from _declared(rule.resources, rule.source, desired, names)


def _by(
    trigger: TriggerRule,
    operable: Sequence[Kind],
    desired: DesiredState | None,
    kinds: Kinds,
    schemas: Mapping[str, Schema],
    title: str,
) -> Iterator[Problem]:
    """Look at one line below `on`."""
    fault = _kind_fault(trigger.resources, kinds, title) if trigger.resources else None
    if fault is not None:
        yield Problem(*fault, source=trigger.source)
        return
    if trigger.resources and desired is not None:
        yield from _declared(trigger.resources, trigger.source, desired, kinds.names)
    named = trigger.resources.partition("/")[0]
    for kind in [kinds[named]] if named else operable[:1]:
        fault_there = fault_of(trigger.path, kind, schemas[kind.name], _NOTHING) if trigger.path else None
        if fault_there is not None:
            detail = f"`on` names {trigger.text!r}, {fault_there.detail}."
            yield Problem(fault_there.summary, detail, fault_there.hint, source=trigger.source)


def _kind_fault(resources: str, kinds: Kinds, title: str) -> tuple[str, str, str] | None:
    kind, slash, _ = resources.partition("/")
    if not slash or not PATTERN_CHARACTERS.isdisjoint(kind):
        detail = f"`actions` names {resources!r}, which is no address."
        return "Not an address", detail, "Write Kind/name, or a pattern of names: AppService/jupyter-*."
    if kind not in kinds:
        hint = f"{did_you_mean(kind, kinds.names)} Kinds are {', '.join(kinds.names)}.".strip()
        return "Unknown kind", f"`actions` names {resources!r}: there is no kind {kind!r} on an {title}.", hint
    return None


def _declared(resources: str, source: Source, desired: DesiredState, names: Sequence[str]) -> Iterator[Problem]:
    """Yield a warning where nothing is declared by that name: more may be declared for another run."""
    selects = globs_of([resources], desired.resources).select
    if any(selects(address) for address in desired.resources):
        return
    near: list[str] = []
    if address_in(resources) is not None and PATTERN_CHARACTERS.isdisjoint(resources):
        near = [str(address) for address in desired.resources if address.kind in names]
    hint = did_you_mean(resources, near) or "Correct it, or take it out."
    detail = f"`actions` names {resources}, and the manifests declare no such resource: it brings nothing about."
    yield Problem("Action on nothing", detail, hint, severity="warning", source=source, address=_exact(resources))


def _exact(resources: str) -> Address | None:
    return address_in(resources) if PATTERN_CHARACTERS.isdisjoint(resources) else None
