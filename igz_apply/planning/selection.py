"""Which addresses a run is about, when `--only` or `--except` narrow it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from igz_apply.model.addresses import PATTERN_CHARACTERS, Address, Globs, address_in, globs_of
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem, Severity
from igz_apply.model.references import stated_references
from igz_apply.model.resources import DesiredState
from igz_apply.model.suggest import did_you_mean
from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Globs that narrow a run down; without any, it is about everything."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    known: frozenset[Address] = (
        frozenset()
    )  # what exists, apart from the declared: a glob that spells one is no pattern

    @property
    def is_partial(self) -> bool:
        """True when the run is not about everything: then it never prunes."""
        return bool(self.only or self.exclude)

    def among(self, *states: Iterable[Address]) -> Selection:
        """Return the same selection, in a world where these addresses exist too; of everything they tell nothing."""
        if not self.is_partial:
            return self
        return replace(self, known=self.known.union(*states))


def selector(selection: Selection, desired: DesiredState, kinds: Kinds) -> Callable[[Address], bool]:
    """Return the test for addresses; `--only` brings in whatever the selected ones depend on, `--except` wins."""
    if not selection.is_partial:
        return lambda _: True
    known = selection.known.union(desired.resources)
    only, exclude = globs_of(selection.only, known), globs_of(selection.exclude, known, spares=True)
    wanted = _with_dependencies(only, desired, kinds)

    def is_wanted(address: Address) -> bool:
        if exclude.select(address):
            return False
        return not selection.only or address in wanted or only.select(address)

    return is_wanted


def selected(selection: Selection, desired: DesiredState) -> DesiredState:
    """Return what is selected by name, without what that depends on: a deletion must not bring anything in."""
    known = selection.known.union(desired.resources)
    only, exclude = globs_of(selection.only, known), globs_of(selection.exclude, known, spares=True)
    return DesiredState(
        {
            address: resource
            for address, resource in desired.resources.items()
            if (not selection.only or only.select(address)) and not exclude.select(address)
        }
    )


def _with_dependencies(only: Globs, desired: DesiredState, kinds: Kinds) -> frozenset[Address]:
    waiting = [address for address in desired.resources if only.select(address)]
    found: set[Address] = set()
    while waiting:
        address = waiting.pop()
        resource = desired.resources.get(address)
        if resource is None or address in found:
            continue
        found.add(address)
        if not resource.is_present:
            continue  # nothing but the name of such a manifest is looked at
        if resource.lifecycle.renamed_from:
            found.add(Address(address.kind, resource.lifecycle.renamed_from))
        waiting += [reference.target for reference in stated_references(kinds[address.kind], resource)]
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Ground:
    """What globs are held against, to find those that select nothing: a typing error else looks like success."""

    kinds: Kinds
    known: frozenset[Address]  # all that exists, as far as this run can see
    is_strict: bool = False  # whether a pattern that matches nothing is an error too, option --require-match
    is_whole: bool = True  # False: more may be declared than this run can see, so that an unknown address is a warning
    where: str = "that is declared, on the cluster or in the inventory"  # what `known` is

    def idle(self, option: str, texts: Iterable[str], among: AbstractSet[Address], where: str) -> Iterator[Problem]:
        """Find the globs that select nothing `among` the addresses that `option` is about, which `where` names.

        A kind that does not exist and a whole address that nobody knows are errors. A pattern is a warning, since what
        it matches may come and go.
        """
        for text in texts:
            address = address_in(text)
            if address in self.known:
                pass
            elif problem := self._unknown_kind(option, text) or self._unknown_address(option, text, address):
                yield problem
                continue
            globs = globs_of([text], self.known)
            if among.isdisjoint(globs.exact) if globs.exact else not any(map(globs.select, among)):
                yield Problem(
                    "Nothing selected",
                    f"{option} {text!r} matches nothing {where}.",
                    "Correct it, or leave it out.",
                    severity="error" if self.is_strict else "warning",
                )

    def _unknown_kind(self, option: str, text: str) -> Problem | None:
        kind = text.partition("/")[0]
        if kind in self.kinds.names or not PATTERN_CHARACTERS.isdisjoint(kind):
            return None
        meant = did_you_mean(kind, self.kinds.names) or _named(text, self.known)
        hint = f"{meant} Kinds are {', '.join(self.kinds.names)}; an address is Kind/name.".strip()
        return Problem("Unknown kind", f"{option} {text!r}: there is no kind {kind!r}.", hint)

    def _unknown_address(self, option: str, text: str, address: Address | None) -> Problem | None:
        if address is None or not PATTERN_CHARACTERS.isdisjoint(text):
            return None
        hint = did_you_mean(text, map(str, self.known)) or "Correct it, or leave it out."
        detail = f"{option} {text!r} names nothing {self.where}."
        severity: Severity = "error" if self.is_whole or self.is_strict else "warning"
        return Problem("Unknown address", detail, hint, severity)


def _named(name: str, known: Iterable[Address]) -> str:
    """Return the question for somebody who has left out the kind, "" when nothing has such a name."""
    found = sorted(str(address) for address in known if address.name == name)
    return f"Did you mean {found[0]}?" if found else ""
