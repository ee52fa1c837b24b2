"""Which commands may be run for secrets, and which stores asked: what somebody other than a manifest allows.

A pattern of a command is a list like its argv. Each of its items stands for exactly one: `*` in it for any text without
a slash, `**` for any text. The program, the first item, is literal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from igz_apply.model.problems import Problem
from igz_apply.model.resources import SecretRef
from igz_apply.model.suggest import did_you_mean
from igz_apply.patterns import pattern
from igz_apply.values import dataclass

Pattern = tuple[str, ...]

WILD = "*"
_SLASHES = pattern(r"[/\\]")


@dataclass(frozen=True, slots=True)
class AllowedSources:
    """What may be looked up, and who says so."""

    commands: tuple[Pattern, ...] = ()
    stores: frozenset[str] = frozenset()
    commands_at: str = "the config"  # where commands are allowed, for a sentence: "igz-apply.yaml"
    stores_at: str = "the config"
    is_pinned: bool = False  # whether what the config says of them counts for nothing

    def pattern_of(self, argv: Sequence[str]) -> Pattern | None:
        """Return the pattern that allows a command, None where none does."""
        return next((pattern for pattern in self.commands if matches(pattern, argv)), None)

    def refusal(self, ref: SecretRef) -> Problem | None:
        """Return why a secret may not be looked up, without a place; None where it may, or need not."""
        if ref.from_command and self.pattern_of(ref.from_command) is None:
            return self._no_command(ref)
        if ref.from_store and ref.from_store not in self.stores:
            return self._no_store(ref)
        return None

    def _no_command(self, ref: SecretRef) -> Problem:
        near = [pattern for pattern in self.commands if pattern[0] == ref.from_command[0]]
        allowed = f" Of this program it allows {_listed(near)}." if near else ""
        detail = f"comes from {ref}, which {self.commands_at} does not allow.{allowed}{self._unheard}"
        there = "there" if self.is_pinned else "there, below secrets.commands"
        hint = f"Allow it {there}: {_listed([ref.from_command])}, with `*` for any text in an argument."
        return Problem("Command not allowed", detail, hint)

    def _no_store(self, ref: SecretRef) -> Problem:
        detail = f"comes from {ref}, and {self.stores_at} does not allow that store.{self._unheard}"
        meant = did_you_mean(ref.from_store, sorted(self.stores))
        there = "there" if self.is_pinned else "there, below secrets.stores"
        return Problem("Store not allowed", detail, f"{meant} Allow {ref.from_store} {there}.".strip())

    @property
    def _unheard(self) -> str:
        return " What the config allows does not count: IGZ_PINNED names secrets." if self.is_pinned else ""


def matches(pattern: Sequence[str], argv: Sequence[str]) -> bool:
    """Say whether a pattern allows a command."""
    return len(pattern) == len(argv) and pattern[0] == argv[0] and all(map(_fits, pattern, argv))


def _fits(item: str, text: str) -> bool:
    """Say whether an item of a pattern stands for a text.

    What an asterisk stands for adds no `..` to a path, and no text that begins with one stands for an option.
    """
    if WILD not in item:
        return item == text
    if item.startswith(WILD) and text.startswith("-"):
        return False
    return _ups(text) == _ups(item) and _expression(item).fullmatch(text) is not None


def _ups(text: str) -> int:
    return _SLASHES.split(text).count("..")


@lru_cache(maxsize=256)
def _expression(item: str) -> re.Pattern[str]:
    parts = (_WILDS.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", item))
    return re.compile("".join(parts), re.DOTALL)


_WILDS = {"*": r"[^/\\]*", "**": ".*"}


def _listed(patterns: Sequence[Pattern]) -> str:
    return ", ".join(json.dumps(list(each), ensure_ascii=False) for each in patterns)
