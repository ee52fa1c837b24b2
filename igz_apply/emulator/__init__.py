"""A control plane on a laptop: what the wire reference describes, over real HTTP, stored in SQLite.

It stands alone, and knows nothing of the reconciler or of its client, so that a mistake made there is not
repeated here.
"""

from __future__ import annotations

from igz_apply.emulator.emulator import Emulator
from igz_apply.emulator.options import Options
from igz_apply.emulator.refusals import EmulatorError, FaultsError, LoadError
from igz_apply.emulator.resources import RESOURCES
from igz_apply.emulator.server import Server, run_server, serving
from igz_apply.emulator.table import Attribute, Form, Relationship, ResourceType

__all__ = [
    "RESOURCES",
    "Attribute",
    "Emulator",
    "EmulatorError",
    "FaultsError",
    "Form",
    "LoadError",
    "Options",
    "Relationship",
    "ResourceType",
    "Server",
    "run_server",
    "serving",
]
