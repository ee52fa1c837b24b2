"""What is done to a resource beside changing it, because something else was written: what the config asks for."""

from __future__ import annotations

from igz_apply.model.addresses import Address, Source
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """One line below `on`: which writes bring an operation about."""

    text: str  # as the config says it
    source: Source
    resources: str = ""  # a glob of addresses; "": what is operated on itself
    path: str = ""  # dotted, as plans show it; "": any write


@dataclass(frozen=True, slots=True)
class OperationRule:
    """One of the config's `actions`."""

    operation: str  # the platform's word: restart
    resources: str  # a glob of addresses of what is declared
    triggers: tuple[TriggerRule, ...]
    source: Source  # of the glob


@dataclass(frozen=True, slots=True)
class Trigger:
    """A write of the plan that brings an operation about."""

    address: Address
    paths: tuple[str, ...] = ()  # of what it writes there, as far as that is asked for; none: any write of it


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation on a resource that the plan declares: once, however many triggers it has."""

    operation: str
    address: Address
    triggers: tuple[Trigger, ...] = ()
    is_left_over: bool = False  # whether an earlier run was to do it, and did not come to it
    depends_on: tuple[Address, ...] = ()  # the changes that it comes after
    warnings: tuple[str, ...] = ()
