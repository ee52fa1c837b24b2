"""The key by which names are hashed."""

from __future__ import annotations

import secrets
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem

_LEAST = 16  # bytes


def key_in(path: str | None) -> bytes:
    """Return the key in a file, a new one for None. Raises InvalidInput where it cannot be read, or can be guessed."""
    if path is None:
        return secrets.token_bytes(32)
    hint = "Make one with `openssl rand -hex 32`, and keep it where only those may read it who may read the names."
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise InvalidInput([Problem("Key file", f"{path} cannot be read: {error.strerror or error}.", hint)]) from error
    if len(key) < _LEAST:
        detail = f"{path} holds {len(key)} bytes; whoever guesses a key knows every name. It takes {_LEAST} at least."
        raise InvalidInput([Problem("Key file", detail, hint)])
    return key
