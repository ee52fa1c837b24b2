"""A mapping to begin with: what a person has to say, as questions that are commented out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from igz_apply.manifests.yaml_lines import scalar
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Membership
from igz_apply.model.migration import Destination, Fate, Migration, ObjectFate
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

_PARTS = _USERS, _GROUPS, _POLICIES, _PROJECTS = "users", "groups", "policies", "projects"
_NAME = "username"
_TO_BE_NAMED = ("Two that become one", "Unusable new name", "Name that was not seen")
_NAMES = ("first_name", "last_name")
_NAMELESS = "First or last name missing"
_OWNERLESS = ("Owner that is left behind", "Disabled owner")
_NO_EMAIL = "No e-mail address, so that the name stays: right for a robot."


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a mapping should say."""

    part: str  # of the mapping
    key: str
    notes: tuple[str, ...]  # why, each a sentence
    fields: tuple[str, ...]  # what is to be said of it; none: its value itself


def questions(migration: Migration, membership: Membership) -> tuple[Question, ...]:
    """Return what a mapping should say of a move that was worked out without one, in the order in which it says it."""
    asked = _Questions(membership)
    for problem in migration.problems:
        asked.of_problem(problem)
    for each in migration.objects:
        if each.old is not None:
            asked.of_object(each, each.old)
    for policy, holders in migration.holders.items():
        asked.ask(_POLICIES, policy, f"Held by {some([str(each) for each in holders])}.")
    return asked.found()


def drafted(asked: Sequence[Question], migration: Migration, destination: Destination) -> str:
    """Return the text of a mapping that asks the questions; as it is, it says nothing."""
    to = f" to {destination.where}" if destination.where else ""
    lines = [
        f"# What the names, policies and roles of {printable(migration.origin)} become in a move{to}.",
        '# Take the "# " in front off what you need, with the line of its part, and fill in what is "".',
        "version: 1",
    ]
    for part in _PARTS:
        of_part = [each for each in asked if each.part == part]
        if of_part:
            lines += ["", f"# {part}:"]
            if part == _POLICIES:
                lines += [f"#   # {text}" for text in _policies_there(destination)]
            lines += [f"#   {text}" for each in of_part for text in _lines_of(each)]
    return "\n".join(lines) + "\n"


class _Questions:
    """Collects questions; of one name there is one."""

    def __init__(self, membership: Membership) -> None:
        self._part_of = {membership.user_kind: _USERS, membership.group_kind: _GROUPS}
        self._found: dict[tuple[str, str], tuple[list[str], dict[str, None]]] = {}

    def ask(self, part: str, key: str, note: str, *fields: str) -> None:
        notes, known = self._found.setdefault((part, key), ([], {}))
        notes.append(note)
        known.update(dict.fromkeys(fields))

    def of_problem(self, problem: Problem) -> None:
        address = problem.address
        if address is None:
            return
        part = self._part_of.get(address.kind, "")
        if problem.summary in _OWNERLESS:
            self.ask(_PROJECTS, address.name, problem.detail, "owner")
        elif problem.summary == _NAMELESS:
            self.ask(_USERS, address.name, problem.detail, *(name for name in _NAMES if name in problem.detail))
        elif problem.summary in _TO_BE_NAMED and part:
            self.ask(part, address.name, problem.detail, *_name_of(part))

    def of_object(self, fate: ObjectFate, old: Address) -> None:
        part = self._part_of.get(old.kind)
        if part == _GROUPS and fate.is_system and fate.fate is Fate.LOST:
            self.ask(part, old.name, f"{fate.why}. With a path, it becomes a group.")
        elif part == _USERS and not fate.is_system and fate.new is not None and "@" not in fate.new.name:
            self.ask(part, old.name, _NO_EMAIL, *_name_of(part))

    def found(self) -> tuple[Question, ...]:
        keys = sorted(self._found, key=lambda each: (_PARTS.index(each[0]), each[1]))
        return tuple(Question(*key, tuple(self._found[key][0]), tuple(self._found[key][1])) for key in keys)


def _name_of(part: str) -> tuple[str, ...]:
    return (_NAME,) if part == _USERS else ()


def _lines_of(question: Question) -> Iterator[str]:
    yield from (f"# {printable(note)}" for note in question.notes)
    if question.fields in ((), (_NAME,)):
        value = '""'
    else:
        value = "{" + ", ".join(f'{name}: ""' for name in question.fields) + "}"
    yield f"{scalar(question.key)}: {value}"


def _policies_there(destination: Destination) -> Iterator[str]:
    if destination.policies:
        yield f"{printable(destination.where)} has:"
        for name, display in destination.policies.items():
            shown = f" ({printable(display)})" if display and display != name else ""
            yield f"  {printable(name)}{shown}"
    yield "Or why nobody is to hold it: {leave: REASON}"
