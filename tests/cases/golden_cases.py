"""The form of a golden case: a folder with manifests, what lives, the inventory and options, and the plan.

`live.yaml` maps kind to name to spec, as a manifest would say it; `_state` (deleting, unready, system, broken) and
`_id` say what is special. The caller, `all_users` and `admins` are always there. `inventory.json` maps addresses to
what is remembered, `_id` and `_state: pending` likewise. `options.yaml` holds options of the command and of the config.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from igz_apply import workflow
from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.resources import Caller, Entry, LiveResource, LiveState, Owned
from igz_apply.planning.plan_document import canonical, to_data
from igz_apply.planning.policing import PlanPolicy, Policing, PolicyWaiver
from igz_apply.planning.selection import Selection
from igz_apply.views.lines import render
from igz_apply.views.plan_text import plan_text
from igz_apply.views.problem_text import problem_lines
from tests.builders import CALLER, cluster, entry, group, identity, live, resource, restart, user
from tests.fakes import FakeSecrets

WIDTH = 100
ALWAYS = (
    live(user("admin", assigned_policies=["Security Admin", "Developer", "Service Admin"]), is_system=True),
    live(group("all_users"), is_system=True),
    live(group("admins"), is_system=True),
)


@dataclass(frozen=True)
class Golden:
    """What a case comes to: a text for readers, and the plan's data unless problems stand in its way."""

    text: str
    data: str | None


def golden_of(case: Path) -> Golden:
    """Plan a case; the working directory must be its folder, so that paths are the same everywhere."""
    options = _read(case / "options.yaml")
    seen = _cluster(_read(case / "live.yaml"), Caller(**{**CALLER_DATA, **options.get("caller", {})}))
    seen = replace(seen, hidden=_addressed(options.get("hidden")), partial=options.get("partial", {}))
    rules = tuple(restart(each["restart"], *each["on"]) for each in options.get("actions", ()))
    loaded = replace(workflow.load(["manifests.yaml"]), operations=rules)
    try:
        proposal = workflow.plan(
            loaded,
            seen,
            _inventory(case / "inventory.json"),
            secrets=FakeSecrets(**options.get("secrets", {})),
            limits=_limits(options),
            prune=options.get("prune", False),
            claims=workflow.Claims(options.get("owner", ""), _addressed(options.get("held_elsewhere"))),
            selection=Selection(tuple(options.get("only", ())), tuple(options.get("except", ()))),
        )
    except InvalidInput as error:
        return Golden(_problems(error.problems), None)
    if proposal.plan is None:
        return Golden(_problems(proposal.problems), None)
    told = _problems((*errors_of(proposal.problems), *proposal.refusals))
    data = json.dumps(json.loads(canonical(to_data(proposal.plan, tool_version="0"))), indent=1, sort_keys=True)
    return Golden(plan_text(proposal.plan, WIDTH) + ("\nRefused:\n\n" + told if told else ""), data + "\n")


CALLER_DATA = {
    "endpoint": CALLER.endpoint,
    "username": CALLER.username,
    "tenant": CALLER.tenant,
    "version": CALLER.version,
}


def _read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def _cluster(data: dict[str, Any], caller: Caller) -> LiveState:
    found = {each.address: each for each in ALWAYS}
    for kind, named in data.items():
        for name, spec in (named or {}).items():
            this = _live(kind, name, dict(spec or {}))
            found[this.address] = this
    return cluster(*found.values(), caller=caller)


def _live(kind: str, name: str, spec: dict[str, Any]) -> LiveResource:
    state, known = spec.pop("_state", ""), spec.pop("_id", identity(Address(kind, name)))
    mark = spec.pop("_mark", "")
    return live(
        resource(kind, name, **spec),
        id=known,
        is_system=state == "system",
        is_ready=state != "unready",
        is_deleting=state == "deleting",
        is_broken=state == "broken",
        mark=mark,
    )


def _inventory(path: Path) -> Owned:
    data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Owned({Address.parse(text): _entry(Address.parse(text), dict(each)) for text, each in data.items()})


def _entry(address: Address, data: dict[str, Any]) -> Entry:
    known = data.pop("_id", identity(address))
    due = tuple(data.pop("due", ()))
    return entry(id=known, is_pending=data.pop("_state", "") == "pending", due=due, **data)


def _limits(options: dict[str, Any]) -> workflow.Limits:
    waivers = {}
    for text in options.get("allow", ()):
        verb, rest = text.split(":")
        kind, count = rest.split("=")
        waivers[verb, kind] = int(count)
    return workflow.Limits(
        delete=options.get("limits", {}),
        restart=options.get("limit_of_restarts", {}),
        min_admins=options.get("min_admins", 1),
        protect=tuple(options.get("protect", ())),
        waivers=waivers,
        policing=Policing(tuple(map(_policy, options.get("policies_on_plan", ()))), options.get("today", "")),
    )


def _policy(data: dict[str, Any]) -> PlanPolicy:
    waivers = tuple(PolicyWaiver(**waiver) for waiver in data.get("waivers", ()))
    return PlanPolicy(**{**data, "waivers": waivers})


def _addressed(said: dict[str, str] | None) -> dict[Address, str]:
    return {Address.parse(text): why for text, why in (said or {}).items()}


def _problems(problems: tuple[Problem, ...]) -> str:
    return render(problem_lines(problems, WIDTH), colour=False)
