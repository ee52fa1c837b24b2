"""Listing, reading and changing, each for the resources that have it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.envelopes import envelope, resource_path
from igz_apply.controlplane.errors import NotFound
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.queries import ResourceListPagingQueryParams, exactly, list_query
from igz_apply.controlplane.resource import Records, Resource
from igz_apply.patterns import pattern

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Self

_PAGE = 200
_LIKE_AN_ID = pattern(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


class Listed(Resource):
    """A resource that can be listed. `collection` is its path below /api."""

    collection: ClassVar[str] = ""

    @classmethod
    def iterate(
        cls,
        http_client: Reads,
        filter_by: Mapping[str, Any] | None = None,
        sort_by: Iterable[str] | None = None,
        include: Iterable[str] | None = None,
        *,
        size: int = _PAGE,
        concurrency: Executor | None = None,
    ) -> Iterator[Self]:
        """Yield every record, reading page by page and keeping none.

        `size` is the records a page; `concurrency` fetches pages ahead on that executor. Raises IncompleteList, perhaps
        after some records, when the list changed while it was read.
        """
        query = list_query(filter_by=filter_by, sort_by=sort_by, include=include)
        for page in http_client.stream(cls.collection, params=query, size=size, concurrency=concurrency):
            yield from cls._from_page(http_client, page)

    @classmethod
    def list(
        cls,
        http_client: Reads,
        filter_by: Mapping[str, Any] | None = None,
        sort_by: Iterable[str] | None = None,
        paging: ResourceListPagingQueryParams | None = None,
        include: Iterable[str] | None = None,
    ) -> builtins.list[Self]:
        """Return the records: one page with `paging`, all of them without it.

        `filter_by` maps attributes to values, which may begin with an operator (`[$ne]up`); `sort_by` names attributes,
        with `-` before one for descending; `include` names relationships whose records are to come along, attached to
        what they belong to as `included`. Raises IncompleteList if the list kept changing while it was read.
        """
        query = list_query(filter_by=filter_by, sort_by=sort_by, include=include)
        if paging is not None:
            return cls._from_page(http_client, http_client.get(cls.collection, params={**query, **paging.as_query()}))
        pages = http_client.pages(cls.collection, params=query, size=_PAGE)
        return [record for page in pages for record in cls._from_page(http_client, page)]

    @classmethod
    def _from_page(cls, client: Reads, page: Answer) -> builtins.list[Self]:
        included = Records(page.included)
        return [cls.from_record(record, included)._bound(client) for record in page.records]

    def _bound(self, client: Reads) -> Self:
        """Remember the client, for the few operations that are not given one."""
        self.__dict__["_client"] = client
        return self


class Readable(Listed):
    """A resource that can also be read by its id."""

    @classmethod
    def get(cls, http_client: Reads, resource_id: str | int, include: Iterable[str] | None = None) -> Self:
        """Return one record by its id, with the related records that `include` names. Raises NotFound."""
        query = list_query(include=include)
        answer = http_client.get(resource_path(cls.collection, required_id(resource_id)), params=query)
        return cls.from_answer(answer)._bound(http_client)

    @classmethod
    def _get_by(cls, client: Reads, attribute: str, value: str, include: Iterable[str] | None = None) -> Self:
        """Return the record whose attribute has this very value, in one call. Raises NotFound."""
        query = list_query(filter_by={attribute: exactly(value)}, include=include)
        answer = client.get(cls.collection, params=query)
        for found in cls._from_page(client, answer):
            if found.get_attribute(attribute) == value:
                return found
        message = f"No {cls.kind_of_record} has the {attribute} {value!r}"
        raise NotFound(message, method="GET", path=cls.collection, ctx=answer.ctx)

    @classmethod
    def _find(cls, client: Reads, attribute: str, name_or_id: str) -> Self:
        """Return the record that a name or an id stands for; a name may look like an id. Raises NotFound."""
        by_name = partial(cls._get_by, client, attribute, name_or_id)
        by_id = partial(cls.get, client, name_or_id)
        likely, other = (by_id, by_name) if _LIKE_AN_ID.fullmatch(name_or_id) else (by_name, by_id)
        try:
            return likely()
        except NotFound:
            return other()

    def _refreshed(self, client: Reads) -> Self:
        return type(self).get(client, required_id(self.id))


class Updatable(Readable):
    """A resource that can be changed."""

    def update(self, http_client: Calls, relationships: Mapping[str, Any] | None = None, **attributes: Any) -> Self:
        """PUT what may be written of this resource, and return it as it is afterwards.

        One that was made with its id alone sends what was set on it and nothing else; so does any keyword argument.
        `relationships` is linkage, which replaces that of each relationship that it names. This object itself then
        holds the returned state too. Raises NotFound, BadRequest, Forbidden.
        """
        for name, value in attributes.items():
            setattr(self, name, value)
        sent = self.writable_attributes()
        self._put(http_client, sent, relationships)
        return self

    def _put(
        self, client: Calls, attributes: Mapping[str, Any], relationships: Mapping[str, Any] | None = None
    ) -> None:
        """Send a subset and take over the result: from the answer if it shows what was sent, else by reading again."""
        path = resource_path(self.collection, required_id(self.id))
        body = envelope(self.kind_of_record, dict(attributes), relationships)
        answer = client.call("PUT", path, body=body, headers=self.headers)
        if _shows(answer, self.kind_of_record, attributes, relationships):
            self._absorb(answer.data)
        else:
            self._become(self._refreshed(client))
        self._bound(client)

    def _become(self, other: Resource) -> None:
        self.__dict__.update(other.__dict__)


def required_id(resource_id: Any) -> str | int:
    """Return the id. Raises ValueError for none, which would address the whole collection."""
    if not isinstance(resource_id, (str, int)) or resource_id == "":
        raise ValueError(f"the id of an existing record is needed, not {resource_id!r}")
    return resource_id


def link(record_type: str, resource_id: str | int) -> dict[str, Any]:
    """Return one link to a record."""
    return {"type": record_type, "id": resource_id}


def _shows(
    answer: Answer,
    record_type: str,
    attributes: Mapping[str, Any],
    relationships: Mapping[str, Any] | None,
) -> bool:
    """Tell whether the answer to a PUT is the changed record; some servers answer something else, or stale."""
    data = answer.data
    if not isinstance(data, dict) or data.get("type") != record_type or "id" not in data or relationships:
        return False
    shown = data.get("attributes") or {}
    return bool(shown) and all(name == "password" or shown.get(name) == value for name, value in attributes.items())
