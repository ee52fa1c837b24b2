"""One answer of the control plane, and how a failed one becomes an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from igz_apply.controlplane import errors
from igz_apply.http.bodies import parse_json
from igz_apply.http.redaction import redact_path

_LONGEST_DETAIL = 500

_BY_STATUS: dict[int, tuple[type[errors.ControlPlaneError], str]] = {
    400: (errors.BadRequest, "The request was refused as invalid"),
    401: (errors.Unauthorised, "Not authenticated"),
    403: (errors.Forbidden, "Not allowed"),
    404: (errors.NotFound, "Not found"),
    409: (errors.Conflict, "The request conflicts with the present state"),
    412: (errors.PreconditionFailed, "The present state does not allow this"),
    425: (errors.Unavailable, "The server is not ready for this request"),
    429: (errors.RateLimited, "Too many requests"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    `body` is the parsed JSON, None when there was none. `ctx` is the server's id of the request, None if it gave
    none. `method` and `path` say what was asked, the path with access keys masked.
    """

    status: int
    body: Any
    ctx: str | None
    method: str = ""
    path: str = ""

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

    def invalid(self, why: str) -> errors.InvalidAnswer:
        """Return the error that says what is wrong with this answer."""
        return errors.InvalidAnswer(
            f"The control plane answered with success, but {why}",
            method=self.method,
            path=self.path,
            status=self.status,
            ctx=self.ctx,
        )

    @property
    def job_id(self) -> str | None:
        """The id of the background job that this call started, None if it started none."""
        from igz_apply.controlplane.job_answers import job_id

        return job_id(self.body, method=self.method or None)


def _is_record(value: Any) -> bool:
    """Tell whether a value has the shape of a resource (wire reference, section 3.3)."""
    if not isinstance(value, dict):
        return False
    parts = (value.get("attributes"), value.get("relationships"))
    return all(part is None or isinstance(part, dict) for part in parts)


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


def error_of(
    status: int, content: bytes, *, method: str, path: str, scrub: Callable[[str], str] = redact_path
) -> errors.ControlPlaneError:
    """Return the exception that a failed answer stands for.

    The body may be anything, and often is not JSON: then only the status speaks. `scrub` masks what the server's words
    may quote; only then are they put on one line and cut, for a cut secret would be known no more.
    """
    try:
        body = parse_json(content)
    except ValueError:
        body = None
    kind, message = _kind_of(status)
    ctx = context_of(body)
    return kind(
        message,
        method=method,
        path=path,
        status=status,
        details=tuple(_shortened(scrub(detail)) for detail in error_details(body)),
        ctx=None if ctx is None else _shortened(scrub(ctx)),
    )


def _shortened(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_DETAIL]


def _kind_of(status: int) -> tuple[type[errors.ControlPlaneError], str]:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return errors.InvalidAnswer, "The server redirects elsewhere, and credentials are never sent along"
    if status >= 500:
        return errors.Unavailable, "The server failed"
    return errors.BadRequest, "The request was refused"
