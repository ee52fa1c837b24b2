"""Masking known secrets in texts of others, in whatever spelling they quote them.

A server that refuses a secret may quote it raw, or as JSON, Python, a URL or HTML would write it, or one within the
other (JSON as text within JSON), with runs of spaces joined. One pattern a secret finds them all: letters and digits
are themselves in each of these, and every other character is looked for in all its spellings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from igz_apply.http.redaction import MASK
from igz_apply.patterns import pattern

# Shorter ones stand in ordinary words: they are masked between quotes alone.
SHORTEST = 4

_PARTS = pattern(r"[A-Za-z0-9]+|\s+|\\+|.", re.DOTALL)
_WORD = pattern(r"[A-Za-z0-9]+")

_PERCENT = "%(?:25)*"
_END = rf"(?:;|{_PERCENT}3[bB])"  # an entity of HTML may stand in a URL
_HASH = rf"(?:#|{_PERCENT}23)"
_ENTITY = rf"(?:&|{_PERCENT}26)(?:amp{_END})*"
_BACKSLASH = rf"(?:\\|{_PERCENT}5[cC]|{_ENTITY}(?:{_HASH}0*92|{_HASH}[xX]0*5[cC]|bsol){_END})"
_DEEPEST = 16  # backslashes before a character: three spellings within each other make eight of one, twice as a pair
_ESCAPES = f"{_BACKSLASH}{{1,{_DEEPEST}}}"
_SPACE = (
    rf"(?:\s|\+|{_PERCENT}(?:2[0bB]|0[9a-dA-D]|[cC]2{_PERCENT}[aA]0)"
    rf"|{_ENTITY}(?:{_HASH}0*(?:9|1[0-3]|32|160)|{_HASH}[xX]0*(?:[9a-dA-D]|20|[aA]0)|nbsp|NewLine|Tab){_END}"
    rf"|{_ESCAPES}(?:[nrtfv]|u00(?:20|0[9a-dA-D]|[aA]0)|x(?:20|0[9a-dA-D]|[aA]0)))+"
)
_QUOTE = (
    rf"{_BACKSLASH}{{0,{_DEEPEST}}}"
    rf"(?:[\"'`]|{_PERCENT}2[27]|{_ENTITY}(?:quot|apos|{_HASH}0*3[49]|{_HASH}[xX]0*2[27]){_END})"
)


class Scrubber:
    """Masks what it has learned, and then what `mask_places` knows by its place. Threads may share one."""

    def __init__(self, secrets: Iterable[str] = (), *, mask_places: Callable[[str], str] = str) -> None:
        self._known: dict[str, _Known] = {}
        self._mask_places = mask_places
        self.learn(secrets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._known)} secrets)"

    def forget(self) -> None:
        """Hold no secret any more."""
        self._known = {}

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these too from now on; white space alone is no secret."""
        for secret in secrets:
            core = secret.strip()
            if core and core not in self._known:
                self._known[core] = _Known(core)

    def scrub(self, text: str) -> str:
        """Return the text with all that was learned masked."""
        every = list(self._known.values())  # another thread may learn meanwhile
        for known in sorted(every, key=lambda known: known.length, reverse=True):
            text = known.masked(text)
        return self._mask_places(text)

    def __call__(self, text: str) -> str:
        return self.scrub(text)


class _Known:
    """One secret. Its pattern is made when a text may hold it: there may be thousands of them."""

    __slots__ = ("_mark", "_pattern", "_secret", "length")

    def __init__(self, secret: str) -> None:
        self.length = len(secret)
        self._secret = secret
        self._mark = max(_WORD.findall(secret), key=len, default="")  # stands in each spelling as it is
        self._pattern: re.Pattern[str] | None = None

    def masked(self, text: str) -> str:
        if self._mark not in text:
            return text
        if self._pattern is None:
            spelled = spelling(self._secret)
            short = self.length < SHORTEST
            self._pattern = re.compile(f"({_QUOTE}){spelled}({_QUOTE})" if short else f"(){spelled}()")
        return self._pattern.sub(rf"\1{MASK}\2", text)


def spelling(secret: str) -> str:
    """Return the pattern of all ways to write a secret."""
    parts = _PARTS.findall(secret)
    return "".join(_part(part, before) for before, part in zip(["", *parts], parts, strict=False))


def _part(part: str, before: str) -> str:
    """Return the pattern of one part. What escapes it is counted with a backslash that stands before it."""
    if part.isspace():
        return _SPACE
    if part.startswith("\\"):
        return f"{_BACKSLASH}{{1,{_DEEPEST * (len(part) + 1)}}}"
    if _WORD.fullmatch(part):
        return part
    plain, escaped = _character(part)
    if before.startswith("\\"):
        return f"(?:{plain}|{escaped})"
    return f"(?:{_BACKSLASH}{{0,{_DEEPEST}}}(?:{plain})|{_ESCAPES}(?:{escaped}))"


def _character(character: str) -> tuple[str, str]:
    """Return the patterns of one character, neither a letter nor a digit of ASCII: by itself, and after a backslash."""
    code, octets = ord(character), character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    entities = [f"{_HASH}0*{code}", f"{_HASH}[xX]0*{_hex(f'{code:x}')}", *_names().get(character, ())]
    plain = (
        re.escape(character),
        "".join(_PERCENT + _hex(f"{octet:02x}") for octet in octets),
        f"{_ENTITY}(?:{'|'.join(entities)}){_END}",
    )
    escaped = (
        _ESCAPES.join("u" + _hex(units[at : at + 4]) for at in range(0, len(units), 4)),
        _ESCAPES.join("x" + _hex(f"{octet:02x}") for octet in octets),
        f"x{_hex(f'{code:02x}')}",
        f"U{_hex(f'{code:08x}')}",
    )
    return "|".join(plain), "|".join(escaped)


def _hex(digits: str) -> str:
    """Return the pattern of hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


@cache
def _names() -> dict[str, list[str]]:
    """Return the names that HTML has for a character."""
    from html.entities import html5  # here: few runs need it

    found: dict[str, list[str]] = {}
    for name, text in html5.items():
        if name.endswith(";") and len(text) == 1:
            found.setdefault(text, []).append(name.removesuffix(";"))
    return found
