"""The view for programs that want one document: a plan as JSON on standard output, all else as text beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from igz_apply.core.changes import Plan
from igz_apply.views.quiet import NoProgress
from igz_apply.views.sink import Sink
from igz_apply.views.text import TextView


class DocumentView(TextView):
    """Writes a plan as `to_data` gives it; problems go to standard error, as text."""

    def __init__(self, output: Sink, errors: Sink, to_data: Callable[[Plan], Mapping[str, Any]]) -> None:
        super().__init__(output, errors, NoProgress())
        self._to_data = to_data

    def plan(self, plan: Plan) -> None:
        """Write the plan."""
        self._output.write(json.dumps(self._to_data(plan), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
