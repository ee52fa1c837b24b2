"""Regular expressions that are compiled when they are first used: most are for what few runs meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as pattern  # so that a type checker knows what it is
else:

    class pattern:
        """A compiled pattern, but for when it is compiled."""

        def __init__(self, text: str | bytes, flags: int = 0) -> None:
            self._compiled_from = text, flags

        def __getattr__(self, name: str) -> Any:
            found = getattr(re.compile(*self._compiled_from), name)  # the module keeps what it has compiled
            setattr(self, name, found)  # so that the next use is a plain look-up
            return found


__all__ = ["pattern"]
