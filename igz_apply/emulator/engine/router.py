"""Which method and path is answered by which function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from igz_apply.emulator.engine.http_errors import Refusal, not_found
from igz_apply.emulator.engine.messages import Answer

Handler = Callable[..., Answer]  # (call, *what the placeholders of the path held)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. A segment `*` is a placeholder."""

    method: str
    path: str
    handler: Handler


class Router:
    """Finds the handler of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Sort the routes; of two that match a request the first wins."""
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            segments = tuple(route.path.split("/"))
            self._routes.setdefault(len(segments), []).append((segments, route))

    def find(self, method: str, path: str) -> Callable[[Any], Answer]:
        """Return what answers a request. Raises Refusal: 404 for the path, 405 for the method."""
        segments = path.strip("/").split("/")
        allowed = []
        for pattern, route in self._routes.get(len(segments), ()):
            held = _match(pattern, segments)
            if held is not None and route.method == method:
                return partial(_call_with, route.handler, held)
            if held is not None:
                allowed.append(route.method)
        if allowed:
            raise Refusal(405, f"{method} is not possible here: only {', '.join(sorted(set(allowed)))}")
        raise not_found(f"The path {path[:120]!r}")


def _call_with(handler: Handler, held: list[str], call: Any) -> Answer:
    return handler(call, *held)


def _match(pattern: tuple[str, ...], segments: list[str]) -> list[str] | None:
    """Return what the placeholders hold, or None when the path is another one."""
    held = []
    for wanted, given in zip(pattern, segments, strict=True):
        if wanted == "*" and given:
            held.append(given)
        elif wanted != given:
            return None
    return held
