"""What is in a project: MLRun counts it, and nothing else on the platform looks before a project goes with it.

The summaries are MLRun's own answer, known from its public interface and not from the wire reference: [INFERRED] here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from igz_apply.errors import PlaneError
from igz_apply.iguazio4.client import ReadOnlyClient
from igz_apply.iguazio4.client_errors import translated

_COUNT = "_count"


def contents_of(client: ReadOnlyClient) -> Mapping[str, str] | None:
    """Return by name what is in each project that is not empty; None where nobody can tell. Raises PlaneError."""
    try:
        with translated():
            summaries = list(client.mlrun_project_summaries())
    except PlaneError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise
    return {str(item.get("name")): said for item in summaries if (said := ", ".join(_counted(item)))}


def contents_of_one(client: ReadOnlyClient, project: str) -> str | None:
    """Return what is in a project, "" for nothing; None where nobody can tell. Raises PlaneError."""
    try:
        with translated():
            return ", ".join(_counted(client.mlrun_project_summary(project)))
    except PlaneError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise


def _counted(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is, in words; what was counted of the last hours alone is about what is counted elsewhere."""
    for key, count in sorted(summary.items()):
        if key.endswith(_COUNT) and isinstance(count, int) and not isinstance(count, bool) and count > 0:
            what = key.removesuffix(_COUNT).replace("_", " ")
            yield f"{what} ({count})"
