"""The console script `igz-apply`, and `python -m igz_apply`, which is the same."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and end the process with it."""
    try:
        run()
    except SystemExit as ending:
        if not isinstance(ending.code, int):  # words for a person, which the interpreter writes
            raise
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # what could not be written has been told
                stream.flush()
        # All is closed that has to be. To take apart what was built, object by object, takes a tenth of a run; the
        # exception still holds it here.
        os._exit(ending.code)


def run() -> NoReturn:
    """Run the command line and exit, as a part of a process that goes on for a while, such as a profiler's."""
    # Manifests, live state and modules are trees with hardly a cycle: to look for cycles costs a third of a plan.
    gc.disable()
    try:
        from igz_apply.cli.main import main as command_line
    except KeyboardInterrupt:  # while modules are imported there is nobody yet to say it nicely
        sys.exit(130)
    except (ImportError, MemoryError, OSError) as error:
        _cannot_be_loaded(error)
    try:
        command_line()
    except (ImportError, MemoryError, OSError) as error:  # not even what shows errors could be loaded
        _cannot_be_loaded(error)


def _cannot_be_loaded(error: Exception) -> NoReturn:
    sys.exit(
        f"error: igz-apply cannot be loaded: {error}\n  Next: raise a limit on memory (ulimit -v), or install again."
    )


if __name__ == "__main__":
    main()
