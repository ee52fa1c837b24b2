"""Text that is safe to show.

Names and values come from people and from the cluster, so nothing is shown before `printable` has seen it: an escape
sequence in a description must not move a reviewer's cursor, and a direction mark must not turn a name around.
"""

from __future__ import annotations

from igz_apply.patterns import pattern

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


# GitHub's runner obeys `::command::` at the begin of a line, and the older `##[command]` anywhere in one.
_COMMAND = pattern(r"(##)(?=\[)|(:)(?=:[A-Za-z])")


def inert(text: str) -> str:
    """Return text for a log of GitHub in which the runner finds no command: a space breaks each of them up."""
    return _COMMAND.sub(r"\g<0> ", text)


def printable(text: str) -> str:
    """Return the text on one line, with every control and direction character spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
