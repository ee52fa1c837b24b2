"""The graph as a drawing: SVG, alone or as part of a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.reports.graph import Graph, Node, graph_of
from igz_apply.reports.words import counts_text, target_text
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

WIDTH, HEIGHT = 190, 22  # of a node, in pixels
_ROW = HEIGHT + 8
_COLUMN = WIDTH + 10
_GAP = 60  # between layers
_EDGE = 10  # around everything
_LABEL = 27  # characters that fit a node
_FEWEST_ROWS = 14

STYLE = """
svg{color-scheme:light dark;font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
rect{stroke:#8888;fill:#8882}
text{fill:#222}
path{fill:none;stroke:#7779;stroke-width:1}
.create rect{fill:#2da44e33;stroke:#2da44e}
.update rect{fill:#bf870033;stroke:#bf8700}
.delete rect{fill:#cf222e33;stroke:#cf222e}
.adopt rect{fill:#0969da33;stroke:#0969da}
@media(prefers-color-scheme:dark){text{fill:#eee}}
"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph with a place for each node: the left upper corner of its box."""

    graph: Graph
    places: Mapping[Address, tuple[int, int]]
    width: int
    height: int


def svg_report(plan: Plan) -> bytes:
    """Return the graph as a file of its own."""
    drawing = drawing_of(graph_of(plan))
    title = escape(f"{target_text(plan)}: {counts_text(plan)}")
    body = svg_body(drawing, lambda node, box: f'<g class="{node.verb}">{box}</g>')
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width}" height="{drawing.height}" '
        f'viewBox="0 0 {drawing.width} {drawing.height}" role="img"><title>{title}</title>'
        f"<style>{STYLE}</style>{body}</svg>\n"
    )
    return svg.encode("utf-8", "backslashreplace")


def drawing_of(graph: Graph) -> Drawing:
    """Place the layers from left to right; a layer that would be too high goes on in the next column."""
    rows = max(_FEWEST_ROWS, math.ceil(math.sqrt(len(graph.nodes)) * 1.2))
    places: dict[Address, tuple[int, int]] = {}
    left = _EDGE
    for layer in graph.layers:
        for index, node in enumerate(layer):
            places[node.address] = (left + index // rows * _COLUMN, _EDGE + index % rows * _ROW)
        left += math.ceil(len(layer) / rows) * _COLUMN + _GAP
    lowest = max((top for _, top in places.values()), default=0)
    return Drawing(graph, places, max(left - _GAP, 2 * _EDGE), lowest + _ROW + _EDGE)


def svg_body(drawing: Drawing, frame: Callable[[Node, str], str]) -> str:
    """Return the links and, each inside what `frame` makes of it, the nodes."""
    links = "".join(_link(drawing.places[source], drawing.places[target]) for source, target in drawing.graph.links)
    boxes = (frame(node, _box(node, drawing.places[node.address])) for node in drawing.graph.nodes)
    return f'<path class="links" d="{links}"/>' + "".join(boxes)


def _box(node: Node, place: tuple[int, int]) -> str:
    x, y = place
    full = printable(str(node.address))
    label = full if len(full) <= _LABEL else f"{full[: _LABEL - 1]}…"
    title = f"<title>{escape(full)}</title>" if label != full else ""
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text x="{x + 6}" y="{y + 15}">{escape(label)}</text>{title}'
    )


def _link(source: tuple[int, int], target: tuple[int, int]) -> str:
    (x1, y1), (x2, y2) = source, target
    x1, y1, y2 = x1 + WIDTH, y1 + HEIGHT // 2, y2 + HEIGHT // 2
    bend = max(20, (x2 - x1) // 2)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
