"""The timeline on the page: each step and each job as a bar, the critical path marked and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from igz_apply.model.outcomes import Report, Timing
from igz_apply.reports.timeline import Link, Row, critical_path, rows_of
from igz_apply.wording.durations import spelled_duration
from igz_apply.wording.printable import printable

_TICKS = 5
_NOTABLE = 0.1  # seconds
_LEGEND = (
    '<p class="legend"><i class="call"></i> call <i class="job"></i> job awaited <i class="mark"></i> critical path</p>'
)


def timeline_section(report: Report, ids: dict[str, str]) -> str:
    """Return the section; it says so when nothing was started."""
    rows = rows_of(report)
    whole = max([report.seconds, *(row.ended for row in rows)])
    if not rows or whole <= 0:
        content = "<p>Nothing was started.</p>"
    else:
        ticks = "".join(f"<small>{spelled_duration(whole * tick / _TICKS)}</small>" for tick in range(_TICKS + 1))
        bars = "".join(_row(row, whole, ids) for row in rows)
        content = (
            f"{_path(critical_path(report), ids)}{_LEGEND}"
            f'<div class="wide bars" tabindex="0"><div class="ticks"><b></b><span>{ticks}</span></div>'
            f"<ol>{bars}</ol></div>"
        )
    return f'<section id="timeline" aria-labelledby="timeline-h"><h2 id="timeline-h">Timeline</h2>{content}</section>'


def _path(links: Sequence[Link], ids: dict[str, str]) -> str:
    """Tell what the apply took its time for."""
    if not links:
        return ""
    before = [0.0, *(link.ended for link in links)]
    items = "".join(_link(link, link.started - ended, ids) for link, ended in zip(links, before, strict=False))
    words = "The critical path: each of these waited for the one before it, and nothing ended later."
    return f'<p>{words}</p><ol class="path">{items}</ol>'


def _link(link: Link, waited: float, ids: dict[str, str]) -> str:
    """Say when it ran; what it waited beyond its dependency was for a free worker, or for the app services' lock."""
    late = f", after a wait of {spelled_duration(waited)} for its turn" if waited >= _NOTABLE else ""
    return (
        f'<li><a href="#{ids.get(str(link.address), "changes")}"><code>{_text(str(link.address))}</code></a> '
        f"{spelled_duration(link.started)} to {spelled_duration(link.ended)}{late}</li>"
    )


def _row(row: Row, whole: float, ids: dict[str, str]) -> str:
    mark = ' class="critical"' if row.is_critical else ""
    first = ids.get(str(row.addresses[0]), "changes") if row.addresses else "changes"
    bars = "".join(_bar(bar, whole) for bar in row.bars)
    return (
        f'<li{mark}><a href="#{first}">{_text(row.step)}</a><span>{bars}</span>'
        f"<small>{spelled_duration(row.ended - row.started)}</small></li>"
    )


def _bar(bar: Timing, whole: float) -> str:
    left, width = 100 * bar.started / whole, 100 * (bar.ended - bar.started) / whole
    kind = ' class="job"' if bar.job else ""
    said = f' title="job {_text(bar.job)}"' if bar.job else ""
    return f'<i{kind} style="left:{left:.2f}%;width:{width:.2f}%"{said}></i>'


def _text(text: str) -> str:
    return escape(printable(text))
