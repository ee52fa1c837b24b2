"""What is said of files and folders that cannot be read as manifests."""

from __future__ import annotations

from igz_apply.model.addresses import Source
from igz_apply.model.problems import Problem

SUFFIXES = (".yaml", ".yml", ".json")
"""How the names of manifests end."""


def no_manifests(path: str) -> Problem:
    """Return the problem of a folder without a manifest."""
    hint = f"Manifests end in {', '.join(SUFFIXES)}; `igz-apply init` writes examples."
    return Problem("No manifests", f"The folder {path} holds no manifest.", hint, source=Source(path, 1, 1))


def defaults_alone(path: str) -> Problem:
    """Return the problem of a file of defaults that is named, and no manifest beside it."""
    detail = f"{path} is no manifest: it states defaults for those of its folder, and none is named."
    return Problem("No manifests", detail, "Name the folder, or the manifests in it.", source=Source(path, 1, 1))


def unreadable(path: str, error: OSError) -> Problem:
    """Return the problem of a file or folder that the system would not let us read."""
    detail = f"{path} cannot be read: {error.strerror or type(error).__name__}."
    return Problem("Cannot read", detail, "Check that it exists and who may read it.", source=Source(path, 1, 1))


def not_regular(path: str) -> Problem:
    """Return the problem of a file from which reading may wait for ever."""
    detail = f"{path} is a pipe, a socket or a device."
    hint = "Remove it, list it under `ignore` in igz-apply.yaml, or name it itself to have it read."
    return Problem("No regular file", detail, hint, source=Source(path, 1, 1))
