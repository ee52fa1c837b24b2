"""The view for programs that want one document: a plan as JSON on standard output, all else as text beside it."""

from __future__ import annotations

from collections.abc import Callable

from igz_apply.model.changes import Plan
from igz_apply.views.quiet import NoProgress
from igz_apply.views.sink import Sink
from igz_apply.views.text import TextView


class DocumentView(TextView):
    """Writes a plan as `encode` gives it, in UTF-8; problems go to standard error, as text."""

    def __init__(self, output: Sink, errors: Sink, encode: Callable[[Plan], bytes]) -> None:
        super().__init__(output, errors, NoProgress())
        self._encode = encode

    def plan(self, plan: Plan) -> None:
        """Write the plan."""
        self._output.write(self._encode(plan).decode("utf-8"))
