"""The picture of a run over several targets: the waves from left to right, a box a target; SVG, alone or on a page.

All that it shows is in words too: each box has a title, and the whole a description, which screen readers read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from textwrap import wrap

from igz_apply.model.fleets import TargetStatus, Wave
from igz_apply.planning.fleet_report import FleetReport, TargetResult
from igz_apply.values import dataclass
from igz_apply.wording.fleet_words import headline, status_words, stop_words, target_words
from igz_apply.wording.printable import printable

_HEIGHT = 24  # of a box, in pixels
_ROW = _HEIGHT + 6  # from one to the next
_GAP = 26  # between waves
_TOP, _EDGE = 40, 12
_SIGN = 7.3  # pixels that a character takes at most
_SHORTEST, _LONGEST = 10, 30  # characters of a name that a box has room for
_TAIL = 12  # of them, at the end of a name that has more: there names differ
_NARROWEST = 480  # pixels of a picture alone, which says in words too how it went
_LINE = 18  # pixels from one line of these words to the next
_WIDEST = 1_120  # pixels that waves take beside each other; the next ones go on below

SIGNS = {
    TargetStatus.UNCHANGED: "=",
    TargetStatus.CHANGES: "~",
    TargetStatus.APPLIED: "✓",
    TargetStatus.PARTLY: "✗",
    TargetStatus.REFUSED: "✗",
    TargetStatus.INVALID: "✗",
    TargetStatus.FAILED: "✗",
    TargetStatus.INTERRUPTED: "!",
    TargetStatus.NOT_STARTED: "·",
}
STYLE = """
svg{color-scheme:light dark;font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
rect{fill:light-dark(#f6f8fa,#161b22);stroke:light-dark(#59636e,#9198a1)}
text{fill:light-dark(#1f2328,#e6edf3)}
.back{fill:light-dark(#fff,#0d1117);stroke:none}
"""
_COLOURS = """
.waves .applied rect{fill:light-dark(#dafbe1,#12361f);stroke:light-dark(#116329,#56d364)}
.waves .changes rect{fill:light-dark(#fff3d6,#3a2d0c);stroke:light-dark(#7d4e00,#e3b341)}
.waves .bad rect{fill:light-dark(#ffebe9,#42171b);stroke:light-dark(#a40e26,#ff7b72);stroke-width:2}
.waves .interrupted rect{stroke:light-dark(#7d4e00,#e3b341);stroke-width:2}
.waves .not_started rect{fill:none;stroke-dasharray:4 3}
.waves .left rect{stroke-dasharray:4 3}
.waves .left text{opacity:.75}
.waves .not_started text{opacity:.75}
.waves .head{font-weight:600}
.waves .rule{fill:none;stroke:light-dark(#59636e,#9198a1)}
.waves .stop{fill:none;stroke:light-dark(#a40e26,#ff7b72);stroke-width:3}
.waves .why{fill:light-dark(#a40e26,#ff7b72);font-weight:600}
"""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A wave with the left upper corner of its column, and the width of its boxes."""

    wave: Wave
    x: int
    y: int
    width: int


def _with_fallback(style: str) -> str:
    """Return a style that viewers read too which know no `light-dark`: in light, as before there was dark."""
    return re.sub(r"([a-z]+):light-dark\(([^,]+),([^)]+)\)", r"\1:\2;\1:light-dark(\2,\3)", style)


def fleet_svg_report(report: FleetReport) -> bytes:
    """Return the picture as a file of its own."""
    picture = wave_picture(report, anchors={}, style=_with_fallback(f"{STYLE}{_COLOURS}"))
    return f"{picture}\n".encode("utf-8", "backslashreplace")


def wave_style() -> str:
    """Return the style of the picture within a page."""
    return _COLOURS


def wave_picture(report: FleetReport, anchors: dict[str, str], style: str = "") -> str:
    """Return the picture; `anchors` are the page's names of targets, which their boxes lead to."""
    width, said = _width(report.waves), []
    if style:
        width = max(width, _NARROWEST)
        said = wrap(printable(headline(report)), int((width - 2 * _EDGE) / _SIGN))
    placed, height = _places(report.waves, _EDGE + _LINE * len(said))
    own = f"<style>{style}</style>" if style else ""
    back = '<rect class="back" width="100%" height="100%"/>' if style else ""
    back += "".join(
        f'<text class="head" x="{_EDGE}" y="{_EDGE + 10 + _LINE * index}">{escape(text)}</text>'
        for index, text in enumerate(said)
    )
    parts = "".join(part for each in placed for part in _wave(each, report, anchors))
    links = "".join(_links(placed, report))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="waves" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="{"group" if anchors else "img"}" aria-labelledby="waves-t waves-d">'
        f'<title id="waves-t">{_text(headline(report))}</title><desc id="waves-d">{_text(described(report))}</desc>'
        f"{own}{back}{links}{parts}</svg>"
    )


def described(report: FleetReport) -> str:
    """Return the picture in words: wave by wave, who ended how."""
    said = []
    for wave in report.waves:
        results = report.of_wave(wave)
        ends = "; ".join(
            f"{status_words(status, report.command)}: {', '.join(it.name for it in results if it.status is status)}"
            for status in dict.fromkeys(it.status for it in results)
        )
        said.append(f"Wave {wave.number}{', canary' if wave.is_canary else ''}: {ends}.")
    return printable(" ".join([*said, stop_words(report)]).strip())


def _width(waves: Sequence[Wave]) -> int:
    """Return how wide the columns are together."""
    width, beside = _column(waves)
    many = min(len(waves), beside)
    return many * (width + _GAP) - _GAP * bool(many) + 3 * _EDGE


def _column(waves: Sequence[Wave]) -> tuple[int, int]:
    """Return how wide each column is, and how many have room beside each other."""
    longest = max((len(printable(name)) for wave in waves for name in wave.targets), default=0)
    width = round((min(_LONGEST, max(_SHORTEST, longest)) + 2) * _SIGN) + 14
    return width, max(1, _WIDEST // (width + _GAP))


def _places(waves: Sequence[Wave], top: int) -> tuple[list[_Placed], int]:
    """Place the waves in rows of columns, the first one below `top`; return them, and the height of all."""
    placed: list[_Placed] = []
    width, beside = _column(waves)
    for begin in range(0, len(waves), beside):
        row = waves[begin : begin + beside]
        placed += [_Placed(wave, _EDGE + index * (width + _GAP), top, width) for index, wave in enumerate(row)]
        top += _TOP + max(len(wave.targets) for wave in row) * _ROW + 2 * _EDGE
    return placed, top


def _wave(placed: _Placed, report: FleetReport, anchors: dict[str, str]) -> Iterator[str]:
    wave, x, y = placed.wave, placed.x, placed.y
    name = f"{wave.number}, canary" if wave.is_canary else str(wave.number)
    yield f'<text class="head" x="{x}" y="{y + 14}">Wave {name}</text>'
    for index, result in enumerate(report.of_wave(wave)):
        box = _box(result, report, placed, y + _TOP - 16 + index * _ROW)
        anchor = anchors.get(result.name)
        yield f'<a href="#{anchor}">{box}</a>' if anchor else box
    if report.stop is not None and report.stop.wave == wave.number:
        left, bottom = x + placed.width + _GAP // 2, y + _TOP - 20 + max(1, len(wave.targets)) * _ROW
        said = "would stop" if report.command == "plan" else "stopped"
        yield f'<path class="stop" d="M{left} {y + 4}V{bottom}"/>'
        yield f'<text class="why" x="{x}" y="{bottom + 14}">{said} here</text>'


def _box(result: TargetResult, report: FleetReport, placed: _Placed, y: int) -> str:
    name, x = printable(result.name), placed.x
    label = name if len(name) <= _LONGEST else f"{name[: _LONGEST - _TAIL - 1]}…{name[-_TAIL:]}"
    kind = f"bad {result.status.value}" if result.status.is_bad else result.status.value
    said = f"{result.name}: {target_words(result, report.command)}"
    if report.command == "plan" and report.stop is not None and result.name in report.stop.left:
        kind, said = f"{kind} left", f"{said}; apply would not come to it"
    return (
        f'<g class="{kind}"><title>{_text(said)}</title>'
        f'<rect x="{x}" y="{y}" width="{placed.width}" height="{_HEIGHT}" rx="4"/>'
        f'<text x="{x + 7}" y="{y + 16}">{SIGNS[result.status]} {escape(label)}</text></g>'
    )


def _links(placed: Sequence[_Placed], report: FleetReport) -> Iterator[str]:
    """Yield a line from each wave to the next, as far as the run went."""
    stopped = report.stop.wave if report.stop is not None else len(placed)
    for one, two in pairwise(placed):
        if one.y == two.y and one.wave.number < stopped:
            middle = one.y + _TOP - 16 + _HEIGHT // 2
            yield f'<path class="rule" d="M{one.x + one.width + 3} {middle}H{two.x - 3}m-5 -4l5 4l-5 4"/>'


def _text(text: str) -> str:
    return escape(printable(text))
