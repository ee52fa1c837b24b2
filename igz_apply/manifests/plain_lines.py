"""What one line of plain YAML says: the part of YAML that most manifests keep to, and nothing besides.

A line that is taken here has one meaning in every version of YAML and for every reader. All others are left to libyaml:
texts over several lines, escapes, anchors, tags, tabs, keys with anything unusual in them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from igz_apply.authoring.manifest_rules import FROM_VALUE, PROFILE
from igz_apply.manifests.scalars import MAYBE_SPECIAL, AmbiguousScalar, resolve
from igz_apply.patterns import pattern

_PROFILE_ENDS = (PROFILE, f"{PROFILE}'", f'{PROFILE}"')
_MOST_LINES = 8192  # that are remembered; one takes some 300 bytes
_MOST_HEADS = 4096
_MOST_TEXTS = 8192
_LONGEST = 2000  # characters
_LONGEST_REMEMBERED = 160

# They take any character that is not ASCII: what cannot be printed is refused before.
_KEY = r"[A-Za-z0-9_/][A-Za-z0-9_./-]{0,127}"  # libyaml takes a key of no more than 1,024 characters
_CHAR = "[^ #:]"
_PLAIN = rf"(?:-(?=[A-Za-z0-9.])|[^ -#%-'*,:-@[-^`{{-}}-]){_CHAR}*(?:(?: +|:){_CHAR}+)*"
_QUOTED = r"\"[^\"\\]*\"|'[^']*'"
_WORD = r"-?[A-Za-z0-9_/+.][A-Za-z0-9_/+.@-]*"
_ITEM = rf"(?:{_WORD}(?: {_WORD})*|{_QUOTED})"  # between brackets
_LINE = pattern(
    rf"(?P<dashes> *(?:- +)*)(?:(?P<key>{_KEY}):(?: +|\Z)|-\Z)?"
    rf"(?:(?P<value>(?P<plain>{_PLAIN})|{_QUOTED})? *(?:(?<![^ ])#.*)?\Z|(?P<bracket>[\[{{]))"
)
_ITEM_THERE = pattern(_ITEM)
_KEY_THERE = pattern(rf"({_KEY}): +")
_SPACES = pattern(" *")
_TAIL = pattern(r" *(?:(?<= )#.*)?\Z")
_DEEPEST = 4  # brackets in brackets

TEXT = r"(?:[A-Za-z_/]|\+?[0-9]+-)[A-Za-z0-9_/+@.,() -]*(?<! )"
"""A pattern of plain scalars that are text, but for those in `scalars.WORDS`."""
IGNORED = " *(?:#[ -~]*)?"
"""A pattern of lines that say nothing."""
_TEXT = pattern(TEXT)


class NotPlain(Exception):
    """This is not for the plain reader."""


class Head:
    """What a line begins with: all of it but its value. There is one of it for all lines that begin alike."""

    __slots__ = ("bracket", "dashes", "has_value", "inner", "is_nested", "key", "key_column", "prefix")

    def __init__(self, prefix: str, key: str | None, bracket: str, inner: tuple[str, ...], is_nested: bool) -> None:
        self.prefix = prefix
        self.key = key
        self.key_column = len(prefix.rstrip(" ")) - len(key) - 1 if key is not None else len(prefix)
        self.dashes = tuple(column for column, char in enumerate(prefix[: self.key_column]) if char == "-")
        self.has_value = prefix.endswith(" ")
        self.bracket = bracket  # that the value begins with; "": it is a scalar
        self.inner = inner  # the keys of a mapping in brackets
        self.is_nested = is_nested  # brackets hold others

    @property
    def is_ignored(self) -> bool:
        """True of a line that is empty or a comment."""
        return not self.prefix


class Line(NamedTuple):
    """What a line says."""

    head: Head
    value: Any  # None: it has none, or null; a list of what stands between brackets
    is_text: bool = False  # whether TEXT finds it, as what it is


class Lines(dict[str, Line]):
    """Line -> what it says, worked out when first asked for. Raises NotPlain.

    Manifests say the same again and again: most lines are found here, and their values shared.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}  # the values that patterns found, each by itself: so that there is one of each
        self._heads: dict[tuple[str, str, tuple[str, ...], bool], Head] = {}
        self._is_suspect = False

    @property
    def is_suspect(self) -> bool:
        """True when what was read may hold a reference to a value, or a Profile."""
        return self._is_suspect or PROFILE in self.texts

    def forget(self) -> None:
        """Make room for the texts of another file."""
        if len(self.texts) > _MOST_TEXTS:
            self._is_suspect = self.is_suspect
            self.texts.clear()

    def __missing__(self, line: str) -> Line:
        if len(line) > _LONGEST or not line.isprintable() or (found := _LINE.match(line)) is None:
            raise NotPlain
        said = self._said(line, found)
        if len(line) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_LINES:
                self.clear()
            self[line] = said
        return said

    def _said(self, line: str, found: re.Match[str]) -> Line:
        key, value, plain, bracket = found.group("key", "value", "plain", "bracket")
        if value is None and bracket is None:
            return Line(self._head(line.partition("#")[0].rstrip(" "), key), None)
        prefix = line[: found.start("value" if bracket is None else "bracket")]
        if key is None and prefix[-2:] != "- ":
            raise NotPlain  # the text goes on, or it is all that the document holds
        if value is not None and value.endswith(_PROFILE_ENDS):
            self._is_suspect = True
        if plain is not None:
            return Line(self._head(prefix, key), _scalar(plain), _TEXT.fullmatch(plain) is not None)
        if bracket is None:
            return Line(self._head(prefix, key), value[1:-1])
        held, end = _between_brackets(line, len(prefix), _DEEPEST)
        if _TAIL.match(line, end) is None:
            raise NotPlain
        keys, values = (tuple(held), list(held.values())) if isinstance(held, dict) else ((), held)
        is_nested = any(isinstance(each, (list, dict)) for each in values)
        if (keys or is_nested) and (FROM_VALUE in line or PROFILE in line):
            self._is_suspect = True
        return Line(self._head(prefix, key, bracket, keys, is_nested), values)

    def _head(
        self, prefix: str, key: str | None, bracket: str = "", inner: tuple[str, ...] = (), is_nested: bool = False
    ) -> Head:
        known = (prefix, bracket, inner, is_nested)
        head = self._heads.get(known)
        if head is None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()  # what is made of the old ones is found no more, and that is all
            if key == FROM_VALUE:
                self._is_suspect = True
            head = self._heads[known] = Head(prefix, key, bracket, inner, is_nested)
        return head


