"""A control plane on a laptop: what the wire reference describes, over real HTTP, stored in SQLite.

It stands alone, and knows nothing of the reconciler or of its client, so that a mistake made there is not
repeated here. `engine` serves an API of whatever form; `iguazio3` and `iguazio4` are the ones that are served, and
the names that end in 4 are the latter's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from igz_apply.emulator.engine.http_errors import EmulatorError, FaultsError, LoadError
    from igz_apply.emulator.engine.serving import run_server, serving
    from igz_apply.emulator.engine.switches import Description, describe
    from igz_apply.emulator.engine.table import Attribute, Form, Relationship
    from igz_apply.emulator.iguazio3.emulator import Emulator, Server
    from igz_apply.emulator.iguazio3.options import Options
    from igz_apply.emulator.iguazio3.resource_tables import RESOURCES
    from igz_apply.emulator.iguazio3.resource_type import ResourceType
    from igz_apply.emulator.iguazio4.emulator import Emulator as Emulator4
    from igz_apply.emulator.iguazio4.emulator import Server as Server4
    from igz_apply.emulator.iguazio4.options import Options as Options4

__all__ = [
    "RESOURCES",
    "Attribute",
    "Description",
    "Emulator",
    "Emulator4",
    "EmulatorError",
    "FaultsError",
    "Form",
    "LoadError",
    "Options",
    "Options4",
    "Relationship",
    "ResourceType",
    "Server",
    "Server4",
    "describe",
    "run_server",
    "serving",
]

# Each name is looked for when it is asked for: whoever serves one platform loads nothing of the other.
_PLACES = {
    "engine.http_errors": ("EmulatorError", "FaultsError", "LoadError"),
    "engine.serving": ("run_server", "serving"),
    "engine.switches": ("Description", "describe"),
    "engine.table": ("Attribute", "Form", "Relationship"),
    "iguazio3.emulator": ("Emulator", "Server"),
    "iguazio3.options": ("Options",),
    "iguazio3.resource_tables": ("RESOURCES",),
    "iguazio3.resource_type": ("ResourceType",),
    "iguazio4.emulator": ("Emulator4", "Server4"),
    "iguazio4.options": ("Options4",),
}


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            found = getattr(import_module(f"{__name__}.{place}"), name.removesuffix("4"))
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
