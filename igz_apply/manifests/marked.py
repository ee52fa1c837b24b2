"""The careful reading of one document: every position, every fault, aliases and merge keys.

A document is read this way when something is irregular in it, or when a problem in it needs its place.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

import yaml
from yaml._yaml import CParser

from igz_apply.manifests.construct import MOST_NESTED
from igz_apply.manifests.file_text import FileText
from igz_apply.manifests.scalars import AmbiguousScalar, resolve
from igz_apply.manifests.yaml_faults import broken_yaml
from igz_apply.model.problems import Problem
from igz_apply.model.secrecy import may_be_secret
from igz_apply.model.suggest import nearest
from igz_apply.values import dataclass

MOST_BY_ALIAS = 10_000  # values that the aliases of one document may stand for
_TAGS = {
    "!": None,
    "tag:yaml.org,2002:str": None,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:null": type(None),
    "tag:yaml.org,2002:map": dict,
    "tag:yaml.org,2002:seq": list,
}
_MERGE = "<<"
_MOST_TOLD = 60  # characters of a number that a hint repeats
_SECRETS = ("password", "elasticsearch_password", "passwd", "secret", "token", "access_key", "credentials")
_NOTHING = object()  # the data of a value that has a problem of its own: it is left out, so that nothing else is said


@dataclass(slots=True)
class Node:
    """A value and where it begins; `children` by key or index, each with where its key begins."""

    offset: int
    data: Any
    children: dict[str | int, tuple[int, Node]] = field(default_factory=dict)
    text: str = ""  # of a scalar, as it was written


@dataclass(frozen=True, slots=True)
class Marked:
    """One document with positions; `root` is None when it could not be read to its end."""

    root: Node | None
    problems: tuple[Problem, ...]


class _Stop(Exception):
    """Reading on makes no sense; the problem has been noted."""


def read_marked(file: FileText, start: int, end: int) -> Marked:
    """Read the one document that lies between two offsets of the file; all offsets count from the file's start."""
    composer = _Composer(file, start, end)
    root: Node | None = None
    try:
        root = composer.document()
        if root.data is _NOTHING:
            root = None
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        composer.problems.append(broken_yaml(error, file, start))
    return Marked(root, tuple(composer.problems))


