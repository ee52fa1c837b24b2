"""One document brought to new data by the fewest edits of its text.

The tree of what is written is held against the data that is wanted. An alias whose anchor changes is written out,
unless it is to change in the same way; what a merge key brings is overridden, or written out where it has to go.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from igz_apply.manifests.editing.rendering import WIDTH, Style, block_lines, entry_lines, fits, inline, item_lines, pair
from igz_apply.manifests.editing.splices import (
    Splice,
    begins_its_line,
    column,
    comments_above,
    ends_its_line,
    ends_of_line,
    is_comment,
    line_end,
    line_start,
    lines_between,
    next_line,
)
from igz_apply.manifests.editing.tree import MERGE, CannotEdit, Entry, Node, read_tree, skip
from igz_apply.patterns import pattern

_GONE = object()  # an anchor that stands nowhere any more
_WORD = pattern(r"[\w.@-]+")


class _Slot(NamedTuple):
    """Where a value stands in what holds it."""

    entry: Entry
    indent: int  # the column of the entries beside it
    is_flow: bool
    is_item: bool


def rewritten(text: str, start: int, end: int, wanted: Mapping[str, Any], *, is_json: bool) -> Sequence[Splice]:
    """Return the edits that make the document between two offsets of a file's text say what is `wanted`.

    Raises CannotEdit with the place, where that cannot be written without touching something else.
    """
    root = read_tree(text, start, end)
    if not isinstance(root.data, dict) or not wanted:
        raise CannotEdit(root.start, "the document is no mapping")
    return _Rewriting(text, start, is_json=is_json).document(root, wanted)


def same(one: Any, other: Any) -> bool:
    """Say whether two values are the very same data; 1 is not true, and neither is 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


