"""One answer of the control plane: what is in it, and what it says of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.job_answers import job_id
from igz_apply.http import answers
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.http.known_pages import KnownPage


@dataclass(frozen=True, slots=True)
class Answer(answers.Answer):
    """A successful answer, whose body is what the wire reference says in section 3.3."""

    page: KnownPage | None = None  # what is kept of a page from one round to the next; None: nothing

    @property
    def data(self) -> Any:
        """The resource, the list of resources, or None (wire reference, section 3.3)."""
        return _member(self.body, "data")

    @property
    def included(self) -> list[dict[str, Any]]:
        """The related resources that were asked for; empty if none came."""
        included = _member(self.body, "included")
        return [record for record in included if _is_record(record)] if isinstance(included, list) else []

    @property
    def meta(self) -> dict[str, Any]:
        """The answer's own description: ctx, totals of a counted list; empty if none came."""
        meta = _member(self.body, "meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def records(self) -> list[dict[str, Any]]:
        """The resources of a list. Raises InvalidAnswer if there is no list, or something else is in it."""
        data = self.data
        if not isinstance(data, list) or not all(map(_is_record, data)):
            raise self.invalid("a list of records was expected")
        return data

    @property
    def record(self) -> dict[str, Any]:
        """The one resource. Raises InvalidAnswer if there is none."""
        data = self.data
        if not isinstance(data, dict) or not _is_record(data):
            raise self.invalid("one record was expected")
        return data

    @property
    def job_id(self) -> str | None:
        """The id of the background job that this call started, None if it started none."""
        return job_id(self.body, method=self.method or None)


def _is_record(value: Any) -> bool:
    """Tell whether a value has the shape of a resource (wire reference, section 3.3)."""
    if not isinstance(value, dict):
        return False
    attributes, relationships = value.get("attributes"), value.get("relationships")
    return (attributes is None or isinstance(attributes, dict)) and (
        relationships is None or isinstance(relationships, dict)
    )


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, dict) else None


def context_of(body: Any) -> str | None:
    """Return the server's request id out of a body, None if there is none."""
    meta = _member(body, "meta")
    ctx = _member(meta, "ctx")
    return str(ctx) if ctx not in (None, "") else None


def error_details(body: Any) -> tuple[str, ...]:
    """Return the server's own words about a failure (wire reference, section 3.8), empty if it has none."""
    entries = _member(body, "errors")
    if not isinstance(entries, list):
        return ()
    details = (_member(entry, "detail") or _member(entry, "title") for entry in entries)
    return tuple(str(detail) for detail in details if detail)
