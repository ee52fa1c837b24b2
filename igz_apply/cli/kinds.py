"""Kinds as people type them: in any case, singular or plural."""

from __future__ import annotations

from collections.abc import Sequence

from igz_apply.core.kind import Kind
from igz_apply.core.problems import Problem
from igz_apply.core.suggest import did_you_mean
from igz_apply.errors import InvalidInput
from igz_apply.kinds import KINDS


def kind_named(name: str, *, others: Sequence[str] = ()) -> Kind:
    """Return the kind that is meant by `User`, `user` or `users`.

    Raises InvalidInput for a name that is no kind; `others` are names that the caller knows besides.
    """
    plain = _plain(name)
    for kind in KINDS:
        if plain in (_plain(kind.name), _plain(kind.name) + "s"):
            return kind
    known = [*KINDS.names, *others]
    hint = did_you_mean(name, known) or f"There are {', '.join(known)}."
    raise InvalidInput([Problem("Unknown kind", f"{name} is not a kind.", hint)])


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
