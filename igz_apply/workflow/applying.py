"""A plan that is made true: what is claimed, recorded and sent, in which order, and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

from igz_apply.errors import InvalidInput, InventoryLost
from igz_apply.execution.deadline import Deadline
from igz_apply.execution.executor import Execution
from igz_apply.execution.options import ApplyOptions, ExecutionPorts
from igz_apply.execution.tracker import ChangeTracker
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.kind import Kinds
from igz_apply.model.outcomes import Outcome, Report, Status
from igz_apply.model.remembering import ANEW, Remembering, lasting
from igz_apply.model.resources import Entry, LiveState, Owned
from igz_apply.planning.homes import learned
from igz_apply.planning.ownership import shows_hidden
from igz_apply.planning.read_back import read_back
from igz_apply.planning.renames import stated_in, under_new_names
from igz_apply.planning.sending import check_secrets
from igz_apply.platform import Platform
from igz_apply.ports import Clock, Inbox, InventoryStore, Observer, Reader, RunRecords, Secrets, Writer
from igz_apply.values import dataclass
from igz_apply.workflow.recording import Recording, begin


def _mask_nothing(texts: Iterable[str]) -> None:
    """Leave what is logged as it is."""


def as_it_is(report: Report) -> Report:
    """Add nothing."""
    return report


@dataclass(frozen=True, slots=True)
class Ports:
    """The edges that an apply works on."""

    reader: Reader
    writer: Writer
    store: InventoryStore
    secrets: Secrets
    clock: Clock
    pool: Executor
    observe: Observer
    inbox: Inbox  # a message executor.INTERRUPT in it makes an apply start nothing new
    mask: Callable[[Iterable[str]], None] = _mask_nothing  # lets none of the texts be logged or told in an error
    records: RunRecords | None = None  # where each run leaves a record, as `FsspecInventory.records`; None: nowhere
    results: Remembering = ANEW  # what was worked out before of the very same plan and inventory


class Outside(Ports):
    """`Ports` by its first name, and what was handed in as the mailbox is the inbox."""

    __slots__ = ()

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        store: InventoryStore,
        secrets: Secrets,
        clock: Clock,
        pool: Executor,
        observe: Observer,
        mailbox: Inbox,
    ) -> None:
        super().__init__(reader, writer, store, secrets, clock, pool, observe, mailbox)


def apply(
    approved: Plan,
    live: LiveState,
    owned: Owned,
    outside: Ports,
    options: ApplyOptions = ApplyOptions(),
    platform: Platform = IGUAZIO3,
    seal: str = "",
) -> Report:
    """Make the plan true, and account for every change of it.

    `live` and `owned` are what the plan was made from; hold the inventory's lock from before `owned` was loaded.
    `seal` is that of a saved plan, "" for none: it counts as used before anything is sent. Raises InvalidInput when a
    secret is missing and InventoryLost when the inventory cannot be written: nothing was sent then.
    """
    return applied(approved, live, owned, outside, options, platform, seal)[0]


def applied(
    approved: Plan,
    live: LiveState,
    owned: Owned,
    outside: Ports,
    options: ApplyOptions,
    platform: Platform,
    seal: str,
) -> tuple[Report, Callable[[Report], Report]]:
    """Apply, and return the report with what writes another one into the record of the run, if it leaves one."""
    kinds = platform.kinds
    check_secrets(approved, outside.secrets, kinds)
    home = learned(owned.home, approved.caller.home)
    outside.store.claim(home)  # whichever save is the first: entries without a home would count on every cluster
    opening = lasting(outside.results, live, kinds).once("opening", _opening, approved, live, owned, kinds)
    tracker = ChangeTracker(approved, opening.before, dict(opening.entries))
    recording = None
    if outside.records is not None and (approved.acts or opening.is_news):
        recording = begin(outside.records, approved, live, owned.entries, tracker.entries, kinds)
    is_to_save = opening.is_news or opening.shows_hidden or bool(owned.entries and home != owned.home)
    _open(outside.store, seal, tracker.entries if is_to_save else None, recording)
    ids = {address: resource.id for address, resource in live.resources.items() if not resource.is_deleting}
    ports = ExecutionPorts(outside.writer, outside.store, outside.clock, outside.pool, outside.observe)
    execution = Execution(ports, kinds, tracker, ids, options, outside.inbox, approved.partial)
    execution.run(platform.steps_of(approved, kinds))
    outcomes = tuple(tracker.outcomes[change.address] for change in approved.writes)
    operated = tuple(tracker.operated[it.operation, it.address] for it in approved.operations)
    report = Report(
        plan=approved,
        outcomes=outcomes,
        failures=tuple(_beside(execution, tracker)),
        interrupted=execution.is_interrupted,
        deadline=_kept_by(options.deadline, (*outcomes, *operated)) if execution.is_late else None,
        timeline=execution.timeline,
        seconds=execution.seconds,
        operated=operated,
    )
    now = None
    if any(outcome.status is Status.APPLIED for outcome in outcomes):
        report, seen = read_back(report, Owned(tracker.entries), outside.reader, outside.pool, kinds)
        now = seen.live
        if tracker.seen(seen):
            report = _remember(report, tracker, outside.store)
    report = replace(report, seconds=execution.seconds)
    if recording is None:
        return report, as_it_is
    end = partial(recording.ended, entries=tracker.entries, live=now)
    return end(report), end


@dataclass(frozen=True, slots=True)
class _Opening:
    """The inventory as an apply begins: by the names that are to be, and with what it has to remember first."""

    before: Mapping[Address, Entry]
    entries: Mapping[Address, Entry]
    is_news: bool  # whether that is another than it was
    shows_hidden: bool  # whether it has to be written over, since it shows what may be a secret


def _opening(approved: Plan, live: LiveState, owned: Owned, kinds: Kinds) -> _Opening:
    ours = under_new_names(owned, live.resources, stated_in(approved), kinds)
    entries = ChangeTracker(approved, ours.entries).entries
    is_shown = shows_hidden(owned.entries, entries, kinds)
    return _Opening(ours.entries, entries, entries != dict(owned.entries), is_shown)


def _open(
    store: InventoryStore, seal: str, entries: Mapping[Address, Entry] | None, recording: Recording | None
) -> None:
    """Write to the inventory what has to be there before the first call, and take the record back where that fails.

    `entries` are those to save first, None for none. Raises InventoryLost, InvalidInput.
    """
    try:
        if seal:
            # Before the first call: a run that is killed may have sent a part, and nothing of a plan is sent twice.
            store.use_plan(seal)
        if entries is not None:
            store.save(entries)
    except (InventoryLost, InvalidInput):
        if recording is not None:
            recording.discard()
        raise


def _kept_by(deadline: Deadline | None, outcomes: Iterable[Outcome]) -> float | None:
    """Return how long a deadline was, where something was not sent because of it; None where all was."""
    has_kept_any = any(outcome.status in (Status.CANCELLED, Status.INTERRUPTED) for outcome in outcomes)
    return deadline.seconds if deadline is not None and has_kept_any else None


def _beside(execution: Execution, tracker: ChangeTracker) -> Iterator[str]:
    """Yield what went wrong beside the changes."""
    if execution.store_failure is not None:
        yield str(execution.store_failure)
    yield from (f"{address} exists and cannot be used: {why}" for address, why in tracker.unusable.items())


def _remember(report: Report, tracker: ChangeTracker, store: InventoryStore) -> Report:
    try:
        store.save(tracker.entries)
    except (InventoryLost, InvalidInput) as error:
        return replace(report, failures=(*report.failures, str(error)))
    return report
