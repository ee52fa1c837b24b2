"""Drift as plain data: what `drift --format json` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from igz_apply.model.changes import Plan
from igz_apply.model.plain_values import plain
from igz_apply.planning.drift import Drift
from igz_apply.planning.places import place_data
from igz_apply.planning.plan_data import unmanaged_data


def drift_document(found: Sequence[Drift], made: Plan) -> dict[str, Any]:
    """Return what has drifted, and what of the plan says how much of the cluster was seen."""
    unknown = {str(address): list(fields) for address, fields in made.unknown.items()}
    return {
        **({"unknown": unknown} if unknown else {}),
        "format_version": 1,
        "resources": [drift_data(each) for each in found],
        "not_visible": {str(address): why for address, why in made.not_visible.items()},
        "partial": dict(made.partial),
        "unmanaged": unmanaged_data(made.unmanaged),
    }


def drift_data(drift: Drift) -> dict[str, Any]:
    """Return what is different in one resource as JSON's own types; of a secret, words about it."""
    return {
        "address": str(drift.address),
        "action": drift.action.value,
        "origin": drift.origin.value,
        "note": drift.note,
        "source": place_data(drift.source),
        "fields": [
            {
                "path": field.diff.dotted,
                "origin": field.origin.value,
                "applied": plain(field.applied),
                "live": plain(field.diff.before),
                "desired": plain(field.diff.after),
                "sensitive": field.diff.sensitive,
                "source": place_data(field.source),
            }
            for field in drift.fields
        ],
    }
