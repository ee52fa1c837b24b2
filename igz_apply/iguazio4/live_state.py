"""All live state: every list to its end, put together by names.

What one list leaves out another may tell, since an answer says nothing of what is empty (wire reference, section 3.3).
Where that is so, the calls are made that it takes, and no more: docs/performance.md counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from igz_apply.errors import PlaneError
from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.decode import Body, Directory, Policy
from igz_apply.iguazio4.kinds import GROUP, POLICY_BINDING, PROJECT, USER
from igz_apply.iguazio4.policies import POLICY
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind
from igz_apply.model.resources import Caller, LiveResource, LiveState
from igz_apply.ports import Pending, Pool

T = TypeVar("T")

MOST_LOOKS = 200
"""How many accounts are asked for one by one, of which the list does not say whether they are on."""


@dataclass(frozen=True, slots=True)
class Projects:
    """The projects that there are, whoever leads them."""

    bodies: Sequence[Body]
    contents: Mapping[str, str] | None = None  # by name, what is in those that are not empty; None: nobody can tell
    partial: str = ""  # why this caller may not see all of them; "": it sees all
    are_mlruns: bool = False  # whether they are as MLRun has them


class Source(Protocol):
    """Where bodies come from. Every method raises PlaneError, also where the end of a list was not reached."""

    def caller(self) -> Caller:
        """Return who we are there."""

    def users(self) -> Sequence[Body]:
        """Return all users, with the ids of their groups."""

    def is_active(self, username: str) -> bool | None:
        """Return whether an account is on, by another look than the list; None where that cannot be told."""

    def groups(self) -> Sequence[Body]:
        """Return all groups that are listed, with their members and the ids of groups inside them."""

    def group(self, identity: str) -> Body | None:
        """Return one group, None where there is none that this caller may see."""

    def policies(self) -> Sequence[Body] | None:
        """Return all policies, with those who hold them; None where this caller may not list them."""

    def policy(self, identity: str) -> Body | None:
        """Return one policy, with those who hold it; None where there is none that this caller may see."""

    def roles_of(self, project: str) -> Sequence[Body] | None:
        """Return the policies of a project, with their members; None where this caller may not see them."""

    def projects(self, names: Callable[[], Iterable[str]]) -> Projects:
        """Return all projects; `names` are those that policies tell of, should nothing else list projects."""


def live_state(source: Source, pool: Pool) -> LiveState:
    """Return all that the cluster has. Raises PlaneError when any list could not be read to its end."""
    asking, listing_users = pool.submit(source.caller), pool.submit(source.users)
    listing_groups, listing = pool.submit(source.groups), pool.submit(source.policies)
    looking = pool.submit(source.projects, lambda: _project_names(listing.result() or ()))
    caller, users = asking.result(), listing_users.result()
    groups, hidden_in = _all_groups(source, listing_groups.result(), pool)
    bodies = listing.result()
    projects = looking.result()
    with _understood():
        directory = _directory(users, groups)
        policies, roles = _sorted_out(bodies)
        policies = _with_members(policies, source.policy, pool)
        held = None if policies is None else decode.held_by(policies, directory)
        found = [
            *_users(users, held, source, pool),
            *(decode.group(body, None if held is None else held.get(_group_address(body), [])) for body in groups),
            *(it for policy in policies or () if (it := decode.binding(policy, directory)) is not None),
            *_projects(projects, roles, directory, source, pool),
        ]
        edges = _memberships(users, groups, directory)
    return LiveState(
        _by_address(found),
        edges,
        caller,
        partial=_partly({POLICY_BINDING: _untold(policies), GROUP: hidden_in, PROJECT: projects.partial}),
        looked_up={} if policies is None else {POLICY: frozenset(policy.name for policy in policies)},
    )


@contextmanager
def _understood() -> Iterator[None]:
    """Read what the cluster has said. Raises PlaneError for what is not of the form that it should be."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        said = f"no {error} in it" if isinstance(error, KeyError) else str(error)
        raise PlaneError(
            f"A list of the cluster holds something of no form that is known ({type(error).__name__}: {said})",
            hint="Does the endpoint lead to the control plane itself, and is it an Iguazio 4?",
        ) from error


def _by_address(found: Iterable[LiveResource]) -> Mapping[Address, LiveResource]:
    resources: dict[Address, LiveResource] = {}
    for live in found:
        other = resources.setdefault(live.address, live)
        if other is not live:
            raise PlaneError(
                f"The cluster lists {live.address} twice, as {other.id} and {live.id}",
                hint="Names must be unique for igz-apply to tell them apart: rename or delete one of the two.",
            )
    return resources


def _partly(reasons: Mapping[Kind, str]) -> Mapping[str, str]:
    """Return the kinds of which this caller does not see all."""
    return {kind.name: why for kind, why in reasons.items() if why}


def _untold(policies: Sequence[Policy] | None) -> str:
    return "the cluster does not tell this caller who holds policies" if policies is None else ""


def _group_address(body: Body) -> Address:
    return GROUP.address(decode.path_of(body))


# Groups: a list may show the top of the tree alone (section 7)


