"""Progress that nobody asked for."""

from __future__ import annotations

from igz_apply.model.outcomes import Event


class NoProgress:
    """Shows nothing."""

    def begin(self, total: int) -> None:
        """Learn how many changes there are to come."""

    def event(self, event: Event) -> None:
        """Show that something moved."""

    def close(self) -> None:
        """Stop."""
