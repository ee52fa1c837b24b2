"""Kinds as people type them: in any case, singular or plural."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from igz_apply.errors import InvalidInput
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean


def kind_named(name: str, kinds: Kinds, *, others: Sequence[str] = ()) -> Kind:
    """Return the kind that is meant by `User`, `user` or `users`.

    Raises InvalidInput for a name that is no kind; `others` are names that the caller knows besides.
    """
    for kind in kinds:
        if is_named(name, [kind.name]):
            return kind
    known = [*kinds.names, *others]
    hint = did_you_mean(name, known) or f"There are {', '.join(known)}."
    raise InvalidInput([Problem("Unknown kind", f"{name} is not a kind.", hint)])


def is_named(name: str, names: Iterable[str]) -> bool:
    """Say whether `name` is one of `names`, or its plural, whatever its case and its separators."""
    return _plain(name) in {form for known in names for form in _forms(_plain(known))}


def _forms(name: str) -> tuple[str, ...]:
    """Return a name and its plural: policies, and policys, which is what scripts make of it."""
    return (name, f"{name}s", f"{name[:-1]}ies") if name.endswith("y") else (name, f"{name}s")


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
