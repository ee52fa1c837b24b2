"""The config's `actions`: what is done to resources once something is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.model.ignoring import plain_path
from igz_apply.model.operations import OperationRule, TriggerRule
from igz_apply.model.resources import Document, Path

KEY, ON = "actions", "on"
_PATH_OF = "#"  # between a resource and a path of it


def operations_in(document: Document, target: str) -> tuple[OperationRule, ...]:
    """Return the rules at the top of a valid config, and those of a target, "" for none."""
    found = [*_rules(document.data.get(KEY, ()), (KEY,), document)]
    chosen = document.data.get("targets", {}).get(target, {})
    return (*found, *_rules(chosen.get(KEY, ()), ("targets", target, KEY), document))


def _rules(actions: list[Mapping[str, Any]], path: Path, document: Document) -> Iterator[OperationRule]:
    for index, action in enumerate(actions):
        here = (*path, index)
        operation = next(key for key in action if key != ON)
        triggers = tuple(_trigger(text, document, (*here, ON, place)) for place, text in enumerate(action[ON]))
        source = document.positions.value((*here, operation))
        yield OperationRule(operation, action[operation], triggers, source)


def _trigger(text: str, document: Document, path: Path) -> TriggerRule:
    """Return what one line says: `spec.a.b` of what is operated on, `Kind/name`, or `Kind/name#spec.a.b`."""
    source = document.positions.value(path)
    kind, slash, _ = text.partition("/")
    if not (slash and kind[:1].isupper() and kind.isalnum()):
        return TriggerRule(text, source, path=_below_spec(text))
    resources, _, below = text.partition(_PATH_OF)
    return TriggerRule(text, source, resources, _below_spec(below))


def _below_spec(path: str) -> str:
    return plain_path(path).removeprefix("spec.")
