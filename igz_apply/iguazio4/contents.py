"""What is in a project: MLRun counts it, and nothing else on the platform looks before a project goes with it.

The summaries are MLRun's own answer, known from its public interface and not from the wire reference: [INFERRED] here.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from igz_apply.errors import PlaneError
from igz_apply.iguazio4.client import ReadOnlyClient
from igz_apply.iguazio4.client_errors import translated

_COUNT = "_count"


def contents_of(client: ReadOnlyClient) -> Mapping[str, str]:
    """Return by name what is in each project, "" for nothing; of those that are left out nobody can tell.

    Raises PlaneError.
    """
    try:
        with translated():
            summaries = list(client.mlrun_project_summaries())
    except PlaneError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return {}
        raise
    told = ((str(item.get("name")), _said(item)) for item in summaries)
    return {name: said for name, said in told if said is not None}


def contents_of_one(client: ReadOnlyClient, project: str) -> str | None:
    """Return what is in a project, "" for nothing at all; None where nobody can tell. Raises PlaneError.

    A summary that counts something is enough; one that counts nothing says nothing of functions, older runs and
    secrets, so that the lists of all are looked into.
    """
    try:
        with translated():
            if counted := _said(client.mlrun_project_summary(project)):
                return counted
            return ", ".join(what for what, count in client.mlrun_contents(project).items() if count)
    except PlaneError as error:
        if error.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise


def _said(summary: Mapping[str, Any]) -> str | None:
    """Say what there is, in words; None for a summary that counts nothing.

    What was counted of the last hours alone is about what is counted elsewhere.
    """
    counts = {
        key.removesuffix(_COUNT).replace("_", " "): count
        for key, count in sorted(summary.items())
        if key.endswith(_COUNT) and isinstance(count, int) and not isinstance(count, bool)
    }
    return ", ".join(f"{what} ({count})" for what, count in counts.items() if count > 0) if counts else None
