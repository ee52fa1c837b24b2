"""A control plane in memory, behind the Reader and Writer ports: the platform's rules without HTTP, threads or time.

It keeps the API's own JSON, so that what is planned goes through encoding and decoding. Rules: wire reference,
sections 6, 7, 10, 11, 12 and 21.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from igz_apply.errors import AnswerLost, Conflict, Missing, PlaneError
from igz_apply.iguazio3.decode import decoder, is_deleting, is_ready, key_of, links_of, readiness_member
from igz_apply.iguazio3.encode import encode_create, encode_roles, encode_update, splice
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.live_state import Page, decoded
from igz_apply.iguazio3.sightings import looked_for
from igz_apply.iguazio3.steps import Verb
from igz_apply.iguazio3.wire import Collection, SharedDocument, endpoint_of, path_of
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import Caller, LiveState, Resource, SecretRef
from igz_apply.model.step import Step
from igz_apply.planning.diff import leaves
from igz_apply.ports import Accepted, Answer, Blocked, Done, Ended, Pool, Presence, Running, Sighting, Unknown

Ids = Mapping[Address, str]
Item = dict[str, Any]
CALLER = Caller(endpoint="https://cluster.test", username="admin", tenant="default-tenant", version="3.5.5")
ROLES = ("Admin", "Editor", "Viewer")
_DEFAULTS: dict[str, dict[str, Any]] = {
    "User": {"admin_status": "up", "operational_status": "up", "data_access_mode": "enabled", "phone_number": ""},
    "Group": {"data_access_mode": "enabled", "kind": "local"},
    "Project": {"admin_status": "online", "operational_status": "online", "labels": [], "annotations": []},
}
_SERVICE_DEFAULTS: dict[str, Any] = {
    "desired_state": "ready",
    "visible_to_all": False,
    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
    "advanced": {"priority_class_name": "igz-workload-medium"},
    "scale_to_zero": {"mode": "disabled", "scale_resources": []},
}


@dataclass
class _Trouble:
    """What goes wrong with a step's call."""

    error: Exception
    is_after: bool  # the effect takes place all the same


@dataclass
class _Job:
    looks: int  # how many looks still find it running
    state: str = "completed"
    message: str = ""
    failed: dict[Address, str] = field(default_factory=dict)


