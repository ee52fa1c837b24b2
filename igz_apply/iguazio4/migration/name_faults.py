"""New names that cannot be: two that become one, what the platform would not take, what is missing of a person."""

from __future__ import annotations

from collections.abc import Iterator

from igz_apply.iguazio4.kinds import KINDS
from igz_apply.iguazio4.migration.groups import added_groups
from igz_apply.iguazio4.migration.naming import ADMIN, GROUP, PROJECT, USER, Named, email_of
from igz_apply.iguazio4.migration.places import Places
from igz_apply.iguazio4.migration.users import Users
from igz_apply.model.addresses import Address
from igz_apply.model.migration import NameMapping, OldObject, Origin
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern

TWO = "Two that become one"
"""The summary of a collision."""

_UUID = pattern(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_USERNAME = pattern(r"[^ \t\r\n/]+")
_PART = pattern(r"[^ \t\r\n/]([^\r\n/]*[^ \t\r\n/])?")
_OWN_PATHS = KINDS[GROUP].system_names
_PROJECT = pattern(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_LONGEST_PROJECT = 63


def name_faults(origin: Origin, named: Named, places: Places, users: Users) -> Iterator[Problem]:
    """Yield what is wrong with the new names, and with what has to go with them."""
    yield from _collisions(named, places)
    for address, new in named.names.items():
        if why := _unusable(address, new) or _slashed(address, places.mapping):
            yield Problem(
                "Unusable new name",
                f"{address} would be called {new.name!r}: {why}.",
                _HINTS[address.kind],
                source=places.naming(address),
                address=address,
            )
    for old in origin.objects.values():
        if old.address.kind == USER and old.address in named.names and not named.is_as_it_is(old):
            yield from _other_email(old, named, places)
            yield from _nameless(old, places, users)


def _collisions(named: Named, places: Places) -> Iterator[Problem]:
    """Yield each that would be called as another that comes before it, or as a group that has to be added."""
    first: dict[tuple[str, str], Address] = {}
    ranked = sorted(named.names.items(), key=lambda each: (each[0] != ADMIN, each[0]))
    for address, new in ranked:
        other = first.setdefault((new.kind, new.name.casefold()), address)
        if other != address:
            yield _collision(address, other, named, places)
    around: dict[str, str] = {}  # what lies in an added group, by the group in lower case
    for path, inner in added_groups(named).items():
        by, key = _becoming(inner, named), path.casefold()
        rival = first.get((GROUP, key)) or (_becoming(around[key], named) if key in around else None)
        around.setdefault(key, inner)
        if rival is not None:
            detail = f"{by} becomes {inner}, which lies in {path}; {rival} becomes {named.names[rival].name} "
            yield Problem(
                TWO,
                f"{detail}{places.told(rival)}, which differs in upper and lower case alone.",
                _OTHERWISE,
                source=places.naming(by),
                address=by,
            )


def _becoming(path: str, named: Named) -> Address:
    """Return the group that becomes that of a path."""
    return next(address for address, new in named.names.items() if new == Address(GROUP, path))


def _collision(address: Address, other: Address, named: Named, places: Places) -> Problem:
    new, others = named.names[address].name, named.names[other].name
    case = "" if new == others else f", but for upper and lower case: {others}"
    detail = f"{address} would be called {new}, and so is {other}, {places.told(other)}{case}."
    return Problem(TWO, detail, _OTHERWISE, source=places.naming(address), address=address)


_OTHERWISE = "Give one of them another name in the mapping, or leave one behind."


def _unusable(address: Address, new: Address) -> str:
    """Say why the platform would not take a new name, "" if it does."""
    if address.kind == USER:
        return _unusable_username(address, new.name)
    if address.kind == GROUP:
        return _unusable_path(new.name)
    if len(new.name) > _LONGEST_PROJECT or not _PROJECT.fullmatch(new.name):
        return "a project's name is at most 63 lower-case letters, digits and -, and begins and ends without -"
    return ""


def _slashed(address: Address, mapping: NameMapping) -> str:
    """Say that a name would become a path though nobody said so, "" if it does not.

    Neither a pattern nor another separator says so: a group that lies in another may take part in what that one has.
    """
    is_said = address.name in mapping.groups or mapping.separator == "/"
    return "" if address.kind != GROUP or is_said or "/" not in address.name else _A_SLASH


_A_SLASH = "it has a / in it, which there parts a group from the one that it lies in"


def _unusable_username(address: Address, name: str) -> str:
    if name in KINDS[USER].system_names and address != ADMIN:
        return "that is the platform's own account there"
    if _UUID.fullmatch(name):
        return "lists of members hold ids of groups too, and it looks like one"
    return "" if _USERNAME.fullmatch(name) else "a username has no blank and no /, and is not empty"


def _unusable_path(path: str) -> str:
    top = path.partition("/")[0]
    if top not in _OWN_PATHS and top.casefold() in _OWN_PATHS:
        return f"{top} is the platform's own group there, but for upper and lower case"
    if path.startswith("/"):
        return "a path begins at the top by itself, without a / in front"
    if all(map(_PART.fullmatch, path.split("/"))):
        return ""
    return "no part of a path is empty, or begins or ends with a blank"


_HINTS = {
    USER: "Say its new username in the mapping, under `users`, or leave it behind.",
    GROUP: "Say its path in the mapping, under `groups`, or leave it behind.",
    PROJECT: "Projects keep their names: leave it behind, under `leave`, and make it anew.",
}


def _other_email(old: OldObject, named: Named, places: Places) -> Iterator[Problem]:
    email, new = email_of(old.spec), named.names[old.address].name
    if email and email != new:
        yield Problem(
            "E-mail other than the username",
            f"{old.address} would be called {new}, and has the e-mail address {email}: where there is an address, it "
            "is the username.",
            "Take the username out of the mapping, or change the address of the old account first.",
            source=places.naming(old.address),
            address=old.address,
        )


def _nameless(old: OldObject, places: Places, users: Users) -> Iterator[Problem]:
    person = users.person(old)
    stated = {"first_name": person.first_name, "last_name": person.last_name}
    lacking = [name for name, value in stated.items() if not (value or old.spec.get(name))]
    if lacking:
        what = " and ".join(lacking)
        yield Problem(
            "First or last name missing",
            f"{old.address} has no {what}, which Iguazio 4 requires.",
            f"Say {'it' if len(lacking) == 1 else 'them'} in the mapping, under `users`.",
            source=places.key("users", users.key(old)) or places.declared(old.address),
            address=old.address,
        )
