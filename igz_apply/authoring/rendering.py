"""Manifests as they count, all layers put together, and where each of their values was stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.layering.origins import Origin, origin_of
from igz_apply.model.addresses import Address
from igz_apply.model.hidden import free_names, hidden_in, hiding, referring
from igz_apply.model.kind import Kinds
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import Document, Path, Positions
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Rendered:
    """One manifest as it counts."""

    address: Address
    data: Mapping[str, Any]  # says all that the layers say, but what is hidden
    positions: Positions
    hidden: tuple[Path, ...] = ()  # of what may be a secret: a mask stands there, which no manifest may state

    def origin(self, path: Path) -> Origin:
        """Return where the value at a path was stated."""
        return origin_of(self.positions, path)


def rendered(documents: Sequence[Document], kinds: Kinds) -> Iterator[Rendered]:
    """Yield valid documents as they count, in the order given. Those that were rendered load as the same again."""
    free = {kind.name: free_names(kind) for kind in kinds}
    for document in documents:
        data = _in_order(document.data)
        address, spec = Address(data["kind"], data["metadata"]["name"]), data.get("spec")
        if not spec or free[address.kind].isdisjoint(spec):
            yield Rendered(address, data, document.positions)
            continue
        kind = kinds[address.kind]
        kept = hiding(kind, address, referring(kind, spec))
        hidden = tuple(("spec", *path) for path, _ in hidden_in(kept))
        yield Rendered(address, {**data, "spec": plain(kept)} if hidden else data, document.positions, hidden)


def _in_order(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a manifest with its parts as people write them, whichever layer had them first."""
    return {part: data[part] for part in _PARTS if part in data}


_PARTS = ("apiVersion", "kind", "metadata", "spec", "lifecycle")  # a manifest has no others


def stated_values(data: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value of a manifest that is stated as one: what is no mapping, and no list of any."""
    if isinstance(data, Mapping) and data:
        for key, below in data.items():
            yield from stated_values(below, (*path, key))
    elif isinstance(data, list) and any(isinstance(item, (Mapping, list)) for item in data):
        for index, item in enumerate(data):
            yield from stated_values(item, (*path, index))
    else:
        yield path


def path_text(path: Path) -> str:
    """Return a path as `lifecycle.ignore_changes` takes one: `spec.labels["a.b"]`, and items of lists by number."""
    parts = (f"[{part}]" if isinstance(part, int) else _key_text(part) for part in path)
    return "".join(parts).removeprefix(".")


def _key_text(key: str) -> str:
    return f'["{key}"]' if any(sign in key for sign in ".[]") else f".{key}"
