"""What a plan does to people's access, as lines: who can log in no more, roles by project, policies by person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import AccountChange, Plan, PolicyChange, RoleChange
from igz_apply.views.cells import cells, pad, wrap, wrap_items
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.wording.dangers import created
from igz_apply.wording.printable import printable
from igz_apply.wording.role_words import NO_ROLE, way_note

_INDENT = " " * 6


def access_lines(plan: Plan, width: int) -> Iterator[Line]:
    """Yield who may do what afterwards, as far as that changes; nothing where it does not."""
    impact = plan.access_impact
    switched = [account for account in impact.accounts if account.after is not None]  # a delete is told as one
    if not (impact.roles or impact.policies or switched or impact.unseen):
        return
    yield line(Span("Who may do what, afterwards", Tone.STRONG))
    for kind, why in impact.unseen.items():
        for index, text in enumerate(wrap(f"not every {printable(kind)} is seen: {printable(why)}", width - 4)):
            yield line("  ", Span(f"{' ' if index else '!'} {text}", Tone.WARNING))
    yield from map(_account, switched)
    new = created(plan)
    projects: defaultdict[Address, list[RoleChange]] = defaultdict(list)
    for role in sorted(impact.roles, key=lambda each: (each.project, each.user)):
        projects[role.project].append(role)
    for project, roles in projects.items():
        is_new = project in new
        yield line("  ", Span(printable(str(project)), Tone.STRONG), Span("  (new)" if is_new else "", Tone.QUIET))
        yield from (_new_project_lines(roles, width) if is_new else _role_lines(roles, width))
    people: defaultdict[Address, list[PolicyChange]] = defaultdict(list)
    for policy in impact.policies:
        people[policy.user].append(policy)
    for user, policies in people.items():
        yield line("  ", Span(printable(str(user)), Tone.STRONG), Span("  (policies)", Tone.QUIET))
        yield from _policy_lines(policies, width)
    yield BLANK


def _account(account: AccountChange) -> Line:
    name = Span(printable(str(account.user)), Tone.STRONG)
    if account.shuts_out:
        return line("  ", name, "  ", Span("cannot log in any more", Tone.DELETE), _quiet("disabled"))
    return line("  ", name, "  ", Span("can log in again", Tone.CREATE), _quiet("enabled"))


def _new_project_lines(roles: Sequence[RoleChange], width: int) -> Iterator[Line]:
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for role in roles:
        holders[role.after or NO_ROLE].append(printable(role.user.name))
    column = max(map(cells, holders))
    for name, users in sorted(holders.items()):
        for index, text in enumerate(wrap_items(users, width - column - 8)):
            yield line(f"{_INDENT}{pad('' if index else name, column)}  ", Span(text, Tone.CREATE))


def _role_lines(roles: Sequence[RoleChange], width: int) -> Iterator[Line]:
    """Yield who holds which role there; what takes a role is never shown as if it gave one."""
    column = min(max(cells(printable(role.user.name)) for role in roles), width // 3)
    for role in roles:
        before, after = printable(role.before or NO_ROLE), printable(role.after or NO_ROLE)
        head = f"{_INDENT}{pad(printable(role.user.name), column)}  {before} → "
        step = line(head, Span(after, Tone.DELETE if role.loses else Tone.CREATE))
        yield from _with_note(step, cells(head) + cells(after), printable(way_note(role)), width)


def _policy_lines(policies: Sequence[PolicyChange], width: int) -> Iterator[Line]:
    for policy in policies:
        for sign, tone, names in (("+", Tone.CREATE, policy.gained), ("-", Tone.DELETE, policy.lost)):
            texts = wrap_items(map(printable, names), width - 8)
            for index, text in enumerate(texts):
                said = line(_INDENT, Span(f"{' ' if index else sign} {text}", tone))
                if index + 1 < len(texts):
                    yield said
                else:
                    yield from _with_note(said, cells(text) + 8, printable(way_note(policy)), width)


def _with_note(said: Line, used: int, note: str, width: int) -> Iterator[Line]:
    """Yield the line with a note at its end, or with the note below where it has no room there."""
    if not note or used + 4 + cells(note) <= width:
        yield (*said, _quiet(note)) if note else said
        return
    yield said
    for text in wrap(f"({note})", width - 10):
        yield line(" " * 10, Span(text, Tone.QUIET))


def _quiet(note: str) -> Span:
    return Span(f"  ({printable(note)})", Tone.QUIET)
