"""Edited files as a unified diff, as every tool that shows changes of text does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff

from igz_apply.model.hidden import MASK
from igz_apply.model.secrecy import holds_login, may_be_secret
from igz_apply.patterns import pattern
from igz_apply.views.lines import Line, Span, Tone, line
from igz_apply.wording.printable import printable

_TONES = {"+": Tone.CREATE, "-": Tone.DELETE, "@": Tone.HINT}
_PAIR = pattern(r"""(["']?)([A-Za-z_][\w.-]*)\1\s*:\s+(?=\S)(?!\{\s*["']?from_(?:env|file))([^,{}\[\]][^,}\]]*)""")
_KEY_OF_NAMED = ("value",)


def diff_lines(path: str, before: str, after: str | None) -> Iterator[Line]:
    """Yield the difference of a file, None for one that goes; what may be a secret is not repeated."""
    old, new = before.splitlines(), (after or "").splitlines()
    found = unified_diff(old, new, path, path if after is not None else "/dev/null", lineterm="")
    named = ""
    for text in found:
        shown = printable(_masked(text, named))
        is_head = text.startswith(("--- ", "+++ ")) and not named
        yield line(Span(shown, Tone.STRONG if is_head else _TONES.get(text[:1], Tone.PLAIN)))
        named = text


def _masked(text: str, above: str) -> str:
    """Return a line without what may be a secret in it, by the key that it stands under, or the name above it."""
    if holds_login(text):
        return f"{text[:1]}{MASK}"
    is_named = any(may_be_secret(word) for word in _words(above)) or any(map(may_be_secret, _words(text)))

    def hidden(found: re.Match[str]) -> str:
        key = found[2]
        is_secret = may_be_secret(key) or (is_named and key in _KEY_OF_NAMED)
        return f"{found[0][: found.start(3) - found.start()]}{MASK}" if is_secret else found[0]

    return _PAIR.sub(hidden, text)


def _words(text: str) -> Sequence[str]:
    return [found[3].strip("\"' ") for found in _PAIR.finditer(text) if found[2] == "name"]
