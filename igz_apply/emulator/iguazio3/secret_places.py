"""Where requests of Iguazio 3 carry secrets: what the request log hides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from igz_apply.emulator.engine.requestlog import Mask

_TYPES = ("access_key", "session")  # whose id is the secret


def _beside(value: Mapping[str, Any]) -> Iterator[str]:
    if value.get("value") and MASK.is_secret(str(value.get("name") or value.get("key") or "")):
        yield "value"
    if value.get("type") in _TYPES and value.get("id"):
        yield "id"


MASK = Mask(
    names=re.compile(r"password|secret|access_key|token|kubeconfig|authorization|cookie|sid\Z", re.IGNORECASE),
    harmless=frozenset({"send_password_on_creation", "password_changed_at"}),
    parameters=frozenset({"filter[id]", "page[of]"}),
    paths=re.compile(r"(access_keys|sessions)/(?!verifications(?:/|\Z))[^/]+"),
    beside=_beside,
)