class _Composer:
    """Builds the nodes of one document and collects its problems."""

    def __init__(self, file: FileText, start: int, end: int) -> None:
        self._file = file
        self._parser = CParser(file.text[start:end])
        self._base = start
        self._anchors: dict[str, Node | None] = {}  # None: still being read
        self._above: list[str] = []  # the keys that lead to what is being read
        self._by_alias = 0
        self.problems: list[Problem] = []

    def document(self) -> Node:
        self._next()  # the stream begins
        self._next()  # the document begins
        return self._node(self._next(), 0)

    def _next(self) -> Any:
        return self._parser.get_event()

    def _node(self, event: Any, depth: int) -> Node:
        offset = self._base + event.start_mark.index
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, offset)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = Node(offset, self._scalar(event, offset), text=event.value)
        elif depth >= MOST_NESTED:
            detail = f"Values are nested more than {MOST_NESTED} deep."
            raise self._stop(offset, "Nested too deep", detail, "No field needs that: check the brackets.")
        elif isinstance(event, yaml.MappingStartEvent):
            self._expect_tag(event, offset, dict)
            node = self._mapping(offset, depth + 1)
        else:
            self._expect_tag(event, offset, list)
            node = self._sequence(offset, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, offset: int, depth: int) -> Node:
        node = Node(offset, [])
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            item = self._node(event, depth)
            if item.data is _NOTHING:
                continue
            node.children[len(node.data)] = (item.offset, item)
            node.data.append(item.data)
        return node

    def _mapping(self, offset: int, depth: int) -> Node:
        node = Node(offset, {})
        merged: list[tuple[int, Node]] = []
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            at = self._base + event.start_mark.index
            key = self._key(event, at, depth)
            self._above.append(key or "")
            value = self._node(self._next(), depth)
            self._above.pop()
            if key is None or value.data is _NOTHING:
                continue
            if key == _MERGE:
                merged.append((at, value))
            elif key in node.children:
                self._duplicate(key, at, node.children[key][0])
            else:
                node.children[key] = (at, value)
                node.data[key] = value.data
        for at, value in merged:
            self._merge(node, at, value)
        return node

    def _key(self, event: Any, offset: int, depth: int) -> str | None:
        """Return the key that `event` begins; None, and a fault, when it is no text."""
        if isinstance(event, yaml.ScalarEvent) and event.tag is None:
            if event.anchor is not None:
                self._anchors[event.anchor] = Node(offset, event.value)
            return str(event.value)
        self._node(event, depth)
        self._fault(
            offset,
            "Key is not text",
            "A key is a mapping, a list, an alias or tagged; here keys are text.",
            "Quote it; a template such as {{ name }} has to be rendered before igz-apply reads it.",
        )
        return None

    def _merge(self, node: Node, offset: int, value: Node) -> None:
        """Add what `<<` brings along; what the mapping states itself wins, then what comes first."""
        sources = [child for _, child in value.children.values()] if isinstance(value.data, list) else [value]
        for source in sources:
            if not isinstance(source.data, dict):
                self._fault(offset, "Bad merge", "`<<` takes a mapping, or a list of mappings.", "Write `<<: *anchor`.")
                continue
            for key, child in source.children.items():
                if key not in node.children:
                    node.children[key] = child
                    node.data[key] = child[1].data

    def _alias(self, event: Any, offset: int) -> Node:
        if event.anchor not in self._anchors:
            self._fault(
                offset, "Unknown alias", f"No anchor &{event.anchor} comes before this alias.", "Define it above."
            )
            return Node(offset, _NOTHING)
        target = self._anchors[event.anchor]
        if target is None:
            detail = f"The alias *{event.anchor} stands inside its own anchor."
            raise self._stop(offset, "Endless alias", detail, "Write the value out.")
        self._by_alias += _size(target, MOST_BY_ALIAS)
        if self._by_alias > MOST_BY_ALIAS:
            detail = f"The aliases of this document stand for more than {MOST_BY_ALIAS:,} values."
            raise self._stop(offset, "Too many aliases", detail, "Write the values out.")
        return Node(target.offset, target.data, target.children, target.text)

    def _scalar(self, event: Any, offset: int) -> Any:
        text: str = event.value
        if event.tag is None and not event.implicit[0]:
            return text
        try:
            if event.tag is None:
                return resolve(text)
            return self._tagged(event, offset, text)
        except AmbiguousScalar as error:
            is_told = len(text) <= _MOST_TOLD and not any(map(_may_be_secret, self._above))
            quoted = f'Write "{text}"' if is_told else "Quote it"
            hint = f"{quoted} if it is text; else write it as plainly as 42."
            self._fault(offset, "Ambiguous number", error.args[0], hint)
            return _NOTHING

    def _tagged(self, event: Any, offset: int, text: str) -> Any:
        wanted = _TAGS.get(event.tag, dict)
        if wanted is None:
            return text
        meant = resolve(text)
        if type(meant) is not wanted:
            self._bad_tag(event, offset)
            return _NOTHING
        return meant

    def _expect_tag(self, event: Any, offset: int, kind: type) -> None:
        if event.tag is not None and event.tag != "!" and _TAGS.get(event.tag) is not kind:
            self._bad_tag(event, offset)

    def _bad_tag(self, event: Any, offset: int) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self._fault(offset, "Tag not allowed", f"The tag {tag} cannot be applied here.", "Remove the tag.")

    def _duplicate(self, key: str, offset: int, first: int) -> None:
        detail = f"The key {key!r} stands twice in this mapping, first at {self._file.place(first)}."
        self._fault(offset, "Duplicate key", detail, "Keep one of the two.")

    def _fault(self, offset: int, summary: str, detail: str, hint: str) -> None:
        self.problems.append(Problem(summary, detail, hint, source=self._file.place(offset)))

    def _stop(self, offset: int, summary: str, detail: str, hint: str) -> _Stop:
        self._fault(offset, summary, detail, hint)
        return _Stop()


def _may_be_secret(key: str) -> bool:
    """Say whether what a key holds may be a secret, by its name, even a mistyped one: then it is not repeated."""
    return may_be_secret(key) or nearest(key, _SECRETS) is not None


def _size(node: Node, most: int) -> int:
    """Return how many values the node stands for, with the aliases inside it; it stops counting after `most`."""
    count = 0
    waiting = [node]
    while waiting and count <= most:
        count += 1
        waiting.extend(child for _, child in waiting.pop().children.values())
    return count
