"""A plan as lines, for a tired reviewer: what is dangerous, then what happens in order, then who gets to do what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from igz_apply.model.changes import Plan
from igz_apply.model.suggest import some
from igz_apply.views.access_text import access_lines
from igz_apply.views.cells import cells, wrap, wrap_items
from igz_apply.views.change_text import change_lines, operation_lines
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line, render
from igz_apply.views.unmanaged_text import unmanaged_lines
from igz_apply.wording.counting import counted
from igz_apply.wording.dangers import Danger, dangers, deletes
from igz_apply.wording.operation_words import TITLE, to_do
from igz_apply.wording.printable import printable
from igz_apply.wording.remarks import remarks
from igz_apply.wording.unmanaged_words import counts_told, unseen_counted

_NAMED = 3  # addresses of a warning that holds for many
_REMARKED = 40  # addresses of what happens to nothing live; adopting a whole cluster names thousands


def plan_text(plan: Plan, width: int = 100) -> str:
    """Return the plan as plain text: the stable form that golden files hold."""
    return render(plan_lines(plan, width), colour=False)


def plan_lines(plan: Plan, width: int) -> Iterator[Line]:
    """Yield the whole plan, laid out for `width` columns; the same plan and width give the same lines.

    None of them is wider: what has no place to break, such as a long name, goes on below.
    """
    return folded(_lines(plan, width), width)


def _lines(plan: Plan, width: int) -> Iterator[Line]:
    yield from _digest(plan, width)
    yield from _in_order(plan, width)
    yield from _operations(plan, width)
    yield from access_lines(plan, width)
    yield from _remarks(plan, width)
    yield from _summary(plan, width)


def _digest(plan: Plan, width: int) -> Iterator[Line]:
    """Yield what must not be overlooked, before everything else; nothing of it is ever cut."""
    found = dangers(plan)
    deleted: defaultdict[str, list[str]] = defaultdict(list)
    for change in deletes(plan):
        deleted[change.address.kind].append(printable(change.address.name))
    if not (found or deleted):
        return
    yield line(Span("Look at this first", Tone.DANGER))
    for danger in found:
        yield from _bullet("!", _danger(danger), Tone.WARNING, width)
    for kind, names in sorted(deleted.items()):
        label = f"  - delete  {counted(len(names), kind, kind)}: "
        for index, text in enumerate(wrap_items(names, width - len(label))):
            yield line(Span(label if index == 0 else " " * len(label), Tone.DELETE), Span(text, Tone.DELETE))
    yield BLANK


def _danger(danger: Danger) -> str:
    if not danger.addresses:
        return danger.text
    names = [*map(str, danger.addresses)]
    return f"{some(names, len(names) if danger.names_all else _NAMED)}: {danger.text}"


def _in_order(plan: Plan, width: int) -> Iterator[Line]:
    writes = plan.writes
    if not writes:
        return
    yield line(Span("Changes, in an order in which they can be applied", Tone.STRONG))
    before = 2  # lines of the change before; a change of one line needs no air around it
    for change in writes:
        lines = list(change_lines(change, width))
        if before > 1 or len(lines) > 1:
            yield BLANK
        yield from lines
        before = len(lines)
    yield BLANK


def _operations(plan: Plan, width: int) -> Iterator[Line]:
    if not plan.operations:
        return
    yield from (line(Span(text, Tone.STRONG)) for text in wrap(TITLE, width))
    for item in plan.operations:
        yield from operation_lines(item, width)
    yield BLANK


def _remarks(plan: Plan, width: int) -> Iterator[Line]:
    """Yield what happens to nothing live: adopted, kept, dropped."""
    found = remarks(plan)
    for remark in found:
        counts = _by_kind(Counter(address.kind for address in remark.addresses))
        yield from _bullet("=", f"{remark.text}: {counts}.", Tone.QUIET, width)
        names = [printable(str(address)) for address in sorted(remark.addresses)]
        more = [f"and {len(names) - _REMARKED:,} more"] if len(names) > _REMARKED else []
        for text in wrap_items(names[:_REMARKED] + more, width - 6):
            yield line("      ", Span(text, Tone.QUIET))
    if found:
        yield BLANK
    yield from unmanaged_lines(plan.unmanaged, width, unread=plan.unread)


def _summary(plan: Plan, width: int) -> Iterator[Line]:
    """Yield the last word on one line, or, where that has no room, each of its parts on a line: it is looked for."""
    if plan.acts:
        yield _counts(plan)
        return
    parts = _unchanged(plan)
    whole = line(*(span for index, part in enumerate(parts) for span in (" " if index else "", part)))
    if sum(cells(span.text) for span in whole) <= width:
        yield whole
    else:
        yield from (line(part) for part in parts)


def _unchanged(plan: Plan) -> list[Span]:
    """Say of a plan that changes nothing what the reader has to know all the same."""
    if plan.undo is not None:
        return [Span("Nothing to undo on the cluster.", Tone.GOOD)]
    adopt = plan.counts["adopt"]
    adopted = [Span(f"{counted(adopt, 'resource')} to adopt.")] if adopt else []
    if unseen := unseen_counted(len(plan.not_visible), plan.partial, len(plan.unknown)):
        seen = f"No changes in what {printable(plan.caller.username)} may see;"
        return [Span(seen, Tone.WARNING), Span(f"{unseen}.", Tone.WARNING), *adopted]
    if plan.doubtful:
        kept = f"No changes; {counted(len(plan.doubtful), 'resource')} no longer declared and kept."
        return [Span(kept, Tone.WARNING), *adopted]
    if others := counts_told(plan.unmanaged):
        declared = Span("No changes to what the manifests declare;", Tone.WARNING)
        return [declared, Span(f"{others} not in git, see above.", Tone.WARNING), *adopted]
    return [Span("No changes. The cluster is as the manifests say.", Tone.GOOD), *adopted]


def _counts(plan: Plan) -> Line:
    counts = plan.counts
    return line(
        Span("Plan: ", Tone.STRONG),
        Span(f"{counts['create']:,} to create", Tone.CREATE if counts["create"] else Tone.PLAIN),
        ", ",
        Span(f"{counts['update']:,} to update", Tone.UPDATE if counts["update"] else Tone.PLAIN),
        ", ",
        Span(f"{counts['delete']:,} to delete", Tone.DELETE if counts["delete"] else Tone.PLAIN),
        *(Span(f", {said}", Tone.UPDATE) for said in to_do(plan)),
        f", {counts['adopt']:,} to adopt" if counts["adopt"] else "",
        f"; {counts['no_change']:,} unchanged.",
    )


def _bullet(sign: str, text: str, tone: Tone, width: int) -> Iterator[Line]:
    for index, part in enumerate(wrap(printable(text), width - 4)):
        yield line("  ", Span(f"{' ' if index else sign} {part}", tone))


def _by_kind(numbers: Mapping[str, int]) -> str:
    """Return `2 Group, 5 User`: the kinds that count more than none, by name."""
    return ", ".join(f"{number:,} {kind}" for kind, number in sorted(numbers.items()) if number)
