"""Which secrets an apply sends, and why. Values stay behind the `Secrets` port: here are names and hashes alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.comparison import field_at, is_below, path_at
from igz_apply.model.hidden import unheld
from igz_apply.model.ignoring import is_ignored
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, in_order
from igz_apply.model.references import PLAIN_TYPES, secret_refs
from igz_apply.model.resources import DesiredState, LiveResource, LiveState, Owned, SecretRef
from igz_apply.model.suggest import some
from igz_apply.planning.ownership import is_owned
from igz_apply.ports import Secrets

SecretPlace = tuple[Address, str]
"""A secret of a resource: its address and the dotted path below its spec."""

Declared = Mapping[Address, tuple[tuple[str, SecretRef], ...]]
"""The secrets that present resources state, each with its dotted path; resources without any are left out."""


def declared_secrets(desired: DesiredState) -> Declared:
    """Return all secrets that the manifests state."""
    found = (
        (it.address, tuple(secret_refs(it.spec)))
        for it in desired.resources.values()
        if not PLAIN_TYPES.issuperset(map(type, it.spec.values())) and it.is_present
    )
    return {address: refs for address, refs in found if refs}


def secrets_needed(
    desired: DesiredState, live: LiveState, is_wanted: Callable[[Address], bool], rotate: Sequence[SecretPlace] = ()
) -> Declared:
    """Return the secrets that a plan looks at: of what it is about, and of what exists none that is never compared."""
    rotated = frozenset(address for address, _ in rotate)
    found: dict[Address, tuple[tuple[str, SecretRef], ...]] = {}
    for address, refs in declared_secrets(desired).items():
        ignored = desired.resources[address].lifecycle.ignore_changes if address in live.resources else ()
        if address in rotated:
            found[address] = refs
        elif is_wanted(address) and (kept := tuple(each for each in refs if not is_ignored(each[0], ignored))):
            found[address] = kept
    return found


def look_at(declared: Declared, secrets: Secrets) -> None:
    """Look at all of these secrets, so that each place is asked once, and those that have to be at the same time."""
    secrets.look(ref for refs in declared.values() for _, ref in refs)


def secrets_to_send(
    declared: Declared,
    live: LiveState,
    owned: Owned,
    secrets: Secrets,
    kinds: Kinds,
    rotate: Sequence[SecretPlace] = (),
) -> Mapping[Address, Mapping[str, str]]:
    """Return the paths of secrets that have to be sent to what exists, each with the reason, "" for a new value.

    A secret cannot be read back. So one of which the inventory has no hash is not known to be there, and is sent.
    Raises InvalidInput when `rotate` names something that is no secret here.
    """
    asked = frozenset(rotate)
    _check_rotation(asked, declared, secrets)
    found: dict[Address, Mapping[str, str]] = {}
    for address, refs in declared.items():
        if address in live.resources:
            known = _known_secrets(owned, live.resources[address], kinds)
            reasons = {path: _why_sent(known.get(path), ref, secrets, (address, path) in asked) for path, ref in refs}
            found[address] = {path: why for path, why in reasons.items() if why is not None}
    return found


def _known_secrets(owned: Owned, live: LiveResource, kinds: Kinds) -> Mapping[str, str]:
    """Return the hashes of what was sent to the very resource that lives there."""
    entry = owned.entries.get(live.address)
    return entry.secrets if entry is not None and is_owned(entry, live, kinds[live.address.kind]) else {}


def _why_sent(known: str | None, ref: SecretRef, secrets: Secrets, is_rotated: bool) -> str | None:
    """Return the reason to send a secret, "" for one that has changed, None for one that stays or is not here."""
    if is_rotated:
        return "sent again on purpose"
    if not secrets.is_available(ref):
        return None
    if known is None:
        return "not known to be the present one"
    return None if secrets.matches(ref, known) else ""


def _check_rotation(asked: Collection[SecretPlace], declared: Declared, secrets: Secrets) -> None:
    problems = []
    for address, path in sorted(asked):
        refs = dict(declared.get(address, ()))
        if path not in refs:
            known = ", ".join(f"{address}#{each}" for each in refs)
            hint = f"There is {known}." if known else "Declare it, for example with from_env."
            problems.append(Problem("No such secret", f"No manifest states a secret {address}#{path}.", hint))
        elif not secrets.is_available(refs[path]):
            detail = (
                f"{address}#{path} is to be sent again; it comes from {refs[path]}, and {_why(refs[path], secrets)}."
            )
            problems.append(Problem("Missing secret", detail, "Provide it where this runs."))
    if problems:
        raise InvalidInput(problems)


def unsent_secrets(made: Plan, declared: Declared, owned: Owned, secrets: Secrets, kinds: Kinds) -> Iterator[str]:
    """Say which secrets are neither known to be the present ones nor here: nobody can tell whether they differ."""
    unsent = []
    for change in made.changes if declared else ():
        refs = declared.get(change.address, ())
        if not refs or change.live is None or change.desired is None:
            continue
        known, ignored = _known_secrets(owned, change.live, kinds), change.desired.lifecycle.ignore_changes
        unsent += [
            f"{change.address}#{path}"
            for path, ref in refs
            if path not in known and not is_ignored(path, ignored) and not secrets.is_available(ref)
        ]
    if unsent:
        yield f"not known to be the present ones, and not available here, so not sent: {some(unsent)}"


def unread_secrets(made: Plan, declared: Declared, secrets: Secrets) -> Iterator[str]:
    """Say which secrets of what exists could not be looked up, each reason once: whether they differ is not known.

    That a variable or a file is not here is nothing to tell: a job that only plans need not have it.
    """
    unread: dict[str, list[str]] = {}
    for change in made.changes if declared else ():
        if change.live is None or change.desired is None:
            continue
        ignored = change.desired.lifecycle.ignore_changes
        for path, ref in declared.get(change.address, ()):
            is_compared = ref.is_looked_up and not is_ignored(path, ignored) and not secrets.is_invented(ref)
            if is_compared and (why := secrets.fault(ref)):
                unread.setdefault(why, []).append(f"{change.address}#{path}")
    for why, places in unread.items():
        yield f"not compared, since {why}: {some(places)}"


def _why(ref: SecretRef, secrets: Secrets) -> str:
    return secrets.fault(ref) or "there is nothing"


def _told(ref: SecretRef, secrets: Secrets) -> str:
    why = secrets.fault(ref)
    return f"{ref}: {why}" if why else str(ref)


def _sent_secrets(change: Change) -> Iterator[tuple[str, SecretRef]]:
    """Yield the secrets that a change sends: all at creation, later those that differ."""
    if change.desired is None or not change.action.makes:
        return
    if PLAIN_TYPES.issuperset(map(type, change.desired.spec.values())):
        return
    shown = {item.dotted for item in change.diff if item.sensitive}
    for path, ref in secret_refs(change.desired.spec):
        if change.action is Action.CREATE or path in shown:
            yield path, ref


def with_secret_warnings(change: Change, secrets: Secrets) -> Change:
    missing = [
        f"{path} is not available here ({_told(ref, secrets)})" for path, ref in _missing_secrets(change, secrets)
    ]
    return replace(change, warnings=(*change.warnings, *missing)) if missing else change


def check_secrets(approved: Plan, secrets: Secrets, kinds: Kinds) -> None:
    """Raise InvalidInput where a secret that a plan sends is missing, would be refused, or is not in the plan."""
    if problems := unsendable(approved, secrets, kinds):
        raise InvalidInput(problems)


def unsendable(approved: Plan, secrets: Secrets, kinds: Kinds) -> tuple[Problem, ...]:
    """Return what is wrong with the secrets that a plan sends: missing, to be refused, or not in the plan.

    All of them are looked at before anything is said.
    """
    secrets.look(ref for change in approved.writes for _, ref in _sent_secrets(change))
    problems = [
        Problem(
            summary="Missing secret",
            detail=f"{path} of {change.address} comes from {ref}, and {_why(ref, secrets)}.",
            hint="Provide it where the apply runs, or take the field out of the manifest.",
            source=change.desired.positions.value(("spec", *path.split("."))) if change.desired is not None else None,
            address=change.address,
        )
        for change in approved.writes
        for path, ref in _missing_secrets(change, secrets)
    ]
    for change in approved.writes:
        problems += [*_not_in_plan(change), *_weak_secrets(change, secrets, kinds)]
    return in_order(problems)


def _weak_secrets(change: Change, secrets: Secrets, kinds: Kinds) -> Iterator[Problem]:
    """Yield what the platform would refuse of the secrets that a change sends, without a word of theirs."""
    kind = kinds[change.address.kind]
    for path, ref in _sent_secrets(change):
        field = field_at(kind, path_at(kind, path))
        if field is None or field.lacking is None or not secrets.is_available(ref):
            continue
        if lacking := field.lacking(secrets.value(ref)):
            yield Problem(
                summary="Secret not accepted",
                detail=f"{path} of {change.address} comes from {ref}, and the platform refuses it: it needs {lacking}.",
                hint="Put another value there.",
                address=change.address,
            )


def _not_in_plan(change: Change) -> Iterator[Problem]:
    """Yield what a saved plan would write and does not hold, since it may be a secret."""
    if change.desired is None or not change.action.makes:
        return
    live = change.live.spec if change.live is not None else None
    for path in unheld(change.desired.spec, live):
        if any(is_below(path, item.dotted) for item in change.diff):
            yield Problem(
                summary="Not in the plan",
                detail=f"{path} of {change.address} stands in a manifest, may be a secret, and is in no saved plan.",
                hint="Apply it from the manifests, without --plan; or state where it lies, for example with from_env.",
                address=change.address,
            )


def _missing_secrets(change: Change, secrets: Secrets) -> Iterator[tuple[str, SecretRef]]:
    """Yield what a change sends and nobody has."""
    for path, ref in _sent_secrets(change):
        if not secrets.is_available(ref) and not _is_invented(change, ref, secrets):
            yield path, ref


def _is_invented(change: Change, ref: SecretRef, secrets: Secrets) -> bool:
    """Say whether a value is made up for a change.

    Only for what is created: the inventory knows the secrets of what exists, and would take the old one for sent.
    """
    return change.action is Action.CREATE and secrets.is_invented(ref)


def invented_secrets(made: Plan, secrets: Secrets) -> Iterator[str]:
    """Say which secrets are made up, for a rehearsal on an emulator."""
    invented = [
        f"{change.address}#{path}"
        for change in made.writes
        for path, ref in _sent_secrets(change)
        if _is_invented(change, ref, secrets)
    ]
    if invented:
        yield f"not available here, so made up for the emulator: {some(invented)}"
