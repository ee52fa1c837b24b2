"""From the API's answers to the specs of resources, by the kinds' tables. Wire reference, sections 6 to 10.

An answer leaves out what is empty or false (section 3.3), so that a key that is not there says less than one that is.
Where another list tells the same, that is asked; what nothing tells is unknown, and never taken for the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from igz_apply.iguazio4.emails import is_email
from igz_apply.iguazio4.kinds import GROUP, POLICY_BINDING, PROJECT, USER
from igz_apply.iguazio4.wire import wire_of
from igz_apply.model.addresses import Address
from igz_apply.model.kind import OWNER_MARK, Kind, Shape
from igz_apply.model.resources import LiveResource
from igz_apply.values import dataclass

Body = Mapping[str, Any]

SETTLED = frozenset({"online", "offline", "archived"})
"""States of a project that no operation is under way in (section 10.2)."""
ARCHIVED, DELETING = "archived", "deleting"
SELECTOR = "default_function_node_selector"
LEADS = "owner"  # the role of which a project has one member
PROJECT_KIND = "project"
ROLES = tuple(role.name for item in PROJECT.fields if item.roles for role in item.fields)
_SPELLINGS = {"verabuilder": "builder"}  # section 8.1


@dataclass(frozen=True, slots=True)
class Member:
    """One of those who hold a policy, as the cluster names it."""

    id: str  # of a user the username, of a group its id
    kind: str  # "user", "group", or what nobody knows yet


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, and who holds it."""

    id: str
    name: str
    project: str  # whose role it is; "": it is one of management
    role: str  # as tables name it; "": none that is known
    members: tuple[Member, ...]
    tells: bool  # whether the answer said who holds it, be it nobody


@dataclass(frozen=True, slots=True)
class Directory:
    """Names by ids, of what member lists mix: usernames, user ids and group ids."""

    users: Mapping[str, str]  # id -> username
    groups: Mapping[str, str]  # id -> path
    usernames: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Know each username by itself too."""
        object.__setattr__(self, "usernames", frozenset(self.users.values()))

    def user(self, said: str) -> str:
        """Return the username of a user that is named by it or by its id; of an unknown one what was said."""
        return said if said in self.usernames else self.users.get(said, said)

    def group(self, said: str) -> str:
        """Return the path of a group that is named by its id; of an unknown one what was said."""
        return self.groups.get(said, said)


def part(body: Body, name: str) -> Body:
    """Return a part of an answer's body, empty where it is left out. Raises TypeError for what is no object."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is no object")
    return value


def text(value: Any) -> str:
    """Return what must be text and not empty. Raises TypeError."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is no name")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts, empty for null. Raises TypeError."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{value!r} is no list of texts")
    return tuple(value)


def username_of(body: Body) -> str:
    """Return the key of a user. Raises TypeError, KeyError."""
    return text(part(body, "metadata")["username"])


def id_of(body: Body) -> str:
    """Return the id of a resource. Raises TypeError, KeyError."""
    return text(part(body, "metadata")["id"])


def path_of(body: Body) -> str:
    """Return the name by which manifests know a group: its path, without the slash before it. Raises TypeError."""
    return text(part(body, "metadata")["path"]).strip("/")


def parent_of(body: Body) -> str:
    """Return the id of the group that a group is in, "" at the top of the tree. Raises TypeError."""
    return str(part(body, "metadata").get("parentId") or "")


def project_name_of(body: Body) -> str:
    """Return the key of a project. Raises TypeError, KeyError."""
    return text(part(body, "metadata")["name"])


def groups_of(body: Body) -> tuple[str, ...] | None:
    """Return the ids of a user's groups; None where the answer does not say."""
    status = part(body, "status")
    return texts(status["groupIds"]) if "groupIds" in status else None


def members_of(body: Body) -> tuple[str, ...]:
    """Return a group's members as it names them: usernames, or ids of users (section 7)."""
    return texts(part(body, "status").get("memberIds"))


def children_of(body: Body) -> tuple[str, ...]:
    """Return the ids of the groups right inside one."""
    return texts(part(body, "status").get("subGroupIds"))


