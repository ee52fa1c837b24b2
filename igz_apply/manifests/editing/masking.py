"""The text of a file as it may be shown: what may be a secret in it is hidden where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from igz_apply.manifests.documents import read_documents
from igz_apply.manifests.editing.documents import respliced
from igz_apply.manifests.editing.splices import Splice, line_end
from igz_apply.manifests.editing.tree import MERGE, CannotEdit, Node, read_tree
from igz_apply.manifests.file_text import FileText, decode
from igz_apply.manifests.plain import Row
from igz_apply.model.hidden import MASK
from igz_apply.model.resources import Path
from igz_apply.model.secrecy import secret_paths
from igz_apply.patterns import pattern

_LINE = pattern(r"[^\s\x85\u2028\u2029](?:[^\r\n\x85\u2028\u2029]*[^\s\x85\u2028\u2029])?")

Place = tuple[int, int]
"""A line and a column, both from 1."""


def masked(path: str, content: bytes, places: Collection[Place] = ()) -> str:
    """Return what a file holds, as many lines of it, without what may be a secret by its key or the name beside it.

    `places` are where other secrets begin, which only whoever refers to them knows for some. A document that is written
    in a way that nothing here knows is hidden as a whole.
    """
    file = decode(path, content)
    assert isinstance(file, FileText), "a file that is edited has been read"
    splices = {splice for row in read_documents(file).rows for splice in _hidden(file, row, places)}
    return respliced(file, content, sorted(splices))


def _hidden(file: FileText, row: Row, places: Collection[Place]) -> Iterator[Splice]:
    _, _, begin, end, data = row
    paths = list(secret_paths(data))
    if not paths and not places:
        return
    try:
        tree = _Tree(read_tree(file.text, begin, end))
        nodes = [tree.at(path) for path in paths]
    except CannotEdit:
        yield from _masks(file.text, begin, end)
        return
    if places:
        nodes += [node for node in tree.nodes if _is_at(file, node, places)]
    for node in nodes:
        start = node.body
        if node.style in ("|", ">"):
            start = min(line_end(file.text, start), node.end)  # behind what says how it is folded
        yield from _masks(file.text, start, node.end)


def _is_at(file: FileText, node: Node, places: Collection[Place]) -> bool:
    found = (file.place(offset) for offset in {node.start, node.body})
    return not node.entries and any((place.line, place.column) in places for place in found)


def _masks(text: str, start: int, end: int) -> Iterator[Splice]:
    """Yield what hides each line between two offsets."""
    for found in _LINE.finditer(text, start, end):
        yield Splice(found.start(), found.end(), MASK)


class _Tree:
    """A document's nodes, with what its aliases stand for."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._meant: dict[int, Node] = {}
        self.nodes: list[Node] = []
        self._note(root, {})

    def _note(self, node: Node, anchors: dict[str, Node]) -> None:
        self.nodes.append(node)
        if node.style == "*":
            self._meant[id(node)] = anchors[node.anchor]
        elif node.anchor:
            anchors[node.anchor] = node
        for entry in node.entries:
            self._note(entry.value, anchors)

    def at(self, path: Path) -> Node:
        """Return what stands at a path: where an alias or a merge key brings it, there."""
        found = self._below(self._root, path)
        assert found is not None, "what was read from a document stands in it"
        return found

    def _below(self, node: Node, path: Path) -> Node | None:
        if node.style == "*":
            return self._below(self._meant[id(node)], path)
        if not path:
            return node
        part: Any = path[0]
        if isinstance(part, int):
            return self._below(node.entries[part].value, path[1:])
        for entry in node.entries:
            if entry.key == part:
                return self._below(entry.value, path[1:])
        merged = (source for entry in node.entries if entry.key == MERGE for source in self._sources(entry.value))
        return next((found for each in merged if (found := self._below(each, path)) is not None), None)

    def _sources(self, node: Node) -> Iterator[Node]:
        """Yield the mappings that a merge key brings in."""
        meant = self._meant.get(id(node), node)
        if isinstance(meant.data, list):
            yield from (entry.value for entry in meant.entries)
        else:
            yield meant
