"""`igz-apply.yaml`: read, checked against its schema, and settled for one target."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from igz_apply.errors import InvalidInput
from igz_apply.manifests.config_places import misspelt_targets
from igz_apply.manifests.documents import FileReading
from igz_apply.manifests.reader import read_bytes, read_file
from igz_apply.manifests.telling import AS_THEY_ARE, Telling
from igz_apply.model.problems import Problem, Severities, Weight, errors_of
from igz_apply.model.resources import Document
from igz_apply.model.suggest import did_you_mean
from igz_apply.model.target_places import with_target
from igz_apply.model.urls import embedded, is_url
from igz_apply.values import dataclass

if TYPE_CHECKING:
    from igz_apply.authoring.layering.ground import Layers
    from igz_apply.manifests.plan_policy_files import StatedPolicy
    from igz_apply.model.hooks import Hooks
    from igz_apply.model.operations import OperationRule
    from igz_apply.model.reconciling import Reconciling
    from igz_apply.planning.rail_facts import Limit

# What judges a config is imported when there is one.

DEFAULT_PATH = "igz-apply.yaml"
DEFAULT_MANIFESTS = ("manifests",)
STDIN = "-"  # as one of `manifests`

_ADDED_BY_TARGET = ("ignore", "policies", "protect")  # a target adds to these, it replaces everything else
_LAYERS = ("values", "patches")
_HOOKS = "hooks"  # those of a target run after those at the top
_RECONCILE = "reconcile"  # what a target states of it takes the place of what stands at the top
_FLEET = ("fleet", "wave")  # of runs over several targets, which read them by `config_fleet`
_NO_OPTIONS = (*_LAYERS, "policies_on_plan", "actions", _HOOKS, _RECONCILE, *_FLEET)
_DURATIONS = ("job_timeout", "lock_timeout", "timeout", "deadline", "plan_expires")
_FILES = ("access_key_file", "ca_file", "offline_token_file")
_LIMITED = ("delete", "cascade", "update", "restart")


@dataclass(frozen=True, slots=True)
class Config:
    """What the config says for one target; None is what it does not say. Paths are ready to be opened.

    Times are seconds. The command line and the environment win over all of it; credentials never stand in it.
    """

    path: str = ""  # "": there is no config file
    target: str = ""  # "": none was chosen
    targets: tuple[str, ...] = ()  # the names of all that there are
    manifests: tuple[str, ...] = DEFAULT_MANIFESTS
    ignore: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()  # glob patterns of files
    protect: tuple[str, ...] = ()  # globs of addresses
    owner: str = ""  # whose mark is put on what is written; "": nobody's
    severity: Mapping[str, Weight] = field(default_factory=dict)  # code -> what its warnings count as
    is_strict: bool = False  # option --strict
    limits_delete: Mapping[str, Limit] = field(default_factory=dict)  # kind -> count, percentage, or both
    limits_cascade: Mapping[str, Limit] = field(default_factory=dict)
    limits_update: Mapping[str, Limit] = field(default_factory=dict)
    limits_restart: Mapping[str, Limit] = field(default_factory=dict)
    min_admins: int = 1
    prune: bool = False
    parallelism: int = 10
    job_timeout: float | None = None
    lock_timeout: float | None = None
    deadline: float | None = None  # from the start of the command
    plan_expires: float | None = None  # how long a saved plan may be applied; None: for ever
    platform: str | None = None
    endpoint: str | None = None
    username: str | None = None
    access_key_file: str | None = None
    offline_token_file: str | None = None
    token_name: str | None = None  # of an entry in a token file
    ca_file: str | None = None
    insecure_skip_tls_verify: bool = False
    timeout: float | None = None
    retries: int | None = None
    inventory: str | None = None  # a path or an fsspec URL
    secret_commands: tuple[tuple[str, ...], ...] = ()  # patterns of argv that `from_command` may name
    secret_stores: tuple[str, ...] = ()  # that `from_store` may name
    secret_timeout: float | None = None
    hooks: Hooks = field(default_factory=dict)  # programs that run around a plan and an apply
    layers: Layers | None = None  # what it puts over manifests; None: nothing
    policies_on_plan: tuple[StatedPolicy, ...] = ()
    reconciling: Reconciling | None = None  # what `reconcile` does again and again; None: as by default
    operations: tuple[OperationRule, ...] = ()  # what is to be done beside, once something is written: `actions`
    manifests_in: str = ""  # the folder that manifests count from where it is not the config's own
    telling: Telling = AS_THEY_ARE  # how paths in it, and of it, are told
    base: Path = Path()  # what relative paths count from where there is no config file

    @property
    def folder(self) -> Path:
        """What relative paths count from."""
        return Path(self.path).parent if self.path else self.base

    @property
    def severities(self) -> Severities:
        """What warnings count as."""
        return Severities(self.severity, self.is_strict)

    @property
    def tops(self) -> tuple[str, ...]:
        """The folders below which `_defaults.yaml` counts, wherever one stands; without a config the current one.

        That is the one around the config and its manifests. What shares nothing with the config's folder but the root
        of the file system is a top itself.
        """
        here = str(Path(self.path).absolute().parent) if self.path else str(Path.cwd())
        here = self.manifests_in or here
        if not self.path:
            return (here,)
        around, tops = os.path.normpath(here), []
        for path in self.manifests:
            if path == STDIN or "://" in path:
                continue
            there = os.path.normpath(Path(path).absolute())
            common = _common(around, there)
            if common is None:
                tops.append(there)
            else:
                around = common
        return (around, *tops)


def load_config(
    path: Path | None, target: str | None, manifests_in: Path | None = None, telling: Telling | None = None
) -> Config:
    """Return the config for a target; both may be None.

    `manifests_in` is the folder that manifests and what is ignored of them count from, None for the config's own.
    `telling` is how paths are told, the config's own too; None: as they are.

    Without `path`, igz-apply.yaml in the current folder is taken if there is one, else everything is as by default.
    Raises InvalidInput with every problem of the file, or when it has no such target.
    """
    if path is None:
        if not Path(DEFAULT_PATH).exists():
            return _without_file(target)
        path = Path(DEFAULT_PATH)
    telling, where = telling or AS_THEY_ARE, os.path.normpath(path)
    return config_in(_read(where, telling), where, target, manifests_in, telling)


def config_in(
    document: Document, where: str, target: str | None, manifests_in: Path | None, telling: Telling
) -> Config:
    """Return the config for a target that the document says, which was read from `where`. Raises InvalidInput."""
    path, settled = Path(where), _settle(document, target)
    return Config(
        path=where,
        target=target or "",
        targets=tuple(document.data.get("targets", ())),
        layers=_layers(document, target or ""),
        hooks=_hooks(document, target or ""),
        policies_on_plan=_policies_on_plan(document, target or "", path.parent),
        operations=_operations(document, target or ""),
        reconciling=_reconciling(document, target or ""),
        manifests_in="" if manifests_in is None else str(manifests_in),
        telling=telling,
        **_typed(settled, path.parent, manifests_in or path.parent),
    )


def edited_config(config: Config, content: bytes) -> Config:
    """Return the config with what it puts over manifests as edited text says it. Raises InvalidInput.

    All else stays as it is: edits of manifests touch nothing else.
    """
    document = _valid(read_bytes(config.path, content))
    return replace(config, layers=_layers(document, config.target))


def policies_in(path: Path, target: str) -> tuple[StatedPolicy, ...]:
    """Return the policies of plans that another file in the form of a config states. Raises InvalidInput.

    It need not have the target: what stands at its top is for all.
    """
    return _policies_on_plan(_read(os.path.normpath(path)), target, path.parent)


def _policies_on_plan(document: Document, target: str, folder: Path) -> tuple[StatedPolicy, ...]:
    if not _states(document.data, "policies_on_plan"):
        return ()
    from igz_apply.manifests.plan_policy_files import stated_policies

    return stated_policies(document, target, folder)


def config_document(config: Config) -> Document | None:
    """Return all that the config says, for whatever target; None where there is none."""
    return _read(config.path, config.telling) if config.path else None


def _layers(document: Document, target: str) -> Layers | None:
    if not has_layers(document.data):
        return None
    from igz_apply.manifests.config_layers import layers_for

    return layers_for(document, target)


def _parts(document: Document, target: str, key: str) -> list[Any]:
    """Return what the top and then the target state under a key, as far as they do."""
    parts = (document.data, document.data.get("targets", {}).get(target, {}))
    return [part[key] for part in parts if key in part]


def _reconciling(document: Document, target: str) -> Reconciling | None:
    stated = _parts(document, target, _RECONCILE)
    if not stated:
        return None
    from igz_apply.manifests.config_reconcile import reconciling_from

    return reconciling_from(*stated)


def _hooks(document: Document, target: str) -> Hooks:
    stated = _parts(document, target, _HOOKS)
    if not stated:
        return {}
    from igz_apply.manifests.config_hooks import hooks_from

    return hooks_from(*stated)


def _operations(document: Document, target: str) -> tuple[OperationRule, ...]:
    targets: Mapping[str, Mapping[str, Any]] = document.data.get("targets", {})
    if "actions" not in document.data and "actions" not in targets.get(target, {}):
        return ()
    from igz_apply.manifests.config_actions import operations_in

    return operations_in(document, target)


def has_layers(data: Mapping[str, Any]) -> bool:
    """Say whether a config puts anything over manifests, for whatever target."""
    return _states(data, *_LAYERS)


def _states(data: Mapping[str, Any], *keys: str) -> bool:
    """Say whether a config states any of the keys, at its top or of a target."""
    targets: Mapping[str, Mapping[str, Any]] = data.get("targets", {})
    return any(key in part for part in (data, *targets.values()) for key in keys)


def _without_file(target: str | None) -> Config:
    if target:
        detail = f"The target {target!r} was asked for, and there is no {DEFAULT_PATH} here."
        raise InvalidInput([Problem("Unknown target", detail, "Go to the config's folder, or give --config FILE.")])
    return Config()


def _read(path: str, telling: Telling = AS_THEY_ARE) -> Document:
    """Return the config's one document, valid against its schema. Raises InvalidInput."""
    return _valid(read_file(path, telling=telling))


