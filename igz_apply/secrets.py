"""Secrets from the environment and from files, behind the `Secrets` port.

What the inventory keeps of a secret is `scrypt$n$r$p$salt$hash`, with salt and hash in base64. The cost stands in the
text, so that a later version can raise it and still compare what an earlier one wrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from igz_apply.core.problems import Problem
from igz_apply.core.resources import SecretRef
from igz_apply.errors import InvalidInput

# 16 MiB and some 40 ms a secret: it is paid once a declared secret in every plan, also for a tenant of thousands.
_N, _R, _P = 2**14, 8, 1
_SALT_BYTES = 16
_HASH_BYTES = 32
# A hash that asks for more did not come from us, and must not be able to exhaust the machine.
_MAX_N, _MAX_R, _MAX_P = 2**16, 32, 16
_MAX_MEMORY = 512 * 1024 * 1024
_MAX_FILE_BYTES = 1024 * 1024


class EnvironmentSecrets:
    """Finds secrets in `environ` and in files; a relative file is looked for below `base`."""

    __slots__ = ("_base", "_environ")

    def __init__(self, environ: Mapping[str, str], base: Path) -> None:
        self._environ = environ
        self._base = base

    def __repr__(self) -> str:
        return f"EnvironmentSecrets(base={str(self._base)!r})"

    def value(self, ref: SecretRef) -> str:
        """Return the secret. Raises InvalidInput when there is none at that place, or an empty one."""
        return self._from_env(ref.from_env) if ref.from_env else self._from_file(ref.from_file)

    def is_available(self, ref: SecretRef) -> bool:
        """Say whether `value` would find one."""
        try:
            self.value(ref)
        except InvalidInput:
            return False
        return True

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:
        """Say whether the secret is the one that was hashed.

        A text that is no hash of ours matches nothing: then the secret is sent again, which is safe.
        Raises InvalidInput when there is no secret.
        """
        return _is_hash_of(self.value(ref), salted_hash)

    def hashed(self, ref: SecretRef) -> str:
        """Return a hash of the secret under a new salt. Raises InvalidInput when there is no secret."""
        salt = os.urandom(_SALT_BYTES)
        digest = _scrypt(self.value(ref), salt, n=_N, r=_R, p=_P)
        return "$".join(("scrypt", str(_N), str(_R), str(_P), _base64(salt), _base64(digest)))

    def _from_env(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            raise _missing(f"The environment variable {name} is not set.", f"Set {name} and run the command again.")
        if not value:
            raise _missing(f"The environment variable {name} is empty.", f"Give {name} a value.")
        return value

    def _from_file(self, name: str) -> str:
        path = self._base / name
        try:
            with path.open("rb") as stream:
                content = stream.read(_MAX_FILE_BYTES + 1)
        except OSError as error:
            detail = f"The file {path} cannot be read: {error.strerror or error}."
            raise _missing(detail, "Create it, or correct from_file; a relative path counts from the config.") from None
        if len(content) > _MAX_FILE_BYTES:
            raise _missing(f"The file {path} is larger than 1 MiB.", "Name a file that holds the secret alone.")
        return _text_of(content, path)


def _text_of(content: bytes, path: Path) -> str:
    """Decode a secret file, without the one line end that editors and `echo` put at the end."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: the exception carries the bytes.
        raise _missing(f"The file {path} is not UTF-8 text.", "Save the secret as UTF-8.") from None
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not text:
        raise _missing(f"The file {path} is empty.", "Write the secret into it.")
    return text


def _is_hash_of(secret: str, salted_hash: str) -> bool:
    try:
        scheme, n, r, p, salt, expected = salted_hash.split("$")
        cost = int(n), int(r), int(p)
        if scheme != "scrypt" or not _is_affordable(*cost):
            return False
        digest = _scrypt(secret, _bytes(salt), n=cost[0], r=cost[1], p=cost[2])
        return hmac.compare_digest(digest, _bytes(expected))
    except ValueError:
        return False


def _is_affordable(n: int, r: int, p: int) -> bool:
    return 1 < n <= _MAX_N and 1 <= r <= _MAX_R and 1 <= p <= _MAX_P


def _scrypt(secret: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    # surrogateescape: a variable may hold bytes that are no text, and Python hands them over in that form.
    content = secret.encode("utf-8", "surrogateescape")
    return hashlib.scrypt(content, salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=_HASH_BYTES)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _missing(detail: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem("Missing secret", detail, hint)])
