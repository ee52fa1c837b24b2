"""The part of MLRun that people meet beside Iguazio 4: its projects, which it may lead (wire reference, 10.1 and 10.3).

It has forms of its own: snake_case, no envelope, and errors as `detail`. What a project holds is seen in its summary,
whose fields are those of MLRun's public schema; that a reconciler asks there is inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, bad_request, conflict, not_found
from igz_apply.emulator.engine.json_body import read_json
from igz_apply.emulator.engine.messages import Answer, Document
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.iguazio4 import project_life, project_roles, projects
from igz_apply.emulator.iguazio4.fields import Query
from igz_apply.emulator.iguazio4.project_life import ARCHIVED, DELETING, ONLINE
from igz_apply.emulator.iguazio4.world import Call, Visit, World

COUNTS = (
    "files_count",
    "feature_sets_count",
    "models_count",
    "runs_completed_recent_count",
    "runs_failed_recent_count",
    "runs_running_count",
    "schedules_count",
    "distinct_scheduled_jobs_pending_count",
    "distinct_scheduled_pipelines_pending_count",
    "pipelines_completed_recent_count",
    "pipelines_failed_recent_count",
    "pipelines_running_count",
)
UNCOUNTED = ("functions_count", "datasets_count", "runs_count", "feature_vectors_count", "secret_keys_count")
"""What a project holds and no summary counts: only its lists show it."""
LISTS = {
    "functions": ("funcs", ("functions_count",)),
    "artifacts": ("artifacts", ("files_count", "models_count", "datasets_count")),
    "runs": ("runs", ("runs_count", "runs_completed_recent_count", "runs_failed_recent_count", "runs_running_count")),
    "feature-sets": ("feature_sets", ("feature_sets_count",)),
    "feature-vectors": ("feature_vectors", ("feature_vectors_count",)),
    "schedules": ("schedules", ("schedules_count",)),
    "secret-keys": ("secret_keys", ("secret_keys_count",)),
}
"""What lists of a project's contents are called in their answers, and the counts that they hold."""
_FORMATS = ("full", "minimal", "name_only")
_STRATEGIES = {"restrict": True, "restricted": True, "check": True, "cascade": False, "cascading": False}
_OWN = ("owner", "description", "desired_state")  # of the spec: what is kept apart from the rest
Handler = Callable[..., Answer]


def in_its_form(handler: Handler) -> Handler:
    """Return a handler whose refusals have the form of MLRun."""

    def answered(call: Call, *held: str) -> Answer:
        try:
            return handler(call, *held)
        except Refusal as refusal:
            document = {"detail": {"reason": refusal.detail}}
            raise Refusal(refusal.status, refusal.detail, document, refusal.headers) from refusal

    return answered


def client_spec(visit: Visit) -> Answer:
    """Answer what a client must know before it logs in (section 10.4)."""
    place = f"http://{visit.request.headers.get('host', 'emulator')}/api/v1/authentication/refresh-access-token"
    document = {
        "version": "1.12.1",
        "namespace": "iguazio",
        "authentication_mode": "iguazio-v4",
        "oauth_internal_token_endpoint": place,
        "oauth_external_token_endpoint": place,
    }
    return Answer(200, document)


def list_projects(call: Call) -> Answer:
    """Answer all projects that the caller may see."""
    query = Query(call.options, call.request)
    form, owner, labels = query.text("format") or "full", query.text("owner"), query.texts("label")
    if form not in _FORMATS:
        raise Refusal(422, f"format is one of {', '.join(_FORMATS)}")
    found = [each for each in call.store.select(projects.visible(call)) if _has_labels(each, labels)]
    owners = project_roles.owners_of(call.world, [each.attributes["name"] for each in found])
    named = [(each, owners.get(each.attributes["name"], "")) for each in found]
    kept = [(each, held) for each, held in named if owner in ("", held)]
    if form == "name_only":
        return Answer(200, {"projects": [each.attributes["name"] for each, _ in kept]})
    return Answer(200, {"projects": [_shown(each, held) for each, held in kept]})


