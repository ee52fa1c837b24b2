"""Writes of an apply that go to plug-ins; all others go on to the platform's own writer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from igz_apply.errors import Missing
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Change
from igz_apply.model.ignoring import compared
from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.references import secret_refs
from igz_apply.model.resources import SecretRef
from igz_apply.model.step import Step
from igz_apply.planning.precondition import ANOTHER, is_another, moved_since, unlike_sent
from igz_apply.plugins.kinds import Spec
from igz_apply.plugins.objects import Objects
from igz_apply.ports import Answer, Done, Ended, Found, JobSeen, Secrets, Taken, Unknown, Writer


class PluginWriter:
    """The `Writer` port over a platform's and the objects of plug-ins."""

    def __init__(self, inner: Writer, objects: Mapping[str, Objects], secrets: Secrets) -> None:
        self._inner = inner
        self._objects = objects
        self._secrets = secrets

    def perform(self, step: Step, ids: Mapping[Address, str]) -> Answer:
        """Send the step. Raises PlaneError; AnswerLost when it is not known whether it happened."""
        objects = self._objects.get(step.target.kind)
        if objects is None:
            return self._inner.perform(step, ids)
        (change,) = step.changes
        if change.action is Action.CREATE:
            return self._create(change, objects)
        return self._delete(change, objects) if change.action is Action.DELETE else self._update(change, objects)

    def settle(self, step: Step, ids: Mapping[Address, str]) -> Found | None:
        """After a lost answer: look whether the step happened. None: it did not, so it may be sent again."""
        objects = self._objects.get(step.target.kind)
        if objects is None:
            return self._inner.settle(step, ids)
        (change,) = step.changes
        seen = objects.look(step.target.name)
        if change.action is Action.DELETE:
            return Done() if seen is None or _is_another(change, seen[1].id, objects.kind) else None
        if change.action is not Action.CREATE or seen is None:
            return None  # an update writes over what it finds: sent again it comes to the same
        if unlike := unlike_sent(change, seen[1], objects.kind):
            return Taken(f"its answer was lost, and what has its name now is not as it was sent ({unlike}): plan again")
        return Done(ids={change.address: seen[1].id}, secrets=self._hashes(change))

    def job(self, job: str) -> JobSeen:
        """Look at a job once: plug-ins have none."""
        return self._inner.job(job)

    def is_settled(self, step: Step, ids: Mapping[Address, str]) -> bool:
        """Look once whether what the step made may be used by others, or what it deleted is gone."""
        objects = self._objects.get(step.target.kind)
        if objects is None:
            return self._inner.is_settled(step, ids)
        seen = objects.look(step.target.name)
        return (seen is None) is step.is_delete

    def failures(self, step: Step, job: str, end: Ended | Unknown) -> Mapping[Address, str]:
        """Return which of the step's changes failed and why: plug-ins have no jobs."""
        return self._inner.failures(step, job, end)

    def _create(self, change: Change, objects: Objects) -> Answer:
        assert change.desired is not None, f"{change.address} is to be made of nothing"
        kept = {name: value for name, value in change.desired.spec.items() if value is not None}
        identity = objects.create(change.address.name, self._sent(kept, objects.kind))
        return Done(ids={change.address: identity}, secrets=self._hashes(change))

    def _update(self, change: Change, objects: Objects) -> Answer:
        seen, kind = objects.look(change.address.name), objects.kind
        if seen is None or _is_another(change, seen[1].id, kind):
            return Done(conflicts={change.address: ANOTHER if seen else "it is gone"})
        record, now = seen
        if moved := (ANOTHER if is_another(change, now, kind) else moved_since(change, now, kind)):
            return Done(conflicts={change.address: moved})
        assert change.desired is not None, f"{change.address} is to become nothing"
        spec = compared(kind, change.desired, now.spec)
        names = dict.fromkeys(item.path[0] for item in change.diff)
        written = {name: _whole(kind.field_named(name), spec.get(name), now.spec.get(name)) for name in names}
        objects.update(record, self._sent(written, kind))
        return Done(secrets=self._hashes(change, frozenset(names)))

    def _delete(self, change: Change, objects: Objects) -> Answer:
        seen = objects.look(change.address.name)
        if seen is None:
            return Done()
        if _is_another(change, seen[1].id, objects.kind) or is_another(change, seen[1], objects.kind):
            return Done(conflicts={change.address: ANOTHER})
        with suppress(Missing):  # it went meanwhile
            objects.delete(seen[0])
        return Done()

    def _sent(self, spec: Spec, kind: Kind) -> Spec:
        """Return what a plug-in is handed: secrets as text, and nothing that only steers."""
        steers = frozenset(each.name for each in kind.fields if each.steers)
        return {name: self._plain(value) for name, value in spec.items() if name not in steers}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, SecretRef):
            return self._secrets.value(value)
        return {key: self._plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value

    def _hashes(self, change: Change, names: frozenset[str] | None = None) -> Mapping[Address, Mapping[str, str]]:
        """Return salted hashes of the secrets that were sent: those of the fields, or all."""
        spec = change.desired.spec if change.desired is not None else {}
        wanted = {path: ref for path, ref in secret_refs(spec) if names is None or path.partition(".")[0] in names}
        hashes = {path: self._secrets.hashed(ref) for path, ref in wanted.items()}
        return {change.address: known} if (known := {path: each for path, each in hashes.items() if each}) else {}


def _is_another(change: Change, identity: str, kind: Kind) -> bool:
    """Say whether what has the name now has another id than what the plan was made from."""
    return kind.has_ids and change.live is not None and change.live.id != identity


def _whole(field: Field | None, wanted: Any, live: Any) -> Any:
    """Return the value to write: of an object, of which manifests state some keys, with the others as they live."""
    if field is None or field.shape is not Shape.OBJECT or not isinstance(wanted, Mapping):
        return wanted
    if not isinstance(live, Mapping):
        return {key: value for key, value in wanted.items() if value is not None}
    inner = {each.name: each for each in field.fields}
    merged = {key: _whole(inner.get(key), value, live.get(key)) for key, value in wanted.items()}
    return {key: value for key, value in {**live, **merged}.items() if value is not None}
