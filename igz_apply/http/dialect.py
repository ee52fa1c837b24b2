"""How one API speaks: all that has to be known of it to bring a call through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol, TypeVar

from igz_apply.http.answers import Answer, Complaint
from igz_apply.http.call_errors import ErrorKind
from igz_apply.http.redaction import Redaction

A = TypeVar("A", bound=Answer)


class Dialect(Protocol[A]):
    """What the answers of an API are, what its errors say, and what in both must not be seen."""

    @property
    def root(self) -> str:
        """The part of the address that all paths are below, such as `api`."""
        ...

    @property
    def redaction(self) -> Redaction:
        """Where calls and paths hold secrets."""
        ...

    @property
    def kinds(self) -> Mapping[int, ErrorKind]:
        """The class and the words of an error, by its status."""
        ...

    @property
    def ctx_header(self) -> str:
        """The header in which a caller may hand on its own id of what it does, the id of a trace; "" for none."""
        ...

    def route(self, path: str) -> str:
        """Return a path with the names and ids in it left out: `/api/users/{id}`; see `watching.route_of`."""
        ...

    def answer(
        self, status: int, content: bytes, *, method: str, path: str, unread: Collection[str] = frozenset()
    ) -> A:
        """Return the answer that the body of a success is. Raises Unreadable for what is none of this API.

        `unread` names members of the body that nobody looks at: they may be left out.
        """
        ...

    def complaint(self, status: int, content: bytes) -> Complaint:
        """Return what the body of an error says. It may be anything, and often is not JSON: then it says nothing."""
        ...

    def secrets_told(self, path: str, answer: A) -> Iterator[str]:
        """Yield the secrets that an answer brings by itself."""
        ...

    def scrub_words(self, path: str, answer: A, scrub: Callable[[str], str]) -> None:
        """Mask secrets where an answer quotes some in words, within the answer itself."""
        ...
