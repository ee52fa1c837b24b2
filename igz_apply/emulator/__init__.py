"""A control plane on a laptop: what the wire reference describes, over real HTTP, stored in SQLite.

It stands alone, and knows nothing of the reconciler or of its client, so that a mistake made there is not
repeated here. Two packages: `engine` serves an API of whatever form, `iguazio3` is the one that is served.
"""

from __future__ import annotations

from igz_apply.emulator.engine.http_errors import EmulatorError, FaultsError, LoadError
from igz_apply.emulator.engine.serving import run_server, serving
from igz_apply.emulator.engine.table import Attribute, Form, Relationship
from igz_apply.emulator.iguazio3.emulator import Emulator
from igz_apply.emulator.iguazio3.options import Options
from igz_apply.emulator.iguazio3.resource_tables import RESOURCES
from igz_apply.emulator.iguazio3.resource_type import ResourceType
from igz_apply.emulator.iguazio3.serving import Server

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