def _has_labels(project: Record, labels: list[str]) -> bool:
    held = project.attributes["labels"]
    wanted = (each.partition("=") for each in labels)
    return all(name in held and (not sign or str(held[name]) == value) for name, sign, value in wanted)


def get(call: Call, name: str) -> Answer:
    """Answer one project."""
    project = _readable(call, name)
    return Answer(200, _shown(project, project_roles.owner_of(call.world, name)))


def _readable(call: Call, name: str) -> Record:
    project = call.store.by_name("project", name)
    if project is None:
        raise not_found(f"project {name[:120]!r}")
    call.require("read", f"/resources/projects/{name}")
    return project


def _shown(project: Record, owner: str) -> Document:
    held = project.attributes
    spec = {**held.get("mlrun_spec", {}), "description": held["description"], "owner": owner}
    return {
        "kind": "project",
        "metadata": {
            "name": held["name"],
            "created": held["createdAt"],
            "labels": held["labels"],
            "annotations": held["annotations"],
        },
        "spec": {**spec, "desired_state": ARCHIVED if held["state"] == ARCHIVED else ONLINE},
        "status": {"state": held["state"]},
    }


def summary(call: Call, name: str) -> Answer:
    """Answer how much a project holds."""
    return Answer(200, _summary(_readable(call, name)))


def list_held(what: str, call: Call, name: str) -> Answer:
    """Answer one list of what a project holds; what the things themselves say is made up, and the same for all."""
    counts = _readable(call, name).private.get("counts", {})
    key, counted = LISTS[what]
    total = sum(counts.get(each, 0) for each in counted)
    if what == "secret-keys":
        return Answer(200, {"provider": "kubernetes", key: [f"key-{number}" for number in range(total)]})
    return Answer(200, {key: [{"metadata": {"name": f"{what}-{number}"}} for number in range(total)]})


def list_summaries(call: Call) -> Answer:
    """Answer how much each project holds that the caller may see."""
    found = call.store.select(projects.visible(call))
    return Answer(200, {"project_summaries": [_summary(each) for each in found]})


def _summary(project: Record) -> Document:
    counts = project.private.get("counts", {})
    return {"name": project.attributes["name"], **{name: counts.get(name, 0) for name in COUNTS}}


def create(call: Call) -> Answer:
    """Create a project, and its policies; it is online at once."""
    call.require("create", "/mgmt/projects")
    stated = _read(call)
    name = _named(stated)
    if call.store.by_name("project", name) is not None:
        raise conflict(f"project {name} already exists")
    return Answer(201, _created(call, name, stated))


def _created(call: Call, name: str, stated: Mapping[str, Any]) -> Document:
    projects.check_name(name)
    owner = _owner(call, stated) or call.caller.user
    project = project_life.new_project(call.world, name, {}, owner, ONLINE)
    _write(call.world, project, stated)
    return _shown(project, str(owner.attributes["username"]))


def _read(call: Call) -> dict[str, Any]:
    """Return the metadata and the spec of a body. Raises Refusal for what is no project."""
    body = read_json(call.request)
    parts = {part: body.get(part) or {} for part in ("metadata", "spec")} if isinstance(body, dict) else {}
    if not parts or not all(isinstance(each, dict) for each in parts.values()):
        raise Refusal(422, "a project has metadata and a spec, which are objects")
    for part, name in (("metadata", "labels"), ("metadata", "annotations")):
        if not isinstance(parts[part].get(name), dict | None):
            raise Refusal(422, f"{name} is not an object")
    for name in _OWN:
        if not isinstance(parts["spec"].get(name), str | None):
            raise Refusal(422, f"{name} is not a string")
    return parts


def _named(stated: Mapping[str, Any]) -> str:
    name = stated["metadata"].get("name")
    if not isinstance(name, str):
        raise Refusal(422, "metadata.name is missing")
    return name


def _owner(call: Call, stated: Mapping[str, Any]) -> Record | None:
    username = stated["spec"].get("owner")
    return project_roles.known_owner(call.world, username) if username else None


