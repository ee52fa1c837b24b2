"""One document brought to new data by the fewest edits of its text.

The tree of what is written is held against the data that is wanted. An alias whose anchor changes is written out,
unless it is to change in the same way; what a merge key brings is overridden, or written out where it has to go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from igz_apply.manifests.editing.cuts import Cuts, skip_blanks
from igz_apply.manifests.editing.splices import (
    Splice,
    begins_its_line,
    column,
    ends_of_line,
    line_end,
    line_start,
    next_line,
)
from igz_apply.manifests.editing.tree import MERGE, CannotEdit, Entry, Node, read_tree, skip
from igz_apply.manifests.yaml_lines import WIDTH, Row, Style, block_rows, entry_rows, fits, inline, item_rows, pair
from igz_apply.model.edits import GONE


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
        self._is_json = is_json
        self._newline = ends_of_line(text)
        self._quote = ""  # of most texts in the document
        self._step = 2  # by which JSON is indented
        self._splices: list[Splice] = []
        self._cuts = Cuts(text, floor, self._put)
        self._anchors: dict[str, Any] = {}  # what each that has been passed stands for now; GONE: nothing does

    def document(self, root: Node, wanted: Mapping[str, Any]) -> Sequence[Splice]:
        self._quote = _quotes_of(root)
        self._step = (column(self._text, root.entries[0].start) or 2) if root.style == "[" else 2
        self._inside(root, wanted, _Slot(Entry(root.start, root.start, root.end, "", root), 0, False, False))
        return self._splices

    def _put(self, start: int, end: int, text: str) -> None:
        self._splices.append(Splice(start, end, text))

    def _lines(self, rows: Iterable[Row]) -> str:
        return self._newline.join(row.text for row in rows)

    # Values

    def _value(self, slot: _Slot, wanted: Any) -> None:
        node = slot.entry.value
        if node.style == "*":
            if not same(self._anchors.get(node.anchor, GONE), wanted):
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
            rows = item_rows(wanted, slot.indent, style)
            self._replace_text(slot, self._lines(rows).lstrip(" -"))
        else:
            is_anchor = node.anchor and node.style != "*"
            head_ends = node.start + 1 + len(node.anchor) if is_anchor else slot.entry.after
            self._put(head_ends, node.end, node.comment.rstrip())
            below = self._lines(block_rows(wanted, slot.indent + style.step, style))
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
            written = self._lines(item_rows(wanted, slot.indent, style)).lstrip(" -")
            self._put(node.entries[0].start, node.end, written)
            return
        head = slot.entry.after
        if node.anchor:
            head = skip(text, head) + 1 + len(node.anchor)
        key_ends = line_end(text, head)
        stays_list = bool(wanted) and isinstance(wanted, list) and isinstance(node.data, list)
        if fits(wanted, column(text, head) + 1, style) and not stays_list:
            self._put(head, head, f" {inline(wanted, style)}")
            self._put(key_ends, self._cuts.tail(node.entries[-1], slot.indent), "")
        else:
            below = self._lines(block_rows(wanted, column(text, node.entries[0].start), style))
            self._put(key_ends, self._cuts.tail(node.entries[-1], slot.indent), self._newline + below)

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
                self._anchors[anchor] = GONE
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
        self._cuts.remove(node, gone, [kept[-1]] if added else ())
        self._add(node, kept[-1], list(added.items()), is_followed=False)

    def _inherited(self, node: Node) -> dict[str, Any] | None:
        """Return what the merge keys of a mapping bring now; None where an anchor is gone that one needs."""
        found: dict[str, Any] = {}
        for merge in (entry.value for entry in node.entries if entry.key == MERGE):
            sources = [entry.value for entry in merge.entries] if isinstance(merge.data, list) else [merge]
            if merge.style == "*" and isinstance(merge.data, list):
                sources, data = [], self._anchors.get(merge.anchor, GONE)
                if data is GONE:
                    return None
                for each in data:
                    found.update({key: value for key, value in each.items() if key not in found})
            for source in sources:
                data = self._anchors.get(source.anchor, GONE) if source.style == "*" else source.data
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
        self._cuts.remove(node, gone, [behind for behind, _ in added if behind is not None])
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
            at = self._cuts.tail(behind, indent)
            rows = [
                row
                for key, value in new
                for row in (item_rows(value, indent, style) if is_list else entry_rows(key, value, indent, style))
            ]
            self._put(at, at, "".join(self._newline + row.text for row in rows))
            return
        written = [inline(value, style) if is_list else pair(key, value, style) for key, value in new]
        comma = self._cuts.comma(behind)
        if not (self._cuts.has_own_line(behind) and self._cuts.has_own_line(node.entries[-1])):
            self._put(behind.end, behind.end, "".join(f", {each}" for each in written))
            return
        pad = " " * column(self._text, behind.start)
        if comma is None:
            self._put(behind.end, behind.end, ",")
        at = line_end(self._text, behind.end if comma is None else comma)
        lines = [f"{self._newline}{pad}{each}" for each in written]
        ends_with_comma = is_followed or self._cuts.comma(node.entries[-1]) is not None
        self._put(at, at, ",".join(lines) + ("," if ends_with_comma else ""))

    def _add_before(self, node: Node, entry: Entry, items: Sequence[Any]) -> None:
        style = self._json_style(entry) if self._is_json else Style(self._quote_in(node))
        if not node.is_block:
            self._put(entry.start, entry.start, "".join(f"{inline(item, style)}, " for item in items))
            return
        indent = self._indent(node)
        rows = [row for item in items for row in item_rows(item, indent, style)]
        pad = " " * indent
        self._put(entry.start, entry.start, "".join(row.text + self._newline for row in rows).lstrip(" ") + pad)


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
