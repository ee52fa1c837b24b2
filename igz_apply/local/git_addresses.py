"""Which repositories and refs may be followed: what git would take for an option or a program is none of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from igz_apply.patterns import pattern
from igz_apply.values import dataclass

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HELPER = pattern(r"[A-Za-z0-9+.-]+::")  # git runs git-remote-NAME for it
_SCP = pattern(r"([^/:]+):(.*)", re.DOTALL)
_DRIVE = pattern(r"[A-Za-z]:[\\/]")
_LOOPBACK = pattern(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
_BAD_IN_REF = pattern(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")
_COMMIT = pattern(r"[0-9a-fA-F]{40}([0-9a-fA-F]{24})?")
SCHEMES = ("https", "ssh", "git", "file")


@dataclass(frozen=True, slots=True)
class Location:
    """A repository that git can reach."""

    url: str  # may hold credentials
    protocols: tuple[str, ...] = SCHEMES  # that git may speak on the way there

    @property
    def is_open(self) -> bool:
        """Whether somebody on the way can change what comes from it."""
        host = self.url.removeprefix("git://")
        return host != self.url and not _LOOPBACK.match(host)

    @property
    def has_password(self) -> bool:
        """Whether a password stands in it."""
        return re.match(r"[A-Za-z0-9+.-]+://[^/@:]*:[^/]*@", self.url) is not None


def location(text: str, base: Path) -> Location:
    """Return where a repository is; a relative path counts from `base`. Raises ValueError, in words."""
    if not text.strip():
        raise ValueError("it is empty")
    if not text.isprintable() or any(char.isspace() for char in text):
        raise ValueError("it holds a space or a control character")
    if text.startswith("-"):
        raise ValueError("git would take it for an option")
    if _HELPER.match(text):
        raise ValueError("git would run a program for it")
    if found := _SCHEME.fullmatch(text):
        return _by_scheme(text, found[1], found[2])
    if (found := _SCP.fullmatch(text)) and not _DRIVE.match(text):
        _check_host(found[1], found[2])
        return Location(text)
    return Location(os.path.normpath(base.absolute() / text))


def _by_scheme(text: str, scheme: str, rest: str) -> Location:
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2]
    if scheme == "file":
        if host or not path:
            raise ValueError("a file URL begins with file:/// and names no host")
        return Location(text)
    if scheme == "http" and _LOOPBACK.fullmatch(host):
        return Location(text, (*SCHEMES, "http"))
    if scheme not in SCHEMES:
        instead = "https" if scheme == "http" else " or ".join((", ".join(SCHEMES[:-1]), SCHEMES[-1]))
        raise ValueError(f"{scheme}:// is not for this: use {instead}")
    if not host or not slash or not path:
        raise ValueError("it names no host, or no repository there")
    _check_host(host, path)
    found = Location(text)
    if found.has_password and scheme != "https":
        raise ValueError(f"{scheme}:// takes no password")
    return found


def _check_host(host: str, path: str) -> None:
    if host.rpartition("@")[2].startswith("-") or host.startswith("-") or path.startswith("-") or not path:
        raise ValueError("git, or ssh, would take a part of it for an option")


def fault_of_ref(ref: str) -> str:
    """Return what is wrong with a ref to follow; "": nothing."""
    if not ref or ref.startswith(("-", ".", "/")) or ref.endswith((".", "/")) or _BAD_IN_REF.search(ref) or ref == "@":
        return "it is no name of a branch or a tag"
    if _COMMIT.fullmatch(ref):
        return "it is a commit, which never moves"
    return ""


def fault_of_path(path: str) -> str:
    """Return what is wrong with a folder in a repository; "": nothing."""
    parts = path.replace("\\", "/").split("/")
    if path and (path.startswith(("/", "-", "~")) or _DRIVE.match(path) or ".." in parts or not path.isprintable()):
        return "it has to lead down from the top of the repository"
    return ""
