"""What a plain YAML scalar means: the core schema of YAML 1.2.

`no`, `on` and dates are text, as in every tool that a reader of Kubernetes manifests knows by now.
A number that tools disagree about is refused rather than guessed.
"""

from __future__ import annotations

from igz_apply.patterns import pattern

MAYBE_SPECIAL = frozenset("-+.0123456789~nNtTfF")
"""How a plain scalar begins that may be anything but text; an empty one is null."""

WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""Plain scalars that are words, and what they mean."""

_LETTERS = frozenset("nNtTfF")
_INTEGER = pattern(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_OTHER_BASE = pattern(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_LEADING_ZERO = pattern(r"[-+]?0[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = pattern(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_MOST_DIGITS = 18  # beyond it JSON tools round silently

Scalar = str | int | float | bool | None


class AmbiguousScalar(ValueError):
    """A plain scalar that tools read differently; `args[0]` says why, without repeating the text."""


def resolve(text: str) -> Scalar:
    """Return what the plain (unquoted) scalar `text` means.

    Raises AmbiguousScalar for a number with a leading zero, one too long for JSON, and for infinities.
    """
    if text and text[0] not in MAYBE_SPECIAL:
        return text
    if text in WORDS:
        return WORDS[text]
    if text[0] in _LETTERS:
        return text
    if _INTEGER.match(text):
        return _integer(text, 10)
    if _OTHER_BASE.match(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.match(text):
        return _float(text)
    if _LEADING_ZERO.match(text):
        raise AmbiguousScalar("A number with a leading zero is octal to some tools and decimal to others.")
    if _NOT_FINITE.match(text):
        raise AmbiguousScalar("Infinity and not-a-number do not exist in JSON, which the API speaks.")
    return text


def _integer(digits: str, base: int) -> int:
    if len(digits.lstrip("+-")) > _MOST_DIGITS:
        raise AmbiguousScalar(f"A number of more than {_MOST_DIGITS} digits is rounded by many tools.")
    return int(digits, base)


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise AmbiguousScalar("The number is too large to be one.")
    return number
