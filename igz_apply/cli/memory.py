"""What a process that reconciles again and again keeps from one round to the next: caches, never the truth."""

from __future__ import annotations


class Memory:
    """One a process. A round without it makes the same plan, report and digest."""
