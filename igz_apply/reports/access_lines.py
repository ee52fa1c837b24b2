"""What a plan does to people's access, in as many characters as there are: of a loss nothing is left out in silence.

Where each loss on a line of its own is too long, what has one cause is told once, at first with all its names, then
counted. The shorter the text, the less it names; what it says adds up all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from igz_apply.model.changes import AccessImpact, AccountChange, PolicyChange, RoleChange
from igz_apply.planning.pairs import in_few_names
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import gives_power
from igz_apply.wording.printable import printable
from igz_apply.wording.role_words import NO_ROLE, by_way, way, way_note

_FEW = 3  # names that stand for all where there is no room for all
_POLICIES = "policies"


@dataclass(frozen=True, slots=True)
class AccessLines:
    """Lines for a comment, and how many of the changes that they are about they neither name nor count."""

    lines: Sequence[str]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class _Atom:
    """One thing that one user gains or loses."""

    does: str  # "loses Editor on", "loses"
    thing: str  # a project, or a policy
    is_policy: bool
    through: str
    user: str


Key = tuple[str, bool, str]


@dataclass(frozen=True, slots=True)
class _Group:
    """What several users gain or lose by one cause: each of them each of the things."""

    key: Key
    things: tuple[str, ...]
    users: tuple[str, ...]


def losses(impact: AccessImpact, *rooms: int) -> AccessLines:
    """Return what people lose, as plainly as the first of the rooms allows that allows any of it; in characters."""
    roles = [role for role in impact.roles if role.loses]
    policies = [change for change in impact.policies if change.lost]
    atoms = [
        *(_Atom(_role_verb(role), role.project.name, False, way(role), role.user.name) for role in roles),
        *(_Atom("loses", name, True, way(it), it.user.name) for it in policies for name in it.lost),
    ]
    plain = [*map(_role_text, roles), *(_policy_text(change, is_loss=True) for change in policies)]
    return _shortest("-", _shut_out(impact), plain, atoms, rooms)


def gains(impact: AccessImpact, *rooms: int) -> AccessLines:
    """Return what people gain, in the same manner; what gives power over others comes first."""
    roles = sorted((role for role in impact.roles if not role.loses), key=lambda role: not gives_power(role))
    policies = sorted((it for it in impact.policies if it.gained), key=lambda change: not gives_power(change))
    atoms = [
        *(_Atom(_role_verb(role), role.project.name, False, way(role), role.user.name) for role in roles),
        *(_Atom("gains", name, True, way(it), it.user.name) for it in policies for name in it.gained),
    ]
    plain = [*map(_role_text, roles), *(_policy_text(change, is_loss=False) for change in policies)]
    back = [
        _account_text(account) for account in impact.accounts if account.after is not None and not account.shuts_out
    ]
    short = [f"{counted(len(back), 'account')} can log in again"] if back else []
    return _shortest("+", (back, short), plain, atoms, rooms)


def _shut_out(impact: AccessImpact) -> tuple[list[str], list[str]]:
    """Return who cannot log in any more, named and counted; deleted accounts are named as such elsewhere."""
    out = [account for account in impact.accounts if account.shuts_out]
    off, gone = ([it for it in out if it.after is not None], [it for it in out if it.after is None])
    said = [f"{counted(len(gone), 'deleted account')} cannot log in any more"] if gone else []
    short = [f"{counted(len(off), 'disabled account')} cannot log in any more"] if off else []
    return [*map(_account_text, off), *said], [*short, *said]


def _shortest(
    sign: str,
    heads: tuple[Sequence[str], Sequence[str]],
    plain: Sequence[str],
    atoms: Sequence[_Atom],
    rooms: Sequence[int],
) -> AccessLines:
    """Return the plainest form that fits into the first room that any fits; what is cut of the last one is counted."""
    forms: list[list[str]] = []
    for form in _forms(*heads, plain, atoms):
        forms.append([f"{sign} {text}" for text in form])
        if _length(forms[-1]) <= rooms[0]:
            return AccessLines(forms[-1])
    for room in rooms[1:]:
        for lines in forms:
            if _length(lines) <= room:
                return AccessLines(lines)
    return _cut(sign, heads[-1], _totals(atoms), rooms[-1])


def _forms(
    named: Sequence[str], short: Sequence[str], plain: Sequence[str], atoms: Sequence[_Atom]
) -> Iterator[Iterable[str]]:
    """Yield the same in other words, from the plainest to the shortest."""
    yield (*named, *plain)
    yield (*named, *_told(atoms, things=None, users=None))
    yield (*named, *_told(atoms, things=_FEW, users=None))
    yield (*short, *_told(atoms, things=_FEW, users=_FEW))
    yield (*short, *(text for text, _ in _totals(atoms)))


def _cut(sign: str, short: Sequence[str], totals: Sequence[tuple[str, int]], room: int) -> AccessLines:
    """Keep what fits, and count the changes that it says nothing of."""
    kept = [f"{sign} {text}" for text in short]
    used, missing = _length(kept), 0
    for text, atoms in totals:
        line = f"{sign} {text}"
        if used + _length([line]) <= room:
            kept.append(line)
            used += _length([line])
        else:
            missing += atoms
    return AccessLines(kept, missing)


def _length(lines: Sequence[str]) -> int:
    return sum(map(len, lines)) + len(lines)


def _told(atoms: Iterable[_Atom], *, things: int | None, users: int | None) -> list[str]:
    """Tell each cause once, with no more things and users named than that; None: all are."""
    return [
        f"{_what(it.key, it.things, things)}: {_named(it.users, len(it.users) if users is None else users)}"
        for it in _by_cause(atoms)
    ]


def _what(key: Key, things: Sequence[str], most: int | None) -> str:
    does, is_policy, through = key
    if most is not None and len(things) > most:
        said = f"{len(things):,} {_POLICIES if is_policy else 'projects'}"
    else:
        said = ", ".join(map(printable, things))
    return f"{does} {said} {printable(by_way(through))}"


def _named(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(printable, names[:most])) + more


def _totals(atoms: Iterable[_Atom]) -> list[tuple[str, int]]:
    """Return a sentence for each sort of change, without any names but of what gives it, and what it stands for."""
    found: defaultdict[Key, list[_Atom]] = defaultdict(list)
    for atom in atoms:
        found[atom.does, atom.is_policy, atom.through].append(atom)
    return [
        (_total(key, these), len(these)) for key, these in sorted(found.items(), key=lambda it: (-len(it[1]), it[0]))
    ]


def _total(key: Key, atoms: Sequence[_Atom]) -> str:
    things, users = sorted({atom.thing for atom in atoms}), {atom.user for atom in atoms}
    return f"{_what(key, things, _FEW)}: {counted(len(users), 'user')}, {len(atoms):,} in all"


def _by_cause(atoms: Iterable[_Atom]) -> list[_Group]:
    """Put together who gains or loses the same things by the same way, or the things that the same users do."""
    found: defaultdict[Key, list[tuple[str, str]]] = defaultdict(list)
    for atom in atoms:
        found[atom.does, atom.is_policy, atom.through].append((atom.user, atom.thing))
    groups: list[_Group] = []
    for key, pairs in found.items():
        groups += [_Group(key, things, users) for users, things in in_few_names(pairs)]
    return groups


def _role_verb(role: RoleChange) -> str:
    if role.before is None:
        return f"gains {printable(str(role.after))} on"
    if role.after is None:
        return f"loses {printable(role.before)} on"
    return f"{'falls' if role.loses else 'rises'} from {printable(role.before)} to {printable(role.after)} on"


def _role_text(role: RoleChange) -> str:
    """Say how one effective role changes."""
    step = f"{role.before or NO_ROLE} → {role.after or NO_ROLE}"
    return printable(f"{role.user} on {role.project}: {step}{_in_brackets(role)}")


def _policy_text(change: PolicyChange, *, is_loss: bool) -> str:
    """Say which tenant policies somebody loses, or gains, by one way."""
    names = change.lost if is_loss else change.gained
    return printable(f"{change.user} policies: {', '.join(names)}{_in_brackets(change)}")


def _account_text(account: AccountChange) -> str:
    """Say who can log in no more, or again."""
    if not account.shuts_out:
        return printable(f"{account.user} can log in again")
    return printable(f"{account.user} cannot log in any more: {account.after or 'deleted'}")


def _in_brackets(change: RoleChange | PolicyChange) -> str:
    note = way_note(change)
    return f" ({note})" if note else ""
