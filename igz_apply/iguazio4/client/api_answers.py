"""One answer: what is in it, and what it says of a failure (wire reference, sections 3.3 and 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.http import answers
from igz_apply.iguazio4.client.errors import NameMismatch
from igz_apply.iguazio4.client.secret_fields import REDACTION
from igz_apply.values import dataclass

_LONGEST_SEEN = 200  # characters of an answer that a message quotes


@dataclass(frozen=True, slots=True, repr=False)
class Answer(answers.Answer):
    """A successful answer, whose body may be empty."""

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.method} {self.path})"

    @property
    def record(self) -> dict[str, Any]:
        """The body as one object. Raises InvalidAnswer if it is none."""
        if not isinstance(self.body, dict) or not is_record(self.body):
            raise self.invalid("one object was expected")
        return self.body

    @property
    def mapping(self) -> dict[str, Any]:
        """The body of a call that need not say anything; empty where it does not."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def items(self) -> list[dict[str, Any]]:
        """The objects of a list; an absent one is empty. Raises InvalidAnswer if something else is in it."""
        found = self.record.get("items")
        if found is None:
            return []
        if not isinstance(found, list) or not all(map(is_record, found)):
            raise self.invalid("a list of objects was expected")
        return found

    @property
    def has_more(self) -> bool | None:
        """Whether the list goes on, None if the answer does not say. Raises InvalidAnswer for something else."""
        said = part(self.record, "status").get("hasMore")
        if said is not None and not isinstance(said, bool):
            raise self.invalid("status.hasMore is neither true nor false")
        return said

    def of(self, name: str, *keys: str, is_same: Any = str.__eq__) -> dict[str, Any]:
        """Return the record whose member at `keys` is the name that was asked for. Raises NameMismatch."""
        found: Any = self.record
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, str) and is_same(found, name):
            return self.record
        what = f"{'.'.join(keys)} is {found!r}" if isinstance(found, str) else f"it has no {'.'.join(keys)}"
        raise self.mismatch(name, what)

    def mismatch(self, name: str, what: str) -> NameMismatch:
        """Return the error that says that this is not about what was asked for; `what` may quote the answer."""
        seen = REDACTION.redact_path(what)[:_LONGEST_SEEN]
        message = f"The control plane was asked for {name!r} and answered with something else: {seen}"
        return NameMismatch(message, method=self.method, path=self.path, status=self.status, ctx=self.ctx)


def part(record: Any, name: str) -> Mapping[str, Any]:
    """Return a part of an envelope, empty where it is absent, null or something else."""
    found = record.get(name) if isinstance(record, dict) else None
    return found if isinstance(found, dict) else {}


def is_record(value: Any) -> bool:
    """Tell whether a value has the shape of an object of this API: its parts are objects where there are some."""
    if not isinstance(value, dict):
        return False
    return all(value.get(name) is None or isinstance(value[name], dict) for name in ("metadata", "spec", "status"))


def context_of(body: Any) -> str | None:
    """Return the server's id of the request out of a body, None if there is none."""
    ctx = part(body, "status").get("ctx")
    return str(ctx) if ctx not in (None, "") else None
