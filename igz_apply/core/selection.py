"""Which addresses a run is about, when `--only` or `--except` narrow it down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from igz_apply.core.addresses import Address, is_selected
from igz_apply.core.kind import Kinds
from igz_apply.core.references import references
from igz_apply.core.resources import DesiredState


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs that narrow a run down; without any, it is about everything."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """True when the run is not about everything: then it never prunes."""
        return bool(self.only or self.exclude)


def selector(selection: Selection, desired: DesiredState, kinds: Kinds) -> Callable[[Address], bool]:
    """Return the test for addresses; `--only` brings in whatever the selected ones depend on, `--except` wins."""
    if not selection.is_partial:
        return lambda _: True
    wanted = _with_dependencies(selection, desired, kinds) if selection.only else None

    def is_wanted(address: Address) -> bool:
        if is_selected(address, selection.exclude):
            return False
        return wanted is None or address in wanted or is_selected(address, selection.only)

    return is_wanted


def _with_dependencies(selection: Selection, desired: DesiredState, kinds: Kinds) -> frozenset[Address]:
    waiting = [address for address in desired.resources if is_selected(address, selection.only)]
    found: set[Address] = set()
    while waiting:
        address = waiting.pop()
        resource = desired.resources.get(address)
        if resource is None or address in found:
            continue
        found.add(address)
        if not resource.is_present:
            continue  # nothing but the name of such a manifest is looked at
        waiting += [reference.target for reference in references(kinds[address.kind], resource.spec)]
    return frozenset(found)
