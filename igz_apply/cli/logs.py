"""Logs on standard error, for `-v` and `-vv`."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar

from igz_apply.views.terminal import is_github
from igz_apply.wording.printable import inert, printable

TARGET: ContextVar[str] = ContextVar("target", default="")
"""Which target of several the thread works on; lines of the log begin with it."""

_FORMAT = "%(asctime)s %(levelname)-7s %(of)s%(name)s: %(message)s"


class _ErrorStream(logging.Handler):
    """Writes to what is standard error at the moment: a display that draws there takes its place for a while."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._environ = environ
        self.setFormatter(logging.Formatter(_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line, if that is possible: whoever logs must not fail by it."""
        target = TARGET.get()
        record.of = f"{printable(target)}: " if target else ""
        text = self.format(record)
        with contextlib.suppress(OSError):
            sys.stderr.write((inert(text) if is_github(self._environ) else text) + "\n")


def log_to_errors(verbosity: int, environ: Mapping[str, str]) -> None:
    """Log our own records: warnings at 0, what is done at 1, every call at 2."""
    logger = logging.getLogger("igz_apply")
    logger.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
    if not any(isinstance(handler, _ErrorStream) for handler in logger.handlers):
        logger.addHandler(_ErrorStream(environ))
        logger.propagate = False
