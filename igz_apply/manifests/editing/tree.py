"""One document as it is written: every value with where it begins and ends, its style, anchors and aliases."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import yaml
from yaml._yaml import CParser

from igz_apply.manifests.scalars import resolve
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

MERGE = "<<"
_PROPERTY = pattern(r"[&!][^\s,\[\]{}]*")
_BETWEEN = pattern(r"(?:[ \t\r\n\ufeff]|#[^\r\n]*)*")  # blanks, line ends and comments
_HEAD = pattern(r"([|>][-+0-9]*)([^\r\n]*)")  # of a block of text, and the comment behind it
_LAST_LINE_END = pattern(r"(?:\r\n|\n|\r)\Z")
_ODD_LINE_END = pattern("[\x85\u2028\u2029]")
_BLANKS = " \t\r\n"
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


class CannotEdit(Exception):
    """A place that cannot be edited without touching what is none of our business."""

    def __init__(self, offset: int, why: str) -> None:
        super().__init__(why)
        self.offset = offset
        self.why = why


@dataclass(slots=True)
class Node:
    """A value as it is written; offsets count from the start of the file's text."""

    start: int  # with its anchor and its tag
    body: int  # behind those
    end: int  # behind its last character: of a block, behind the last value in it
    data: Any
    style: str = ""  # of a scalar: its first character where it is quoted or a block; of others "[", "-" or "*"
    anchor: str = ""  # of an alias: what it stands for
    tag: str = ""
    comment: str = ""  # with the blanks before it, behind the sign that begins a block of text
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether it is a list or mapping that indents show."""
        return self.style == "-"


@dataclass(slots=True)
class Entry:
    """A key with its value, or an item of a list."""

    start: int  # of the key, or of the dash or the value of an item
    after: int  # behind the colon or the dash; the start of an item in brackets
    end: int
    key: str  # "" of an item
    value: Node
    is_odd: bool = False  # a key without a colon, or a pair without braces: cannot be edited in place
    anchor: str = ""  # of the key


def read_tree(text: str, start: int, end: int) -> Node:
    """Return the document that lies between two offsets of a file's text, which the reader of manifests has taken.

    Raises CannotEdit where it is written in a way that nothing here knows.
    """
    odd = _ODD_LINE_END.search(text, start, end)
    if odd is not None:
        raise CannotEdit(odd.start(), "a line end that editors do not know stands here")
    return _Reader(text, start, end).document()


class _Reader:
    """Builds nodes from libyaml's events, and finds the colons and dashes that those do not tell."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._base = start
        self._parser = CParser(text[start:end])
        self._anchors: dict[str, Any] = {}

    def document(self) -> Node:
        self._next()
        self._next()
        return self._node(self._next())

    def _next(self) -> Any:
        return self._parser.get_event()

    def _node(self, event: Any, *, is_key: bool = False) -> Node:
        anchor: str = getattr(event, "anchor", None) or ""
        start, end = self._base + event.start_mark.index, self._base + event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            return Node(start, start, end, self._anchors[anchor], "*", anchor)
        body = self._behind_properties(event, start, end)
        node = Node(start, body, end, None, "", anchor, event.tag or "")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, node, is_key=is_key)
        elif isinstance(event, yaml.MappingStartEvent):
            self._mapping(event, node)
        else:
            self._sequence(event, node)
        if anchor:
            self._anchors[anchor] = node.data
        return node

    def _behind_properties(self, event: Any, start: int, end: int) -> int:
        """Return where a value begins behind its anchor and tag; where nothing follows them, behind the last."""
        at = start
        for _ in range((event.anchor is not None) + (event.tag is not None)):
            at = _skip(self._text, at)
            found = _PROPERTY.match(self._text, at)
            at = found.end() if found is not None else at
        if at == start or (isinstance(event, yaml.ScalarEvent) and at >= end):
            return at
        return _skip(self._text, at)

    def _scalar(self, event: Any, node: Node, *, is_key: bool) -> None:
        value = event.value
        is_text = is_key or node.tag in _TEXT_TAGS or not (event.implicit[0] or node.tag)
        node.data = value if is_text else resolve(value)
        if event.style in ("'", '"', "|", ">"):
            node.style = event.style
        if not node.style:
            node.end = max(node.body, node.start + len(self._text[node.start : node.end].rstrip(_BLANKS)))
        if node.style in ("|", ">"):
            written = self._text[node.body : node.end]
            head = _HEAD.match(written)
            assert head is not None, "a block begins with its sign"
            node.comment = head[2]
            node.end = node.body + len(_LAST_LINE_END.sub("", written) if "+" in head[1] else written.rstrip(_BLANKS))

    def _mapping(self, begins: Any, node: Node) -> None:
        node.style = "[" if begins.flow_style else "-"
        is_bare = node.style == "[" and self._text[node.body] != "{"
        node.data = {}
        merged: list[Any] = []
        at = node.body + (node.style == "[" and not is_bare)
        event = self._next()
        while not isinstance(event, yaml.MappingEndEvent):
            entry = self._pair(event, at, is_flow=node.style == "[")
            entry.is_odd = entry.is_odd or is_bare
            node.entries.append(entry)
            at = entry.end
            if entry.key == MERGE:
                merged.append(entry.value.data)
            else:
                node.data[entry.key] = entry.value.data
            event = self._next()
        for data in merged:
            for source in data if isinstance(data, list) else [data]:
                node.data.update({key: value for key, value in source.items() if key not in node.data})
        self._close(event, node)

    def _pair(self, event: Any, at: int, *, is_flow: bool) -> Entry:
        key = self._node(event, is_key=True)
        begins = _skip(self._text, at, over="," if is_flow else "")
        if begins != key.start:
            raise CannotEdit(begins, "a key is marked with `?`")
        if key.anchor:
            self._anchors[key.anchor] = str(event.value)
        value = self._node(self._next())
        colon = _skip(self._text, key.end)
        is_odd = self._text[colon : colon + 1] != ":"
        after = key.end if is_odd else colon + 1
        if value.start == value.end:  # nothing is written there: libyaml says where the next thing is
            value.start = value.body = value.end = after
        return Entry(key.start, after, max(after, value.end), str(event.value), value, is_odd, key.anchor)

    def _sequence(self, begins: Any, node: Node) -> None:
        node.style = "[" if begins.flow_style else "-"
        node.data = []
        at = node.body
        event = self._next()
        while not isinstance(event, yaml.SequenceEndEvent):
            value = self._node(event)
            dash = _skip(self._text, at) if node.is_block else value.start
            after = dash + 1 if node.is_block else dash
            entry = Entry(dash, after, max(after, value.end), "", value)
            node.entries.append(entry)
            node.data.append(value.data)
            at = entry.end
            event = self._next()
        self._close(event, node)

    def _close(self, event: Any, node: Node) -> None:
        node.end = node.entries[-1].end if node.is_block and node.entries else self._base + event.end_mark.index


def _skip(text: str, at: int, over: str = "") -> int:
    """Return where what follows begins, behind blanks, comments and, if it is to be skipped, one sign."""
    found = _BETWEEN.match(text, at)
    at = found.end() if found is not None else at
    return _skip(text, at + 1) if over and text[at : at + 1] == over else at


def skip(text: str, at: int) -> int:
    """Return where the next thing begins at or behind `at` that is neither blank nor comment."""
    return _skip(text, at)
