"""Logs on standard error, for `-v` and `-vv`."""

from __future__ import annotations

import logging
import sys

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class _ErrorStream(logging.Handler):
    """Writes to what is standard error at the moment: a display that draws there takes its place for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line."""
        sys.stderr.write(self.format(record) + "\n")


def log_to_errors(verbosity: int) -> None:
    """Log our own records: warnings at 0, what is done at 1, every call at 2."""
    logger = logging.getLogger("igz_apply")
    logger.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
    if not any(isinstance(handler, _ErrorStream) for handler in logger.handlers):
        handler = _ErrorStream()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
        logger.propagate = False
