"""What can be wrong with a Profile, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.layering.placeholders import (
    FROM_MEMBER,
    MEMBER,
    PLACEHOLDER,
    says_member,
    takes_member,
    texts_of,
)
from igz_apply.authoring.layering.profiles import OLD_NAME, Profile
from igz_apply.authoring.manifest_rules import PROFILE
from igz_apply.authoring.schema_paths import Schema, dotted, properties
from igz_apply.authoring.validation import conforms
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.resources import Document, Path
from igz_apply.model.suggest import did_you_mean, some


def profile_schema(schema: Schema, kinds: Kinds) -> Schema:
    """Return the schema of profiles for one platform: `schema` leaves open which kinds there are."""
    resources = schema["properties"]["resources"]
    template = resources["items"]
    kind = {**template["properties"]["kind"], "enum": list(kinds.names)}
    version = {**schema["properties"]["apiVersion"], "const": kinds.api_version}
    its_version = {**template["properties"]["apiVersion"], "const": kinds.api_version}
    items = {**template, "properties": {**template["properties"], "kind": kind, "apiVersion": its_version}}
    parts = {**schema["properties"], "apiVersion": version, "resources": {**resources, "items": items}}
    return {**schema, "properties": parts}


def profile_of(
    document: Document, kinds: Kinds, schemas: Mapping[str, Schema], schema: Schema
) -> Profile | tuple[Problem, ...]:
    """Return the profile that a document states, or what is wrong with it; `schema` is that of profiles."""
    told_here = {key: value for key, value in schema.items() if key != "oneOf"}
    problems = (*conforms(document, told_here, noun="Profile"), *_members_apart(document))
    if problems:
        return in_order(problems)
    renamable = frozenset(kind for kind, each in schemas.items() if OLD_NAME in _lifecycle_of(each))
    profile = Profile(document.source, document.data, document.positions, renamable)
    problems = tuple(_faults(profile, kinds, schemas))
    return problems or profile


def _lifecycle_of(schema: Schema) -> Mapping[str, Any]:
    """Return what the lifecycle of a kind's manifests may say."""
    return properties(schema, properties(schema, schema).get("lifecycle", {}))


def _members_apart(document: Document) -> Iterator[Problem]:
    """Find a profile that does not say, or says twice, who its members are."""
    stated = [key for key in ("members", "members_of") if key in document.data]
    if not stated:
        detail = "A Profile needs one of `members` and `members_of`."
        hint = "Add `members:` with the names, or `members_of:` with the group that they are in."
        yield Problem("Missing field", detail, hint, source=document.positions.value(()))
    elif len(stated) > 1:
        detail = "Both `members` and `members_of` say who the members are."
        yield Problem("Bad Profile", detail, "Keep one of the two.", source=document.positions.key(("members_of",)))


def declared_twice(profiles: Sequence[Profile]) -> Iterator[Problem]:
    """Find profiles of one name."""
    first: dict[str, Profile] = {}
    for profile in profiles:
        known = first.setdefault(profile.name, profile)
        if known is not profile:
            place = ("metadata", "name")
            detail = f"Profile/{profile.name} is declared twice: here and at {known.positions.value(place)}."
            address = Address(PROFILE, profile.name)
            yield Problem(
                "Declared twice", detail, "Keep one of the two.", "error", profile.positions.value(place), address
            )


def _faults(profile: Profile, kinds: Kinds, schemas: Mapping[str, Schema]) -> Iterator[Problem]:
    for index, template in enumerate(profile.templates):
        kind = kinds[template["kind"]]
        if not says_member(template["metadata"]["name"]):
            yield Problem(
                "Name without member",
                f"Every member of the Profile {profile.name} would get the same {kind.name}.",
                f'Put {MEMBER} into the name, such as "{template["metadata"]["name"]}-{MEMBER}", or declare what all '
                "share in a manifest of its own.",
                source=profile.positions.value(("resources", index, "metadata", "name")),
            )
        yield from _keys(template, profile, ("resources", index))
        for path, text in texts_of(template):
            where = (*("resources", index), *path)
            if isinstance(text, str):
                yield from _placeholders(text, path, where, kind, schemas[kind.name], profile)
            else:
                yield from _fact(text, where, profile)


