"""The dependency graph of a plan: what waits for what, in layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action, Plan
from igz_apply.values import dataclass
from igz_apply.wording.operation_words import subject_of


@dataclass(frozen=True, slots=True)
class Node:
    """A change in the graph, or an operation, which stands after what it comes after."""

    address: Address  # of an operation, what stands for it
    action: Action
    layer: int  # 0: waits for nothing; else one more than the latest of what it waits for
    operation: str = ""  # "": it is a change

    @property
    def verb(self) -> str:
        """What it is to a reader: the action, or that it is an operation."""
        return "operation" if self.operation else self.action.value

    @property
    def label(self) -> str:
        """What is to happen, to what."""
        return str(self.address) if self.operation else f"{self.action.value} {self.address}"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by layer, and in a layer near what they wait for; links from what is waited for to what waits."""

    nodes: tuple[Node, ...]
    links: tuple[tuple[Address, Address], ...]

    @property
    def layers(self) -> list[list[Node]]:
        """The nodes of each layer."""
        layers: list[list[Node]] = [[] for _ in range(max((node.layer for node in self.nodes), default=-1) + 1)]
        for node in self.nodes:
            layers[node.layer].append(node)
        return layers


def graph_of(plan: Plan) -> Graph:
    """Return the graph of what a plan writes, with what that waits for."""
    needed = {address for change in plan.writes for address in change.depends_on}
    drawn = {it.address: it for it in plan.changes if it.action.writes or it.address in needed}
    layer: dict[Address, int] = {}
    for address, change in drawn.items():  # a plan's changes come after what they depend on
        layer[address] = 1 + max((layer.get(other, -1) for other in change.depends_on), default=-1)
    links = [(other, address) for address, change in drawn.items() for other in change.depends_on if other in drawn]
    nodes = [Node(address, change.action, layer[address]) for address, change in drawn.items()]
    for item in plan.operations:
        links += [(other, subject_of(item)) for other in item.depends_on if other in drawn]
        place = 1 + max((layer.get(other, -1) for other in item.depends_on), default=-1)
        nodes.append(Node(subject_of(item), Action.NO_CHANGE, place, item.operation))
    return Graph(_arranged(nodes, links), tuple(sorted(links)))


def _arranged(nodes: Sequence[Node], links: Sequence[tuple[Address, Address]]) -> tuple[Node, ...]:
    """Put each layer in the order of the middle of what its nodes wait for, so that fewer links cross.

    What has no links comes first, out of the way of those that have.
    """
    linked = {address for link in links for address in link}
    before: dict[Address, list[Address]] = {}
    for source, target in links:
        before.setdefault(target, []).append(source)
    place: dict[Address, float] = {}
    arranged: list[Node] = []
    for layer in range(max((node.layer for node in nodes), default=-1) + 1):
        found = [node for node in nodes if node.layer == layer]
        found.sort(
            key=lambda node: (node.address in linked, _middle(before.get(node.address, ()), place), node.address)
        )
        place.update((node.address, index / len(found)) for index, node in enumerate(found))
        arranged += found
    return tuple(arranged)


def _middle(addresses: Sequence[Address], place: Mapping[Address, float]) -> float:
    return sum(place[address] for address in addresses) / len(addresses) if addresses else 0.0
