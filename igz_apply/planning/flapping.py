"""Fields that somebody else writes as often as they are healed: a fight that nobody wins, and both sides pay for.

What is remembered is what rounds have healed lately, by a hash of the value. Without it nothing is unsafe: a field is
healed some times more before it is given up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.plain_values import hashed
from igz_apply.model.reconciling import Flaps
from igz_apply.planning.holding import PRESENCE
from igz_apply.values import dataclass

Key = tuple[Address, str]  # what was healed, and the dotted path of the field

MOST = 10_000  # of what is remembered; the oldest goes first
_AS_WANTED = ""
_GONE = "gone"


@dataclass(frozen=True, slots=True)
class HealedField:
    """A field that was healed; times are seconds on one clock."""

    wanted: str  # what it was healed to, as a hash
    lives: str  # what was seen there last, as a hash; "": what is wanted
    moved_at: float  # when that was last seen to be another than before
    is_healed: bool = True  # whether nobody has changed it back since
    reversals: tuple[float, ...] = ()  # when it was found changed back
    is_given_up: bool = False


HealedFields = Mapping[Key, HealedField]


def after_healing(memory: HealedFields, plan: Plan, applied: Collection[Address], now: float) -> HealedFields:
    """Return what is known once some of a plan's changes were made."""
    found = dict(memory)
    for change in plan.writes:
        for key, (wanted, _) in _fields(change) if change.address in applied else ():
            known = found.pop(key, None)
            before = known.reversals if known is not None and known.wanted == wanted else ()
            found[key] = HealedField(wanted, _AS_WANTED, now, reversals=before)
    return dict(sorted(found.items(), key=_moved)[-MOST:]) if len(found) > MOST else found


def seen(memory: HealedFields, plan: Plan, flaps: Flaps, now: float) -> HealedFields:
    """Return what is known after a look at all that differs, before anything is healed."""
    if not memory:
        return memory
    healed = {address for address, _ in memory}
    stated = {change.address for change in plan.changes if change.address in healed}.union(plan.not_visible)
    differing = {key: each for it in plan.writes if it.address in healed for key, each in _fields(it)}
    found: dict[Key, HealedField] = {}
    for key, known in memory.items():
        wanted, lives = differing.get(key, (known.wanted, _AS_WANTED))
        if wanted == known.wanted and (key[0] in stated or wanted == _GONE):
            looked = _looked(known, lives, flaps, now)
            if now - looked.moved_at < flaps.within:
                found[key] = looked
    return found


def given_up(memory: HealedFields, flaps: Flaps) -> Mapping[Address, Mapping[str, str]]:
    """Return the fields that are not healed any more, each with what a person should know of it."""
    found: dict[Address, dict[str, str]] = {}
    for (address, path), known in sorted(memory.items()):
        if known.is_given_up:
            found.setdefault(address, {})[path] = _told(path, known, flaps)
    return found


def _looked(known: HealedField, lives: str, flaps: Flaps, now: float) -> HealedField:
    """Return what is known of a field in which something lives now."""
    if lives == known.lives:
        return known
    looked = replace(known, lives=lives, moved_at=now)
    if lives == _AS_WANTED or not known.is_healed:
        return looked
    reversals = (*(at for at in known.reversals if now - at < flaps.within), now)
    return replace(looked, is_healed=False, reversals=reversals, is_given_up=len(reversals) >= flaps.reversals)


def _fields(change: Change) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Yield what a change is to make of which fields, and what is there instead, as hashes.

    Of what is created or deleted that is the resource itself. A secret that is sent is none: nobody reads what lives.
    """
    if change.action is Action.CREATE:
        yield (change.address, PRESENCE), ("there", _GONE)
    elif change.action is Action.DELETE:
        yield (change.address, PRESENCE), (_GONE, "there")
    else:
        for item in change.diff:
            if not item.sensitive:
                yield (change.address, item.dotted), (hashed(item.after), hashed(item.before))


def _moved(item: tuple[Key, HealedField]) -> tuple[float, Key]:
    return item[1].moved_at, item[0]


def _told(path: str, known: HealedField, flaps: Flaps) -> str:
    did = f"changed {path} back" if path else "made it anew" if known.wanted == _GONE else "deleted it"
    count, within = len(known.reversals), _spoken(flaps.within)
    return (
        f"somebody else, whom the platform does not name, has {did} {count} time{'s' if count > 1 else ''} within "
        f"{within}; it is healed again once it has not changed for {within}, or git states another value"
    )


def _spoken(seconds: float) -> str:
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
