"""One answer, and how a failed one becomes an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.http import call_errors
from igz_apply.values import dataclass

_LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, of which an API knows more.

    `body` is the parsed JSON, None when there was none. `ctx` is the server's id of the request, None if it gave
    none. `method` and `path` say what was asked, the path with secrets masked.
    """

    status: int
    body: Any
    ctx: str | None
    method: str = ""
    path: str = ""

    def invalid(self, why: str) -> call_errors.InvalidAnswer:
        """Return the error that says what is wrong with this answer."""
        return call_errors.InvalidAnswer(
            f"The control plane answered with success, but {why}",
            method=self.method,
            path=self.path,
            status=self.status,
            ctx=self.ctx,
        )


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a failed answer says: the server's own words, and its id of the request, None if it gave none.

    `kind` is the class and the words of the error where the body tells more than the status does; `form` is the API's
    own name for the form of the body, by which an answer of the API itself is told from that of a proxy.
    """

    details: tuple[str, ...] = ()
    ctx: str | None = None
    kind: call_errors.ErrorKind | None = None
    form: str = ""


def error_of(
    status: int,
    complaint: Complaint,
    kinds: Mapping[int, call_errors.ErrorKind],
    *,
    method: str,
    path: str,
    scrub: Callable[[str], str],
) -> call_errors.ControlPlaneError:
    """Return the exception that a failed answer stands for.

    `scrub` masks what the server's words may quote; only then are they put on one line and cut, for a cut secret would
    be known no more.
    """
    kind, message = complaint.kind or call_errors.kind_of(status, kinds)
    error = kind(
        message,
        method=method,
        path=path,
        status=status,
        details=tuple(shortened(scrub(detail)) for detail in complaint.details),
        ctx=None if complaint.ctx is None else shortened(scrub(complaint.ctx)),
    )
    error.form = complaint.form
    return error


def shortened(words: str) -> str:
    """Return words of a server on one line, and not too many of them."""
    return " ".join(words.split())[:_LONGEST_DETAIL]
