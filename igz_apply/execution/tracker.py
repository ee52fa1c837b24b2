"""The account of an apply: what became of each change, and what the inventory has to remember of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change, Plan
from igz_apply.model.outcomes import Outcome, Status
from igz_apply.model.resources import Entry
from igz_apply.model.step import Step
from igz_apply.planning.operations import with_due, without_due
from igz_apply.planning.ownership import applied, opened, put_back, undone
from igz_apply.planning.read_back import ReadBack
from igz_apply.planning.renames import noted
from igz_apply.values import dataclass

_Subject = tuple[str, Address]
"""What has an outcome: an operation on a resource, or, with "" for it, its change."""


@dataclass(slots=True)
class _Account:
    """One change or one operation, while its steps run."""

    change: Change
    operation: str  # what is done to what the change is about; "": the change
    left: set[str]  # keys of its steps that have not succeeded
    done: list[Step] = field(default_factory=list)  # those that have
    running: set[str] = field(default_factory=set)  # keys of those that have started and not ended
    status: Status | None = None  # None: still open, or nothing has gone wrong
    detail: str = ""
    remedy: str = ""
    job: str = ""
    started: float | None = None
    was_sent: bool = False  # whether a create may have reached the cluster
    is_untouched: bool = False  # whether it certainly has not changed anything


@dataclass(slots=True)
class ChangeTracker:
    """Kept by the one thread that owns the state of an apply."""

    plan: Plan
    before: Mapping[Address, Entry]
    entries: dict[Address, Entry] = field(default_factory=dict)  # what it begins with; empty: that is worked out
    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    operated: dict[_Subject, Outcome] = field(default_factory=dict)
    unusable: dict[Address, str] = field(default_factory=dict)  # what is not written and did not become usable: why
    _accounts: dict[_Subject, _Account] = field(default_factory=dict)
    _secrets: dict[Address, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.entries:
            return
        writes = {change.address for change in self.plan.writes} if self.plan.undo is not None else ()
        self.entries = put_back(noted(opened(self.before, self.plan), self.plan), self.plan, writes)
        if self.plan.operations or self.plan.put_off or self.plan.given_up:
            self.entries = with_due(self.entries, self.plan)

    def open(self, steps: Iterable[Step]) -> None:
        """Take note of the steps of each change that writes, and of each operation."""
        for change in self.plan.writes:
            self._accounts["", change.address] = _Account(change, "", set())
        for step in steps:
            if step.operation:
                found = {(step.operation, it.address): _Account(it, step.operation, set()) for it in step.changes}
                self._accounts.update(found)
            for account in self._of(step):
                account.left.add(step.key)

    def started(self, step: Step, at: float) -> None:
        """Note that a step's call goes out now, `at` seconds into the apply."""
        for account in self._of(step):
            account.started = at if account.started is None else account.started
            account.was_sent = True
            account.running.add(step.key)

    def awaited(self, step: Step, job: str) -> None:
        """Note the job that a step awaits."""
        for account in self._of(step):
            account.job = job

    def sent_secrets(self, secrets: Mapping[Address, Mapping[str, str]]) -> None:
        """Note the hashes of secrets that a call has carried."""
        for address, hashes in secrets.items():
            self._secrets.setdefault(address, {}).update(hashes)

    def succeeded(self, step: Step, at: float, ids: Mapping[Address, str]) -> tuple[Outcome, ...]:
        """Note that a step has succeeded; return the outcomes of the changes that are complete by it."""
        found = []
        for account in self._of(step):
            account.left.discard(step.key)
            account.running.discard(step.key)
            account.done.append(step)
            if not account.left and account.status is None:
                account.status = Status.APPLIED
                self._remember(account, ids)
            found += self._closed(account, at)
        return tuple(found)

    def ended(
        self,
        step: Step,
        at: float | None,
        details: Mapping[Address, str],
        status: Status,
        *,
        was_refused: bool = False,
        remedy: str = "",
    ) -> tuple[Outcome, ...]:
        """Note how a step ended that did not succeed; `was_refused` says that it certainly changed nothing.

        `remedy` says what to do about it, "" where the same again may succeed.
        A change of which another step is still on its way ends with that: only then is it known how much was done.
        """
        found: list[Outcome] = []
        if not step.needs_call and status is not Status.CANCELLED:
            self.unusable.update((it, details[it]) for it in step.addresses if ("", it) not in self._accounts)
        for account in self._of(step):
            address = account.change.address
            account.running.discard(step.key)
            if address in details and not self._is_closed(account):
                if account.status is None or status.is_bad:
                    account.status, account.detail, account.remedy = status, details[address], remedy
                account.is_untouched = not account.done and (was_refused or not account.was_sent)
            found += self._closed(account, at)
        return tuple(found)

    def misnamed(self, addresses: Iterable[Address], ids: Mapping[Address, str]) -> None:
        """Note what was made, and has another name on the cluster: it is ours, and known by its id."""
        for address in addresses:
            self._remember(self._accounts["", address], ids)

    def seen(self, read: ReadBack) -> bool:
        """Note what reading back has shown.

        Returns whether the inventory learns anything by it.
        """
        before = dict(self.entries)
        for address in read.undeleted:
            if address in self.before:
                self.entries[address] = self.before[address]
        for address in read.filled.keys() | read.born.keys() | read.ids.keys():
            entry = self.entries.get(address)
            if entry is not None:
                put = read.filled.get(address, entry.filled)
                identity, since = read.ids.get(address, entry.id), read.born.get(address, entry.born)
                self.entries[address] = replace(entry, id=identity, born=since, filled=put)
        return self.entries != before

    def _of(self, step: Step) -> list[_Account]:
        subjects = [(step.operation, address) for address in step.addresses]
        return [self._accounts[subject] for subject in subjects if subject in self._accounts]

    def _is_closed(self, account: _Account) -> bool:
        if account.operation:
            return (account.operation, account.change.address) in self.operated
        return account.change.address in self.outcomes

    def _closed(self, account: _Account, at: float | None) -> list[Outcome]:
        """Return the outcome of a change that has just come to its end, [] for one that has not or had before."""
        address, status = account.change.address, account.status
        if status is None or account.running or self._is_closed(account):
            return []
        if status is Status.CANCELLED and account.done:
            status = Status.INTERRUPTED  # cancelled is only what was not sent
        if account.operation:
            self._keep_due(account)
        elif account.change.action is Action.CREATE and account.is_untouched and not account.done:
            self._forget_pending(address)
        return [self._close(account, status, at)]

    def _close(self, account: _Account, status: Status, at: float | None) -> Outcome:
        outcome = Outcome(
            address=account.change.address,
            action=account.change.action,
            status=status,
            detail=_told(account, account.detail) if account.detail else "",
            remedy=account.remedy,
            job=account.job,
            started=account.started,
            ended=at,
            operation=account.operation,
        )
        if account.operation:
            self.operated[account.operation, outcome.address] = outcome
        else:
            self.outcomes[outcome.address] = outcome
        return outcome

    def _remember(self, account: _Account, ids: Mapping[Address, str]) -> None:
        change = account.change
        address, made = change.address, None
        if account.operation:
            self.entries[address] = without_due(self.entries[address], (account.operation,))
            return
        if change.action is not Action.DELETE:
            secrets = self._secrets.get(address)
            made = applied(change, self.entries.get(address), ids.get(address, ""), secrets)
        undo = self.plan.undo
        if undo is not None and address in undo.restored:
            made = undone(change, made, undo.restored[address])
        if made is None:
            self.entries.pop(address, None)
        else:
            self.entries[address] = made

    def _keep_due(self, account: _Account) -> None:
        """Remember an operation that was not done, unless it was never asked for: nothing that it comes after moved."""
        address, operation = account.change.address, account.operation
        was_due = address in self.before and operation in self.before[address].due
        before = [self._accounts["", it] for it in account.change.depends_on if ("", it) in self._accounts]
        if account.status is Status.APPLIED or was_due or not all(it.is_untouched for it in before):
            return
        entry = without_due(self.entries[address], (operation,))
        if address in self.before or not entry.is_pending or entry.due:
            self.entries[address] = entry
        else:
            del self.entries[address]

    def _forget_pending(self, address: Address) -> None:
        """Nothing was created: the inventory goes back to what it knew before."""
        known = self.before.get(address)
        if known is None:
            self.entries.pop(address, None)
        else:
            self.entries[address] = known


def _told(account: _Account, detail: str) -> str:
    """Say of a change that has not succeeded as a whole which part of it has."""
    done = [step.key for step in account.done if step.needs_call]
    return f"{detail}; done before: {', '.join(done)}" if done else detail
