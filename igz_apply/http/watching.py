"""Who watches calls: told of every attempt, before it is sent and once it is known what came of it.

A path holds names and ids. What is told is its route, in which each stands as `{id}`: there are few of those, and none
says anything of anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from igz_apply.patterns import pattern
from igz_apply.values import dataclass

ID = "{id}"
_WORD = pattern(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a call, once it is over. There is no secret in it, no name, and nothing of a query."""

    method: str
    route: str  # /api/users/{id}
    status: int | None  # None: no complete response came
    seconds: float  # from the first byte out to the last byte in
    number: int  # of the attempts of this call, from 1; one after a renewed login counts too
    ctx: str | None = None  # the server's id of the request; None: it gave none
    traceparent: str = ""  # the header that was sent; "": none was
    will_retry: bool = False  # whether there is to be another
    error: str = ""  # what it failed with, by the class of the error: Timeout, Conflict; "": it did not fail
    server: str = ""  # https://dashboard.example.com:8443


class CallWatcher(Protocol):
    """Watches the calls of a client. Many threads tell it at once; it must not raise, and must not take long."""

    def began(self, method: str, route: str) -> Mapping[str, str] | str:
        """Hear that an attempt is about to be sent, and return the headers to send with it: `traceparent`.

        A text instead is why it must not be sent: it is not, unless it only logs in, and nobody hears of its end.
        """

    def ended(self, attempt: Attempt) -> None:
        """Hear what came of it, in the thread that heard it begin; also where it was broken off."""


def route_of(root: str, path: str, words: Collection[str], first: int = 1) -> str:
    """Return the route of a path below the root of an API.

    `words` are the parts of paths that are neither name nor id; of the first ones, so many never are either.
    """
    parts = enumerate(path.strip("/").split("/"))
    known = (part if part in words or (at < first and _WORD.fullmatch(part)) else ID for at, part in parts)
    return "/".join(("", root, *known))


def begun(watchers: Sequence[CallWatcher], method: str, route: str, *, is_login: bool) -> dict[str, str] | str:
    """Tell all of them that an attempt begins, and return the headers to send with it, or why it must not be sent.

    Whoever says so comes before all others.
    """
    headers: dict[str, str] = {}
    for watcher in watchers:
        said = watcher.began(method, route)
        if not isinstance(said, str):
            headers.update(said)
        elif not is_login:
            return said
    return headers