def _all_groups(source: Source, listed: Sequence[Body], pool: Pool) -> tuple[list[Body], str]:
    """Return the groups that are listed, and those inside them that are not; and why some may be missing, or ""."""
    with _understood():
        known = {decode.id_of(body): body for body in listed}
        waiting = _inside(known.values(), known)
    missing: set[str] = set()
    while waiting:
        found = _each(pool, source.group, waiting)
        missing |= {identity for identity, body in found.items() if body is None}
        with _understood():
            new = {identity: body for identity, body in found.items() if body is not None}
            known |= new
            waiting = [it for it in _inside(new.values(), known) if it not in missing]
    with _understood():
        uncounted = [body for body in known.values() if _has_more_inside(body, known)]
        if missing:
            return list(known.values()), f"{len(missing)} groups inside others are not shown to this caller"
        if uncounted:
            first = decode.path_of(uncounted[0])
            return list(known.values()), f"the cluster counts more groups inside {first} than it lists"
    return list(known.values()), ""


def _inside(bodies: Iterable[Body], known: Mapping[str, Body]) -> list[str]:
    children = (identity for body in bodies for identity in decode.children_of(body))
    return [identity for identity in dict.fromkeys(children) if identity not in known]


def _has_more_inside(body: Body, known: Mapping[str, Body]) -> bool:
    count = decode.child_count_of(body)
    if not count:
        return False
    identity, path = decode.id_of(body), decode.path_of(body)
    inside = [it for it in known.values() if _is_right_inside(it, identity, path)]
    return len(inside) < count


def _is_right_inside(body: Body, identity: str, path: str) -> bool:
    parent = decode.part(body, "metadata").get("parentId")
    return parent == identity if parent else decode.path_of(body).rpartition("/")[0] == path


# Users and memberships


def _directory(users: Iterable[Body], groups: Iterable[Body]) -> Directory:
    return Directory(
        {decode.id_of(body): decode.username_of(body) for body in users},
        {decode.id_of(body): decode.path_of(body) for body in groups},
    )


def _memberships(users: Sequence[Body], groups: Iterable[Body], directory: Directory) -> Mapping[str, frozenset[str]]:
    """Read each user's groups off the users; where a user does not tell, off the groups."""
    rosters: dict[str, set[str]] = {}
    for body in groups:
        path = decode.path_of(body)
        for member in decode.members_of(body):
            rosters.setdefault(directory.user(member), set()).add(path)
    found = {}
    for body in users:
        name, told = decode.username_of(body), decode.groups_of(body)
        found[name] = frozenset(rosters.get(name, ()) if told is None else map(directory.group, told))
    return found


def _users(
    users: Sequence[Body], held: Mapping[Address, list[str]] | None, source: Source, pool: Pool
) -> Iterator[LiveResource]:
    found = [
        decode.user(body, None if held is None else held.get(USER.address(decode.username_of(body)), []))
        for body in users
    ]
    doubtful = [live for live in found if "active" in live.unknown]
    asked = [live.address.name for live in doubtful] if len(doubtful) <= MOST_LOOKS else []
    seen = _each(pool, source.is_active, asked)
    yield from (_with_activity(live, seen.get(live.address.name)) for live in found)


def _with_activity(live: LiveResource, is_active: bool | None) -> LiveResource:
    if is_active is None or "active" not in live.unknown:
        return live
    return decode.told(live, "active", is_active)


# Policies and projects


def _sorted_out(bodies: Sequence[Body] | None) -> tuple[list[Policy] | None, Mapping[str, list[Policy]]]:
    """Return the management policies, and the roles of each project."""
    if bodies is None:
        return None, {}
    management: list[Policy] = []
    roles: dict[str, list[Policy]] = {}
    for body in bodies:
        policy = decode.policy_of(body)
        if not decode.is_role_policy(body):
            management.append(policy)
        elif policy.project:
            roles.setdefault(policy.project, []).append(policy)
    return management, roles


def _with_members(
    policies: list[Policy] | None, policy: Callable[[str], Body | None], pool: Pool
) -> list[Policy] | None:
    """Return policies whose members are known; a list that tells of none may tell of them one by one.

    Where one is told, those that tell nothing have nobody; where none is, nobody can tell.
    """
    if policies is None or any(each.tells for each in policies):
        return policies
    looked = _each(pool, policy, [each.id for each in policies])
    found = [decode.policy_of(body) for body in looked.values() if body is not None]
    return found if len(found) == len(policies) and any(each.tells for each in found) else None


def _projects(
    projects: Projects, roles: Mapping[str, list[Policy]], directory: Directory, source: Source, pool: Pool
) -> Iterator[LiveResource]:
    tells = any(role.tells for each in roles.values() for role in each)
    names = [decode.project_name_of(body) for body in projects.bodies]
    untold = names if not tells else [name for name in names if name not in roles]
    looked = _each(pool, source.roles_of, untold)
    for name, body in zip(names, projects.bodies, strict=True):
        shown: list[Policy] | None = roles.get(name)
        if name in looked:
            bodies = looked[name]
            shown = None if bodies is None else [decode.policy_of(each) for each in bodies]
        contents = None if projects.contents is None else projects.contents.get(name, "")
        yield decode.project(body, shown, directory, contents, is_mlruns=projects.are_mlruns)


def _project_names(bodies: Iterable[Body]) -> list[str]:
    with _understood():
        names = (decode.policy_of(body).project for body in bodies if decode.is_role_policy(body))
        return [name for name in dict.fromkeys(names) if name]


def _each(pool: Pool, look: Callable[[str], T], keys: Iterable[str]) -> dict[str, T]:
    """Look at each of these at once, and return what was seen by key."""
    waiting: list[tuple[str, Pending[Any]]] = [(key, pool.submit(look, key)) for key in keys]
    return {key: each.result() for key, each in waiting}