def child_count_of(body: Body) -> int:
    """Return how many groups are right inside one, 0 where it does not say."""
    return int(part(body, "metadata").get("subGroupCount") or 0)


def policy_of(body: Body) -> Policy:
    """Return a policy. Raises TypeError, KeyError."""
    metadata, spec, status = part(body, "metadata"), part(body, "spec"), part(body, "status")
    name = text(metadata["name"])
    members = status.get("assignedMembers")
    is_role = spec.get("kind") == PROJECT_KIND
    return Policy(
        id=text(metadata["id"]),
        name=name,
        project=str(spec.get("projectName") or "") if is_role else "",
        role=_role_of(name, spec) if is_role else "",
        members=tuple(Member(text(item["id"]), str(item.get("kind") or "")) for item in members or ()),
        tells=members is not None,
    )


def is_role_policy(body: Body) -> bool:
    """Say whether a policy is a role in some project, rather than one of management."""
    return part(body, "spec").get("kind") == PROJECT_KIND


def tells_members(roles: Iterable[Policy], project: Body) -> bool:
    """Say whether a project's roles tell who holds them: where it has an owner, somebody holds one of them."""
    roles = tuple(roles)
    return any(role.tells for role in roles) or (bool(roles) and not part(project, "spec").get("owner"))


def _role_of(name: str, spec: Body) -> str:
    """Return which of our roles a project's policy is, told by its role, its name or its display name (section 8.1)."""
    for said in (spec.get("role"), name.rpartition("-project-")[2], spec.get("displayName")):
        word = str(said or "").lower()
        word = _SPELLINGS.get(word, word)
        if word in ROLES:
            return word
    return ""


def held_by(policies: Iterable[Policy], directory: Directory) -> Mapping[Address, list[str]]:
    """Return the policies of each user and group that holds any, sorted."""
    held: dict[Address, set[str]] = {}
    for policy in policies:
        for member in policy.members:
            if address := address_of(member, directory):
                held.setdefault(address, set()).add(policy.name)
    return {address: sorted(names) for address, names in held.items()}


def address_of(member: Member, directory: Directory) -> Address | None:
    """Return what holds a policy; None for what is neither user nor group."""
    if member.kind == "user":
        return USER.address(directory.user(member.id))
    if member.kind == "group":
        return GROUP.address(directory.group(member.id))
    return None


def sides_of(members: Iterable[Member], directory: Directory) -> dict[str, list[str]]:
    """Return members as manifests list them: users and groups, each sorted, without a side that has nobody."""
    found = [address for member in members if (address := address_of(member, directory)) is not None]
    sides = {
        side: sorted(it.name for it in found if it.kind == kind.name)
        for side, kind in (("users", USER), ("groups", GROUP))
    }
    return {side: names for side, names in sides.items() if names}


def user(body: Body, policies: list[str] | None) -> LiveResource:
    """Return a user; `policies` None where nobody tells them. Raises TypeError, KeyError."""
    name, status = username_of(body), part(body, "status")
    spec, unknown = _fields(USER, body), set()
    if "email" not in spec and is_email(name):
        spec["email"] = name  # the server may take a username that is an address for it (section 6)
    if not isinstance(status.get("active"), bool):
        unknown.add("active")
    if policies is None:
        unknown.add("policies")
    elif policies:
        spec["policies"] = policies
    return LiveResource(
        address=USER.address(name),
        id=id_of(body),
        spec={key: value for key, value in spec.items() if key not in unknown},
        is_system=name in USER.system_names or part(body, "metadata").get("resourceType") == "serviceaccount",
        unknown=frozenset(unknown),
    )


def told(live: LiveResource, name: str, value: Any) -> LiveResource:
    """Return a resource of which another look has told what a field holds."""
    return replace(live, spec={**live.spec, name: value}, unknown=live.unknown - {name})


def group(body: Body, policies: list[str] | None) -> LiveResource:
    """Return a group; `policies` None where nobody tells them. Raises TypeError, KeyError."""
    path = path_of(body)
    return LiveResource(
        address=GROUP.address(path),
        id=id_of(body),
        spec={"policies": policies} if policies else {},
        is_system=path in GROUP.system_names,
        unknown=frozenset({"policies"}) if policies is None else frozenset(),
    )


