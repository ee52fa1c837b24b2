"""What commands show things on: the `View` port, with errors and an end."""

from __future__ import annotations

from typing import Protocol

from igz_apply.ports import View


class SessionView(View, Protocol):
    """A view that is there for a whole run."""

    def error(self, message: str, hint: str = "") -> None:
        """Show what stopped the run."""

    def close(self, exit_code: int) -> None:
        """End the output."""
