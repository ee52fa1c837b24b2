"""Pages of lists that came before: what was made of one is handed out again where the very same bytes come.

A page is known by a digest of its parts, under a key of this process: neither bytes nor what they tell is kept here,
but for what a reader chooses to. What did not come in a round is forgotten after it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any


class KnownPage:
    """One page, and what its reader keeps of it."""

    __slots__ = ("is_of_before", "made", "outline")

    def __init__(self) -> None:
        self.made: Any = None  # what the reader has made of it; None: nothing yet
        self.outline: Any = None  # what whoever counts a list has to see of it
        self.is_of_before = False  # whether it was made in a round before this one


class KnownPages:
    """The pages of this round and of the one before it. Threads may share one."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._before: dict[bytes, KnownPage] = {}
        self._now: dict[bytes, KnownPage] = {}
        self.has_secrets = False  # whether something that came in this round may be a secret

    def turn(self) -> None:
        """End a round: what came in it is known in the next one, and nothing else."""
        self._before = {digest: page for digest, page in self._now.items() if page.made is not None}
        for page in self._before.values():
            page.is_of_before = True
        self._now = {}
        self.has_secrets = False

    def forget(self) -> None:
        """Know nothing."""
        self._before, self._now, self.has_secrets = {}, {}, False

    def page(self, of: str, parts: Iterable[bytes | memoryview]) -> KnownPage:
        """Return the page that has these parts, a new one where none has; `of` says what it is a page of."""
        digest = hashlib.blake2b(of.encode("utf-8", "surrogateescape"), key=self._key, digest_size=32)
        for part in parts:
            digest.update(b"\0%d:" % len(part))
            digest.update(part)
        name = digest.digest()
        page = self._now.get(name) or self._before.get(name)
        return self._now.setdefault(name, page or KnownPage())
