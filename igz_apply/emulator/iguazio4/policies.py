"""Policies, and who holds them (wire reference, section 8)."""

from __future__ import annotations

from igz_apply.emulator.engine.http_errors import bad_request, not_found
from igz_apply.emulator.engine.messages import Answer
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.iguazio4 import membership
from igz_apply.emulator.iguazio4.answer_form import done
from igz_apply.emulator.iguazio4.fields import Query, flag, read_fields, text, texts
from igz_apply.emulator.iguazio4.pages import answer_page, read_page
from igz_apply.emulator.iguazio4.policy_documents import answer_policy, show_policies
from igz_apply.emulator.iguazio4.world import Call

PLACE = "/mgmt/policies"
_FORMATS = ("minimal", "full")
_MAY_VALIDATE = (text("action", required=True), texts("resources"))


def get(call: Call, policy_id: str) -> Answer:
    """Answer one policy."""
    call.require("read", PLACE)
    query = Query(call.options, call.request)
    members = query.flag("includeMembers")
    query.ended()
    return answer_policy(call.world, call.record("policy", policy_id), members=members)


def list_policies(call: Call) -> Answer:
    """Answer a page of policies, of the whole system and of projects."""
    call.require("list", PLACE)
    query = Query(call.options, call.request)
    selection = _selected(query)
    is_full, members = query.word("format", _FORMATS) == "full", query.flag("includeMembers")
    page = read_page(call, query)
    query.ended()
    return answer_page(
        call,
        page,
        selection,
        lambda found: (show_policies(call.world, found, is_full=is_full, members=members), []),
    )


def _selected(query: Query) -> Selection:
    where: list[str] = []
    values: list[str | int] = []
    project = attribute_column("project")
    if kind := query.text("kind"):
        where.append(
            {"project": f"{project} > ''", "mgmt": f"{project} = ''", "system": f"{project} = ''"}.get(kind, "0")
        )
    for name, column in (("name", "name"), ("project", "project"), ("displayName", "displayName")):
        if value := query.text(name):
            where.append(f"{attribute_column(column)} = ?")
            values.append(value)
    if version := query.number("version", 0):
        where.append(f"{attribute_column('version')} = ?")
        values.append(version)
    if query.optional_flag("systemGenerated") is False:
        where.append("0")  # the system has generated all of them
    return Selection("policy", tuple(where), tuple(values))


def set_members(call: Call, policy_id: str) -> Answer:
    """Say who holds a policy."""
    call.require("update", PLACE)
    policy = call.record("policy", policy_id)
    names = read_fields(call.options, call.request, [texts("members")]).get("members", [])
    members = membership.named_members(call.world, names)
    membership.set_members(call.world, policy, members, adds=call.options.assign_adds)
    return done()


def set_policies(call: Call, name: str) -> Answer:
    """Say which policies of the whole system a member holds (section 8.2)."""
    call.require("update", PLACE)
    member = membership.find_member(call.world, name)
    if member is None:
        raise not_found(f"member {name[:120]!r}")
    known = (texts("policyIds"), texts("policyNames"), flag("override"))
    given = read_fields(call.options, call.request, known)
    wanted = _named(call, given.get("policyIds", []), given.get("policyNames", []))
    held = {each: call.store.get("policy", each) for each in call.store.sources(member.relation, member.id)}
    for policy_id, policy in wanted.items():
        if policy_id not in held:
            membership.set_members(call.world, policy, [member], adds=True)
    for policy_id, stale in held.items():
        if given.get("override") and stale and not stale.attributes["project"] and policy_id not in wanted:
            membership.drop_member(call.world, stale, member)
    return done()


def _named(call: Call, ids: list[str], names: list[str]) -> dict[str, Record]:
    """Return system-wide policies by id. Raises Refusal (400) for what is none."""
    found: dict[str, Record] = {}
    for key in (*ids, *names):
        policy = call.store.get("policy", key) if key in ids else call.store.by_name("policy", f"/{key}")
        if policy is None or policy.attributes["project"]:
            raise bad_request(f"policy {key[:120]!r} does not exist, or is not for the whole system")
        found[policy.id] = policy
    return found


def validate(call: Call) -> Answer:
    """Tell whether the caller may do something to all of these resources."""
    given = read_fields(call.options, call.request, _MAY_VALIDATE)
    denied = [each for each in given.get("resources", []) if not call.may(given["action"], each)]
    if denied:
        return done(allowed=False, reason=f"{given['action']} is not allowed on {denied[0][:120]}")
    return done(allowed=True, reason="allowed by policy")


def generate_manifest(call: Call) -> Answer:
    """Let what policies permit spread to all services (section 2.2)."""
    call.require("update", "/mgmt/permission-manifest")
    read_fields(call.options, call.request, [])
    return done(202)
