"""The graph in the languages of Graphviz and Mermaid."""

from __future__ import annotations

from igz_apply.model.changes import Action, Plan
from igz_apply.reports.graph import Graph, Node, graph_of
from igz_apply.reports.words import counts_text, target_text
from igz_apply.wording.printable import printable

_FILLS = {
    Action.CREATE: "#d7f5dd",
    Action.UPDATE: "#fdf0c8",
    Action.DELETE: "#fbdcdc",
    Action.ADOPT: "#dcebfb",
    Action.NO_CHANGE: "#eeeeee",
}
_OPERATION, _OPERATION_FILL = "operation", "#e6dcfb"


def dot_report(plan: Plan) -> bytes:
    """Return the graph for Graphviz; an arrow points to what waits."""
    graph = graph_of(plan)
    lines = [
        f"// {target_text(plan)}: {counts_text(plan)}",
        "digraph plan {",
        '  rankdir=LR; node [shape=box, style="rounded,filled", color="#666666", fontname="sans-serif"];',
        *(f"  {_dot(str(it.address))} [label={_dot(_label(it))}, fillcolor={_dot(_fill(it))}];" for it in graph.nodes),
        *(f"  {_dot(str(source))} -> {_dot(str(target))};" for source, target in graph.links),
        "}",
    ]
    return _text(lines)


def mermaid_report(plan: Plan) -> bytes:
    """Return the graph for Mermaid; an arrow points to what waits."""
    graph = graph_of(plan)
    names = {node.address: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = [
        f"%% {target_text(plan)}: {counts_text(plan)}".replace("{", "(").replace("}", ")"),  # %%{ would be a directive
        "flowchart LR",
        *(f'  {names[node.address]}["{_mermaid(_label(node))}"]:::{node.verb}' for node in graph.nodes),
        *(f"  {names[source]} --> {names[target]}" for source, target in graph.links),
        *(f"  classDef {verb} fill:{fill},stroke:#666,color:#111" for verb, fill in _used(graph)),
    ]
    return _text(lines)


def _used(graph: Graph) -> list[tuple[str, str]]:
    used = {node.verb for node in graph.nodes}
    fills = {**{action.value: fill for action, fill in _FILLS.items()}, _OPERATION: _OPERATION_FILL}
    return [(verb, fill) for verb, fill in fills.items() if verb in used]


def _fill(node: Node) -> str:
    return _OPERATION_FILL if node.operation else _FILLS[node.action]


def _label(node: Node) -> str:
    return printable(node.label)


def _dot(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _mermaid(text: str) -> str:
    """Spell out every character that means something to Mermaid, or to the HTML that it makes."""
    return "".join(char if char.isalnum() or char in " /._-+~=@" else f"#{ord(char)};" for char in text)


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
