"""What the lock file says: who holds the inventory, since when, until when."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A lock, as its file says. Times are UTC, ISO 8601 with milliseconds, so that they compare as text."""

    token: str  # unique to one taking of the lock
    holder: str  # for a person: "ada@runner-7 (pid 4711)"
    since: str
    expires: str  # later than this it may be broken; "": it never runs out
    machine: str = ""  # which process table `pid` belongs to; "": not known
    pid: int = 0

    @property
    def is_given_back(self) -> bool:
        """True when its holder has let go. In an object store the file stays: to delete it would be a blind write."""
        return self.expires == _GIVEN_BACK

    def given_back(self) -> Held:
        """Return the lock that holds nobody out; an older igz-apply takes it for one that has run out."""
        return replace(self, expires=_GIVEN_BACK, machine="", pid=0)

    @property
    def is_cut_off(self) -> bool:
        """True when its writer was stopped before the file was complete."""
        return self.token == _CUT_OFF


_CUT_OFF = "cut off"
_GIVEN_BACK = "1970-01-01T00:00:00.000Z"


def encode(held: Held) -> bytes:
    """Return the lock file's bytes."""
    return (json.dumps(asdict(held), indent=2, sort_keys=True) + "\n").encode("ascii")


def decode(content: bytes) -> Held:
    """Return what a lock file says. What we do not understand is held by somebody unknown, and never runs out."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return nobody_known(_CUT_OFF)
    if not isinstance(data, dict) or not _is_text(data, "token", "holder", "since", "expires"):
        return nobody_known()
    machine, pid = data.get("machine"), data.get("pid")
    return Held(
        token=data["token"],
        holder=data["holder"],
        since=data["since"],
        expires=data["expires"],
        machine=machine if isinstance(machine, str) else "",
        pid=pid if type(pid) is int else 0,
    )


def nobody_known(token: str = "") -> Held:
    """Return the lock of somebody whose name could not be read."""
    return Held(token, holder="an unknown holder", since="an unknown time", expires="")


def iso(moment: datetime) -> str:
    """Return a UTC time as text: 2026-03-01T12:00:00.000Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_text(data: dict[str, Any], *keys: str) -> bool:
    return all(isinstance(data.get(key), str) for key in keys)