def _keys(data: Any, profile: Profile, path: Path) -> Iterator[Problem]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            if says_member(key):
                detail = f"The key {key!r} of `{dotted(path)}` holds {MEMBER}, and keys stay as they are."
                place = profile.positions.key((*path, key))
                yield Problem("Bad placeholder", detail, "Put it into a value.", source=place)
            yield from _keys(value, profile, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _keys(value, profile, (*path, index))


def _placeholders(
    text: str, path: Path, where: Path, kind: Kind, schema: Schema, profile: Profile
) -> Iterator[Problem]:
    """Find placeholders that stand for nothing, or stand where none can."""
    for name in PLACEHOLDER.findall(text):
        if name != "member":
            yield Problem(
                "Bad placeholder",
                f"`{dotted(where)}` says {{{name}}}, and {MEMBER} is the only placeholder.",
                _instead(name, profile),
                source=profile.positions.value(where),
            )
        elif not takes_member(kind, schema, path):
            yield Problem(
                "Bad placeholder",
                f"`{dotted(where)}` cannot hold {MEMBER}: the name of a resource can, fields that name others, and "
                "free text such as a description.",
                f"Say it of each member below `members`, and take it from there: {{{FROM_MEMBER}: FACT}}.",
                source=profile.positions.value(where),
            )


def _instead(name: str, profile: Profile) -> str:
    known = _all_facts(profile)
    if name in known:
        return f"Write {{{FROM_MEMBER}: {name}}} as the whole value, without quotes."
    meant = did_you_mean(name, ["member"])
    return f"Did you mean {MEMBER}?" if meant else f"Write {MEMBER}, or take it out; `${{{name}}}` is let through."


def _fact(data: Mapping[str, Any], where: Path, profile: Profile) -> Iterator[Problem]:
    """Find what is wrong with `{from_member: FACT}`."""
    place, fact = (*where, FROM_MEMBER), data[FROM_MEMBER]
    positions = profile.positions
    if len(data) > 1:
        others = ", ".join(repr(key) for key in data if key != FROM_MEMBER)
        detail = f"Beside `{FROM_MEMBER}` there is {others}; a reference stands for the whole value."
        yield Problem("Bad reference", detail, "Take one of the two out.", source=positions.key(place))
    elif not isinstance(fact, str) or not fact:
        detail = f"`{FROM_MEMBER}` takes the name of a fact, as text."
        hint = f"Write {{{FROM_MEMBER}: FACT}}, and say FACT of each member below `members`."
        yield Problem("Bad reference", detail, hint, source=positions.value(place))
    elif profile.group is not None:
        detail = f"`{dotted(where)}` takes the fact {fact!r}, and `members_of` gives names alone."
        hint = "List the people below `members` with what is to be known of them, or take it out."
        yield Problem("Unknown fact", detail, hint, source=positions.value(place))
    else:
        yield from _missing_facts(fact, where, profile)


def _missing_facts(fact: str, where: Path, profile: Profile) -> Iterator[Problem]:
    """Find members of whom a fact is not told: all of them, and it is the template that is wrong."""
    facts, positions = profile.facts, profile.positions
    lacking = [member for member, known in facts.items() if fact not in known]
    place = positions.value((*where, FROM_MEMBER))
    if facts and len(lacking) == len(facts):
        known = _all_facts(profile)
        hint = did_you_mean(fact, known) or (
            f"There are {some(known)}." if known else f"Write `members` as a mapping: {{NAME: {{{fact}: ...}}}}."
        )
        detail = f"`{dotted(where)}` takes the fact {fact!r}, which is told of no member."
        yield Problem("Unknown fact", detail, hint, source=place)
        return
    for member in lacking:
        yield Problem(
            "Unknown fact",
            f"The fact {fact!r} is not told of {member}, and `{dotted(where)}`, at {place}, takes it.",
            did_you_mean(fact, facts[member]) or f"Add `{fact}:` to what is told of {member}.",
            source=positions.key(("members", member)),
        )


def _all_facts(profile: Profile) -> list[str]:
    return sorted({fact for known in profile.facts.values() for fact in known})
