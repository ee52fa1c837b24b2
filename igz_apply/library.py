"""The commands as a library: `igz_apply.open(target)` gives a session that plans, applies and looks.

It does what `plan`, `apply`, `drift` and `validate` do, by the same functions. Nothing is printed, no signal is
handled, and the process is never left: what the commands would say is returned, or raised as one of the errors.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from types import TracebackType

from igz_apply.cli.hooks import HookRunner
from igz_apply.cli.kept_session import KeptSession
from igz_apply.cli.manifest_paths import load_manifests
from igz_apply.cli.pins import endpoint_of
from igz_apply.cli.plan_reading import Drifted, drifted, proposal_of
from igz_apply.cli.platform_choice import destination
from igz_apply.cli.platforms import NAMES
from igz_apply.cli.proposal import PlanFlags, declare_absent, keep_declared
from igz_apply.cli.session import GlobalFlags
from igz_apply.cli.session import Session as Told
from igz_apply.cli.settings import config_of
from igz_apply.cli.transaction import ApplyFlags, Run, of_saved, transact
from igz_apply.cli.wiring import readable_cluster
from igz_apply.errors import IgzApplyError, PlanRefused
from igz_apply.inventory import default_place
from igz_apply.manifests.config import DEFAULT_PATH, Config
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.outcomes import Event, Report
from igz_apply.model.problems import Problem
from igz_apply.model.resources import LiveState
from igz_apply.model.urls import embedded
from igz_apply.reports.saved_plans import sealed
from igz_apply.values import dataclass
from igz_apply.workflow import Approval, SecretPlace

__all__ = ["Drifted", "Planned", "Session", "open"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a session would do, with all that is to be said of it. Hand it to `apply`, which does this and no other."""

    plan: Plan
    problems: tuple[Problem, ...] = ()  # warnings about the input, each once
    refusals: tuple[Problem, ...] = ()  # why a rail refuses it; none: it may be applied
    notes: tuple[str, ...] = ()  # what else the command would say on standard error
    allow: Mapping[str, int] = field(default_factory=dict)  # what was waived for it

    @property
    def digest(self) -> str:
        """What somebody approves who approves this plan."""
        return self.plan.digest

    def approved(self) -> Plan:
        """Return the plan. Raises PlanRefused where a rail refuses it."""
        if self.refusals:
            raise PlanRefused(self.refusals)
        return self.plan


def open(
    target: str = "",
    *,
    config: str | os.PathLike[str] = "",
    endpoint: str = "",
    platform: str = "",
    environ: Mapping[str, str] | None = None,
    folder: str | os.PathLike[str] = "",
) -> Session:
    """Return a session with a target of the config, "" for none. Raises InvalidInput for what the config lacks.

    `folder` is where the command would be run, the current folder unless it is given: there lies the config, and what
    is not said otherwise counts from there. `environ` takes the place of the environment, credentials and IGZ_PINNED
    too. Nothing is called before a method needs the cluster.
    """
    flags = {"target": target, "config": os.fspath(config), "endpoint": endpoint, "platform": platform}
    for name, given in flags.items():
        if not isinstance(given, str):
            raise ValueError(f"{name}={given!r} is no text")
    if platform and platform not in NAMES:
        raise ValueError(f"platform={platform!r} is none of {', '.join(NAMES)}")
    return Session(flags, os.environ if environ is None else dict(environ), Path(folder))


