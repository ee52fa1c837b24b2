"""Addresses as people type them on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.cli.kind_names import is_named
from igz_apply.errors import InvalidInput
from igz_apply.model.addresses import Address
from igz_apply.model.kind import Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean


def addresses_named(texts: Sequence[str], kinds: Kinds) -> tuple[Address, ...]:
    """Return the addresses, their kinds in any case. Raises InvalidInput with every text that is none."""
    problems: list[Problem] = []
    found: list[Address] = []
    for text in texts:
        try:
            kind, name = Address.parse(text)
        except ValueError as error:
            problems.append(Problem("Not an address", f"{error}.", "Write Kind/name, for example User/ada."))
            continue
        known = next((each.name for each in kinds if is_named(kind, [each.name])), None)
        if known is None:
            hint = did_you_mean(kind, kinds.names) or f"There are {', '.join(kinds.names)}."
            problems.append(Problem("Unknown kind", f"{text}: there is no kind {kind}.", hint))
        else:
            found.append(Address(known, name))
    if problems:
        raise InvalidInput(problems)
    return tuple(found)
