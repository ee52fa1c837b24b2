"""The page for a person who opens the emulator in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from igz_apply.emulator.emulator import Emulator


def render_page(emulator: Emulator) -> str:
    """Return the page as HTML."""
    return f"<!doctype html><title>igz-apply emulator</title><h1>igz-apply emulator {emulator.options.version}</h1>"
