"""Runs as lines: one a row, or all that one of them did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.model.changes import Action
from igz_apply.model.checkout import SHORT
from igz_apply.model.hidden import MASK, Hidden
from igz_apply.model.outcomes import Status
from igz_apply.model.plain_values import plain, untagged
from igz_apply.planning.record_data import Heading
from igz_apply.views.cells import pad, wrap
from igz_apply.views.change_text import action_span
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.views.report_text import MARKS
from igz_apply.views.values import literal
from igz_apply.wording.printable import printable

COLUMNS = ("run", "who", "command", "changes", "ended", "commit")
_NO_END = "did not end"


def row(heading: Heading) -> Sequence[Any]:
    """Return one run as a row of the table."""
    command = f"undo of {heading.undoes}" if heading.undoes else heading.command
    return (
        heading.id,
        who(heading),
        command,
        _counts(heading.planned),
        end_words(heading),
        commit_words(heading),
    )


def who(heading: Heading) -> str:
    """Return who ran it: the cluster's name, and who began the job, or on which machine."""
    beside = heading.ci or heading.process.partition(" ")[0]
    return f"{heading.username} ({beside})" if heading.username and beside else heading.username or beside


def run_lines(heading: Heading, data: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Yield all that is known of one run, laid out for `width` columns."""
    yield line(Span(f"Run {heading.id}", Tone.STRONG))
    for name, value in _facts(heading, data):
        if value:
            for index, text in enumerate(wrap(printable(value), width - 14)):
                yield line("  ", Span(pad("" if index else name, 12), Tone.QUIET), text)
    for failure in data.get("failures", ()):
        for index, text in enumerate(wrap(printable(failure), width - 2)):
            yield line(Span(f"{'  ' if index else '! '}{text}", Tone.DANGER))
    outcomes = data.get("outcomes", {})
    for change in data["changes"]:
        yield BLANK
        yield from _change(change, outcomes.get(change["address"]), width)
    yield from _operations(data)
    yield from _inventory(data, width)
    yield BLANK
    yield line(Span(f"igz-apply undo {heading.id} shows the way back.", Tone.HINT))


def _facts(heading: Heading, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    caller, facts = data["caller"], data["run"]
    version = f" ({caller['version']})" if caller["version"] else ""
    target = f"{facts['target']}: " if facts["target"] else ""
    yield "command", heading.command
    yield "undoes", heading.undoes
    yield "began", f"{_moment(heading.began)} UTC"
    yield "ended", f"{_moment(heading.ended)} UTC, {end_words(heading)}" if heading.ended else _NO_END
    yield "on", f"{target}{heading.endpoint}{version}"
    yield "as", heading.username
    yield "by", heading.process
    yield "CI", " ".join(filter(None, (heading.ci, facts["ci_url"])))
    yield "commit", f"{heading.commit}{', and changes that were not committed' if heading.is_dirty else ''}"
    yield "plan", data["digest"]
    yield "waived", ", ".join(facts["waivers"])


def _change(change: Mapping[str, Any], outcome: Mapping[str, str] | None, width: int) -> Iterator[Line]:
    status = Status(outcome["status"]) if outcome is not None else None
    said = status.words if status is not None else "its end was not seen"
    mark = MARKS[status] if status is not None else Span("? ", Tone.DANGER)
    yield line(
        "  ",
        mark,
        action_span(Action(change["action"])),
        " ",
        Span(printable(change["address"]), Tone.STRONG),
        Span(f"  ({said})", Tone.QUIET),
    )
    for text in wrap(printable((outcome or {}).get("detail", "")), width - 8):
        yield line(" " * 8, text)
    for item in change["diff"]:
        yield from _difference(item, width)
    if change["action"] == Action.DELETE.value and change["live"] is not None:
        for name, value in sorted(change["live"]["spec"].items()):
            if value in (None, "", [], {}):
                continue
            yield from _difference({"path": name, "before": value, "after": None, "sensitive": False}, width)
    for lost in change.get("lost", ()):
        for index, text in enumerate(wrap(printable(f"undo does not give back: {lost}"), width - 10)):
            yield line(" " * 8, Span(f"{'  ' if index else '! '}{text}", Tone.WARNING))


def _operations(data: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what a run did beside its changes, and how each of them ended."""
    ended = {(it["operation"], it["address"]): it for it in data.get("operated", ())}
    for item in data.get("operations", ()):
        outcome = ended.get((item["operation"], item["address"]))
        status = Status(outcome["status"]) if outcome is not None else None
        mark = MARKS[status] if status is not None else Span("? ", Tone.DANGER)
        said = status.words if status is not None else "its end was not seen"
        yield BLANK
        address = Span(printable(item["address"]), Tone.STRONG)
        yield line("  ", mark, f"{printable(item['operation'])} ", address, Span(f"  ({said})", Tone.QUIET))


def _difference(item: Mapping[str, Any], width: int) -> Iterator[Line]:
    before, after = (_shown(item[side], is_sensitive=item["sensitive"]) for side in ("before", "after"))
    for index, text in enumerate(wrap(f"{printable(item['path'])}: {before} → {after}", width - 10)):
        yield line(" " * (10 if index else 8), text)


def _shown(value: Any, *, is_sensitive: bool) -> str:
    if value is None:
        return "not set"
    if is_sensitive:
        return printable(str(value))
    found = untagged(value)
    return MASK if isinstance(found, Hidden) else literal(plain(found))


def _inventory(data: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Yield what a run changed in the inventory alone."""
    written = {change["address"] for change in data["changes"]}
    noted = data["noted"]
    for title, had, has in _ENTRIES:
        names = [
            address
            for address, before in sorted(data["entries"].items())
            if address not in written and (before is not None, noted.get(address) is not None) == (had, has)
        ]
        if names:
            yield BLANK
            yield line(Span(f"{title} ({len(names):,})", Tone.STRONG))
            for text in wrap(printable(", ".join(names)), width - 4):
                yield line("    ", text)


_ENTRIES = (
    ("Owned from then on", False, True),
    ("No longer owned from then on", True, False),
    ("Remembered otherwise from then on", True, True),
)
"""What a run may do to an entry, and whether there was one before, and is one after."""


def end_words(heading: Heading) -> str:
    """Return how a run ended, in a few words."""
    if not heading.ended:
        return _NO_END
    others = ", ".join(
        f"{count:,} {Status(status).words}"
        for status, count in heading.counts.items()
        if status != Status.APPLIED.value
    )
    done = "done" if heading.exit_code == 0 else f"exit {heading.exit_code}"
    return f"{done}: {others}" if others else done


def _counts(planned: Mapping[str, int]) -> str:
    return ", ".join(f"{action} {count:,}" for action, count in planned.items())


def _moment(text: str) -> str:
    return text.replace("T", " ").removesuffix("Z")


def commit_words(heading: Heading) -> str:
    """Return the commit that a run was of, short, "" where none is known."""
    return f"{heading.commit[:SHORT]}{', edited' if heading.is_dirty else ''}"
