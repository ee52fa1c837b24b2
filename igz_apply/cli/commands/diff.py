"""`diff`: what differs between two saved plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from igz_apply.cli.command_help import HelpfulCommand
from igz_apply.cli.plan_files import PlanFile, read_plan_file
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options, forms_option
from igz_apply.errors import CHANGES
from igz_apply.model.changes import Change
from igz_apply.planning.plan_difference import Part, PlanDifference, plan_difference
from igz_apply.views.change_text import action_span
from igz_apply.views.folding import folded
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.tables import as_json
from igz_apply.wording.counting import counted
from igz_apply.wording.diff_lines import value_text
from igz_apply.wording.printable import printable

_LONGEST = 200  # characters of a value


@click.command(
    cls=HelpfulCommand,
    examples=(
        "igz-apply diff approved.plan now.plan",
        "igz-apply diff monday.plan tuesday.plan -o json",
        "igz-apply diff approved.plan now.plan --detailed-exitcode   # 2: they are not the same plan",
    ),
)
@click.argument("first", metavar="A", type=click.Path(dir_okay=False))
@click.argument("second", metavar="B", type=click.Path(dir_okay=False))
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when they are not the same plan.")
@forms_option("text", "json")
@common_options
@click.pass_obj
def diff(session: Session, /, first: str, second: str, detailed_exitcode: bool, output: str) -> int:
    """Show what two saved plans would do differently: what each alone changes, and what both change in another way.

    Two plans are the same where they have the same digest, whatever else their files say. No cluster is asked.
    """
    one, other = read_plan_file(session, first), read_plan_file(session, second)
    found = plan_difference(one.plan, other.plan)
    if output == "json":
        session.output.write(as_json(_document(one, other, found)))
    else:
        lines = _lines(((first, one), (second, other)), found)
        session.output.show(folded(lines, session.output.terminal.width))
    return CHANGES if detailed_exitcode and not found.is_same else 0


def _lines(files: Iterable[tuple[str, PlanFile]], found: PlanDifference) -> Iterator[Line]:
    for name, (path, file) in zip("AB", files, strict=True):
        yield line(Span(f"{name}: ", Tone.STRONG), printable(path), Span(f"  {file.plan.digest}", Tone.QUIET))
    yield BLANK
    if found.beside:
        yield line(Span("Of the whole", Tone.STRONG))
        for part in found.beside:
            yield from _part(part, "  ")
        yield BLANK
    for name, changes in (("A", found.only_first), ("B", found.only_second)):
        yield from _alone(name, changes)
    if found.differing:
        yield line(Span("In both, and different", Tone.STRONG))
        for each in found.differing:
            yield line(f"  {printable(str(each.address))}")
            for part in each.parts:
                yield from _part(part, "      ")
        yield BLANK
    verdict = "The same plan." if found.is_same else "Not the same plan."
    alike = f" {counted(found.alike, 'change')} alike, {len(found.differing):,} different, "
    alone = f"{len(found.only_first):,} in A alone, {len(found.only_second):,} in B alone."
    yield line(Span(verdict, Tone.GOOD if found.is_same else Tone.WARNING), f"{alike}{alone}")


def _alone(name: str, changes: Iterable[Change]) -> Iterator[Line]:
    lines = [line("  ", action_span(it.action), f" {printable(str(it.address))}") for it in changes]
    if lines:
        yield line(Span(f"In {name} alone", Tone.STRONG))
        yield from lines
        yield BLANK


def _part(part: Part, indent: str) -> Iterator[Line]:
    yield line(f"{indent}{printable(part.name)}")
    for name, value in (("A", part.first), ("B", part.second)):
        yield line(f"{indent}  ", Span(f"{name}: ", Tone.QUIET), _value(value))


def _value(value: Any) -> str:
    """Return a value on a line, and a difference as what becomes what."""
    if isinstance(value, dict) and value.keys() == {"before", "after"}:
        return f"{value_text(value['before'], _LONGEST)} → {value_text(value['after'], _LONGEST)}"
    return "-" if value is None else value_text(value, _LONGEST)


def _document(one: PlanFile, other: PlanFile, found: PlanDifference) -> dict[str, Any]:
    return {
        "format_version": 1,
        "same": found.is_same,
        "a": {"digest": one.plan.digest},
        "b": {"digest": other.plan.digest},
        "beside": [_part_data(part) for part in found.beside],
        "only_a": [_change_data(change) for change in found.only_first],
        "only_b": [_change_data(change) for change in found.only_second],
        "different": [
            {"address": str(each.address), "parts": [_part_data(part) for part in each.parts]}
            for each in found.differing
        ],
        "alike": found.alike,
    }


def _part_data(part: Part) -> dict[str, Any]:
    return {"name": part.name, "a": part.first, "b": part.second}


def _change_data(change: Change) -> dict[str, Any]:
    return {"address": str(change.address), "action": change.action.value}
