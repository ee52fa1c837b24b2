"""All live state: every list to its end, put together by names.

What one list leaves out another may tell, since an answer says nothing of what is empty (wire reference, section 3.3).
Where that is so, the calls are made that it takes, and no more: docs/performance.md counts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Any, Protocol, TypeVar

from igz_apply.errors import PlaneError
from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.decode import Body, Directory, Policy
from igz_apply.iguazio4.kinds import GROUP, POLICY_BINDING, PROJECT, USER
from igz_apply.iguazio4.policies import POLICY
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Caller, LiveResource, LiveState
from igz_apply.ports import Pending, Pool
from igz_apply.values import dataclass

T = TypeVar("T")

LED_BY_MLRUN = "MLRun leads the projects of this system, where a write could undo what others wrote meanwhile"

MOST_LOOKS = 200
"""How many accounts are asked for one by one, of which the list does not say whether they are on."""


@dataclass(frozen=True, slots=True)
class Projects:
    """The projects that there are, whoever leads them."""

    bodies: Sequence[Body] | None  # None: nothing lists them, so that they are read one by one
    names: Sequence[str] | None = None  # of those that are not listed; None: only policies tell of them
    contents: Mapping[str, str] = field(default_factory=dict)  # by name, "" for nothing; left out: nobody can tell
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

    def projects(self) -> Projects:
        """Return all projects, or what there is to know of those that nothing lists."""

    def project(self, name: str) -> Body | None:
        """Return one project, None where there is none that this caller may see."""


def live_state(
    source: Source, pool: Pool, wanted: frozenset[str] | None = None, results: Remembering = ANEW
) -> LiveState:
    """Return all that the cluster has of the wanted kinds; None: of all. `results` remembers those of a round before.

    Users, groups and policies tell of each other, and what the caller may do: projects alone can be left out. Raises
    PlaneError when any list could not be read to its end.
    """
    reads_projects = wanted is None or PROJECT.name in wanted
    asking, listing_users = pool.submit(source.caller), pool.submit(source.users)
    listing_groups, listing = pool.submit(source.groups), pool.submit(source.policies)
    looking = pool.submit(source.projects) if reads_projects else None
    caller, users = asking.result(), listing_users.result()
    groups, hidden_in = _all_groups(source, listing_groups.result(), pool)
    bodies = listing.result()
    projects = Projects(()) if looking is None else _all_projects(source, looking.result(), bodies, pool)
    with _understood():
        directory = results.once("directory", _directory, users, groups)
        policies, roles = results.once("policies", _sorted_out, bodies)
        policies = _with_members(policies, source.policy, pool)
        held = None if policies is None else results.once("held", decode.held_by, policies, directory)
        found = [
            *_with_activity(results.once("users", _users, users, held), caller.username, source, pool),
            *results.once("groups", _groups, groups, held),
            *results.once("bindings", _bindings, policies, directory),
            *_projects(projects, roles, directory, source, pool, results),
        ]
        edges = results.once("memberships", _memberships, users, groups, directory)
    return LiveState(
        _by_address(found),
        edges,
        caller,
        partial=_partly({POLICY_BINDING: _untold(policies), GROUP: hidden_in, PROJECT: projects.partial}),
        read_only={PROJECT.name: LED_BY_MLRUN} if projects.are_mlruns else {},
        looked_up={} if policies is None else {POLICY: frozenset(policy.name for policy in policies)},
        unread=frozenset() if reads_projects else frozenset({PROJECT.name}),
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
        uncounted = _with_more_inside(known.values())
        if missing:
            return list(known.values()), f"{len(missing)} groups inside others are not shown to this caller"
        if uncounted:
            first = decode.path_of(uncounted[0])
            return list(known.values()), f"the cluster counts more groups inside {first} than it lists"
    return list(known.values()), ""


def _inside(bodies: Iterable[Body], known: Mapping[str, Body]) -> list[str]:
    children = (identity for body in bodies for identity in decode.children_of(body))
    return [identity for identity in dict.fromkeys(children) if identity not in known]


def _with_more_inside(bodies: Collection[Body]) -> list[Body]:
    """Return the groups that are said to have more groups right inside than there are here."""
    inside = Counter(_place_of(body) for body in bodies)
    return [body for body in bodies if decode.child_count_of(body) > _count_inside(body, inside)]


def _place_of(body: Body) -> str:
    """Return what a group says of where it is: the id of the group that it is in, else that one's path."""
    return decode.parent_of(body) or f"/{decode.path_of(body).rpartition('/')[0]}"


