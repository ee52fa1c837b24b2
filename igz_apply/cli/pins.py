"""What must come from outside the repository, where its config is somebody else's: the words of IGZ_PINNED.

In CI the config comes with the branch, and whoever may open a pull request may write it. A pinned setting is taken from
the command line or the environment; what the config says of it is refused, and so is nothing at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import DEFAULT_PATH, Config
from igz_apply.model.hooks import Hooks
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import did_you_mean
from igz_apply.model.target_places import TARGET, misspelt_target, with_target
from igz_apply.model.urls import without_credentials
from igz_apply.patterns import pattern

if TYPE_CHECKING:  # not every command has to do with manifests
    from igz_apply.model.allowed_sources import AllowedSources, Pattern
    from igz_apply.model.reconciling import Notification

ENDPOINT, TLS, INVENTORY, PROTECT, POLICIES, SECRETS, HOOKS, NOTIFY, LISTEN = WORDS = (
    "endpoint",
    "tls",
    "inventory",
    "protect",
    "policies",
    "secrets",
    "hooks",
    "notify",
    "listen",
)
LOCAL = "file"  # among IGZ_INVENTORY_SCHEMES: a path inside the checkout
_FOR_EACH = f" ({TARGET} in it is the target's name)"  # so that what is said once holds for many targets
_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*)(?:://|::)")


def pins_of(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the words of IGZ_PINNED. Raises InvalidInput for one that pins nothing: it would be taken for a guard."""
    words = listed(environ.get("IGZ_PINNED", ""))
    problems = [_unknown(word) for word in words if word not in WORDS]
    if problems:
        raise InvalidInput(problems)
    return frozenset(words)


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a variable that holds several, separated by commas or line ends."""
    return tuple(entry.strip() for entry in re.split(r"[,\n]", text) if entry.strip())


def flag(environ: Mapping[str, str], name: str) -> bool | None:
    """Return what a variable says that is true or false, None when it is unset or empty. Raises InvalidInput."""
    text = environ.get(name, "").strip().lower()
    if text in ("1", "true", "yes"):
        return True
    if text in ("0", "false", "no"):
        return False
    if text:
        raise InvalidInput([Problem("Environment", f"{name} is neither true nor false.", "Set it to true or false.")])
    return None


def pinned(word: str, detail: str, hint: str) -> InvalidInput:
    """Return the refusal of a pinned setting that does not come from outside."""
    return InvalidInput([Problem("Pinned setting", f"IGZ_PINNED names {word}: {detail}", hint)])


def require_outside(word: str, variable: str, file: Path, config: Config) -> None:
    """Raise InvalidInput where a variable names a file for a pinned setting that a branch can change."""
    from igz_apply.local.branch_files import is_of_branch  # here, as few settings are files

    if is_of_branch(file, config.folder):
        detail = f"{variable} names {file}, which lies in the checkout, where a branch can change it."
        raise pinned(word, detail, "Name a file outside the checkout, or of another checkout.")


def endpoint_of(environ: Mapping[str, str], config: Config, given: str | None = None) -> str:
    """Return where the cluster is, as the command line has `given`, or else the environment or the config says.

    "" where nothing says so that may.
    """
    said = given or environ.get("IGZ_ENDPOINT") or environ.get("V3IO_API")
    return said or ("" if ENDPOINT in pins_of(environ) else config.endpoint) or ""


def inventory_place(environ: Mapping[str, str], config: Config) -> str | None:
    """Return where the inventory lies, None for the default. Raises InvalidInput where the config may not say so.

    `{target}` is the target's name in either of them; InvalidInput too where there is none to put there.
    IGZ_INVENTORY_SCHEMES lists what a config may name all the same: schemes of URLs, and `file` for a path that stays
    in the checkout.
    """
    from igz_apply.inventory import default_place  # here, as commands that keep no inventory need none of it

    if given := environ.get("IGZ_INVENTORY"):
        return _of_target(given, config.target, "IGZ_INVENTORY")
    allowed, is_pinned = listed(environ.get("IGZ_INVENTORY_SCHEMES", "")), INVENTORY in pins_of(environ)
    if config.inventory is None:
        if is_pinned and LOCAL not in allowed:
            raise pinned(INVENTORY, "IGZ_INVENTORY gives none.", f"Set IGZ_INVENTORY where this runs{_FOR_EACH}.")
        if is_pinned:
            _check_named(default_place(config.target), allowed, Path())
    elif allowed or is_pinned:
        _check_named(config.inventory, allowed, config.folder)
    return config.inventory and _of_target(config.inventory, config.target, config.path)


def _of_target(place: str, target: str, said_by: str) -> str:
    """Return the place with the target's name in it. Raises InvalidInput where it would lack one."""
    found = with_target(place, target)
    if TARGET in found:
        detail = f"{said_by} says that the inventory lies at {without_credentials(place)}, and no target was chosen."
        raise InvalidInput([Problem("Inventory without a target", detail, "Give --target NAME, or set IGZ_TARGET.")])
    if (part := misspelt_target(found)) is not None:
        detail = f"{said_by} says {part}, which stands for nothing."
        raise InvalidInput([Problem("Unknown part of a place", detail, "Write {target} for the target's name.")])
    return found