class Session:
    """One target, for as many plans and applies as you like; made by `igz_apply.open`, and closed by `with`.

    Each method connects by itself, so that a session may be kept for days. Every one raises InvalidInput for what is
    wrong with the input and PlaneError for what is wrong with the cluster; see `igz_apply.errors` for all. An argument
    of the wrong form is a ValueError.
    """

    def __init__(self, flags: Mapping[str, str], environ: Mapping[str, str], folder: Path) -> None:
        self._flags = flags
        self._environ = environ if folder == Path() else _counted_from(folder, environ)
        self._folder = folder
        self._running: list[Run] = []
        self._lock = threading.Lock()
        self._is_closed = False
        config_of(self._told())  # what is wrong with it is said at once

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let what runs in other threads come to a known end, and begin nothing more."""
        self._is_closed = True
        self.stop()

    def stop(self) -> None:
        """Let every apply that runs start nothing new, from another thread or a signal handler of yours.

        What was sent comes to its end; `apply` returns then, with a report that says so.
        """
        with self._lock:
            running = tuple(self._running)
        for run in running:
            run.ask_to_stop()

    def validate(self, *paths: str, server_version: str = "") -> tuple[Problem, ...]:
        """Return what can be found wrong with the manifests without a cluster; `problem.severity` tells warnings."""
        told = self._told()
        config = self._config(told)
        loaded = load_manifests(told, config, self._paths(paths), server_version)
        return config.severities.settled(loaded.problems)

    def live(self) -> LiveState:
        """Return all that the cluster has and shows to this account."""
        told = self._told()
        with readable_cluster(told, self._config(told)) as cluster:
            return cluster.live()

    def plan(
        self,
        *paths: str,
        only: Sequence[str] = (),
        exclude: Sequence[str] = (),
        prune: bool | None = None,
        allow: Mapping[str, int] | None = None,
        rotate: Sequence[str] = (),
        destroy: bool = False,
        require_match: bool = False,
        deadline: float | None = None,
    ) -> Planned:
        """Return what would be done, and why it may not be: a plan that a rail refuses is returned all the same.

        As the options of the command: `paths` instead of the config's manifests; `allow={"delete:User": 12}`;
        `rotate=["User/ada#password"]`; `destroy` plans to delete what the manifests declare; `deadline` in seconds.
        """
        told = self._told()
        waived = _mapping(allow)
        flags = PlanFlags(
            paths=self._paths(paths),
            only=_texts("only", only),
            exclude=_texts("exclude", exclude),
            prune=False if destroy else prune,
            waivers=_waivers(waived),
            rotate=tuple(map(_secret_place, _texts("rotate", rotate))),
            require_match=require_match,
            deadline=_seconds("deadline", deadline),
        )
        narrow = declare_absent if destroy else keep_declared
        proposal = proposal_of(told, self._config(told), flags, narrow, is_saved=True)
        assert proposal.plan is not None, "a proposal without a plan has been refused before"
        return Planned(proposal.plan, told.problems, proposal.refusals, tuple(told.notes), waived)

    def apply(
        self,
        plan: Planned | Plan,
        *,
        approve: bool | Callable[[Plan], bool],
        observe: Callable[[Event], None] | None = None,
        allow: Mapping[str, int] | None = None,
        fail_fast: bool = False,
        lock_timeout: float | None = None,
        deadline: float | None = None,
    ) -> Report:
        """Do what a plan of this session shows, once, and return how each change ended: `report.exit_code` sums it up.

        It holds the inventory's lock, and looks at the cluster and at every rail again; what has moved since the plan
        was made raises StalePlan, and nothing was sent then. `approve` is asked, if there is anything to do, with the
        plan as it stands now; where it takes its time, the cluster is looked at once more. What it denies raises
        Interrupted. `observe` is told of each step, in the thread of the caller. Times are seconds.
        """
        if not isinstance(plan, Planned | Plan):
            raise ValueError(f"{plan!r} is no plan of a session")
        is_asked = callable(approve)
        if not is_asked:
            _is_yes(approve)  # what is neither yes nor no is told before anything is read
        waived = {**(plan.allow if isinstance(plan, Planned) else {}), **_mapping(allow)}
        made = plan.approved() if isinstance(plan, Planned) else plan
        told = self._told(observe)
        config = self._config(told)
        connection = destination(told, config)
        flags = PlanFlags(waivers=_waivers(waived), deadline=_seconds("deadline", deadline))
        applying = ApplyFlags(
            not is_asked and _is_yes(approve), fail_fast, None, _seconds("lock_timeout", lock_timeout)
        )
        making = of_saved(told, config, flags, sealed(made))
        hooks = HookRunner(told, config, "apply")
        with hooks.telling_of_failure():
            return transact(told, config, flags, applying, hooks, making, connection, _Program(self, approve))

    def drift(self, *paths: str, only: Sequence[str] = (), exclude: Sequence[str] = ()) -> Drifted:
        """Return what others changed on the cluster since the last apply; `.plan.unmanaged` is what is not in git."""
        told = self._told()
        selected = _texts("only", only), _texts("exclude", exclude)
        flags = PlanFlags(self._paths(paths), *selected, prune=False, keeps_off=True)
        return drifted(told, self._config(told), flags)

    def _told(self, observe: Callable[[Event], None] | None = None) -> _Told:
        if self._is_closed:
            raise IgzApplyError("The session was closed.", hint="Open another one.")
        flags = dict(self._flags)
        if self._folder != Path():
            named = flags["config"] or self._environ.get("IGZ_CONFIG", "")
            config = self._folder / (named or DEFAULT_PATH)
            flags["config"] = str(config) if named or config.exists() else ""
        return _Told(GlobalFlags(**flags), self._environ, observe)

    def _config(self, told: Told) -> Config:
        """Return the config, with what it leaves open counted from the session's folder."""
        config, folder = config_of(told), self._folder
        if folder == Path():
            return config
        if not config.path:
            config = replace(config, base=folder, manifests=tuple(map(self._below, config.manifests)))
        if config.inventory is None:
            config = replace(config, inventory=str(folder / default_place(config.target)))
        named = endpoint_of(told.environ, config, told.global_flags.endpoint)
        word, file = embedded(named) or ("", "")
        if word:
            told.global_flags.endpoint = f"{word}:{self._below(file or f'.igz-apply/{word}.db')}"
        return config

    def _paths(self, paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(self._below, paths))

    def _below(self, path: str) -> str:
        return path if self._folder == Path() else str(self._folder / path)

    @contextmanager
    def _while_running(self, run: Run) -> Iterator[None]:
        with self._lock:
            self._running.append(run)
        try:
            yield
        finally:
            with self._lock:
                self._running[:] = [each for each in self._running if each is not run]


