"""A target for octoDNS whose records lie in a JSON file, in the place of a DNS service: no network, nothing slower.

octoDNS's own YAML provider cannot be that target: as one, it ignores what is there. Runs in octoDNS's environment.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from octodns.provider.base import BaseProvider
from octodns.record import Record


class JsonTarget(BaseProvider):  # type: ignore[misc, unused-ignore]
    """Serves records to compare with; writes none."""

    SUPPORTS_GEO = False
    SUPPORTS = frozenset({"A", "CNAME", "MX", "TXT"})

    def __init__(self, id: str, path: str, **options: Any) -> None:
        self.log = logging.getLogger(f"JsonTarget[{id}]")
        super().__init__(id, **options)
        self._path = Path(path)

    def populate(self, zone: Any, target: bool = False, lenient: bool = False) -> bool:  # noqa: ARG002
        """Add all records to the zone."""
        for each in json.loads(self._path.read_text(encoding="utf-8")):
            zone.add_record(Record.new(zone, each["name"], each["record"], source=self, lenient=lenient))
        return True

    def _apply(self, plan: Any) -> None:
        raise NotImplementedError("this benchmark only plans")