def allowed_sources(environ: Mapping[str, str], config: Config) -> AllowedSources:
    """Return where secrets may be looked up: what the environment allows and, unless that is pinned, the config.

    Raises InvalidInput for an environment that cannot be understood.
    """
    from igz_apply.model.allowed_sources import AllowedSources

    is_pinned = SECRETS in pins_of(environ)
    commands, stores = _commands(environ, is_pinned=is_pinned), listed(environ.get("IGZ_SECRET_STORES", ""))
    if is_pinned:
        return AllowedSources(commands, frozenset(stores), "IGZ_SECRET_COMMANDS", "IGZ_SECRET_STORES", is_pinned=True)
    said_by = config.path or DEFAULT_PATH
    return AllowedSources(
        (*config.secret_commands, *commands), frozenset((*config.secret_stores, *stores)), said_by, said_by
    )


def _commands(environ: Mapping[str, str], *, is_pinned: bool) -> tuple[Pattern, ...]:
    text = environ.get("IGZ_SECRET_COMMANDS", "").strip()
    if not text:
        return ()
    import json  # here, as few runs have any

    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(map(_is_pattern, found)):
        detail = "IGZ_SECRET_COMMANDS is no list of commands."
        hint = """Write JSON, a list for each: [["sops", "--decrypt", "--extract", "*", "secrets/*.yaml"]]."""
        raise InvalidInput([Problem("Environment", detail, hint)])
    for program in {argv[0]: None for argv in found if is_pinned}:
        if _is_in_checkout(program):
            detail = f"IGZ_SECRET_COMMANDS names {program}, a program in the checkout, which a branch can change."
            raise pinned(SECRETS, detail, "Name a program by its name, or by its full path outside the checkout.")
    return tuple(map(tuple, found))


def _is_pattern(item: object) -> bool:
    is_argv = isinstance(item, list) and bool(item) and all(isinstance(each, str) for each in item)
    return is_argv and bool(item[0]) and "*" not in item[0]  # type: ignore[index]


def _is_in_checkout(program: str) -> bool:
    """Say whether a program is named by a path from where the config lies."""
    return ("/" in program or os.sep in program) and not Path(program).is_absolute()


def hooks_of(environ: Mapping[str, str], config: Config) -> Hooks:
    """Return the programs that run around a plan and an apply. Raises InvalidInput where the config may not name any.

    IGZ_HOOKS takes the place of the config's: it is what would stand there, as JSON or YAML, or a file that holds that.
    """
    given = environ.get("IGZ_HOOKS", "").strip()
    is_pinned = HOOKS in pins_of(environ)
    if given:
        from igz_apply.manifests.config_hooks import file_named, hooks_given  # here, as most runs have none

        if is_pinned and (file := file_named(given)):
            require_outside(HOOKS, "IGZ_HOOKS", file, config)
        return hooks_given(given)
    if config.hooks and is_pinned:
        detail = "the config names programs to run, and IGZ_HOOKS names none."
        raise pinned(HOOKS, detail, "Set IGZ_HOOKS where this runs, to {} for none, or take `hooks` out of the config.")
    return config.hooks


def notifications_of(environ: Mapping[str, str], config: Config) -> tuple[Notification, ...]:
    """Return who is told how rounds end. Raises InvalidInput where the config may not say it.

    IGZ_NOTIFY takes the place of the config's: it is what would stand there, as JSON.
    """
    given = environ.get("IGZ_NOTIFY", "").strip()
    if given:
        from igz_apply.manifests.config_reconcile import notifications_given  # here, as most runs tell nobody

        return notifications_given(given)
    stated = config.reconciling.notifications if config.reconciling is not None else ()
    if stated and NOTIFY in pins_of(environ):
        detail = "the config says whom to tell how rounds end, and IGZ_NOTIFY does not."
        raise pinned(NOTIFY, detail, "Set IGZ_NOTIFY where this runs, to [] for nobody, or take `notify` out.")
    return stated


def listen_of(environ: Mapping[str, str], config: Config, given: str) -> str:
    """Return where rounds are shown to who watches, "" for nowhere; `given` is what the command line says.

    Raises InvalidInput where the config may not say it.
    """
    stated = config.reconciling.listen if config.reconciling is not None else ""
    if stated and not given and LISTEN in pins_of(environ):
        hint = f"Give --listen {stated} where this runs, or take `listen` out of the config."
        raise pinned(LISTEN, "the config says where to listen, and --listen does not.", hint)
    return given or stated


def _check_named(place: str, allowed: Sequence[str], folder: Path) -> None:
    """Raise InvalidInput for an inventory that the config may not name."""
    from igz_apply.inventory import local_path

    schemes = _schemes(place)
    if strange := [scheme for scheme in schemes if scheme not in allowed]:
        only = f"IGZ_INVENTORY_SCHEMES allows it {', '.join(allowed)}" if allowed else "it may name none"
        detail = f"the config names an inventory of the scheme {strange[0]}, and {only}."
        raise pinned(INVENTORY, detail, f"Set IGZ_INVENTORY{_FOR_EACH}, or list the scheme in IGZ_INVENTORY_SCHEMES.")
    path = local_path(place)  # as the inventory itself will understand it
    within = os.path.realpath(folder)
    if path is not None and not Path(os.path.realpath(path)).is_relative_to(within):
        detail = f"{place} leads out of {within}."
        raise pinned(INVENTORY, detail, "Name a path below the config's folder, or set IGZ_INVENTORY.")


def _schemes(place: str) -> list[str]:
    """Return every scheme of an fsspec URL, chained ones too; `file` for a path."""
    found = _SCHEME.findall(place) if _SCHEME.match(place) else []
    return [LOCAL if scheme.lower() == "local" else scheme.lower() for scheme in found] or [LOCAL]


def _unknown(word: str) -> Problem:
    hint = f"{did_you_mean(word, WORDS)} It knows {', '.join(WORDS)}.".strip()
    return Problem("Unknown word", f"IGZ_PINNED names {word!r}, which pins nothing.", hint)
