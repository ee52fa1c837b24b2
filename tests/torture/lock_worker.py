"""A taker of many locks, in a process of its own: reads rounds from standard input and says how they went.

A round is a JSON line {"url", "name", "seconds"}: take the lock, load, work, add an entry of one's own, save. The
answer says when the lock was held, on a clock that all processes share.
"""

from __future__ import annotations

import json
import logging
import sys
import time

from igz_apply.errors import InventoryLost
from igz_apply.inventory import FsspecInventory
from igz_apply.local.clock import SystemClock
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry


def play(url: str, name: str, seconds: float) -> dict[str, object]:
    """Play one round."""
    store = FsspecInventory(url, clock=SystemClock())
    with store.locked(300):
        since = time.monotonic()
        owned = store.load()
        time.sleep(seconds)
        try:
            store.save({**owned.entries, Address("User", name): Entry(name)})
            is_saved = True
        except InventoryLost as error:
            print(error, file=sys.stderr)
            is_saved = False
        until = time.monotonic()
    return {"name": name, "since": since, "until": until, "is_saved": is_saved}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    for line in sys.stdin:
        print(json.dumps(play(**json.loads(line))), flush=True)
