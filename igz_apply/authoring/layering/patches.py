"""The config's `patches`: what a target has otherwise, by address."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from igz_apply.authoring.layering.layered import address_stated
from igz_apply.authoring.layering.origins import Citing, Stratum
from igz_apply.authoring.layering.placeholders import strange_texts
from igz_apply.model.addresses import PATTERN_CHARACTERS, Address, address_in, globs_of, names_selected
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, Severity
from igz_apply.model.resources import Document, Path, Positions
from igz_apply.model.suggest import did_you_mean
from igz_apply.values import dataclass

_IDENTITY: tuple[Path, ...] = (("apiVersion",), ("kind",), ("metadata", "name"))


@dataclass(frozen=True, slots=True)
class Patch:
    """One entry of `patches`."""

    address: str  # as `--only` takes it: an address, a pattern of addresses, or a kind
    data: Mapping[str, Any]  # references not yet replaced
    positions: Positions  # of the config
    path: Path  # of the entry, in the config

    def layer(self, cited: Citing) -> Stratum:
        """Return the patch as a layer."""
        return Stratum("patch", self.data, self.positions, (*self.path, "patch"), cited)


def patches_in(entries: Sequence[Mapping[str, Any]], positions: Positions, path: Path) -> tuple[Patch, ...]:
    """Return the patches of a config, or of one of its targets; `path` leads to the list of them."""
    return tuple(
        Patch(entry["address"], entry["patch"], positions, (*path, index)) for index, entry in enumerate(entries)
    )


def strange_patches(patches: Sequence[Patch]) -> Iterator[Problem]:
    """Find patches that would make another resource of what they change, or that speak of members."""
    for patch in patches:
        for path in _IDENTITY:
            if _states(patch.data, path):
                yield Problem(
                    "Bad patch",
                    f"A patch cannot change {'.'.join(map(str, path))}: it would be another resource then.",
                    "Take it out, or declare the other resource in a manifest.",
                    source=patch.positions.key((*patch.path, "patch", *path)),
                )
        yield from strange_texts(patch.data, patch.positions, "Patches", (*patch.path, "patch"))


def _states(data: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(data, Mapping) or part not in data:
            return False
        data = data[part]
    return True


Chooses = Callable[[str], bool]
"""Says whether a patch is for the resource of that name."""


class Matching:
    """Which patches are for which resource; it keeps account of those that were for any."""

    def __init__(self, patches: Sequence[Patch], documents: Sequence[Document]) -> None:
        """Take the patches in their order; names are names first, as everywhere that globs are."""
        self._patches = patches
        self._globs = [globs_of([patch.address], _spelled(patch.address, documents)) for patch in patches]
        self._by_kind: dict[str, list[tuple[int, Chooses]]] = {}
        self._idle = set(range(len(patches)))

    def of(self, data: Mapping[str, Any]) -> Sequence[int]:
        """Return the indexes of the patches for a manifest of a known kind."""
        candidates = self._by_kind.get(data["kind"])
        if candidates is None:
            candidates = self._by_kind[data["kind"]] = list(self._candidates(data["kind"]))
        metadata = data.get("metadata") if candidates else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str):
            return ()
        found = [index for index, chooses in candidates if chooses(name)]
        if self._idle:
            self._idle.difference_update(found)
        return found

    def _candidates(self, kind: str) -> Iterator[tuple[int, Chooses]]:
        for index, globs in enumerate(self._globs):
            stated = self._patches[index].address.partition("/")[0]
            if stated == kind or not PATTERN_CHARACTERS.isdisjoint(stated):
                yield index, names_selected(globs, kind)

    def idle(self, documents: Sequence[Document], kinds: Kinds, severity: Severity) -> Iterator[Problem]:
        """Yield a problem for each patch that was for nothing."""
        declared = [address for it in documents if (address := address_stated(it.data))] if self._idle else []
        for index in sorted(self._idle):
            patch = self._patches[index]
            kind = patch.address.partition("/")[0]
            if PATTERN_CHARACTERS.isdisjoint(kind) and kind not in kinds:
                meant = did_you_mean(kind, kinds.names)
                hint = f"{meant} Kinds are {', '.join(kinds.names)}; an address is Kind/name.".strip()
            else:
                meant = did_you_mean(patch.address, (str(each) for each in declared if each.kind == kind))
                hint = meant or "Correct the address, or take the patch out."
            yield Problem(
                "Idle patch",
                f"The patch is for {patch.address}, and nothing that is declared matches that.",
                hint,
                severity,
                source=patch.positions.value((*patch.path, "address")),
            )


def _spelled(text: str, documents: Sequence[Document]) -> Collection[Address]:
    """Return the address that a text spells, if one of the documents has it though the text may be a pattern."""
    address = address_in(text)
    if address is None or PATTERN_CHARACTERS.isdisjoint(text):
        return ()
    return (address,) if any(address_stated(it.data) == address for it in documents) else ()
