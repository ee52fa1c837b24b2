"""Which calls the reference of Iguazio 4 has, read from its own tables: each with the keys that it may carry."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "dev" / "iguazio-4-api.md").read_text(encoding="utf-8")

# A call is its method and its path below /api, where each part that has a name of its own is `{}`.
Call = tuple[str, str]
Calls = dict[Call, set[str]]

_CODE = re.compile(r"`([^`]+)`")
_METHOD = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b")
_KEY = re.compile(r'"([A-Za-z]\w*)"\??(?=\s*[:,}?])|^([a-z]\w*)=?(?:<[^>]*>|\.\.\.)?$')
_QUERY = re.compile(r"[?&]([\w-]+)=")
_DESCRIBED = ("4", "5", "6", "7", "8", "9", "10.3")


def section(number: str) -> str:
    """Return the text of a section, with those below it, such as `9` or `9.3`."""
    heading = re.escape(number) + (r"\." if "." not in number else "")
    found = re.search(rf"^(#+) {heading} ", PAGE, flags=re.MULTILINE)
    assert found, number
    following = re.search(rf"^#{{2,{len(found[1])}}} ", PAGE[found.end() :], flags=re.MULTILINE)
    return PAGE[found.start() : found.end() + following.start()] if following else PAGE[found.start() :]


def rows(text: str) -> list[list[str]]:
    """Return the rows of the tables of a text, with their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-: ")]


def template(path: str) -> str:
    """Return a path below /api as a call has it."""
    path = path.partition("?")[0].removeprefix("/api/").lstrip("/")
    version = "" if re.match(r"v\d/", path) else "v1/"
    return version + re.sub(r"\{[^}]*\}|<[^>]*>", "{}", path)


def overview() -> set[Call]:
    """Return each method of each path of the table in 2.1, where a row has several of both."""
    table = rows(section("2.1"))
    roots = {path.split("/")[1] for row in table for path in _CODE.findall(row[1])[:1] if path.startswith("/")}
    calls: set[Call] = set()
    for row in table:
        paths: list[str] = []
        for path in _CODE.findall(row[1]):
            paths.append(path if path.split("/")[1] in roots or not paths else _beside(paths[-1], path))
        calls |= {(method, template(path)) for path in paths for method in _METHOD.findall(row[2])}
    return calls


def described() -> Calls:
    """Return the calls that sections 4 to 10 describe, with the keys of their bodies and queries."""
    calls: Calls = defaultdict(set)
    for number in _DESCRIBED:
        last, same = "", set[str]()
        for head, words in _passages(section(number)):
            methods = _METHOD.findall(re.sub(r"`[^`]*`", "", head))
            paths = list(_paths(head, last)) or ([last] if methods and words != head else [])
            keys = _keys_of(words) | (same if "the same" in words else set())
            for path in paths:
                for method in methods:
                    calls[method, template(path)] |= keys | set(_QUERY.findall(path))
            last, same = (paths[-1], keys) if paths else (last, same)
    for number, collection in (("6", "v1/profile/users"), ("7", "v1/profile/groups")):
        written = [row for row in rows(section(number)) if len(row) == 5 and "create" in row[1]]
        calls["POST", collection] |= {name for row in written for name in _CODE.findall(row[0])}
    return calls


def _passages(text: str) -> Iterator[tuple[str, str]]:
    """Yield what names calls, and the words about them: the cells of each row, and each paragraph with its heading."""
    for block in re.split(r"\n(?=- |\d\. |##)|(?<=\|)\n|\n\n(?!Request |`\{)", text):
        if block.startswith("|"):
            cells = [cell.strip() for cell in block.strip("|").split("|")]
            yield cells[0], " ".join(cells[1:-1])
        else:  # what MLRun's own client calls is one sentence of several calls
            yield from ((part, part) for part in re.split(r", (?=(?:POST|PATCH|DELETE)\b)", block))


def _paths(head: str, last: str) -> Iterator[str]:
    """Yield the paths that a passage names; of one that is cut the rest is that of the one before it."""
    for path in (each for each in _CODE.findall(head) if each.startswith(("/", "..."))):
        if path.startswith("..."):
            begin = re.match(r".*\}", last)
            last = (begin[0] if begin else last) + path.removeprefix("...")
        elif path.count("/") == 1 and last:
            last = _beside(last, path)
        else:
            last = path
        yield last


def _beside(path: str, tail: str) -> str:
    """Return the path that a tail such as `/disable` stands for, after `/profile/users/{username}/enable`."""
    return path.rpartition("/")[0] + tail


def _keys_of(words: str) -> set[str]:
    quoted = _CODE.findall(words)
    keys = {key for text in quoted for pair in _KEY.findall(text) for key in pair if key}
    return keys | {key for text in quoted for key in _QUERY.findall(text)}
