"""A mapping to begin with: what a person has to say, as questions that are commented out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from igz_apply.manifests.yaml_lines import scalar
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Membership
from igz_apply.model.migration import Destination, Fate, Migration, ObjectFate
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.planning.migration_account import Loss, address_of, losses_of
from igz_apply.values import dataclass
from igz_apply.wording.counting import counted
from igz_apply.wording.printable import printable

_PARTS = _USERS, _GROUPS, _SEPARATOR, _POLICIES, _PROJECTS, _LEAVE = (
    "users",
    "groups",
    "separator",
    "policies",
    "projects",
    "leave",
)
"""The parts of a mapping that are asked of, in the order in which it has them."""
_DOT = "."
_WIDTH = 72  # columns of a comment, beside what stands before it
_NAME = "username"
_TO_BE_NAMED = ("Two that become one", "Unusable new name", "Name that was not seen")
_NAMES = ("first_name", "last_name")
_NAMELESS = "First or last name missing"
_OWNERLESS = ("Owner that is left behind", "Project without an owner", "Disabled owner")
_NO_EMAIL = (
    "No e-mail address, so that the name stays: right for a robot. A person has the address as the new username: "
    "say it, or correct the old account."
)
_SYSTEM = "The platform's own, and not carried. If it is to become a group of those who are in it now, say its path."
_NEEDED = "NEEDED: "


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a mapping should say."""

    part: str  # of the mapping
    key: str
    notes: tuple[str, ...]  # why, each a sentence
    fields: tuple[str, ...] = ()  # what is to be said of it; none: its value itself
    is_needed: bool = False  # without an answer nothing is written


def questions(migration: Migration, membership: Membership) -> tuple[Question, ...]:
    """Return what a mapping should say of a move that was worked out without one, in the order in which it says it."""
    asked = _Questions(membership)
    for problem in migration.problems:
        asked.of_problem(problem)
    for each in migration.objects:
        if each.old is not None:
            asked.of_object(each, each.old)
    asked.of_separator(migration)
    for policy, holders in migration.holders.items():
        asked.ask(_POLICIES, policy, f"Held by {some([str(each) for each in holders])}.")
    asked.of_kinds(losses_of(migration.objects)[Loss.KIND])
    return asked.found()


def drafted(asked: Sequence[Question], migration: Migration, destination: Destination) -> str:
    """Return the text of a mapping that asks the questions; as it is, it says nothing."""
    to = f" to {destination.where}" if destination.where else ""
    needed = sum(each.is_needed for each in asked)
    lines = [
        f"# What the names, policies and roles of {printable(migration.origin)} become in a move{printable(to)}.",
        *_comment("# ", _HOW),
        *_comment("# ", _HOW_NEEDED if needed else ""),
        "version: 1",
    ]
    for part in _PARTS:
        of_part = [each for each in asked if each.part == part]
        if part == _SEPARATOR and of_part:
            lines += ["", *_comment("# # ", of_part[0].notes[0]), f'# {part}: "{_DOT}"']
        elif of_part:
            lines += ["", f"# {part}:"]
            lines += [line for text in _words_of(part, destination) for line in _comment("#   # ", text)]
            lines += [f"#   {text}" for each in of_part for text in _lines_of(each)]
    return "\n".join(lines) + "\n"


_HOW = (
    'Each question is a comment. To answer one, take the first "# " off its line, and off that of the part that it is '
    'in, such as users:, and put the answer in place of "". What stays a comment goes by the rules alone.'
)
_HOW_NEEDED = "Those with NEEDED above them have to be answered: until then nothing is written."


def _comment(before: str, text: str) -> Iterator[str]:
    indent = text[: len(text) - len(text.lstrip())]
    return (f"{before}{line}" for line in wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False))


def _words_of(part: str, destination: Destination) -> Iterator[str]:
    """Yield what is to be known of a part before its first question."""
    if part == _POLICIES:
        yield from _policies_there(destination)
    elif part == _LEAVE:
        yield 'Add what else is to stay behind, as - {resource: "User/old-*", reason: "left in May"}.'


