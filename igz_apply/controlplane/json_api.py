"""How this control plane speaks (wire reference, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.api_answers import Answer, context_of, error_details
from igz_apply.controlplane.errors import KINDS
from igz_apply.controlplane.record_checks import check_records
from igz_apply.controlplane.secret_fields import REDACTION
from igz_apply.controlplane.telltales import keys_in, scrub_words
from igz_apply.http.answers import Complaint
from igz_apply.http.bodies import CHECKED_WHOLE, Unreadable, parse_json
from igz_apply.http.call_errors import ErrorKind
from igz_apply.http.redaction import Redaction
from igz_apply.http.watching import route_of

# The words of paths beyond the first, which names a collection.
_WORDS = frozenset(
    (
        *("any", "internal", "planes", "verifications"),
        *("__name__", "external_versions", "get_or_create_access_key", "reloads"),
    )
)

if TYPE_CHECKING:
    from igz_apply.http.known_pages import KnownPages

KNOWN = "known"
"""Among what is unread of a page: records but for their names, where it came before and something was made of it."""


def read_page(content: bytes, unread: Collection[str]) -> dict[str, Any] | None:
    """Read a long page the quick way, None where that cannot be. Only long pages are worth its import."""
    from igz_apply.controlplane import long_pages

    return long_pages.read_page(content, unread)


class JsonApi:
    """JSON:API below /api: records, what they include, and lists of errors.

    `pages` are those that came before; None: none is kept.
    """

    root = "api"
    redaction: Redaction = REDACTION
    kinds: Mapping[int, ErrorKind] = KINDS
    ctx_header = ""

    def route(self, path: str) -> str:
        """Return a path with the names and ids in it left out."""
        return route_of(self.root, path, _WORDS)

    def __init__(self, pages: KnownPages | None = None) -> None:
        self._pages = pages

    def answer(
        self, status: int, content: bytes, *, method: str, path: str, unread: Collection[str] = frozenset()
    ) -> Answer:
        """Return the answer that a body is, perhaps without what is unread (see `long_pages`). Raises Unreadable."""
        page = None
        if self._pages is not None and KNOWN in unread:
            from igz_apply.controlplane.known_answers import known_page, outlined  # a run by itself knows none

            page = known_page(self._pages, content, path, unread)
            if page is not None and (known := outlined(page, content)) is not None:
                return Answer(status, known, context_of(known), method, path, page)
        body: Any = read_page(content, unread) if len(content) > CHECKED_WHOLE else None
        if body is None:
            body = parse_json(content, envelope=("meta",))
            check_records(body)
        if body is not None and not isinstance(body, (dict, list)):
            raise Unreadable("is neither an object nor a list")
        return Answer(status, body, context_of(body), method, path, page)

    def complaint(self, _: int, content: bytes) -> Complaint:
        """Return what the body of an error says."""
        try:
            body = parse_json(content)
        except Unreadable:
            return Complaint()
        return Complaint(error_details(body), context_of(body))

    def secrets_told(self, path: str, answer: Answer) -> Iterator[str]:
        """Yield the access keys and sessions that an answer brings."""
        return keys_in(path, answer)

    def scrub_words(self, path: str, answer: Answer, scrub: Callable[[str], str]) -> None:
        """Mask secrets in the words of jobs and services."""
        scrub_words(path, answer, scrub)
