"""Reads a cluster through a client that cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from igz_apply.adapter.faults import translated
from igz_apply.controlplane import ReadOnlyClient
from igz_apply.core.kind import Kind, SharedDocument
from igz_apply.core.resources import Caller
from igz_apply.errors import PlaneError
from igz_apply.ports import Page


class ClusterReader:
    """The `Reader` port."""

    def __init__(self, client: ReadOnlyClient, pool: Executor | None = None) -> None:
        """Read through `client`; pages of a list are fetched on `pool`, one after the other without it."""
        self._client = client
        self._pool = pool

    def caller(self) -> Caller:
        """Return who we are there. Raises PlaneError."""
        with translated():
            return Caller(
                endpoint=self._client.endpoint,
                username=self._client.username,
                tenant=self._client.tenant_id or "",
                version=self._client.version or "",
            )

    def pages(self, kind: Kind) -> Iterator[Page]:
        """Yield everything of one kind. Raises PlaneError, also when the end of the list was not reached."""
        endpoint = kind.endpoint
        with translated():
            if isinstance(endpoint, SharedDocument):
                document = self._client.get(endpoint.path)
                yield Page(entries(document.data, endpoint), ())
                return
            params = {"include": ",".join(endpoint.include)} if endpoint.include else None
            for answer in self._client.pages(endpoint.path, params=params, concurrency=self._pool):
                yield Page(answer.records, answer.included)


def entries(data: object, endpoint: SharedDocument) -> list[dict[str, Any]]:
    """Return the entries of a shared document, which is listed as the one item of a list (section 12).

    Raises PlaneError for a document without a list of entries, or with one that is none: taken for an empty list, it
    would be written back without what is in it.
    """
    match data:
        case [{"attributes": dict(attributes)}, *_]:
            found = attributes.get(endpoint.entries)
        case []:
            found = []
        case _:
            found = None
    if isinstance(found, list) and all(_is_entry(entry, endpoint) for entry in found):
        return found
    raise PlaneError(
        f"GET {endpoint.path} did not answer with a document that lists its {endpoint.entries}",
        method="GET",
        path=endpoint.path,
    )


def _is_entry(entry: object, endpoint: SharedDocument) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(endpoint.entry_spec), dict)
