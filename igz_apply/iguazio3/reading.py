"""Reads a cluster through a client that cannot write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from igz_apply.controlplane import ReadOnlyClient, exactly
from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.json_api import KNOWN
from igz_apply.errors import Missing, PlaneError
from igz_apply.iguazio3.client_errors import recognised, translated
from igz_apply.iguazio3.decode import is_deleting, key_of
from igz_apply.iguazio3.live_state import Kept, Page, is_lasting, live_state, needs_included
from igz_apply.iguazio3.sightings import looked_for
from igz_apply.iguazio3.wire import Collection, SharedDocument, endpoint_of
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.resources import Caller, LiveState
from igz_apply.ports import Pool, Presence, Sighting

T = TypeVar("T")


class ClusterReader:
    """The `Reader` port."""

    def __init__(
        self, client: ReadOnlyClient, kinds: Kinds, pages: Executor | None = None, results: Remembering = ANEW
    ) -> None:
        """Read `kinds` through `client`; pages of a list are fetched on the pool `pages`, one by one without it.

        That must not be the pool that the methods are given: what runs there waits for pages. `results` remembers what
        was read in a round before.
        """
        self._client = client
        self._kinds = kinds
        self._pool = pages
        self._results = results

    def live(self, pool: Pool, kinds: frozenset[str] | None = None) -> LiveState:
        """Return all that the cluster has of these kinds; None: of all. Raises PlaneError where a list has no end."""
        return live_state(self, self._kinds, pool, kinds, self._results)

    def sightings(self, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool) -> Mapping[str, Sighting]:
        """Return what a look for each name of a kind shows. Raises PlaneError."""
        return looked_for(self, kind, ids, live, pool)

    def listed_at(self, kind: Kind) -> str:
        """Return the path of the call that lists the kind."""
        return endpoint_of(kind).path

    def caller(self) -> Caller:
        """Return who we are there. Raises PlaneError."""
        with recognised():
            return Caller(
                endpoint=self._client.endpoint,
                username=self._client.username,
                tenant=self._client.tenant_id or "",
                version=self._client.version or "",
            )

    def pages(self, kind: Kind, keep: Callable[[Page], T]) -> Iterator[T]:
        """Yield what `keep` makes of each page of one kind.

        Raises PlaneError, also when the end of the list was not reached.
        """
        endpoint = endpoint_of(kind)
        with translated():
            if isinstance(endpoint, SharedDocument):
                document = self._client.get(endpoint.path)
                found = entries(document.data, endpoint)
                yield keep(Page(found, (), _cluster_name(document.data, endpoint), is_absent=document.data == []))
                return
            params = {"include": ",".join(endpoint.include)} if endpoint.include else None

            def kept(answer: Answer) -> T:
                page = answer.page
                if page is not None and page.is_of_before:
                    known: T = page.made
                    return known
                made = keep(Page(answer.records, answer.included))
                if page is not None and isinstance(made, Kept):
                    from igz_apply.controlplane.known_answers import keep as keep_for_later

                    keep_for_later(page, made, answer.records)
                return made

            unread = frozenset({"links"} if needs_included(kind) else {"links", "included"})
            if is_lasting(kind, self._kinds):
                unread |= {KNOWN}
            yield from self._client.kept_pages(
                kept, endpoint.path, params=params, concurrency=self._pool, unread=unread
            )

    def look(self, kind: Kind, name: str, identity: str) -> Sighting:
        """Look for one resource of a collection: by its id, by its name where that is "". Raises PlaneError.

        A 403 says that it is hidden. A 404 says that it is gone, or hidden: that hangs on who asks (section 3.8).
        """
        try:
            with translated():
                item = self._item(kind, name, identity)
        except Missing:
            return Sighting(Presence.GONE)
        except PlaneError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                return Sighting(Presence.HIDDEN, why=str(error))
            raise
        if item is None:
            return Sighting(Presence.GONE)
        if not is_resource(item):
            raise _no_resource(endpoint_of(kind).path)
        is_leaving = is_deleting(kind, item["attributes"])
        return Sighting(Presence.LEAVING if is_leaving else Presence.THERE, key_of(kind, item), str(item["id"]))

    def _item(self, kind: Kind, name: str, identity: str) -> Any:
        """Return the body of one resource, None where a filter finds none."""
        endpoint = endpoint_of(kind)
        assert isinstance(endpoint, Collection), f"{kind.name} has no collection"
        if identity:
            return self._client.get(f"{endpoint.path}/{quote(identity, safe='@')}").data
        if endpoint.by_name:
            return self._client.get(f"{endpoint.by_name}/{quote(name, safe='')}").data
        return found_by_name(self._client, kind, name)

    def own_keys(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return label and planes of the caller's own access keys, by label; a key itself is never looked at.

        Raises PlaneError.
        """
        from igz_apply.controlplane.access_keys import AccessKey  # 9 ms, and one command asks for them

        with translated():
            keys = AccessKey.list(self._client)
        return sorted((key.label or "(no label)", tuple(sorted(key.planes or ()))) for key in keys)

    def mirrored(self, kind: Kind) -> frozenset[str] | None:
        """Return the names that another view of a shared document shows; None where it cannot be read."""
        endpoint = endpoint_of(kind)
        mirror = endpoint.mirror if isinstance(endpoint, SharedDocument) else None
        if mirror is None or not isinstance(endpoint, SharedDocument):
            return frozenset()
        try:
            with translated():
                seen = self._client.get(mirror.path).data
            texts = [item["attributes"][mirror.attribute] for item in seen]
            return frozenset(key_of(kind, entry) for text in texts for entry in json.loads(text)[endpoint.entries])
        except (PlaneError, LookupError, TypeError, ValueError, AttributeError):
            return None


def found_by_name(client: ReadOnlyClient, kind: Kind, name: str, include: str = "") -> dict[str, Any] | None:
    """Look one resource up by its natural key, None when a filter finds none. Raises the client's errors."""
    params = {f"filter[{endpoint_of(kind).key}]": exactly(name), **({"include": include} if include else {})}
    for page in client.pages(endpoint_of(kind).path, params=params):
        for item in page.records:
            if not is_resource(item):
                raise _no_resource(endpoint_of(kind).path)
            if key_of(kind, item) == name:
                return item
    return None


def _no_resource(path: str) -> PlaneError:
    return PlaneError(f"GET {path} did not answer with a resource", path=path)


def is_resource(item: object) -> bool:
    """Say whether it is of the form of a resource of a collection."""
    return isinstance(item, dict) and isinstance(item.get("attributes"), dict) and item.get("id") not in (None, "")


def _cluster_name(data: Any, endpoint: SharedDocument) -> str:
    name = data[0]["attributes"].get(endpoint.names_cluster) if data else ""
    return name if isinstance(name, str) else ""


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
