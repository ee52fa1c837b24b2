"""Where requests of Iguazio 4 carry secrets: what the request log hides."""

from __future__ import annotations

import re

from igz_apply.emulator.engine.requestlog import Mask

MASK = Mask(
    names=re.compile(r"password|secret|token|authorization|cookie", re.IGNORECASE),
    harmless=frozenset({"tokenType"}),
    parameters=frozenset({"code"}),
    paths=re.compile(r"(user-secrets/tokens)/[^/]+"),
    beside=lambda _value: (),
)
