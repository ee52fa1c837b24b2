"""The parameters of lists (wire reference, section 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class ResourceListPagingQueryParams:
    """One page: `number` from zero, `size` records. Raises ValueError if either is negative."""

    number: int = 0
    size: int = 50

    def __post_init__(self) -> None:
        if self.number < 0 or self.size < 0:
            raise ValueError(f"a page has no negative number or size: number={self.number}, size={self.size}")

    def as_query(self) -> dict[str, Any]:
        """Return the parameters as they are sent."""
        return {"page[number]": self.number, "page[size]": self.size}


def list_query(
    *,
    filter_by: Mapping[str, Any] | None = None,
    sort_by: Iterable[str] | None = None,
    include: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Return the parameters of a list, without those that say nothing.

    A filter compares for equality unless its value begins with an operator, as in `[$ne]deleting`;
    a name that somebody gave goes through `exactly`.
    """
    query = {f"filter[{name}]": value for name, value in (filter_by or {}).items()}
    return {**query, **_joined("include", include), **_joined("sort", sort_by)}


def exactly(value: str) -> str:
    """Return the filter value that compares for equality with `value`, whatever operator could be read into it."""
    return f"[$eq]{value}" if value.startswith("[$") else value


def _joined(name: str, texts: Iterable[str] | None) -> dict[str, str]:
    """A single text is taken as one entry, not as its characters."""
    entries = [texts] if isinstance(texts, str) else list(texts or ())
    return {name: ",".join(entries)} if entries else {}