class _Rewriting:
    """Collects the edits of one document."""

    def __init__(self, text: str, floor: int, *, is_json: bool) -> None:
        self._text = text
        self._floor = floor  # nothing above is touched
        self._is_json = is_json
        self._newline = ends_of_line(text)
        self._quote = ""  # of most texts in the document
        self._step = 2  # by which JSON is indented
        self._splices: list[Splice] = []
        self._anchors: dict[str, Any] = {}  # what each that has been passed stands for now

    def document(self, root: Node, wanted: Mapping[str, Any]) -> Sequence[Splice]:
        self._quote = _quotes_of(root)
        self._step = (column(self._text, root.entries[0].start) or 2) if root.style == "[" else 2
        self._inside(root, wanted, _Slot(Entry(root.start, root.start, root.end, "", root), 0, False, False))
        return self._splices

    def _put(self, start: int, end: int, text: str) -> None:
        self._splices.append(Splice(start, end, text))

    def _lines(self, lines: Iterator[str]) -> str:
        return self._newline.join(lines)

    # Values

    def _value(self, slot: _Slot, wanted: Any) -> None:
        node = slot.entry.value
        if node.style == "*":
            if not same(self._anchors.get(node.anchor, _GONE), wanted):
                self._replace(slot, wanted)
            return
        if _has_parts(node, wanted) and not any(entry.is_odd for entry in node.entries):
            self._inside(node, wanted, slot)
        elif not same(node.data, wanted):
            self._replace(slot, wanted)
        if node.anchor:
            self._anchors[node.anchor] = wanted

    def _inside(self, node: Node, wanted: Any, slot: _Slot) -> None:
        if isinstance(wanted, list):
            self._sequence(node, wanted, slot)
        else:
            self._mapping(node, wanted, slot)

    def _replace(self, slot: _Slot, wanted: Any) -> None:
        node = slot.entry.value
        self._forget(node)
        if slot.entry.is_odd:
            raise CannotEdit(slot.entry.start, "a key without a value, or a pair without braces, stands here")
        style = self._style(node, slot)
        if node.is_block:
            self._replace_block(slot, wanted, style)
        elif slot.is_flow or self._is_short(slot, wanted, style):
            self._replace_text(slot, self._scalar(slot, wanted, style))
        elif slot.is_item:
            lines = item_lines(wanted, slot.indent, style)
            self._replace_text(slot, self._lines(lines).lstrip(" -"))
        else:
            is_anchor = node.anchor and node.style != "*"
            head_ends = node.start + 1 + len(node.anchor) if is_anchor else slot.entry.after
            self._put(head_ends, node.end, node.comment.rstrip())
            below = self._lines(block_lines(wanted, slot.indent + style.step, style))
            self._put(line_end(self._text, node.end), line_end(self._text, node.end), self._newline + below)

    def _is_short(self, slot: _Slot, wanted: Any, style: Style) -> bool:
        node = slot.entry.value
        at = column(self._text, node.start)
        if fits(wanted, at, style):
            return True
        was_inline = node.style in ("[", "*") and isinstance(wanted, type(node.data))
        return was_inline and (node.style == "[" or at + len(inline(wanted, style)) <= WIDTH)

    def _replace_text(self, slot: _Slot, written: str) -> None:
        """Put text in the place of a value that stands behind its key or its dash."""
        node = slot.entry.value
        self._drop_properties(node)
        first, line_ends, rest = written.partition(self._newline)
        written = f"{first}{node.comment}{line_ends}{rest}"
        needs_blank = node.body == node.end and self._text[node.body - 1 : node.body] not in (" ", "\t", "")
        self._put(node.body, node.end, f" {written}" if needs_blank else written)

    def _drop_properties(self, node: Node) -> None:
        if node.tag:
            self._put(node.start, node.body, f"&{node.anchor} " if node.anchor else "")

    def _replace_block(self, slot: _Slot, wanted: Any, style: Style) -> None:
        """Put a value in the place of a block: its lines go, and a comment behind the key stays."""
        node, text = slot.entry.value, self._text
        if node.tag:
            raise CannotEdit(node.start, "a tag stands here")
        if line_start(text, slot.entry.after) == line_start(text, node.entries[0].start):  # a block behind a dash
            written = self._lines(item_lines(wanted, slot.indent, style)).lstrip(" -")
            self._put(node.entries[0].start, node.end, written)
            return
        head = slot.entry.after
        if node.anchor:
            head = skip(text, head) + 1 + len(node.anchor)
        key_ends = line_end(text, head)
        stays_list = bool(wanted) and isinstance(wanted, list) and isinstance(node.data, list)
        if fits(wanted, column(text, head) + 1, style) and not stays_list:
            self._put(head, head, f" {inline(wanted, style)}")
            self._put(key_ends, self._tail(node.entries[-1], slot.indent), "")
        else:
            below = self._lines(block_lines(wanted, column(text, node.entries[0].start), style))
            self._put(key_ends, self._tail(node.entries[-1], slot.indent), self._newline + below)

    def _scalar(self, slot: _Slot, wanted: Any, style: Style) -> str:
        node = slot.entry.value
        if node.style not in ("|", ">") or not isinstance(wanted, str) or "\n" not in wanted.rstrip("\n"):
            return inline(wanted, style)
        lines = wanted.removesuffix("\n").split("\n")
        if any(line != line.strip() or not line.isprintable() for line in lines) or not lines[0] or not lines[-1]:
            return inline(wanted, style)
        second = next_line(self._text, node.body)
        pad = " " * max(skip_blanks(self._text, second) - second, slot.indent + 2)
        head = "|" if wanted.endswith("\n") else "|-"
        return self._newline.join([head, *(f"{pad}{line}" if line else "" for line in lines)])

    def _style(self, node: Node, slot: _Slot) -> Style:
        step = 2
        if node.is_block and not slot.is_item:
            step = max(column(self._text, node.entries[0].start) - slot.indent, 0) or 2
        if self._is_json:
            return self._json_style(slot.entry)
        return Style(node.style if node.style in ("'", '"') else self._quote_in(node), step=step)

    def _json_style(self, entry: Entry) -> Style:
        """Return how JSON is written in the place of an entry: in lines where that has a line of its own."""
        is_line = begins_its_line(self._text, entry.start)
        return Style(
            is_json=True,
            newline=self._newline,
            step=self._step,
            column=column(self._text, entry.start) if is_line else -1,
        )

    def _quote_in(self, node: Node) -> str:
        """Return the quotes that all texts in a value stand in, "" where they differ; the document's if it has none."""
        styles = {entry.value.style for entry in node.entries if isinstance(entry.value.data, str)}
        if not styles and not isinstance(node.data, str):
            return self._quote
        (only,) = styles if len(styles) == 1 else ("",)
        return only if only in ("'", '"') else ""

    def _forget(self, node: Node) -> None:
        """Note that the anchors below a value go; its own stays where the value is replaced."""
        for entry in node.entries:
            self._forget_entry(entry)

    def _forget_entry(self, entry: Entry) -> None:
        for anchor in (entry.anchor, entry.value.anchor if entry.value.style != "*" else ""):
            if anchor:
                self._anchors[anchor] = _GONE
        self._forget(entry.value)

    # Mappings

    def _mapping(self, node: Node, wanted: Mapping[str, Any], slot: _Slot) -> None:
        inherited = self._inherited(node)
        gone = [entry for entry in node.entries if entry.key != MERGE and entry.key not in wanted]
        if inherited is None or not inherited.keys() <= wanted.keys():
            gone += [entry for entry in node.entries if entry.key == MERGE]
            inherited = {}
        own = {entry.key for entry in node.entries}
        added = {
            key: value
            for key, value in wanted.items()
            if key not in own and not (key in inherited and same(inherited[key], value))
        }
        if len(gone) == len(node.entries):
            self._replace(slot, dict(wanted))
            return
        kept = []
        for entry in node.entries:
            if entry in gone:
                self._forget_entry(entry)
            else:
                kept.append(entry)
                self._anchors.update({entry.anchor: entry.key} if entry.anchor else {})
            if entry.key == MERGE and entry not in gone:
                self._pass(entry.value)
            elif entry not in gone:
                self._value(_Slot(entry, self._indent(node), not node.is_block, False), wanted[entry.key])
        self._remove(node, gone, [kept[-1]] if added else ())
        self._add(node, kept[-1], list(added.items()), is_followed=False)

    def _inherited(self, node: Node) -> dict[str, Any] | None:
        """Return what the merge keys of a mapping bring now; None where an anchor is gone that one needs."""
        found: dict[str, Any] = {}
        for merge in (entry.value for entry in node.entries if entry.key == MERGE):
            sources = [entry.value for entry in merge.entries] if isinstance(merge.data, list) else [merge]
            if merge.style == "*" and isinstance(merge.data, list):
                sources, data = [], self._anchors.get(merge.anchor, _GONE)
                if data is _GONE:
                    return None
                for each in data:
                    found.update({key: value for key, value in each.items() if key not in found})
            for source in sources:
                data = self._anchors.get(source.anchor, _GONE) if source.style == "*" else source.data
                if not isinstance(data, dict):
                    return None
                found.update({key: value for key, value in data.items() if key not in found})
        return found

    def _pass(self, node: Node) -> None:
        """Note the anchors of a value that stays as it is."""
        if node.anchor and node.style != "*":
            self._anchors[node.anchor] = node.data
        for entry in node.entries:
            self._anchors.update({entry.anchor: entry.key} if entry.anchor else {})
            self._pass(entry.value)

    # Lists

    def _sequence(self, node: Node, wanted: Sequence[Any], slot: _Slot) -> None:
        was, will = [_frozen(item) for item in node.data], [_frozen(item) for item in wanted]
        kept: list[tuple[Entry, int]] = []
        added: list[tuple[Entry | None, list[Any]]] = []
        gone: list[Entry] = []
        for verb, i, j, k, m in SequenceMatcher(None, was, will, autojunk=False).get_opcodes():
            pairs = min(j - i, m - k) if verb == "equal" or _are_alike(node.entries[i:j], wanted[k:m]) else 0
            kept += [(node.entries[i + index], k + index) for index in range(pairs)]
            gone += node.entries[i + pairs : j]
            if k + pairs < m:
                added.append((kept[-1][0] if kept else None, list(wanted[k + pairs : m])))
        if not kept:
            self._replace(slot, list(wanted))
            return
        places = {id(entry): index for entry, index in kept}
        for entry in node.entries:
            if id(entry) in places:
                self._value(_Slot(entry, self._indent(node), not node.is_block, True), wanted[places[id(entry)]])
            else:
                self._forget_entry(entry)
        self._remove(node, gone, [behind for behind, _ in added if behind is not None])
        for behind, items in added:
            if behind is None:
                self._add_before(node, kept[0][0], items)
            else:
                self._add(node, behind, [("", item) for item in items], is_followed=behind is not kept[-1][0])

    def _indent(self, node: Node) -> int:
        return column(self._text, node.entries[0].start)

    # Adding

    def _add(self, node: Node, behind: Entry, new: Sequence[tuple[str, Any]], *, is_followed: bool) -> None:
        """Add keys or items behind one that stays; `is_followed`: others that stay come after it."""
        if not new:
            return
        style = self._json_style(behind) if self._is_json else Style(self._quote_in(node))
        is_list = isinstance(node.data, list)
        if node.is_block:
            indent = self._indent(node)
            at = self._tail(behind, indent)
            lines = [
                line
                for key, value in new
                for line in (item_lines(value, indent, style) if is_list else entry_lines(key, value, indent, style))
            ]
            self._put(at, at, "".join(self._newline + line for line in lines))
            return
        written = [inline(value, style) if is_list else pair(key, value, style) for key, value in new]
        comma = self._comma(behind)
        if not (self._has_own_line(behind) and self._has_own_line(node.entries[-1])):
            self._put(behind.end, behind.end, "".join(f", {each}" for each in written))
            return
        pad = " " * column(self._text, behind.start)
        if comma is None:
            self._put(behind.end, behind.end, ",")
        at = line_end(self._text, behind.end if comma is None else comma)
        lines = [f"{self._newline}{pad}{each}" for each in written]
        ends_with_comma = is_followed or self._comma(node.entries[-1]) is not None
        self._put(at, at, ",".join(lines) + ("," if ends_with_comma else ""))

    def _add_before(self, node: Node, entry: Entry, items: Sequence[Any]) -> None:
        style = self._json_style(entry) if self._is_json else Style(self._quote_in(node))
        if not node.is_block:
            self._put(entry.start, entry.start, "".join(f"{inline(item, style)}, " for item in items))
            return
        indent = self._indent(node)
        lines = [line for item in items for line in item_lines(item, indent, style)]
        pad = " " * indent
        self._put(entry.start, entry.start, "".join(line + self._newline for line in lines).lstrip(" ") + pad)

    def _comma(self, entry: Entry) -> int | None:
        """Return where the comma stands behind an entry in brackets, None where there is none."""
        at = skip(self._text, entry.end)
        return at if self._text[at : at + 1] == "," else None

    def _has_own_line(self, entry: Entry) -> bool:
        comma = self._comma(entry)
        behind = entry.end if comma is None else comma + 1
        is_near = comma is None or line_end(self._text, entry.end) >= comma
        return begins_its_line(self._text, entry.start) and is_near and ends_its_line(self._text, behind)

    # Removing

    def _remove(self, node: Node, gone: Sequence[Entry], growing: Sequence[Entry]) -> None:
        """Remove entries, of which some stay, each run of neighbours at once; behind those `growing` come new ones."""
        chosen, followed = {id(entry) for entry in gone}, {id(entry) for entry in growing}
        runs: list[list[int]] = []
        for index, entry in enumerate(node.entries):
            if id(entry) in chosen:
                if runs and runs[-1][-1] == index - 1:
                    runs[-1].append(index)
                else:
                    runs.append([index])
        for run in runs:
            if node.is_block:
                self._remove_lines(node, run[0], run[-1])
            else:
                self._remove_between(node, run[0], run[-1], followed)

    def _remove_lines(self, node: Node, first: int, last: int) -> None:
        """Remove neighbours of a block, with the comments that are about them alone."""
        entries, text = node.entries, self._text
        indent = self._indent(node)
        end = self._tail(entries[last], indent)
        following = entries[last + 1].start if last + 1 < len(entries) else None
        if not begins_its_line(text, entries[first].start):  # behind a dash
            assert following is not None, "a block of which all goes is replaced"
            is_near = not text[end:following].strip()
            self._put(entries[first].start, following if is_near else end, "")
            return
        start = self._start_with_comments(node, first, last, end)
        if start:  # with the line end before them: what is added behind them goes where they ended
            self._put(line_end(text, line_start(text, start - 1)), end, "")
        else:
            self._put(start, next_line(text, end), "")

    def _start_with_comments(self, node: Node, first: int, last: int, end: int) -> int:
        """Return where the lines of entries begin that go; a comment above that is about others too stays.

        It is about what stands below it up to the next comment or blank line; from a line on that names what goes, it
        is about that.
        """
        text, entries, indent = self._text, node.entries, self._indent(node)
        start = line_start(text, entries[first].start)
        floor = next_line(text, self._tail(entries[first - 1], indent)) if first else self._floor
        above = comments_above(text, start, max(floor, self._floor))
        if above == start:
            return start
        below = next_line(text, end)
        goes_on = last + 1 < len(entries) and line_start(text, entries[last + 1].start) == below
        if not goes_on:
            return above
        names = {word.casefold() for entry in entries[first : last + 1] for word in _words(entry)}
        return next((at for at in lines_between(text, above, start) if names & _told(text, at)), start)

    def _remove_between(self, node: Node, first: int, last: int, followed: Container[int]) -> None:
        """Remove neighbours between brackets: with their lines where they have lines of their own."""
        entries, text = node.entries, self._text
        run = entries[first : last + 1]
        comma = self._comma(run[-1])
        has_lines = begins_its_line(text, run[0].start) and self._ends_line(run[-1])
        before = entries[first - 1] if first else None
        if has_lines:
            start = self._start_with_comments(node, first, last, line_end(text, comma or run[-1].end))
            self._put(start, next_line(text, comma or run[-1].end), "")
            if comma is None and before is not None and id(before) not in followed:
                useless = self._comma(before)
                self._put(useless or before.end, (useless or before.end - 1) + 1, "")
            return
        is_last = last + 1 == len(entries)
        is_alone = before is not None and line_start(text, run[0].start) == line_start(text, before.end)
        if before is not None and (is_last or (is_alone and self._ends_line(run[-1]))):
            self._put(before.end, run[-1].end, "")
        elif comma is not None and self._ends_line(run[-1]):
            self._put(run[0].start, line_end(text, comma), "")
        else:
            self._put(run[0].start, entries[last + 1].start, "")

    def _ends_line(self, entry: Entry) -> bool:
        comma = self._comma(entry)
        if comma is None:
            return ends_its_line(self._text, entry.end)
        return line_end(self._text, entry.end) >= comma and ends_its_line(self._text, comma + 1)

    def _tail(self, entry: Entry, indent: int) -> int:
        """Return where the last line of an entry ends, with comments below it that are indented as what is in it."""
        text = self._text
        end = line_end(text, entry.end)
        while (start := next_line(text, end)) < len(text) and is_comment(text, start):
            if skip_blanks(text, start) - start <= indent:
                break
            end = line_end(text, start)
        return end