def _between_brackets(line: str, start: int, deepest: int) -> tuple[dict[str, Any] | list[Any], int]:
    """Return the mapping or list that opens at `start`, and where it has ended. Raises NotPlain."""
    if not deepest:
        raise NotPlain
    mapping: dict[str, Any] = {}
    items: list[Any] = []
    is_mapping = line[start] == "{"
    closing = "}" if is_mapping else "]"
    at = _after_spaces(line, start + 1)
    if line.startswith(closing, at):
        return (mapping if is_mapping else items), at + 1
    while True:
        key = ""
        if is_mapping:
            key, at = _found(_KEY_THERE.match(line, at), 1)
        if line.startswith(("[", "{"), at):
            item, at = _between_brackets(line, at, deepest - 1)
        else:
            text, at = _found(_ITEM_THERE.match(line, at), 0)
            item = _item(text)
        if key in mapping:
            raise NotPlain
        if is_mapping:
            mapping[key] = item
        else:
            items.append(item)
        at = _after_spaces(line, at)
        if line.startswith(closing, at):
            return (mapping if is_mapping else items), at + 1
        if not line.startswith(",", at):
            raise NotPlain
        at = _after_spaces(line, at + 1)


def _found(found: re.Match[str] | None, group: int) -> tuple[str, int]:
    if found is None:
        raise NotPlain
    return found[group], found.end()


def _after_spaces(line: str, at: int) -> int:
    found = _SPACES.match(line, at)
    assert found is not None
    return found.end()


def _item(text: str) -> Any:
    return text[1:-1] if text[0] in "\"'" else _scalar(text)


def _scalar(text: str) -> Any:
    if text[0] not in MAYBE_SPECIAL:
        return text
    try:
        return resolve(text)
    except AmbiguousScalar as error:
        raise NotPlain from error
