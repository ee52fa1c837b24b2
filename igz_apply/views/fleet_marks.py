"""The sign of how a target ended, on every line that tells of one."""

from __future__ import annotations

from igz_apply.model.fleets import TargetStatus
from igz_apply.views.lines import Span, Tone

MARKS = {
    TargetStatus.UNCHANGED: Span("= ", Tone.QUIET),
    TargetStatus.CHANGES: Span("~ ", Tone.UPDATE),
    TargetStatus.APPLIED: Span("✓ ", Tone.GOOD),
    TargetStatus.PARTLY: Span("✗ ", Tone.DANGER),
    TargetStatus.REFUSED: Span("✗ ", Tone.DANGER),
    TargetStatus.INVALID: Span("✗ ", Tone.DANGER),
    TargetStatus.FAILED: Span("✗ ", Tone.DANGER),
    TargetStatus.INTERRUPTED: Span("· ", Tone.WARNING),
    TargetStatus.NOT_STARTED: Span("· ", Tone.WARNING),
}
