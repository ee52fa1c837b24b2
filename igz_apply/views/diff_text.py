"""Edited files as a unified diff, as every tool that shows changes of text does it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from igz_apply.model.hidden import MASK
from igz_apply.model.secrecy import holds_login
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.wording.printable import printable

_TONES = {"+": Tone.CREATE, "-": Tone.DELETE, "@": Tone.HINT}


def diff_lines(path: str, before: str, after: str | None) -> Iterator[Line]:
    """Yield the difference of a file, None for one that goes; the texts come with what may be a secret hidden.

    Comments, which nobody can look into, are searched for logins alone.
    """
    old, new = before.splitlines(), (after or "").splitlines()
    found = unified_diff(old, new, path, path if after is not None else "/dev/null", lineterm="")
    for index, text in enumerate(found):
        tone = Tone.STRONG if index < 2 else _TONES.get(text[:1], Tone.PLAIN)
        yield line(Span(printable(f"{text[:1]}{MASK}" if holds_login(text) else text), tone))
