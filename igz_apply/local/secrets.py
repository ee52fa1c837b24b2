"""Secrets from wherever they lie, behind the `Secrets` port; on the emulator invented where there is none.

What the inventory keeps of a secret is `scrypt$n$r$p$salt$hash`, with salt and hash in base64. The cost stands in the
text, so that a later version can raise it and still compare what an earlier one wrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem
from igz_apply.model.resources import SecretRef
from igz_apply.ports import Unread

if TYPE_CHECKING:  # few runs have secrets that are looked up
    from igz_apply.local.secret_lookups import SecretLookups

# 16 MiB and some 40 ms a secret: it is paid once a declared secret in every plan, also for a tenant of thousands.
_N, _R, _P = 2**14, 8, 1
_SALT_BYTES = 16
_HASH_BYTES = 32
# A hash that asks for more did not come from us, and must not be able to exhaust the machine.
_MAX_N, _MAX_R, _MAX_P = 2**16, 32, 16
_MAX_MEMORY = 512 * 1024 * 1024
_MAX_FILE_BYTES = 1024 * 1024


class EnvironmentSecrets:
    """Finds secrets in `environ` and in files; a relative file is looked for below `base`.

    What commands and stores have is for `lookups`; None: nobody allows any.
    """

    __slots__ = ("_base", "_environ", "_lookups")

    def __init__(self, environ: Mapping[str, str], base: Path, lookups: SecretLookups | None = None) -> None:
        self._environ = environ
        self._base = base
        self._lookups = lookups

    def __repr__(self) -> str:
        return f"EnvironmentSecrets(base={str(self._base)!r})"

    def look(self, refs: Iterable[SecretRef]) -> None:
        """Look up all that has to be asked for. What is at hand is read when it is wanted."""
        if self._lookups is not None:
            self._lookups.look(refs)

    def value(self, ref: SecretRef) -> str:
        """Return the secret. Raises InvalidInput when there is none at that place, or an empty one."""
        if ref.is_looked_up:
            return self._looked_up(ref)
        return self._from_env(ref.from_env) if ref.from_env else self._from_file(ref.from_file)

    def is_available(self, ref: SecretRef) -> bool:
        """Say whether `value` would find one."""
        try:
            self.value(ref)
        except InvalidInput:
            return False
        return True

    def fault(self, ref: SecretRef) -> str:
        """Say why there is none, "" where it is enough to say that."""
        if not ref.is_looked_up:
            return ""
        found = self._lookups.found(ref) if self._lookups is not None else _NOT_ALLOWED
        return "" if isinstance(found, str) else found.why

    def matches(self, ref: SecretRef, salted_hash: str) -> bool:
        """Say whether the secret is the one that was hashed.

        A text that is no hash of ours matches nothing: then the secret is sent again, which is safe.
        Raises InvalidInput when there is no secret.
        """
        return _is_hash_of(self.value(ref), salted_hash)

    def is_invented(self, ref: SecretRef) -> bool:  # noqa: ARG002 - the port's signature
        """Say that nothing is ever made up."""
        return False

    def hashed(self, ref: SecretRef) -> str | None:
        """Return a hash of the secret under a new salt. Raises InvalidInput when there is no secret."""
        salt = os.urandom(_SALT_BYTES)
        digest = _scrypt(self.value(ref), salt, n=_N, r=_R, p=_P)
        return "$".join(("scrypt", str(_N), str(_R), str(_P), _base64(salt), _base64(digest)))

    def _is_absent(self, ref: SecretRef) -> bool:
        """Say whether nothing is there; a file that is there and of no use is a fault."""
        if ref.is_looked_up:
            return True
        if ref.from_env:
            return not self._environ.get(ref.from_env)
        return not os.path.lexists(self._base / ref.from_file)

    def _looked_up(self, ref: SecretRef) -> str:
        found = self._lookups.found(ref) if self._lookups is not None else _NOT_ALLOWED
        if isinstance(found, str):
            return found
        raise _missing(f"It comes from {ref}, and {found.why}.", "Provide it where this runs.")

    def _from_env(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            raise _missing(f"The environment variable {name} is not set.", f"Set {name} and run the command again.")
        if not value:
            raise _missing(f"The environment variable {name} is empty.", f"Give {name} a value.")
        if not is_text(value):
            raise _missing(f"The environment variable {name} is not UTF-8 text.", "Save the secret as UTF-8.")
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


class RehearsalSecrets(EnvironmentSecrets):
    """As above, with a valid value made up where there is no secret: for an emulator inside this process alone.

    A value that was made up is never hashed, so that no inventory takes it for the secret; and it stays the one of this
    run, should the secret appear meanwhile. No command is run and no store is asked for a rehearsal: what they have
    counts as missing.
    """

    __slots__ = ("_invented",)

    def __init__(self, environ: Mapping[str, str], base: Path) -> None:
        super().__init__(environ, base)
        self._invented: dict[SecretRef, str] = {}

    def look(self, refs: Iterable[SecretRef]) -> None:
        """Look nothing up."""

    def fault(self, ref: SecretRef) -> str:
        """Say of what would be looked up that it was not."""
        return "nothing is looked up for the emulator inside this command" if ref.is_looked_up else ""

    def value(self, ref: SecretRef) -> str:
        """Return the secret, or a value that is made up. Raises InvalidInput for a file that is of no use."""
        return self._invented.setdefault(ref, _made_up()) if self.is_invented(ref) else super().value(ref)

    def is_available(self, ref: SecretRef) -> bool:
        """Say whether there is a secret: one that is made up is none."""
        return not self.is_invented(ref) and super().is_available(ref)

    def is_invented(self, ref: SecretRef) -> bool:
        """Say whether `value` makes it up."""
        return ref in self._invented or self._is_absent(ref)

    def hashed(self, ref: SecretRef) -> str | None:
        """Return a hash of the secret, None of what is made up."""
        return None if self.is_invented(ref) else super().hashed(ref)


_NOT_ALLOWED = Unread("nothing allows to look it up")


def is_text(value: str) -> bool:
    """Say whether a secret can be sent: a variable may hold bytes that are no text, and JSON half a character."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _made_up() -> str:
    """Return what meets every rule for passwords (wire reference, section 18.4), and what nobody can guess."""
    return f"Aa1!{os.urandom(16).hex()}"


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
    return hashlib.scrypt(secret.encode("utf-8"), salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=_HASH_BYTES)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _missing(detail: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem("Missing secret", detail, hint)])
