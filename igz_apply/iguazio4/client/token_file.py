"""The file that holds a person's offline tokens (wire reference, section 4.7): strict, for others read it too.

The published SDK and MLRun read the same file by different rules. Here only what both take is taken: each entry has a
name of its own, and a token that says when it ends. It is read and never written, but by `write_token_file`.
"""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from igz_apply.http.redaction import Secret
from igz_apply.iguazio4.client.errors import UnusableToken
from igz_apply.iguazio4.client.tokens import token_info, usable_token

DEFAULT_TOKEN = "default"
_LIST = "secretTokens"
_MOST_BYTES = 1024 * 1024
_SAMPLE = f"{_LIST}: [{{name: default, token: <offline token>}}]"


def read_token(path: Path, name: str | None = None) -> tuple[Secret, str]:
    """Return a token and where it stands, as `/home/ada/.igz.yml, entry ci`.

    Without a name it is `default`, else the first. Raises UnusableToken, which names file and entry, never the token.
    """
    tokens = read_token_file(path)
    if name is None:
        chosen = DEFAULT_TOKEN if DEFAULT_TOKEN in tokens else next(iter(tokens))
    elif name in tokens:
        chosen = name
    else:
        close = difflib.get_close_matches(name, tokens, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(tokens)}"
        raise UnusableToken(f"{path} has no entry called {name}; {hint}")
    return tokens[chosen], f"{path}, entry {chosen}"


def read_token_file(path: Path) -> dict[str, Secret]:
    """Return all tokens by their names, in their order. Raises UnusableToken."""
    entries = _entries_of(_document(path), path)
    tokens: dict[str, Secret] = {}
    for number, entry in enumerate(entries, start=1):
        name, token = _checked(entry, f"{path}, entry {number}")
        if name in tokens:
            raise UnusableToken(f"{path} has two entries called {name}; give each a name of its own")
        tokens[name] = token
    return tokens


def write_token_file(path: Path, tokens: Mapping[str, str]) -> None:
    """Write a token file anew, for its owner alone, and at once: whoever reads it sees the old or the new one.

    Raises UnusableToken for what could not be read back, before anything is written, and OSError.
    """
    if not tokens:
        raise UnusableToken(f"A token file without a token cannot be read; nothing was written to {path}")
    entries = [{"name": name, "token": token} for name, token in tokens.items()]
    for number, entry in enumerate(entries, start=1):
        _checked(entry, f"{path}, entry {number}")
    text = yaml.safe_dump({_LIST: entries}, sort_keys=False, allow_unicode=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from its first moment
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _document(path: Path) -> Any:
    text = read_private(path, "The token file")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)  # its words would quote the line, and with it the token
        line = f" at line {mark.line + 1}" if mark is not None else ""
        raise UnusableToken(f"The token file {path} is no YAML{line}; it has the form {_SAMPLE}") from None
    except (ValueError, RecursionError):
        raise UnusableToken(f"The token file {path} is no YAML; it has the form {_SAMPLE}") from None


def read_private(path: Path, what: str, *, may_be_shared: bool = False) -> str:
    """Return the text of a small file that only its owner may read, unless it `may_be_shared`.

    `what` says what the file is. Raises UnusableToken.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not may_be_shared and os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise UnusableToken(f"{what} {path} can be read by others than its owner; do: chmod 600 {path}")
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UnusableToken(f"{what} {path} is too large to be one")
        return content.decode("utf-8")
    except OSError as error:
        raise UnusableToken(f"{what} {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnusableToken(f"{what} {path} is not UTF-8") from None


def _entries_of(document: Any, path: Path) -> list[Any]:
    entries = document.get(_LIST) if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UnusableToken(f"The token file {path} holds no list of {_LIST}; it has the form {_SAMPLE}")
    return entries


def _checked(entry: Any, place: str) -> tuple[str, Secret]:
    """Return the name and the token of one entry. Raises UnusableToken."""
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise UnusableToken(f"{place} has no name, without which MLRun does not read the file; give it one")
    place = f"{place} ({name})"
    token = entry.get("token")
    if not isinstance(token, str):
        raise UnusableToken(f"{place} has no token")
    checked, said = usable_token(token, place), token_info(token)
    if not said.is_jwt or said.expires_at is None:
        raise UnusableToken(f"The token of {place} is no JSON web token that says when it ends (exp); log in again")
    return name, checked
