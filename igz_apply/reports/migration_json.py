"""A move for programs: every object and field with its fate, every standing, every problem, and what they come to."""

from __future__ import annotations

from typing import Any

from igz_apply.model.addresses import Source
from igz_apply.model.migration import FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.plain_values import plain
from igz_apply.planning.migration_account import (
    OPEN,
    Loss,
    Matter,
    address_of,
    counts_of,
    losses_of,
    matter_of,
    roles_and_policies,
    turn_of,
    turns_of,
    unmapped_policies,
)
from igz_apply.planning.plan_document import canonical
from igz_apply.version import __version__
from igz_apply.wording.migration_words import stated_text, verdict_text
from igz_apply.wording.problem_words import problem_data

FORMAT_VERSION = 1
Data = dict[str, Any]


def migration_json(migration: Migration) -> bytes:
    """Return the report's bytes; schemas/migration.schema.json describes them."""
    return canonical(migration_document(migration))


def migration_document(migration: Migration) -> Data:
    """Return the report as JSON's own types, every key present."""
    roles, policies = roles_and_policies(migration.standings)
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "verdict": verdict_text(migration),
        "as_said": stated_text(migration) or None,
        "from": migration.origin,
        "to": migration.destination or None,
        "counts": {
            "objects": {
                kind: {fate.value: count for fate, count in counts.items()}
                for kind, counts in counts_of(migration.objects).items()
            },
            "roles": {turn.value: len(these) for turn, these in turns_of(roles).items()},
            "policies": {turn.value: len(these) for turn, these in turns_of(policies).items()},
        },
        "decisions": _decisions(migration),
        "partial": dict(migration.partial),
        "problems": [problem_data(problem) for problem in migration.problems],
        "objects": [_object(each) for each in migration.objects],
        "standings": [_standing(each, matter_of(each, migration)) for each in migration.standings],
        "names": {str(old): str(new) for old, new in migration.names.items()},
        "policies": {old: list(new) for old, new in migration.policies.items()},
        "left_policies": dict(migration.left_policies),
        "holders": {policy: list(map(str, held)) for policy, held in migration.holders.items()},
        "documents": {name: len(documents) for name, documents in migration.documents.items()},
        "beyond": [_field(each) for each in migration.beyond],
    }


def _decisions(migration: Migration) -> Data:
    """Return what nobody has asked for, and somebody has to look at, besides the problems and the standings."""
    losses = losses_of(migration.objects)
    return {
        "kinds_lost": sorted({address_of(each).kind for each in losses[Loss.KIND]}),
        "objects_lost": [str(address_of(each)) for each in losses[Loss.ALONE]],
        "unmapped_policies": list(unmapped_policies(migration)),
    }


def _object(each: ObjectFate) -> Data:
    return {
        "old": None if each.old is None else str(each.old),
        "new": None if each.new is None else str(each.new),
        **_fate(each),
        "is_system": each.is_system,
        "is_stated": each.is_stated,
        "source": _source(each.source),
        "fields": [_field(it) for it in each.fields],
    }


def _field(each: FieldFate) -> Data:
    return {"path": each.path, **_fate(each), "before": plain(each.before), "after": plain(each.after)}


def _fate(each: ObjectFate | FieldFate) -> Data:
    return {
        "fate": each.fate.value,
        "why": each.why or None,
        "section": each.section or None,
        "mark": each.mark or None,
    }


def _source(source: Source | None) -> Data | None:
    return None if source is None else {"file": source.path, "line": source.line, "column": source.column}


def _standing(each: Standing, matter: Matter) -> Data:
    return {
        "user": each.user,
        "new_user": each.new_user or None,
        "project": each.project or None,
        "turn": turn_of(each).value,
        "before": each.before or None,
        "after": each.after or None,
        "perhaps": each.perhaps or None,
        "ways_before": list(each.ways_before),
        "ways_after": list(each.ways_after),
        "is_open": matter in OPEN,
        "is_stated": each.is_stated,
        "is_system": each.is_system,
        "lost_policies": list(each.lost_policies),
        "why": each.why or None,
    }
