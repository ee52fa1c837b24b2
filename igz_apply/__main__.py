"""The console script `igz-apply`, and `python -m igz_apply`, which is the same."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    # Manifests, live state and modules are trees with hardly a cycle: to look for cycles costs a third of a plan.
    gc.disable()
    try:
        from igz_apply.cli.main import main as run
    except KeyboardInterrupt:  # while modules are imported there is nobody yet to say it nicely
        sys.exit(130)
    except (ImportError, MemoryError, OSError) as error:
        _cannot_be_loaded(error)
    try:
        run()
    except (ImportError, MemoryError, OSError) as error:  # not even what shows errors could be loaded
        _cannot_be_loaded(error)


def _cannot_be_loaded(error: Exception) -> NoReturn:
    sys.exit(
        f"error: igz-apply cannot be loaded: {error}\n  Next: raise a limit on memory (ulimit -v), or install again."
    )


if __name__ == "__main__":
    main()
