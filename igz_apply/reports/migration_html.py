"""The report of a move as a page that needs nothing else, and no script to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from igz_apply.model.migration import Fate, FieldFate, Migration, ObjectFate, Standing
from igz_apply.model.problems import Problem, errors_of
from igz_apply.planning.migration_account import (
    Turn,
    address_of,
    problems_beside,
    roles_and_policies,
    turn_of,
    turns_of,
    uncarried,
)
from igz_apply.reports.cards import controls
from igz_apply.reports.page_parts import asset, framed, problem_item, section, shown_text
from igz_apply.wording.migration_parts import Part, Told, decisions, details, equal_part, stated
from igz_apply.wording.migration_words import (
    OBJECT_HEADS,
    STANDING_HEADS,
    access_text,
    counts_text,
    object_rows,
    standing_rows,
    stated_text,
    title_text,
    value_text,
    verdict_text,
    why_changed,
    why_text,
)
from igz_apply.wording.places import place_text
from igz_apply.wording.role_words import NO_ROLE

_VALUE_LIMIT = 2_000  # characters
_NAMES = 30  # of a sentence, after which the others come at a click
_SENTENCES = 12  # of a part
_ROWS = 40  # of people, after which they come at a click
_TURNED = (Turn.HIGHER, Turn.PERHAPS, Turn.MIXED, Turn.LOWER)


def migration_html(migration: Migration) -> bytes:
    """Return the page; the same move gives the same bytes."""
    title = shown_text(f"igz-apply: {verdict_text(migration)}")
    style = asset("page.css") + asset("migration.css")
    return framed(title, "".join(_body(migration)), style, asset("page.js"))


def _body(migration: Migration) -> Iterator[str]:
    parts = decisions(migration)
    yield '<a class="skip" href="#changes">Skip to the objects</a>'
    yield _header(migration, parts)
    yield "<main>"
    errors = errors_of(migration.problems)
    yield _problems("errors", "Why nothing is written", errors, "danger")
    yield _parts("decisions", "To be decided", parts, "danger")
    yield _problems("warnings", "Warnings", [it for it in problems_beside(migration) if it.severity != "error"])
    yield _parts("stated", "Access, as the mapping says", stated(migration))
    yield section("counts", "What adds up", _numbers(migration))
    yield section("access", "Access, by person and project", _access(migration))
    yield section("details", "In short", "".join(map(_folded, details(migration))))
    yield _cards(migration)
    yield "</main>"


def _header(migration: Migration, parts: Sequence[Part]) -> str:
    tone = "bad" if errors_of(migration.problems) or parts else "good"
    verdict, _, more = verdict_text(migration).partition(": ")
    links = [("decisions", "To be decided")] if parts else []
    links += [("stated", "As the mapping says")] if stated(migration) else []
    links += [("counts", "Numbers"), ("access", "Access"), ("details", "In short"), ("changes", "Objects")]
    nav = "".join(f'<a href="#{anchor}">{text}</a>' for anchor, text in links)
    texts = (text for text in (more, stated_text(migration)) if text)
    said = "".join(f"<p><strong>{shown_text(text)}</strong></p>" for text in texts)
    return (
        f'<header><h1><span class="{tone}">{shown_text(verdict)}</span> <small>igz-apply migrate</small></h1>'
        f"{said}<p>{shown_text(title_text(migration))}</p>"
        f"<p>{shown_text(counts_text(migration))}</p><p>{shown_text(access_text(migration))}</p>"
        f'<nav>{nav}<button type="button" id="theme" hidden>Light or dark</button></nav></header>'
    )


def _problems(anchor: str, title: str, problems: Sequence[Problem], tone: str = "") -> str:
    items = "".join(f"<li>{problem_item(problem)}</li>" for problem in problems)
    return section(anchor, title, f'<ul class="long">{items}</ul>', tone) if items else ""


def _parts(anchor: str, title: str, parts: Sequence[Part], tone: str = "") -> str:
    found = "".join(f"<h3>{shown_text(part.title)}</h3>{_told(part)}{_next(part.hint)}" for part in parts)
    return section(anchor, title, found, tone) if found else ""


def _next(hint: str) -> str:
    """Return what to do, with code in it as such."""
    parts = (f"<code>{text}</code>" if index % 2 else text for index, text in enumerate(shown_text(hint).split("`")))
    return f'<p class="next">Next: {"".join(parts)}</p>' if hint else ""


def _folded(part: Part) -> str:
    return f'<details class="fold"><summary>{shown_text(part.title)}</summary>{_told(part)}</details>'


def _told(part: Part) -> str:
    """Return the sentences of a part, those beyond the first ones at a click."""
    first, left = part.told[:_SENTENCES], part.told[_SENTENCES:]
    more = f"<li>{_more(f'{sum(it.count for it in left):,} more', _items(left))}</li>" if left else ""
    return f'<ul class="told long">{"".join(map(_item, first))}{more}</ul>'


def _items(told: Iterable[Told]) -> str:
    return f"<ul>{''.join(map(_item, told))}</ul>"


def _more(title: str, inner: str) -> str:
    return f'<details class="fold"><summary>{title}</summary>{inner}</details>'


def _item(told: Told) -> str:
    """Return a sentence, and the names that it is about."""
    if not told.names:
        return f"<li>{shown_text(told.head)}</li>"
    if not told.names[1:]:
        return f"<li>{shown_text(told.head)}: <code>{shown_text(told.names[0])}</code></li>"
    left = told.names[_NAMES:]
    more = _more(f"{len(left):,} more", _flow(left)) if left else ""
    return f"<li>{shown_text(told.head)} ({len(told.names):,}){_flow(told.names[:_NAMES])}{more}</li>"


def _flow(names: Iterable[str]) -> str:
    items = " ".join(f"<li><code>{shown_text(name)}</code></li>" for name in names)
    return f'<ul class="flow">{items}</ul>'


def _numbers(migration: Migration) -> str:
    objects = _number_table("Objects: there = carried + changed + lost", OBJECT_HEADS, object_rows(migration))
    return objects + _number_table("People: all = the sum of the others", STANDING_HEADS, standing_rows(migration))


def _number_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    table = f"<table><caption>{caption}</caption>{''.join(_number_rows(heads, rows))}</table>"
    return f'<div class="wide numbers" tabindex="0">{table}</div>'


def _number_rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    cells = "".join(f'<th class="n">{shown_text(text)}' for text in heads[1:])
    yield f"<tr><th>{shown_text(heads[0])}{cells}</tr>"
    for first, *numbers in rows:
        told = "".join(f'<td class="n">{number}' for number in numbers)
        yield f'<tr class="{"all" if first == "all" else ""}"><td>{shown_text(first)}{told}</tr>'


def _access(migration: Migration) -> str:
    """Return a row for every person and project whose role changes, and for policies; the others folded."""
    roles, policies = roles_and_policies(migration.standings)
    tables = (
        _standings("Roles on projects", [each for each in roles if not each.is_system]),
        _standings("Policies", policies),
        _standings("Roles of the platform's own accounts", [each for each in roles if each.is_system], most=0),
    )
    equal = equal_part(migration)
    found = "".join(tables) or "<p>Nobody holds more or less than before.</p>"
    return found + (_folded(equal) if equal is not None else "")


def _standings(caption: str, standings: Sequence[Standing], most: int = _ROWS) -> str:
    """Return a table of the standings that change, at a click where there are more than `most`."""
    turns = turns_of(standings)
    rows = [_standing(each) for turn in _TURNED for each in turns[turn]]
    if not rows:
        return ""
    names = ("Who", "New name", *(("On",) if standings[0].project else ()))
    heads = "".join(f"<th>{text}" for text in (*names, "Access is", "Before", "After", "Perhaps", "Why"))
    shown = f"{caption} that change"
    found = (
        f'<div class="wide" tabindex="0"><table><caption>{shown}</caption><tr>{heads}</tr>{"".join(rows)}</table></div>'
    )
    return found if len(rows) <= most else _more(f"{shown}: {len(rows):,}", found)


def _standing(each: Standing) -> str:
    turn = turn_of(each)
    tone = "loses" if turn is Turn.LOWER else "power"
    before = _held(each.before, each.ways_before)
    after = shown_text(_held(each.after, each.ways_after))
    texts = (each.user, each.new_user or "not carried", *([each.project] if each.project else ()), turn.words, before)
    cells = "".join(f"<td>{shown_text(text)}" for text in texts)
    after = f"<del>{after}</del>" if each.is_lower else after if each.perhaps else f"<ins>{after}</ins>"
    perhaps = f"<ins>{shown_text(each.perhaps)}</ins>" if each.is_higher else shown_text(each.perhaps)
    return f'<tr class="{tone}">{cells}<td>{after}<td>{perhaps}<td>{shown_text(why_changed(each))}</tr>'


def _held(role: str, ways: Sequence[str]) -> str:
    told = ", ".join(way for way in ways if way != role)
    return f"{role or NO_ROLE}{f' ({told})' if told else ''}"


def _cards(migration: Migration) -> str:
    """Return a card for every object, that opens without a script, with the bar to search and filter them."""
    objects = sorted(migration.objects, key=_gravest)
    filters = (
        ("a", "Fate", [each.fate.value for each in objects]),
        ("k", "Kind", [shown_text(address_of(each).kind) for each in objects]),
    )
    found = "".join(f'<details id="c{index}" {_card(each)}</details>' for index, each in enumerate(objects))
    return (
        f'<section id="changes" aria-labelledby="changes-h"><h2 id="changes-h">Every object, '
        f"{len(objects):,} in all</h2>{controls('objects', filters)}"
        f'<div id="list">{found or "<p>None.</p>"}</div></section>'
    )


_ORDER = {fate: index for index, fate in enumerate((Fate.LOST, Fate.CHANGED, Fate.ADDED, Fate.CARRIED))}


def _gravest(each: ObjectFate) -> tuple[bool, int]:
    return each.is_system or each.is_stated, _ORDER[each.fate]


def _card(each: ObjectFate) -> str:
    kind = shown_text(address_of(each).kind)
    names = [str(address) for address in dict.fromkeys((each.old, each.new)) if address is not None]
    said = " → ".join(f"<code>{shown_text(name)}</code>" for name in names)
    paths = shown_text(", ".join(it.path for it in uncarried(each)))
    notes = [text for text, holds in (("the platform's own", each.is_system), (_LEFT, each.is_stated)) if holds]
    place = place_text(each.source)
    told = [shown_text(text) for text in (why_text(each), *notes) if text]
    told += [f"<code>{shown_text(place)}</code>"] if place else []
    reason = f"<p>{'; '.join(told)}</p>" if told else ""
    return (
        f'class="{each.fate.value}" data-k="{kind}"><summary><b>{each.fate.value}</b> {said} <span>{paths}</span>'
        f"</summary>{reason}{_fields(each.fields)}"
    )


_LEFT = "the mapping leaves it behind"


def _fields(fields: Sequence[FieldFate]) -> str:
    """Return every field with its fate, also those that are carried as they are."""
    rows = "".join(
        f"<tr><td><code>{shown_text(it.path)}</code><td>{it.fate.value}<td>{_value(it.before)}<td>{_after(it)}"
        f"<td>{shown_text(why_text(it))}</tr>"
        for it in sorted(fields, key=lambda it: _ORDER[it.fate])
    )
    heads = "".join(f"<th>{text}" for text in ("Field", "Is", "Before", "After", "Why"))
    return f'<div class="wide"><table><tr>{heads}</tr>{rows}</table></div>' if rows else ""


def _after(it: FieldFate) -> str:
    return "<del>nothing</del>" if it.fate is Fate.LOST else _value(it.after)


def _value(value: object) -> str:
    text = value_text(value)
    more = f" … {len(text) - _VALUE_LIMIT:,} more characters" if len(text) > _VALUE_LIMIT else ""
    return f"<code>{shown_text(text[:_VALUE_LIMIT])}</code>{more}"