def skip_blanks(text: str, at: int) -> int:
    """Return where something else than a blank stands."""
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    return at


def _has_parts(node: Node, wanted: Any) -> bool:
    """Say whether a value and what is wanted are both lists or both mappings with something in them."""
    return bool(node.entries and wanted) and isinstance(wanted, type(node.data)) and isinstance(wanted, (dict, list))


def _are_alike(entries: Sequence[Entry], wanted: Sequence[Any]) -> bool:
    """Say whether items may become others by edits inside them: as many, and lists or mappings as they were."""
    return len(entries) == len(wanted) and all(map(_has_parts, (each.value for each in entries), wanted))


def _frozen(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _quotes_of(root: Node) -> str:
    """Return the quotes that most texts of a document stand in."""
    counts = {"": 0, "'": 0, '"': 0}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += [entry.value for entry in node.entries]
        if isinstance(node.data, str) and node.style in counts:
            counts[node.style] += 1
    return max(counts, key=lambda style: counts[style])


def _told(text: str, at: int) -> set[str]:
    """Return the words of a line that begins at an offset."""
    return {word.casefold() for word in _WORD.findall(text[at : line_end(text, at)])}


def _words(entry: Entry) -> Iterator[str]:
    """Yield what an entry names: its key, and the texts in it."""
    waiting: list[Any] = [entry.key, entry.value.data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield from _WORD.findall(value)
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
