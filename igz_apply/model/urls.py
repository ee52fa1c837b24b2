"""Telling a URL from a local path."""

from __future__ import annotations

import re

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+._-]+:")  # two letters at least: C: is a drive
_CREDENTIALS = re.compile(r"(?<=://)[^/]*@")


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