class _Told(KeptSession):
    """A run of a program: what would be shown is kept, and logged."""

    def warn(self, text: str) -> None:
        """Keep it."""
        logger.warning("%s", text)
        super().warn(text)

    def say(self, text: str) -> None:
        """Keep it."""
        logger.info("%s", text)
        super().say(text)


class _Program:
    """A program that is asked, and stops a run by its session."""

    def __init__(self, session: Session, approve: bool | Callable[[Plan], bool]) -> None:
        self._session = session
        self._approve = approve

    def approve(self, run: Run, plan: Plan) -> Approval:  # noqa: ARG002 - the protocol's signature
        """Ask the program; one that is handed a plan may take its time."""
        if not callable(self._approve):
            return Approval.UNASKED if _is_yes(self._approve) else Approval.NO
        return Approval.YES if _is_yes(self._approve(plan)) else Approval.NO

    @contextmanager
    def stoppable(self, run: Run) -> Iterator[None]:
        """Let the session stop it; signals are the program's."""
        with self._session._while_running(run):
            yield


_FILES = ("IGZ_POLICIES_ON_PLAN", "IGZ_CA_FILE", "IGZ_SERVICE_ACCOUNT_TOKEN_FILE")  # variables that name one


def _counted_from(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return an environment whose files count from a folder, as those of a command that is run there."""
    from igz_apply.inventory.places import local_path  # both here, as most sessions are about the current folder
    from igz_apply.manifests.config_hooks import file_named

    files: dict[str, Path] = {}
    for name, text in environ.items():
        said, _, _ = name.partition("__")  # also of one target: `IGZ_CA_FILE__PROD`
        if said in _FILES and text:
            files[name] = Path(text)
        elif said == "IGZ_INVENTORY" and text and (inventory := local_path(text)) is not None:
            files[name] = inventory
        elif said == "IGZ_HOOKS" and text.strip() and (hooks := file_named(text.strip())) is not None:
            files[name] = hooks
    return {**environ, **{name: str(folder / file) for name, file in files.items()}}


def _is_yes(answer: object) -> bool:
    """Say whether an answer is yes. Raises ValueError for one that is neither: "no" would count as yes."""
    if isinstance(answer, Approval):
        return answer is not Approval.NO
    if isinstance(answer, bool):
        return answer
    raise ValueError(f"{answer!r} approves nothing: say True or False, or hand in a function that does")


def _mapping(allow: Mapping[str, int] | None) -> dict[str, int]:
    """Return what is waived. Raises ValueError for what is no mapping."""
    if allow is None or isinstance(allow, Mapping):
        return dict(allow or {})
    raise ValueError(f'allow={allow!r} is no mapping: write {{"delete:User": 12}}, with the exact count')


def _texts(name: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return several texts. Raises ValueError for one by itself, which would be taken letter by letter."""
    if isinstance(given, str) or not all(isinstance(text, str) for text in given):
        raise ValueError(f"{name}={given!r} is no list of texts")
    return tuple(given)


def _seconds(name: str, given: float | None) -> float | None:
    """Return a time. Raises ValueError for what is none."""
    if given is None or (isinstance(given, (int, float)) and given >= 0):
        return given
    raise ValueError(f"{name}={given!r} is no number of seconds")


def _waivers(allow: Mapping[str, int]) -> tuple[tuple[tuple[str, str], int], ...]:
    """Return what `{"delete:User": 12}` waives. Raises ValueError."""
    found = []
    for text, count in allow.items():
        verb, colon, kind = text.partition(":")
        if not (verb and colon and kind) or isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f'{text!r}: {count!r} is not a waiver: write {{"delete:User": 12}}, with the exact count')
        found.append(((verb, kind), count))
    return tuple(found)


def _secret_place(text: str) -> SecretPlace:
    """Return the secret that `User/ada#password` names. Raises ValueError."""
    address, sign, path = text.strip().rpartition("#")
    try:
        if sign and path:
            return Address.parse(address), path
    except ValueError:
        pass
    raise ValueError(f"{text!r} names no secret: write ADDRESS#FIELD, for example User/ada#password")