def _valid(reading: FileReading) -> Document:
    from igz_apply.authoring.validation import conforms
    from igz_apply.manifests.schemas import config_schema

    problems = list(reading.problems)
    if len(reading.documents) > 1:
        second = reading.documents[1].source
        problems.append(Problem("More than one document", "A config is one document.", "Remove `---`.", source=second))
    for document in reading.documents[:1]:
        problems.extend(conforms(document, config_schema(), noun="config") or _strange(document))
    if errors_of(problems):
        raise InvalidInput(problems)
    return reading.documents[0]


def _strange(document: Document) -> Iterator[Problem]:
    """Find what the schema cannot tell of."""
    yield from _idle_codes(document)
    yield from misspelt_targets(document)
    if has_layers(document.data):
        from igz_apply.manifests.config_layers import strange_layers

        yield from strange_layers(document)
    if _states(document.data, "policies_on_plan"):
        from igz_apply.manifests.plan_policy_files import strange_policies

        yield from strange_policies(document)
    if _states(document.data, _RECONCILE):
        from igz_apply.manifests.config_reconcile import strange_reconciling

        yield from strange_reconciling(document)


def _idle_codes(document: Document) -> Iterator[Problem]:
    """Find codes whose severity nobody can choose."""
    from igz_apply.model.catalogue import rule_named

    for code in document.data.get("severity", ()):
        rule = rule_named(code)
        if rule is not None and rule.warns and rule.code == code:
            continue
        if rule is None or rule.code != code:
            detail = f"`severity` names {code!r}, and no rule has that code."
            hint = f"Write {rule.code}." if rule is not None else "`igz-apply explain codes` lists them."
        else:
            detail = f"{code} ({rule.summary}) is an error wherever it is told; `severity` is about warnings."
            hint = "Take it out."
        yield Problem("Unknown code", detail, hint, source=document.positions.key(("severity", code)))