def binding(policy: Policy, directory: Directory) -> LiveResource | None:
    """Return who holds a policy; None where nobody does, or nobody tells."""
    sides = sides_of(policy.members, directory)
    if not sides:
        return None
    is_system = policy.name in POLICY_BINDING.system_names
    return LiveResource(POLICY_BINDING.address(policy.name), policy.id, sides, is_system=is_system)


def project(
    body: Body,
    roles: Iterable[Policy] | None,
    directory: Directory,
    contents: str | None = None,
    *,
    is_mlruns: bool = False,
) -> LiveResource:
    """Return a project, as the project service or, with `is_mlruns`, MLRun has it.

    `roles` None where nobody tells its members. Raises TypeError, KeyError.
    """
    name, status = project_name_of(body), part(body, "status")
    spec, unknown = _fields(PROJECT, body), set()
    if not is_mlruns:
        unknown.add(SELECTOR)  # MLRun alone keeps it (section 10.2)
    elif selector := part(body, "spec").get(SELECTOR):
        spec[SELECTOR] = _map(selector)
    state = status.get("state")
    if state is None:
        unknown.add("state")
        spec.pop("state", None)
    else:
        spec["state"] = ARCHIVED if state == ARCHIVED else "online"
    if roles is None:
        unknown.add("members")
    else:
        members = {role.role: sides for role in roles if role.role and (sides := sides_of(role.members, directory))}
        leads = members.pop(LEADS, {}).get("users")
        if leads and (len(leads) == 1 or "owner" not in spec):
            spec["owner"] = leads[0]
        spec["members"] = members
    if spec.get("owner"):
        spec["owner"] = directory.user(spec["owner"])
    carried, mark = _without_mark(spec.get(PROJECT.marked_in))
    if mark:
        spec[PROJECT.marked_in] = carried
    return LiveResource(
        address=PROJECT.address(name),
        id=name,
        spec=spec,
        is_ready=state is None or state in SETTLED,
        is_deleting=state == DELETING,
        mark=mark,
        unknown=frozenset(unknown),
        contents=contents,
    )


def is_project_ready(body: Body) -> bool:
    """Say whether no operation is under way in a project; where it does not tell its state, none is known of."""
    state = part(body, "status").get("state")
    return state is None or state in SETTLED


def is_project_deleting(body: Body) -> bool:
    """Say whether a project is on its way out."""
    return bool(part(body, "status").get("state") == DELETING)


def _fields(kind: Kind, body: Body) -> dict[str, Any]:
    """Return what an answer holds of the fields that travel by themselves."""
    spec: dict[str, Any] = {}
    for name, part_name, key, read in _LAYOUTS[kind.name]:
        value = part(body, part_name).get(key)
        if value is not None and (value != "" or read is not None):
            spec[name] = value if read is None else read(value)
    return spec


def _map(value: Any) -> dict[str, str]:
    """Return a map of texts: what MLRun wrote may be a number, a truth value or null (section 10.3)."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no map")
    return {str(key): said(each) for key, each in value.items()}


def said(value: Any) -> str:
    """Return a label's value as the text that it is compared as."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_mark(carried: Any) -> tuple[Any, str]:
    """Return annotations without the mark in them, and the mark: it is ours to write, and no difference."""
    if not isinstance(carried, Mapping) or OWNER_MARK not in carried:
        return carried, ""
    return {key: value for key, value in carried.items() if key != OWNER_MARK}, str(carried[OWNER_MARK])


_Layout = tuple[tuple[str, str, str, Callable[[Any], Any] | None], ...]


def _layout(kind: Kind) -> Iterator[tuple[str, str, str, Callable[[Any], Any] | None]]:
    for item in kind.fields:
        wire = wire_of(item)
        if wire is not None and not item.create_only:
            yield item.name, wire.part, wire.key, _map if item.shape is Shape.MAP else None


_LAYOUTS: Mapping[str, _Layout] = {kind.name: tuple(_layout(kind)) for kind in (USER, GROUP, PROJECT)}