class SimulatedPlane:
    """State, rules and a log. Ids are names with a prefix; everything is usable at once unless `looks` says otherwise.

    `sent` lists the keys of the steps whose calls took effect, in order; `looked` counts looks at jobs and resources.
    """

    def __init__(self, *resources: Resource, kinds: Kinds = KINDS, looks: int = 0, caller: Caller = CALLER) -> None:
        self.sent: list[str] = []
        self.requests: list[tuple[str, Any]] = []  # (step key, body) as encoded
        self.looked: Counter[str] = Counter()
        self.version = 0  # grows with every write
        self.unlisted: set[Address] = set()  # what lists wrongly leave out
        self.unseen: dict[Address, Presence] = {}  # what this caller is not shown, and what a look for it answers
        self._kinds = kinds
        self._caller = caller
        self._looks = looks
        self._items: dict[str, dict[str, Item]] = {kind.name: {} for kind in kinds}  # kind -> id -> item
        self._roles: dict[str, Item] = {}
        self._waits: dict[str, int] = {}  # id -> looks until it is usable, or gone
        self._jobs: dict[str, _Job] = {}
        self._trouble: dict[str, deque[_Trouble]] = {}
        self._job_ends: dict[str, _Job] = {}
        self._made = 0
        self._seed(resources)

    # What a test says beforehand

    def fail(self, step: str, *errors: Exception) -> None:
        """Let the next calls of a step fail with the errors, one each, before anything happens."""
        self._trouble.setdefault(step, deque()).extend(_Trouble(error, is_after=False) for error in errors)

    def lose_answer(self, step: str, *, after: bool) -> None:
        """Lose the answer of a step's next call, after or before its effect."""
        self._trouble.setdefault(step, deque()).append(_Trouble(AnswerLost(f"no answer to {step}"), is_after=after))

    def end_job(
        self, step: str, *, state: str = "failed", message: str = "", failed: Mapping[Address, str] | None = None
    ) -> None:
        """Let the job of a step end so; `failed` narrows a failure down to some of its changes."""
        self._job_ends[step] = _Job(self._looks, state, message, dict(failed or {}))

    def forget_jobs(self) -> None:
        """Let every job vanish, as finished ones do after a while."""
        self._jobs.clear()

    def edit(self, address: Address, **attributes: Any) -> None:
        """Change attributes behind everybody's back, None taking one out; for a service, keys of its spec."""
        item = self._named(address)
        holder = item["spec"] if "spec" in item else item["attributes"]
        for name, value in attributes.items():
            holder[name] = value
            if value is None:
                del holder[name]
        self.version += 1

    def vanish(self, address: Address) -> None:
        """Delete something behind everybody's back, with all that points to it."""
        self._remove(address.kind, self._id(address))

    def add(self, *resources: Resource) -> None:
        """Create something behind everybody's back."""
        self._seed(resources)

    # Reader

    def caller(self) -> Caller:
        return self._caller

    def pages(self, kind: Kind) -> Iterator[Page]:
        left_out = self.unlisted | self.unseen.keys()
        listed = (it for it in self._items[kind.name].values() if kind.address(key_of(kind, it)) not in left_out)
        items = [deepcopy(item) for item in listed]
        yield Page(items, [deepcopy(role) for role in self._roles.values()] if _has_roles(kind) else ())

    def look(self, kind: Kind, name: str, identity: str) -> Sighting:
        found = self._items[kind.name].get(identity) if identity else self._find(kind.address(name))
        if found is None:
            return Sighting(Presence.GONE)
        called = key_of(kind, found)
        hidden = self.unseen.get(kind.address(called))
        return Sighting(Presence.THERE, called, str(found["id"])) if hidden is None else Sighting(hidden, why="403")

    def mirrored(self, kind: Kind) -> frozenset[str]:
        return frozenset(key_of(kind, item) for item in self._items[kind.name].values())

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        return looked_for(self, kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        return endpoint_of(kind).path

    def live(self, pool: Pool | None = None) -> LiveState:
        del pool
        return decoded(self._kinds, {kind.name: list(self.pages(kind)) for kind in self._kinds}, self._caller)

    # Writer

    def perform(self, step: Step, ids: Ids) -> Answer:
        trouble = self._trouble.get(step.key)
        coming = trouble.popleft() if trouble else None
        if coming is not None and not coming.is_after:
            raise coming.error
        receipt = self._perform(step, ids)
        self.sent.append(step.key)
        self.version += 1
        if coming is not None:
            raise coming.error
        return receipt

    def settle(self, step: Step, ids: Ids) -> Accepted | None:  # noqa: ARG002 - the port's signature
        if step.verb not in (Verb.CREATE, Verb.DELETE):
            return None
        gone = step.changes[0].live if step.verb == Verb.DELETE else None
        found = self._items[step.target.kind].get(gone.id) if gone is not None else self._find(step.target)
        is_there = found is not None and not is_deleting(self._kind(step), found["attributes"])
        if step.verb == Verb.DELETE:
            return None if is_there else Accepted(probes=True)
        return Accepted(ids={step.target: found["id"]}, probes=True) if found is not None and is_there else None

    def job(self, job: str) -> Running | Ended | Unknown:
        self.looked[job] += 1
        known = self._jobs.get(job)
        if known is None:
            return Unknown()
        known.looks -= 1
        if known.looks >= 0:
            return Running("in_progress")
        return Ended(known.state == "completed", f"{known.state}: {known.message}")

    def is_settled(self, step: Step, ids: Ids) -> bool:
        self.looked[step.key] += 1
        kind, identity = self._kind(step), ids[step.target]
        item = self._items[kind.name].get(identity)
        if item is None and step.verb != Verb.DELETE:
            raise Missing(f"{step.target} is gone")
        self._waits[identity] = self._waits.get(identity, 0) - 1
        self._come_true(kind, identity)
        item = self._items[kind.name].get(identity)
        if step.verb == Verb.DELETE:
            return item is None
        member = readiness_member(kind)
        return item is not None and is_ready(kind, item, ids.get(member) if member is not None else None)

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        if isinstance(end, Unknown) or end.ok:
            return {}
        return self._jobs[job].failed or dict.fromkeys(step.addresses, f"its job {end.words}")

    # One method a verb

    def _perform(self, step: Step, ids: Ids) -> Answer:
        match step.verb:
            case Verb.CREATE:
                return self._create(step, ids)
            case Verb.UPDATE | Verb.MEMBERSHIPS:
                return self._update(step, ids)
            case Verb.DELETE:
                return self._delete(step, ids)
            case Verb.ROLES:
                return self._write_roles(step, ids)
            case Verb.DOCUMENT:
                return self._write_document(step)
        raise AssertionError(f"{step.key} makes no call")

    def _create(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        assert change.desired is not None
        members = [item.edge.group for item in step.edges]
        known = ids.__getitem__
        data = encode_create(self._kinds, kind, change.address.name, change.desired.spec, members, known, _secret)
        self.requests.append((step.key, data))
        old = self._find(change.address)
        if old is not None and is_deleting(kind, old["attributes"]):
            self._come_true(kind, old["id"])
            return Blocked()
        identity = self._insert(kind, data)
        if endpoint_of(kind).readiness is not None and self._looks:
            self._waits[identity] = self._looks
            self._items[kind.name][identity]["attributes"][endpoint_of(kind).readiness.attribute] = "creating"
        job = self._start(step) if Action.CREATE.value in kind.job_on else ""
        made = {change.address: identity}
        if endpoint_of(kind).readiness is None and not job:
            return Done(ids=made, secrets=_hashes(change))
        return Accepted(ids=made, job=job, probes=endpoint_of(kind).readiness is not None, secrets=_hashes(change))

    def _update(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        identity = ids[step.target]
        item = self._item(kind, identity)
        data: Item = {"attributes": {}, "relationships": {}}
        if step.verb == Verb.UPDATE:
            assert change.desired is not None
            assert change.live is not None
            carried = {field.name for field in kind.fields if field.membership or field.roles}
            paths = [each.path for each in change.diff if each.path[0] not in carried]
            before = change.live.spec
            spec = compared(kind, change.desired, before)
            data = encode_update(self._kinds, kind, spec, before, paths, ids.__getitem__, _secret)
        if step.edges:
            data["relationships"].update(self._groups_after(item, step, ids))
        self.requests.append((step.key, data))
        self._merge(kind, item, data)
        return Done(secrets=_hashes(change))

    def _groups_after(self, item: Item, step: Step, ids: Ids) -> Item:
        membership = self._kinds.membership
        links = set(links_of(item, "user_groups"))
        for each in step.edges:
            group = ids[Address(membership.group_kind, each.edge.group)]
            links = links | {group} if each.adds else links - {group}
        return {"user_groups": {"data": [{"type": "user_group", "id": link} for link in sorted(links)]}}

    def _delete(self, step: Step, ids: Ids) -> Answer:
        kind = self._kind(step)
        self.requests.append((step.key, None))
        if ids[step.target] not in self._items[kind.name]:
            return Done()
        self._check_deletable(kind, ids[step.target])
        if endpoint_of(kind).readiness is not None and self._looks:
            self._items[kind.name][ids[step.target]]["attributes"][endpoint_of(kind).readiness.attribute] = "deleting"
            self._waits[ids[step.target]] = self._looks
            return Accepted(job=self._start(step), probes=True)
        self._remove(kind.name, ids[step.target])
        return Accepted(job=self._start(step), probes=True)

    def _write_roles(self, step: Step, ids: Ids) -> Answer:
        change, kind = step.changes[0], self._kind(step)
        described = next(each for each in kind.fields if each.roles)
        stated = (change.desired.spec.get(described.name) or {}) if change.desired is not None else {}
        lists = {}
        for item in change.diff:
            name, *rest = item.dotted.split(".")
            if name == described.name:
                before, after = frozenset(item.before or ()), frozenset(item.after or ())
                listed = frozenset((stated.get(rest[0]) or {}).get(rest[1]) or ())
                lists[rest[0], rest[1]] = ((after - before) & listed, before - after)
        project = self._item(kind, ids[step.target])
        requests = encode_roles(self._kinds, described, project, self._roles, lists, ids.__getitem__)
        self.requests.append((step.key, requests))
        self._replace_roles(project, requests)
        return Accepted(job=self._start(step))

    def _write_document(self, step: Step) -> Answer:
        kind = self._kind(step)
        assert isinstance(kind.wire, SharedDocument)
        for change in step.changes:
            entry = self._items[kind.name].get(change.address.name)
            if change.action is Action.DELETE:
                self._items[kind.name].pop(change.address.name, None)
                continue
            assert change.desired is not None
            before = decoder(kind, {}, {})(entry).spec if entry is not None else None
            stale = frozenset(item.dotted for item in change.diff if item.sensitive)
            shown = {item.dotted for item in change.diff}
            found = [leaf for leaf in leaves(kind, change.desired, before, stale) if leaf.dotted in shown]
            self._put_service(kind, splice(kind, entry, change.address.name, found, _secret))
        self.requests.append((step.key, deepcopy(list(self._items[kind.name].values()))))
        return Accepted(job=self._start(step), secrets={a: h for c in step.changes for a, h in _hashes(c).items()})

    # The rules

    def _insert(self, kind: Kind, data: Item, identity: str = "") -> str:
        name = data["attributes"][endpoint_of(kind).key]
        if any(key_of(kind, item) == name for item in self._items[kind.name].values()):
            raise Conflict(f"{kind.name} {name} exists", status=409)
        assert isinstance(kind.wire, Collection)
        identity = identity or f"{kind.name.lower()}-{name}" + ("" if not self._made else f"-{self._made}")
        item: Item = {
            "type": kind.wire.type,
            "id": identity,
            "attributes": {endpoint_of(kind).key: name, **deepcopy(_DEFAULTS.get(kind.name, {}))},
            "relationships": {},
        }
        self._items[kind.name][identity] = item
        try:
            self._complete(kind, item, data)
        except PlaneError:
            del self._items[kind.name][identity]
            raise
        return identity

    def _complete(self, kind: Kind, item: Item, data: Item) -> None:
        self._merge(kind, item, data)
        if kind.name == "User":
            everyone = next((key for key, it in self._items["Group"].items() if key_of_group(it) == "all_users"), "")
            links = [*links_of(item, "user_groups"), *([everyone] if everyone else ())]
            self._link(item, "user_groups", "user_group", links)
        if _has_roles(kind):
            if "owner" not in item["relationships"]:
                owner = next(iter(self._items["User"]), "")
                self._link(item, "owner", "user", [owner], many=False)
            roles = [self._add_role(item, name) for name in ROLES]
            self._link(item, "project_authorization_roles", "project_authorization_role", roles)

    def _add_role(self, project: Item, name: str) -> str:
        identity = f"role-{project['id']}-{name}"
        self._roles[identity] = {
            "type": "project_authorization_role",
            "id": identity,
            "attributes": {"name": name},
            "relationships": {"project": {"data": {"type": "project", "id": project["id"]}}},
        }
        return identity

    def _merge(self, kind: Kind, item: Item, data: Item) -> None:
        """PUT is a merge: an attribute that is null goes, a relationship that is named is replaced."""
        relationships = deepcopy(data["relationships"])
        self._check_links(kind, item, relationships)
        previous = list(links_of(item, "owner"))
        for name, value in data["attributes"].items():
            item["attributes"][name] = deepcopy(value)
            if value is None:
                del item["attributes"][name]
        for status in ("admin_status",):
            if status in data["attributes"] and endpoint_of(kind).readiness is not None:
                item["attributes"][endpoint_of(kind).readiness.attribute] = data["attributes"][status]
        for name, linkage in relationships.items():
            item["relationships"][name] = linkage
            if not linkage["data"]:
                del item["relationships"][name]
        if previous and previous != list(links_of(item, "owner")):
            self._keep_as_admin(item, previous[0])

    def _check_links(self, kind: Kind, item: Item, relationships: Item) -> None:
        after = {"relationships": {**item["relationships"], **relationships}}
        for name in relationships:
            for identity in links_of(after, name):
                described = next(each for each in kind.fields if path_of(each) == name)
                target = self._items[described.refers_to].get(identity)
                _demand(target is not None, f"{name}: {identity} does not exist")
                is_up = target is not None and target["attributes"].get("operational_status", "up") == "up"
                _demand(name != "owner" or is_up, f"the owner {identity} is not operational")
        if kind.name == "User":
            primary = list(links_of(after, "primary_group"))
            _demand(set(primary) <= set(links_of(after, "user_groups")), f"the primary group {primary} is not a group")
        if _has_roles(kind) and "owner" in relationships:
            _demand(bool(list(links_of(after, "owner"))), "a project needs an owner")

    def _keep_as_admin(self, project: Item, user: str) -> None:
        admin = self._roles[f"role-{project['id']}-Admin"]
        self._link(admin, "principal_users", "user", [*links_of(admin, "principal_users"), user])

    def _check_deletable(self, kind: Kind, identity: str) -> None:
        item = self._item(kind, identity)
        name = key_of(kind, item)
        _demand(name not in kind.system_names, f"{kind.name} {name} is predefined")
        for other in self._items["Project"].values():
            held = kind.name == "User" and identity in links_of(other, "owner")
            _demand(not held, f"{name} owns project {other['id']}")
        for entry in self._items["AppService"].values() if kind.name == "User" else ():
            named = (entry["spec"].get("owner"), (entry["spec"].get("credentials") or {}).get("username"))
            _demand(name not in named, f"{name} holds service {entry['spec']['name']}")
        for other in self._items["User"].values():
            held = kind.name == "Group" and identity in links_of(other, "primary_group")
            _demand(not held, f"{name} is the primary group of {other['id']}")

    def _replace_roles(self, project: Item, requests: Iterable[Item]) -> None:
        wanted = {request["resource"].split("/")[1]: request["body"]["data"]["relationships"] for request in requests}
        for side, kind in (("principal_users", "User"), ("principal_user_groups", "Group")):
            seen: Counter[str] = Counter()
            for identity in links_of(project, "project_authorization_roles"):
                holder = {"relationships": wanted.get(identity, self._roles[identity]["relationships"])}
                members = list(links_of(holder, side))
                seen.update(members)
                _demand(all(each in self._items[kind] for each in members), f"{side}: one of {members} does not exist")
            _demand(all(count == 1 for count in seen.values()), f"somebody would have two roles in {project['id']}")
        for identity, relationships in wanted.items():
            for side, kind in (("principal_users", "user"), ("principal_user_groups", "user_group")):
                self._link(self._roles[identity], side, kind, list(links_of({"relationships": relationships}, side)))

    def _put_service(self, kind: Kind, entry: Item) -> None:
        spec = entry["spec"]
        for name, value in _SERVICE_DEFAULTS.items():
            spec[name] = {**value, **(spec.get(name) or {})} if isinstance(value, dict) else spec.get(name, value)
        named = (spec.get("owner"), (spec.get("credentials") or {}).get("username"))
        users = {item["attributes"]["username"] for item in self._items["User"].values()}
        _demand({each for each in named if each} <= users, f"service {spec['name']} names {named}, not both users")
        self._items[kind.name][spec["name"]] = deepcopy(entry)

    def _remove(self, kind: str, identity: str) -> None:
        self._items[kind].pop(identity)
        self.version += 1
        for holder in [*self._roles.values(), *(item for items in self._items.values() for item in items.values())]:
            for name, linkage in list((holder.get("relationships") or {}).items()):
                if isinstance(linkage["data"], list):
                    linkage["data"] = [link for link in linkage["data"] if link["id"] != identity]
                if not linkage["data"] or (isinstance(linkage["data"], dict) and linkage["data"]["id"] == identity):
                    del holder["relationships"][name]
        if kind == "Project":
            for role in [key for key in self._roles if key.startswith(f"role-{identity}-")]:
                del self._roles[role]
        self._made += 1  # what is made again under the name has another id

    # Bookkeeping

    def _seed(self, resources: Iterable[Resource]) -> None:
        by_kind: dict[str, list[Resource]] = {kind.name: [] for kind in self._kinds}
        for declared in resources:
            by_kind[declared.address.kind].append(declared)
        for kind in sorted(self._kinds, key=lambda kind: (kind.name != "Group", kind.name != "User")):
            for declared in by_kind[kind.name]:
                if isinstance(kind.wire, SharedDocument):
                    found = leaves(kind, declared, None)
                    self._put_service(kind, splice(kind, None, declared.address.name, found, _secret))
                else:
                    self._seed_one(kind, declared)
        for declared in by_kind.get("Group", ()):
            for name in declared.spec.get("users") or ():
                member = self._named(Address("User", name))
                links = {*links_of(member, "user_groups"), self._id(declared.address)}
                self._link(member, "user_groups", "user_group", sorted(links))

    def _seed_one(self, kind: Kind, declared: Resource) -> None:
        spec = declared.spec
        members = {*(spec.get("groups") or ()), *([spec["primary_group"]] if spec.get("primary_group") else ())}
        data = encode_create(self._kinds, kind, declared.address.name, spec, members, self._id, _secret)
        identity = self._insert(kind, data)
        for role, sides in (spec.get("members") or {}).items():
            item = self._roles[f"role-{identity}-{role.capitalize()}"]
            for side, wire, type_ in (
                ("users", "principal_users", "user"),
                ("groups", "principal_user_groups", "user_group"),
            ):
                target = "User" if side == "users" else "Group"
                ids = [self._id(Address(target, name)) for name in (sides or {}).get(side) or ()]
                self._link(item, wire, type_, sorted({*links_of(item, wire), *ids}))

    def _start(self, step: Step) -> str:
        job = f"job-{len(self._jobs) + 1}"
        ends = self._job_ends.pop(step.key, None)
        self._jobs[job] = ends if ends is not None else _Job(self._looks)
        return job

    def _come_true(self, kind: Kind, identity: str) -> None:
        """Let a change of readiness happen whose looks are used up."""
        item = self._items[kind.name].get(identity)
        if item is None or endpoint_of(kind).readiness is None or self._waits.get(identity, 0) > 0:
            return
        if is_deleting(kind, item["attributes"]):
            self._remove(kind.name, identity)
        elif item["attributes"].get(endpoint_of(kind).readiness.attribute) == "creating":
            item["attributes"][endpoint_of(kind).readiness.attribute] = endpoint_of(kind).readiness.ready

    def _link(self, item: Item, name: str, type_: str, ids: list[str], *, many: bool = True) -> None:
        data = [{"type": type_, "id": identity} for identity in dict.fromkeys(ids) if identity]
        item["relationships"].pop(name, None)
        if data:
            item["relationships"][name] = {"data": data if many else data[0]}

    def _kind(self, step: Step) -> Kind:
        return self._kinds[step.target.kind]

    def _item(self, kind: Kind, identity: str) -> Item:
        item = self._items[kind.name].get(identity)
        if item is None:
            raise Missing(f"there is no {kind.name} {identity}", status=404)
        return item

    def _find(self, address: Address) -> Item | None:
        kind = self._kinds[address.kind]
        return next((item for item in self._items[kind.name].values() if key_of(kind, item) == address.name), None)

    def _named(self, address: Address) -> Item:
        found = self._find(address)
        assert found is not None, f"{address} does not live"
        return found

    def _id(self, address: Address) -> str:
        return str(self._named(address).get("id", address.name))


def key_of_group(item: Item) -> str:
    return str(item["attributes"].get("name"))


def _has_roles(kind: Kind) -> bool:
    return any(each.roles for each in kind.fields)


def _demand(is_met: bool, detail: str) -> None:
    if not is_met:
        raise PlaneError(f"Refused: {detail}", status=400)


def _secret(ref: SecretRef) -> str:
    return f"secret of {ref}"


def _hashes(change: Change) -> Mapping[Address, Mapping[str, str]]:
    shown = {item.dotted for item in change.diff if item.sensitive}
    refs = secret_refs(change.desired.spec) if change.desired is not None else ()
    found = {path: f"salt:{ref}" for path, ref in refs if path in shown}
    return {change.address: found} if found else {}
