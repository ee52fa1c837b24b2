"""One replica of `reconcile`, as if on a machine of its own: that its process is gone is seen by nobody but its lease.

Its calls tell whose they are by their user agent.
"""

from __future__ import annotations

import os
import sys

from igz_apply.controlplane import read_only_client
from igz_apply.inventory import lock

read_only_client.__version__ = f"{os.getpid()}"  # type: ignore[attr-defined]
lock.process_table = lambda: f"machine-{os.getpid()}"  # type: ignore[attr-defined]

if __name__ == "__main__":
    from igz_apply.cli.main import main

    main(sys.argv[1:])
