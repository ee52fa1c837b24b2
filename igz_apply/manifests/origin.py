"""Where igz-apply was installed from, for the pipelines that `init` writes: no index has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from urllib.parse import SplitResult, urlsplit

from igz_apply.patterns import pattern
from igz_apply.version import __version__

PLACEHOLDER = f"git+https://git.example.com/your-org/igz-apply@v{__version__}"
"""What to edit where nobody can tell."""

_RECORD = "direct_url.json"  # PEP 610: written for what is installed from a URL
_REMOTE = ("https", "http", "ssh", "git")
_TAG = pattern(r"v?\d[\w.+-]*")
_PLAIN = pattern(r"[\w.+@:/~=#&%-]+", re.ASCII)  # it is pasted into YAML and into shell


def installed_from() -> str | None:
    """Return what pip has to be given to install the same, None where another machine could not: from a folder."""
    try:
        record = distribution("igz-apply").read_text(_RECORD)
        return None if record is None else origin_of(json.loads(record))
    except (PackageNotFoundError, ValueError):
        return None


def origin_of(record: Mapping[str, Any]) -> str | None:
    """Return the URL that a record of an installation amounts to, without credentials; None where it is of no use.

    A version's tag is kept as it was asked for. For a branch, which moves, the commit stands.
    """
    url = _public(urlsplit(str(record.get("url", ""))))
    if url is None:
        return None
    fragments = [f"subdirectory={record['subdirectory']}"] if record.get("subdirectory") else []
    if vcs := record.get("vcs_info"):
        asked = str(vcs.get("requested_revision") or "")
        url = f"{vcs.get('vcs')}+{url}@{asked if _TAG.fullmatch(asked) else vcs.get('commit_id')}"
    else:
        known = record.get("archive_info", {}).get("hashes", {})
        fragments += [f"sha256={known['sha256']}"] if "sha256" in known else []
    found = f"{url}#{'&'.join(fragments)}" if fragments else url
    return found if _PLAIN.fullmatch(found) and "&" not in found else None


def _public(url: SplitResult) -> str | None:
    """Return a URL without a password or token, None for one of this machine; ssh keeps its user, who is no secret."""
    if url.scheme not in _REMOTE or not url.hostname:
        return None
    host = url.netloc.rpartition("@")[2]
    user = f"{url.username}@" if url.scheme == "ssh" and url.username else ""
    return f"{url.scheme}://{user}{host}{url.path}"