class _Questions:
    """Collects questions; of one name there is one."""

    def __init__(self, membership: Membership) -> None:
        self._part_of = {membership.user_kind: _USERS, membership.group_kind: _GROUPS}
        self._found: dict[tuple[str, str], tuple[list[str], dict[str, None]]] = {}
        self._needed: set[tuple[str, str]] = set()

    def ask(self, part: str, key: str, note: str, *fields: str, is_needed: bool = False) -> None:
        notes, known = self._found.setdefault((part, key), ([], {}))
        notes.append(f"{_NEEDED if is_needed else ''}{note}")
        known.update(dict.fromkeys(fields))
        if is_needed:
            self._needed.add((part, key))

    def of_problem(self, problem: Problem) -> None:
        address = problem.address
        if address is None:
            return
        part = self._part_of.get(address.kind, "")
        is_needed = problem.severity == "error"
        if problem.summary in _OWNERLESS:
            asked = f"{problem.detail} Say who is to own it, by the old username."
            self.ask(_PROJECTS, address.name, asked, "owner", is_needed=is_needed)
        elif problem.summary == _NAMELESS:
            fields = (name for name in _NAMES if name in problem.detail)
            self.ask(_USERS, address.name, problem.detail, *fields, is_needed=is_needed)
        elif problem.summary in _TO_BE_NAMED and part:
            asked = f"{problem.detail} Say its {_CALLED[part]}, or, under {_LEAVE}, why it is left behind."
            self.ask(part, address.name, asked, *_name_of(part), is_needed=is_needed)
        elif problem.summary in _TO_BE_NAMED:
            self.ask(_LEAVE, str(address), f"{problem.detail} Say why it is left behind.", is_needed=is_needed)

    def of_object(self, fate: ObjectFate, old: Address) -> None:
        part = self._part_of.get(old.kind)
        if part == _GROUPS and fate.is_system and fate.fate is Fate.LOST:
            self.ask(part, old.name, _SYSTEM)
        elif part == _USERS and not fate.is_system and fate.new is not None and "@" not in fate.new.name:
            self.ask(part, old.name, _NO_EMAIL, *_name_of(part))

    def of_separator(self, migration: Migration) -> None:
        """Ask whether names of groups with a dot in them are paths."""
        group = next((part for part in self._part_of if self._part_of[part] == _GROUPS), "")
        dotted = [old.name for old in migration.names if old.kind == group and _is_path(old.name)]
        if dotted:
            as_path = dotted[0].replace(_DOT, "/")
            many = counted(len(dotted), "group has", "groups have")
            self.ask(
                _SEPARATOR,
                _DOT,
                f"{many} a dot in the name. With this, {printable(dotted[0])} becomes {printable(as_path)}, "
                "a group in another; without it, names stay as they are.",
            )

    def of_kinds(self, objects: Sequence[ObjectFate]) -> None:
        """Ask why kinds are left behind of which nothing can be carried."""
        whys: dict[str, list[ObjectFate]] = {}
        for each in objects:
            whys.setdefault(address_of(each).kind, []).append(each)
        for kind, these in whys.items():
            names = some([address_of(each).name for each in these])
            self.ask(
                _LEAVE,
                f"{kind}/*",
                f"{these[0].why}. They stay behind whatever is said here: {names}. With a reason, that is decided.",
            )

    def found(self) -> tuple[Question, ...]:
        """Return the questions, in each part those first that have to be answered."""
        keys = sorted(self._found, key=lambda key: (_PARTS.index(key[0]), key not in self._needed, key[1]))
        return tuple(
            Question(*key, tuple(self._found[key][0]), tuple(self._found[key][1]), key in self._needed) for key in keys
        )


_CALLED = {_USERS: "new username", _GROUPS: "path"}


def _is_path(name: str) -> bool:
    """Say whether a name falls into parts at its dots."""
    return _DOT in name and all(name.split(_DOT))


def _name_of(part: str) -> tuple[str, ...]:
    return (_NAME,) if part == _USERS else ()


def _lines_of(question: Question) -> Iterator[str]:
    for note in question.notes:
        yield from _comment("# ", printable(note))
    if question.part == _LEAVE:
        yield f'- {{resource: {scalar(question.key)}, reason: ""}}'
        return
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
    else:
        yield "Nobody was asked which there are: `igz-apply get Policy` lists them, on the new side."
    yield 'Say one, or several as ["A", "B"], or why nobody is to hold it, as {leave: "REASON"}.'