def _settle(document: Document, target: str | None) -> dict[str, Any]:
    """Return one flat mapping of options: the target's, over the defaults, over what stands at the top."""
    data = document.data
    general = {key: value for key, value in data.items() if key not in ("version", "defaults", "targets", *_NO_OPTIONS)}
    settled = {**general, **data.get("defaults", {})}
    if target:
        chosen = {key: value for key, value in _target(document, target).items() if key not in _NO_OPTIONS}
        added = {key: [*general.get(key, ()), *chosen[key]] for key in _ADDED_BY_TARGET if key in chosen}
        settled.update({**chosen, **added, "limits": _limits(general, chosen)})
    if target and "inventory" in settled:
        settled["inventory"] = with_target(settled["inventory"], target)
    return settled


def _target(document: Document, name: str) -> Mapping[str, Any]:
    targets: Mapping[str, Mapping[str, Any]] = document.data.get("targets", {})
    if name not in targets:
        known = f"Targets are {', '.join(targets)}." if targets else "Add it below `targets`."
        hint = f"{did_you_mean(name, targets)} {known}".strip()
        place = document.positions.key(("targets",))
        raise InvalidInput([Problem("Unknown target", f"The config has no target {name!r}.", hint, source=place)])
    return targets[name]


def _limits(general: Mapping[str, Any], chosen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the target's limits over the general ones, kind by kind."""
    over, under = chosen.get("limits", {}), general.get("limits", {})
    by_kind = {verb: {**under.get(verb, {}), **over.get(verb, {})} for verb in _LIMITED}
    return {**under, **over, **by_kind}


def _typed(settled: Mapping[str, Any], folder: Path, manifests_in: Path) -> dict[str, Any]:
    """Return the options as `Config` holds them."""
    limits, secrets = settled.get("limits", {}), settled.get("secrets", {})
    typed: dict[str, Any] = {key: value for key, value in settled.items() if key not in ("limits", "secrets")}
    typed.update({key: tuple(typed[key]) for key in ("protect",) if key in typed})
    typed["manifests"] = tuple(_below(manifests_in, item) for item in typed.get("manifests", DEFAULT_MANIFESTS))
    if "policies" in typed:
        typed["policies"] = tuple(_below(folder, item) for item in typed["policies"])
    typed.update({key: _below(folder, typed[key]) for key in _FILES if key in typed})
    if "inventory" in typed and not is_url(typed["inventory"]):
        typed["inventory"] = _below(folder, typed["inventory"])
    typed.update({key: _seconds(typed[key]) for key in _DURATIONS if key in typed})
    word, file = embedded(typed.get("endpoint", "")) or ("", "")
    if file:
        typed["endpoint"] = f"{word}:{_below(folder, file)}"
    if "ignore" in typed:
        typed["ignore"] = tuple(item if "/" not in item else _below(manifests_in, item) for item in typed["ignore"])
    by_kind = {f"limits_{verb}": limits.get(verb, {}) for verb in _LIMITED}
    typed["secret_commands"] = tuple(map(tuple, secrets.get("commands", ())))
    typed["secret_stores"] = tuple(secrets.get("stores", ()))
    if "timeout" in secrets:
        typed["secret_timeout"] = _seconds(secrets["timeout"])
    return {**typed, **by_kind, "min_admins": limits.get("min_admins", 1)}


def _below(folder: Path, path: str) -> str:
    """Return a path that the config gives as one from the current folder; a URL and standard input stay as they are."""
    if folder == Path() or Path(path).is_absolute() or "://" in path or path == STDIN:
        return path
    return os.path.normpath(folder / path)


def _common(one: str, other: str) -> str | None:
    """Return the folder around two paths, None where it is the root of the file system and neither of them."""
    try:
        found = os.path.commonpath((one, other))
    except ValueError:  # on two drives
        return None
    return found if found in (one, other) or found != Path(found).anchor else None


def _seconds(value: str | float) -> float:
    from igz_apply.model.quantities import duration

    seconds = duration(value) if isinstance(value, str) else value
    assert seconds is not None  # the schema let nothing else through
    return float(seconds)
