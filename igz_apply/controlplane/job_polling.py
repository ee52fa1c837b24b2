"""How often to look at a background job, and for how long."""

from __future__ import annotations

from igz_apply.http.polling import Polling

__all__ = ["DEFAULT_TIMEOUT", "Polling"]

DEFAULT_TIMEOUT = 3600.0  # seconds
