"""The targets of a config as rows of a table: which of them go together, and what their inventories remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.planning.record_data import Heading
from igz_apply.values import dataclass
from igz_apply.views.history_text import commit_words, end_words, who

COLUMNS = ("wave", "target", "endpoint", "inventory", "platform")
STATUS_COLUMNS = ("wave", "target", "owned", "run", "who", "ended", "commit")


@dataclass(frozen=True, slots=True)
class InventoryStatus:
    """What an inventory remembers of its cluster."""

    is_new: bool = False  # nothing is there yet
    owned: int | None = None  # resources; None: it could not be read
    last: Heading | None = None  # the newest run that has left a record; None: none has, or it could not be read
    error: str = ""  # why something could not be read


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target, as a run over several would come to it."""

    name: str
    wave: int  # of the run, from 1
    is_canary: bool
    stated: int  # the number that the config gives it
    endpoint: str  # "": nothing says one
    inventory: str  # without credentials
    platform: str  # as it is said, `auto` where nothing does
    suffix: str  # what its variables end with, after two underscores: PROD_EU
    status: InventoryStatus | None = None  # None: nobody asked


def row(each: TargetLine) -> Sequence[Any]:
    """Return a target as a row of the table, or of that with STATUS_COLUMNS where there is a status."""
    wave = f"{each.wave} (canary)" if each.is_canary else str(each.wave)
    if each.status is None:
        return (wave, each.name, each.endpoint, each.inventory, each.platform)
    return (wave, each.name, *_remembered(each.status))


def _remembered(status: InventoryStatus) -> Sequence[Any]:
    owned = "?" if status.owned is None else f"{status.owned:,}"
    last = status.last
    if last is not None:
        return (owned, last.id, who(last), end_words(last), commit_words(last))
    return (owned, "", "", "cannot be read" if status.error else "no run yet" if status.is_new else "no record", "")


def target_data(each: TargetLine) -> Mapping[str, Any]:
    """Return a target as it stands in the JSON of `targets`."""
    data = {
        "target": each.name,
        "wave": each.wave,
        "stated_wave": each.stated,
        "endpoint": each.endpoint or None,
        "inventory": each.inventory,
        "platform": each.platform,
        "suffix": each.suffix,
    }
    if each.status is not None:
        data["status"] = _status_data(each.status)
    return data


def _status_data(status: InventoryStatus) -> Mapping[str, Any]:
    last = status.last
    run = None
    if last is not None:
        run = {
            "run": last.id,
            "began": last.began,
            "ended": last.ended or None,
            "exit_code": last.exit_code,
            "command": last.command,
            "username": last.username,
            "process": last.process,
            "ci": last.ci or None,
            "commit": last.commit or None,
            "is_dirty": last.is_dirty,
        }
    return {"owned": status.owned, "last_run": run, "error": status.error or None}
