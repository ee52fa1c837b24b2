"""A control plane on a laptop: what the wire reference describes, over real HTTP, stored in SQLite.

It stands alone, and knows nothing of the reconciler or of its client, so that a mistake made there is not
repeated here.
"""

from __future__ import annotations

from igz_apply.emulator.engine.http_errors import EmulatorError, FaultsError, LoadError
from igz_apply.emulator.engine.server import Server, run_server, serving
from igz_apply.emulator.engine.table import Attribute, Form, Relationship, ResourceType
from igz_apply.emulator.iguazio3.emulator import Emulator
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.resource_tables import RESOURCES

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
