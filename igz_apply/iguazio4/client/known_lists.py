"""Pages of a list that came before, told by what they hold: only what describes an answer differs from call to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from igz_apply.http.cut_bodies import closely, cut
from igz_apply.http.known_pages import KnownPage, KnownPages
from igz_apply.iguazio4.client.secret_fields import REDACTION

_ITEMS, _RELATIONSHIPS, _STATUS = "items", "relationships", "status"


def read_list(pages: KnownPages, content: bytes, path: str, read: Callable[[bytes], Any]) -> Any:
    """Return the body of a page, whose objects are the very same ones where the same bytes came before.

    Where it is cut says what it holds: its parts were values of JSON then, and so it is read in one way only, as `cut`
    says. A page that may hold a secret is not kept. Raises what `read` raises.
    """
    for names in ((_ITEMS, _RELATIONSHIPS, _STATUS), (_ITEMS, _STATUS)):
        parts = cut(content, names)
        if parts is not None:
            page = pages.page(f"{path}: {names}", parts[:-1])
            return _known(page, parts[-1]) or _kept(page, noted(pages, read(content)))
    return noted(pages, read(content))


def noted(pages: KnownPages, body: Any) -> Any:
    """Return a body, having noted where it may hold a secret: nothing that is made of it may be kept then."""
    if next(REDACTION.secrets_in(body), None) is not None:
        pages.has_secrets = True
    return body


def _known(page: KnownPage, status: memoryview) -> dict[str, Any] | None:
    if not page.is_of_before:
        return None
    try:
        return {**page.made, _STATUS: closely(status)}
    except (ValueError, RecursionError):
        return None


def _kept(page: KnownPage, body: Any) -> Any:
    if isinstance(body, dict):
        held = {name: value for name, value in body.items() if name != _STATUS}
        if next(REDACTION.secrets_in(held), None) is None:
            page.made = held
    return body
