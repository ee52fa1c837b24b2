"""The config's `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.model.quantities import duration
from igz_apply.model.reconciling import (
    Backoff,
    Flaps,
    Freeze,
    Mode,
    Notification,
    Pause,
    Reconciling,
    Repository,
    Shape,
)


def reconciling_from(*parts: Mapping[str, Any]) -> Reconciling:
    """Return what valid parts of a config state: each key as the last of the parts has it."""
    stated: dict[str, Any] = {}
    for part in parts:
        stated.update(part)
    standard = Reconciling()
    return Reconciling(
        interval=_seconds(stated.get("interval"), standard.interval),
        modes={kind: Mode(mode) for kind, mode in stated.get("modes", {}).items()},
        backoff=_backoff(stated.get("backoff", {})),
        flaps=_flaps(stated.get("flaps", {})),
        paused=tuple(
            Pause(pattern, pause.get("until", ""), pause["reason"])
            for pattern, pause in stated.get("paused", {}).items()
        ),
        freezes=tuple(map(_freeze, stated.get("freeze", ()))),
        repository=_repository(stated) if "repo" in stated else None,
        listen=stated.get("listen", ""),
        notifications=tuple(map(_notification, stated.get("notify", ()))),
    )


def _seconds(stated: str | float | None, standard: float) -> float:
    if stated is None:
        return standard
    seconds = duration(stated) if isinstance(stated, str) else stated
    assert seconds is not None  # the schema let nothing else through
    return float(seconds)


def _backoff(stated: Mapping[str, Any]) -> Backoff:
    standard = Backoff()
    return Backoff(_seconds(stated.get("first"), standard.first), _seconds(stated.get("most"), standard.most))


def _flaps(stated: Mapping[str, Any]) -> Flaps:
    standard = Flaps()
    return Flaps(stated.get("reversals", standard.reversals), _seconds(stated.get("within"), standard.within))


def _freeze(stated: Mapping[str, Any]) -> Freeze:
    return Freeze(
        reason=stated["reason"],
        time_zone=stated["time_zone"],
        start=stated["from"],
        end=stated["until"],
        days=tuple(stated.get("days", ())),
        patterns=tuple(stated.get("resources", ())),
    )


def _repository(stated: Mapping[str, Any]) -> Repository:
    standard = Repository("")
    return Repository(
        url=stated["repo"],
        ref=stated.get("ref", standard.ref),
        path=stated.get("path", standard.path),
        require_signed=stated.get("require_signed", standard.require_signed),
    )


def _notification(stated: Mapping[str, Any]) -> Notification:
    return Notification(
        url_env=stated["url_env"],
        shape=Shape(stated.get("shape", Shape.JSON.value)),
        secret_env=stated.get("secret_env", ""),
        about=tuple(stated.get("about", ())),
    )
