"""Telling a URL from a local path, and both from the emulator inside the command."""

from __future__ import annotations

import re

from igz_apply.patterns import pattern

_URL = pattern(r"^[A-Za-z][A-Za-z0-9+._-]+:")  # two letters at least: C: is a drive
_CREDENTIALS = pattern(r"(?<=://)[^/]*@")
_EMBEDDED = pattern(r"(embedded[0-9]*)(?::(.*))?", re.DOTALL)


def is_url(text: str) -> bool:
    """Say whether a place is a URL, also `data:...` and `simplecache::...`, rather than a local path.

    A path whose first folder holds a colon is written with ./ before it.
    """
    return _URL.match(text) is not None


def without_credentials(url: str) -> str:
    """Return the URL without a user, a password and a query.

    A password may hold what a URL would have to escape: all goes, up to the last @ before the path.
    """
    return _CREDENTIALS.sub("", url).partition("?")[0]


def embedded(endpoint: str) -> tuple[str, str] | None:
    """Return the word and the file of an endpoint that is an emulator inside the command, "" for its usual file.

    None for one that leads elsewhere. Each platform has a word of its own: `Platform.embedded`.
    """
    found = _EMBEDDED.fullmatch(endpoint)
    return (found[1], found[2] or "") if found else None
