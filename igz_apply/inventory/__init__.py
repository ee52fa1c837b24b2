"""The inventory over fsspec: one JSON document, written atomically, and the lock beside it."""

from igz_apply.inventory.holder import Held
from igz_apply.inventory.places import local_path
from igz_apply.inventory.store import DEFAULT_PLACE, FsspecInventory, default_place
from igz_apply.local.processes import describe_process

__all__ = ["DEFAULT_PLACE", "FsspecInventory", "Held", "default_place", "describe_process", "local_path"]