def _count_inside(body: Body, inside: Mapping[str, int]) -> int:
    return inside.get(decode.id_of(body), 0) + inside.get(f"/{decode.path_of(body)}", 0)


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


def _users(users: Sequence[Body], held: Mapping[Address, list[str]] | None) -> list[LiveResource]:
    return [
        decode.user(body, None if held is None else held.get(USER.address(decode.username_of(body)), []))
        for body in users
    ]


def _groups(groups: Sequence[Body], held: Mapping[Address, list[str]] | None) -> list[LiveResource]:
    return [decode.group(body, None if held is None else held.get(_group_address(body), [])) for body in groups]


def _bindings(policies: Sequence[Policy] | None, directory: Directory) -> list[LiveResource]:
    return [it for policy in policies or () if (it := decode.binding(policy, directory)) is not None]


def _with_activity(found: Sequence[LiveResource], caller: str, source: Source, pool: Pool) -> Iterator[LiveResource]:
    """Yield the users; where a list leaves out whether accounts are on, a search that finds the caller's tells."""
    doubtful = [live for live in found if "active" in live.unknown]
    tells = 0 < len(doubtful) <= MOST_LOOKS and source.is_active(caller)
    asked = [live.address.name for live in doubtful] if tells else []
    seen = _each(pool, source.is_active, asked)
    yield from (_as_told(live, seen.get(live.address.name)) for live in found)


def _as_told(live: LiveResource, is_active: bool | None) -> LiveResource:
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


def _all_projects(source: Source, projects: Projects, policies: Sequence[Body] | None, pool: Pool) -> Projects:
    """Return the projects with their bodies, which are read one by one where nothing lists them."""
    if projects.bodies is not None:
        return projects
    partial = "only those are known whose policies this caller sees" if projects.names is None else ""
    found = _each(pool, source.project, _project_names(policies or ()) if projects.names is None else projects.names)
    bodies = [body for body in found.values() if body is not None]
    if len(bodies) < len(found):
        partial = partial or f"{len(found) - len(bodies)} of them are not shown to this caller"
    return replace(projects, bodies=bodies, partial=partial)


def _projects(
    projects: Projects,
    roles: Mapping[str, list[Policy]],
    directory: Directory,
    source: Source,
    pool: Pool,
    results: Remembering,
) -> list[LiveResource]:
    bodies = [(decode.project_name_of(body), body) for body in projects.bodies or ()]
    untold = [name for name, body in bodies if not decode.tells_members(roles.get(name, ()), body)]
    looked = _each(pool, source.roles_of, untold)
    return results.once("projects", _decoded, projects, bodies, roles, looked, directory)


def _decoded(
    projects: Projects,
    bodies: Sequence[tuple[str, Body]],
    roles: Mapping[str, list[Policy]],
    looked: Mapping[str, Sequence[Body] | None],
    directory: Directory,
) -> list[LiveResource]:
    """Return the projects; a list of policies may tell less of members than a look at each."""
    found = []
    for name, body in bodies:
        shown: list[Policy] | None = roles.get(name)
        if name in looked:
            listed = looked[name]
            shown = None if listed is None else [decode.policy_of(each) for each in listed]
            shown = shown if shown is not None and (not shown or decode.tells_members(shown, body)) else None
        contents = projects.contents.get(name)
        found.append(decode.project(body, shown, directory, contents, is_mlruns=projects.are_mlruns))
    return found


def _project_names(bodies: Iterable[Body]) -> list[str]:
    with _understood():
        names = (decode.policy_of(body).project for body in bodies if decode.is_role_policy(body))
        return [name for name in dict.fromkeys(names) if name]


def _each(pool: Pool, look: Callable[[str], T], keys: Iterable[str]) -> dict[str, T]:
    """Look at each of these at once, and return what was seen by key."""
    waiting: list[tuple[str, Pending[Any]]] = [(key, pool.submit(look, key)) for key in keys]
    return {key: each.result() for key, each in waiting}
