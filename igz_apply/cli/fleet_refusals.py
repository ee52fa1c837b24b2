"""What a run over several targets refuses before any call: what would lead the affairs of one to another."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence

from igz_apply.cli.pins import endpoint_of, inventory_place, listed
from igz_apply.cli.platforms import AUTO, every_platform
from igz_apply.cli.session import GlobalFlags
from igz_apply.cli.settings import tokens_of
from igz_apply.cli.target_environ import environ_for, own_variable, suffix_of
from igz_apply.inventory import default_place, local_path
from igz_apply.manifests.config import STDIN, Config
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.model.target_places import TARGET
from igz_apply.model.urls import embedded, without_credentials
from igz_apply.platform import Connection

SHARED = "IGZ_SHARED"
_OF_ONE = {
    "endpoint": "--endpoint",
    "access_key_file": "--access-key-file",
    "password_stdin": "--password-stdin",
    "offline_token_file": "--offline-token-file",
    "token_name": "--token-name",
    "live": "--live",
}
_ALIASES = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "ssh": "sftp"}
_INVENTORY = "IGZ_INVENTORY"
_LEADING = (("IGZ_ENDPOINT", "V3IO_API"), (_INVENTORY,))  # of each group, the first that is set counts


def options_of_one(flags: GlobalFlags, paths: Sequence[str]) -> str:
    """Return what the command line says that can only be true of one cluster, as a sentence; "" for nothing."""
    given = [option for name, option in _OF_ONE.items() if getattr(flags, name)]
    if given:
        many = "is" if len(given) == 1 else "are"
        return f"{', '.join(given)} {many} of one cluster: say it for each target, in the config or by NAME__TARGET."
    if flags.target:
        return "--target and --targets or --all-targets exclude each other."
    if STDIN in paths:
        return "Standard input (-) can be read once, and not for each target: write the manifests to a folder."
    return ""


class Refusals:
    """The look at all chosen targets together; `configs` are by target, `environ` is the whole environment."""

    def __init__(self, configs: Mapping[str, Config], environ: Mapping[str, str], platform: str = "") -> None:
        """`platform` is what the command line says of it, "" for nothing."""
        self._configs = configs
        self._environ = environ
        self._platform = platform
        self._seen = {name: environ_for(environ, name, config.targets) for name, config in configs.items()}
        self._shared = frozenset(listed(environ.get(SHARED, "")))

    def all(self) -> Iterator[Problem]:
        """Yield what is wrong; where the places are said for all, nothing of what follows from that."""
        said = list(self._said_for_all())
        yield from said
        if not said:
            yield from self._credentials()
            yield from self._inventories()

    def _said_for_all(self) -> Iterator[Problem]:
        for group in _LEADING:
            meant: dict[str, list[str]] = {}
            for name, seen in self._seen.items():
                given = next((variable for variable in group if seen.get(variable)), None)
                if given is not None and not self._is_own(given, name) and not _is_for_each(given, seen[given]):
                    meant.setdefault(given, []).append(name)
            for variable, names in meant.items():
                detail = f"{variable} is set, and would be that of {some(names)}."
                ways = ["Take it away", f"set it for each target: {variable}{suffix_of(names[0])}"]
                if variable == "IGZ_INVENTORY":
                    ways.insert(1, "put {target} into it")
                hint = f"{', '.join(ways[:-1])}, or {ways[-1]}."
                yield Problem("Said for all targets", detail, hint)

    def _credentials(self) -> Iterator[Problem]:
        meant: dict[str, list[str]] = {}
        for name in self._configs:
            endpoint = self._endpoint(name)
            if not endpoint or embedded(endpoint) is not None:
                continue  # there is nobody there to send anything to
            for given in self._sent_to(name):
                if given not in self._shared and not self._is_own(given, name):
                    meant.setdefault(given, []).append(name)
        for given, names in meant.items():
            detail = f"{given} would be sent to {some(names)}, and nothing says that it is theirs."
            own = f"Set it for each target: {given}{suffix_of(names[0])}"
            if "/" in given:
                own = "Name each target's own in the config (offline_token_file, token_name), or its `platform`"
            hint = f"{own}; where it is of all of them, {SHARED}={','.join(sorted({*self._shared, given}))} says so."
            yield Problem("Credential of no target", detail, hint)

    def _sent_to(self, name: str) -> Iterator[str]:
        """Yield what may be sent to a target to prove who we are there: variables, and usual files."""
        config, seen = self._configs[name], self._seen[name]
        said = self._platform or seen.get("IGZ_PLATFORM", "") or config.platform or AUTO
        key = config.access_key_file or ""  # that there is one is enough
        connection = Connection(self._endpoint(name), access_key=key, **tokens_of(GlobalFlags(), seen, config))
        for platform in every_platform():
            if said in (AUTO, platform.name) and (found := platform.taken_from(connection, seen)):
                yield found

    def _inventories(self) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for name, config in self._configs.items():
            place = inventory_place(self._seen[name], config) or default_place(name)
            other = first.setdefault(same_place(place), name)
            if other != name:
                detail = f"{other} and {name} have the same inventory, {without_credentials(place)}."
                hint = "Give each its own: `inventory` of the target in the config, or IGZ_INVENTORY"
                yield Problem("Inventory of two targets", detail, f"{hint}{suffix_of(name)}.")

    def _endpoint(self, name: str) -> str:
        return endpoint_of(self._seen[name], self._configs[name])

    def _is_own(self, variable: str, name: str) -> bool:
        return bool(own_variable(self._environ, variable, name))


def _is_for_each(variable: str, place: str) -> bool:
    """Say whether a place is another one for each target: the name of one can stand in that of an inventory alone."""
    return variable == _INVENTORY and TARGET in place


def same_place(place: str) -> str:
    """Return what is equal for two ways to write one place."""
    path = local_path(place)
    if path is not None:
        return os.path.realpath(path)
    scheme, _, rest = without_credentials(place).partition("://")
    scheme = scheme.lower()
    return f"{_ALIASES.get(scheme, scheme)}://{posixpath.normpath(rest)}"
