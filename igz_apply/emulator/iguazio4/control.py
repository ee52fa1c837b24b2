"""Routes of the emulator's own, which no platform has: what a test sets from outside (docs/emulator-4.md)."""

from __future__ import annotations

from igz_apply.emulator.engine.http_errors import bad_request, not_found
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record
from igz_apply.emulator.iguazio4 import mlrun, projects, tokens
from igz_apply.emulator.iguazio4.answer_form import done
from igz_apply.emulator.iguazio4.fields import Fields, flag, mapping, read_fields
from igz_apply.emulator.iguazio4.world import Call

_PLACE = "/mgmt/emulator"


def expire_tokens(call: Call) -> Answer:
    """Let every access token be expired, also that of this call."""
    call.require("update", _PLACE)
    tokens.expire_access_tokens(call.world)
    return done()


def edit_project(call: Call, name: str) -> Answer:
    """Change a project as somebody else would."""
    call.require("update", _PLACE)
    _project(call, name)
    projects.edit_as_another(call.world, name)
    return done()


def mark_project(call: Call, name: str) -> Answer:
    """Say what a project holds in MLRun."""
    call.require("update", _PLACE)
    project = _project(call, name)
    given = read_fields(call.options, call.request, [flag("hasResources"), mapping("counts")])
    project.private["counts"] = counts_of(given)
    call.store.save(project)
    return done()


def _project(call: Call, name: str) -> Record:
    project = call.store.by_name("project", name)
    if project is None:
        raise not_found(f"project {name[:120]!r}")
    return project


def counts_of(given: Fields) -> dict[str, int]:
    """Return the counts that are said of a project. Raises Refusal (400) for what MLRun does not count."""
    counts: dict[str, int] = given.get("counts") or ({"models_count": 1} if given.get("hasResources") else {})
    if not mlrun.are_counts(counts):
        raise bad_request(f"counts has numbers for {', '.join((*mlrun.COUNTS, *mlrun.UNCOUNTED))}")
    return {name: count for name, count in counts.items() if count}