def _write(world: World, project: Record, stated: Mapping[str, Any]) -> None:
    """Replace what MLRun holds of a project."""
    metadata, spec = stated["metadata"], stated["spec"]
    project.attributes["mlrun_spec"] = {name: value for name, value in spec.items() if name not in _OWN}
    values = {
        "description": spec.get("description") or "",
        "labels": metadata.get("labels") or {},
        "annotations": metadata.get("annotations") or {},
        "state": ARCHIVED if spec.get("desired_state") == ARCHIVED else ONLINE,
    }
    project_life.change(world, project, values)


def store(call: Call, name: str) -> Answer:
    """Replace a project with what the body says, or create it."""
    stated = _read(call)
    if _named(stated) != name:
        raise bad_request("metadata.name is another one than that of the path")
    project = call.store.by_name("project", name)
    if project is None:
        call.require("create", "/mgmt/projects")
        return Answer(200, _created(call, name, stated))
    return _replace(call, project, stated)


def _replace(call: Call, project: Record, stated: Mapping[str, Any]) -> Answer:
    name = project.attributes["name"]
    call.require("update", f"/mgmt/projects/{name}")
    if project.attributes["state"] == DELETING:
        raise conflict(f"project {name} is being deleted")
    owner = _owner(call, stated)
    if owner is not None:
        project_roles.require_owner_right(call, name, owner.attributes["username"])
        project_roles.set_owner(call.world, name, owner)
    _write(call.world, project, stated)
    return Answer(200, _shown(project, project_roles.owner_of(call.world, name)))


def patch(call: Call, name: str) -> Answer:
    """Merge what the body says into a project; the mode tells what becomes of lists alone."""
    project = _readable(call, name)
    held = _shown(project, project_roles.owner_of(call.world, name))
    stated = _read(call)
    is_additive = call.request.headers.get("x-mlrun-patch-mode", "replace") == "additive"
    return _replace(call, project, _merged(held, stated, is_additive=is_additive))


def _merged(held: Any, stated: Any, *, is_additive: bool) -> Any:
    if isinstance(held, dict) and isinstance(stated, dict):
        names = dict.fromkeys((*held, *stated))
        return {
            name: _merged(held.get(name), stated[name], is_additive=is_additive) if name in stated else held[name]
            for name in names
        }
    return held + stated if is_additive and isinstance(held, list) and isinstance(stated, list) else stated


def delete(call: Call, name: str) -> Answer:
    """Delete a project in the background; a restricted delete is refused where it holds something."""
    project = call.store.by_name("project", name)
    if project is None:
        return Answer(204)
    call.require("delete", f"/mgmt/projects/{name}")
    strategy = call.request.headers.get(projects.STRATEGY, "restricted")
    if strategy not in _STRATEGIES:
        raise bad_request(f"the deletion strategy is one of {', '.join(_STRATEGIES)}")
    held = next(iter(project.private.get("counts", {})), "")
    if _STRATEGIES[strategy] and held:
        raise Refusal(412, f"Project {name} can not be deleted since related resources found: {held}")
    if strategy == "check":
        return Answer(204)
    if project.attributes["state"] != DELETING:
        project.attributes["state"] = DELETING
        project_life.begin(call.world, project, "delete", call.caller.name, {})
    return Answer(202, _task(call, project.attributes["opId"]))


def get_task(call: Call, name: str) -> Answer:
    """Answer how far work in the background is."""
    return Answer(200, _task(call, name))


def _task(call: Call, name: str) -> Document:
    found = call.store.select(Selection("execution", (f"{attribute_column('correlationId')} = ?",), (name,)), 1)
    if not found:
        raise not_found(f"background task {name[:120]!r}")
    held = found[0].attributes
    is_over = held["state"] in ("succeeded", "failed")
    return {
        "kind": "BackgroundTask",
        "metadata": {"name": name, "kind": held["actionName"], "project": None, "created": held["createdAt"]},
        "spec": {},
        "status": {"state": held["state"] if is_over else "running", "error": held.get("lastError")},
    }


def are_counts(counts: Mapping[str, Any]) -> bool:
    """Tell whether these are counts of what a project may hold."""
    return all(
        name in (*COUNTS, *UNCOUNTED) and isinstance(value, int) and value >= 0 for name, value in counts.items()
    )
