"""Variables of one target: `NAME__PROD_EU` stands for `NAME` where the target is prod-eu.

So one environment serves many targets, in one run over all of them as in a matrix of single runs. What is a variable of
one target is not there for the others: neither their hooks nor their manifests can name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from igz_apply.errors import InvalidInput
from igz_apply.model.problems import Problem

_MARK = "__"
_CHOOSING = ("IGZ_TARGET", "IGZ_CONFIG")  # they say which targets there are, and which one is meant


@lru_cache(None)  # each target's is asked for by each of the others
def suffix_of(target: str) -> str:
    """Return what the variables of a target end with: `__PROD_EU` for `prod-eu`."""
    return _MARK + re.sub(r"[^A-Z0-9]", "_", target.upper())


def environ_for(environ: Mapping[str, str], target: str, targets: Sequence[str] = ()) -> Mapping[str, str]:
    """Return the environment as a run of this target has it; the very same where no variable is of any target.

    `targets` are all that the config has, as far as they are known.
    """
    own, strange = suffix_of(target), {suffix_of(each) for each in targets if each != target}
    found = {name: _owner(name, {own, *strange}) for name in environ if _MARK in name}
    if not any(found.values()):
        return environ
    seen = {name: text for name, text in environ.items() if found.get(name, "") in ("", own)}
    stands_for = {name.removesuffix(own): name for name, owner in found.items() if owner == own}
    return {**seen, **{name: environ[given] for name, given in stands_for.items() if name not in _CHOOSING}}


def own_variable(environ: Mapping[str, str], name: str, target: str) -> str:
    """Return the variable that says `name` for this target alone, "" where there is none."""
    given = name + suffix_of(target)
    return given if target and given in environ else ""


def check_suffixes(environ: Mapping[str, str], target: str, targets: Iterable[str]) -> None:
    """Raise InvalidInput where a variable may be of this target or of another: their names end it alike."""
    suffix = suffix_of(target)
    alike = [each for each in targets if each != target and suffix_of(each) == suffix]
    given = next((name for name in environ if name.endswith(suffix) and name != suffix), None)
    if alike and given is not None:
        detail = f"{given} may be of the target {target}, and of {', '.join(alike)}: nobody can tell whose it is."
        hint = f"Rename one of the targets, or take the variables that end with {suffix} away."
        raise InvalidInput([Problem("Variable of two targets", detail, hint)])


def _owner(name: str, suffixes: Iterable[str]) -> str:
    """Return the suffix of the target that a variable is of, "" for none: the longest that leaves a name."""
    return max((each for each in suffixes if name.endswith(each) and name != each), key=len, default="")
