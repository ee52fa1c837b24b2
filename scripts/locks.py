"""Writes the image's locks, deploy/image/*.txt: every package that a part of it needs, at one version, with hashes.

`python scripts/locks.py` takes in what pyproject.toml newly asks for and keeps every other version; `--upgrade` takes
the newest of all. PyPI alone is asked, whatever this machine's settings say of other indexes, and no lock names one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = Path("deploy/image")
#: What each lock is made of, as uv is told it. One is held to those before it: an image takes any of them together.
PARTS = {
    "igz-apply": ("pyproject.toml", "--extra", "reconcile"),
    "tracing": ("pyproject.toml", "--extra", "reconcile", "--extra", "tracing"),
    "s3fs": ("--group", "s3fs"),
    "gcsfs": ("--group", "gcsfs"),
    "adlfs": ("--group", "adlfs"),
}
#: What builds lies in an environment of its own.
TOOLS = ("--group", "tools")
#: Of the image's Python, wherever it runs.
PYTHON = "3.13"
#: Settings of uv that would let another index, or somebody's wishes, into a lock.
ELSEWHERE = ("INDEX", "FIND_LINKS", "CONSTRAINT", "OVERRIDE", "EXCLUDE", "PRERELEASE", "RESOLUTION")


def main(words: Sequence[str]) -> int:
    """Write all the locks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest version of everything")
    upgrade = parser.parse_args(words).upgrade
    before: list[str] = []
    for name, source in PARTS.items():
        write(name, [*source, *before], upgrade=upgrade)
        before += ["--constraints", str(LOCKS / f"{name}.txt")]
    write("tools", TOOLS, upgrade=upgrade)
    return 0


def write(name: str, source: Sequence[str], *, upgrade: bool) -> None:
    """Let uv write one lock, from what lies there already."""
    command = [
        *(os.environ.get("UV", "uv"), "pip", "compile", "--quiet", *source),
        *("--universal", "--python-version", PYTHON, "--generate-hashes", "--no-config"),
        *("--default-index", "https://pypi.org/simple", "--custom-compile-command", "make locks"),
        *(["--upgrade"] if upgrade else []),
        *("--output-file", str(LOCKS / f"{name}.txt")),
    ]
    environ = {key: value for key, value in os.environ.items() if not any(word in key for word in ELSEWHERE)}
    subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
