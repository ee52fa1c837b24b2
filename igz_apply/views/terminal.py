"""What can be shown where the output goes: how wide, in colour, and whether it may be drawn over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from igz_apply.values import dataclass

_NARROWEST, _WIDEST = 60, 200
_UNKNOWN_WIDTH = 100  # a file, a pipe, a CI log


@dataclass(frozen=True, slots=True)
class Terminal:
    """The abilities of one output stream."""

    width: int = _UNKNOWN_WIDTH  # columns
    colour: bool = False
    live: bool = False  # a person watches, on a screen whose lines can be drawn again
    obeys: bool = False  # what reads it takes some texts for commands: a job's log of GitHub


def terminal_of(stream: TextIO, environ: Mapping[str, str]) -> Terminal:
    """Look at the stream and at what the user asked for.

    `NO_COLOR` forbids colour and `FORCE_COLOR` asks for it, each when it is not empty (no-color.org, force-color.org);
    `COLUMNS` sets the width; `TERM=dumb` and `CI` rule out drawing over lines.
    """
    is_screen = stream.isatty()
    is_dumb = environ.get("TERM") == "dumb"
    wants_colour = bool(environ.get("FORCE_COLOR")) or (is_screen and not is_dumb)
    return Terminal(
        width=_width(stream, environ, is_screen),
        colour=wants_colour and not environ.get("NO_COLOR"),
        live=is_screen and not is_dumb and not environ.get("CI"),
        obeys=is_github(environ),
    )


def is_github(environ: Mapping[str, str]) -> bool:
    """Say whether this is a job of GitHub Actions."""
    return environ.get("GITHUB_ACTIONS") == "true"


def _width(stream: TextIO, environ: Mapping[str, str], is_screen: bool) -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isdigit() and int(asked):
        columns = int(asked)
    elif is_screen:
        columns = _screen_width(stream)
    else:
        columns = _UNKNOWN_WIDTH
    return max(_NARROWEST, min(columns, _WIDEST))


def _screen_width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _UNKNOWN_WIDTH
    except OSError:
        return _UNKNOWN_WIDTH
