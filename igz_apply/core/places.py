"""Telling a URL from a local path."""

from __future__ import annotations

import re

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+._-]+:")  # two letters at least: C: is a drive


def is_url(text: str) -> bool:
    """Say whether a place is a URL, `data:...` and `simplecache::...` included, rather than a local path.

    A path whose first folder holds a colon is written with ./ before it.
    """
    return _URL.match(text) is not None


def without_credentials(url: str) -> str:
    """Return the URL without a user, a password and a query."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).partition("?")[0]
