"""Hooks: programs of one's own that are told what happens, and may stop it before anything is sent.

Each gets one JSON document on standard input (schemas/hook.schema.json), which holds no secret. What it writes goes to
standard error, with every secret masked that this run knows of.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from igz_apply.cli.pins import HOOKS, hooks_of, pins_of
from igz_apply.cli.session import Session
from igz_apply.errors import COULD_NOT, INVALID, IgzApplyError, Interrupted, PlanRefused
from igz_apply.manifests.config import Config
from igz_apply.model.changes import Plan
from igz_apply.model.hooks import AFTER_APPLY, BEFORE_APPLY, BEFORE_PLAN, ON_FAILURE, Hook, Hooks
from igz_apply.model.outcomes import Report
from igz_apply.model.problems import Problem
from igz_apply.wording.printable import printable

if TYPE_CHECKING:
    from igz_apply.http.scrubbing import Scrubber
    from igz_apply.local.hook_programs import HookPrograms
    from igz_apply.local.programs import Ended
    from igz_apply.platform import Connection

# What runs a program, and tells it of a plan, is imported when there is one: most runs have no hooks.

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
CREDENTIALS = ("V3IO_ACCESS_KEY", "V3IO_PASSWORD", "IGZ_OFFLINE_TOKEN")
"""Variables that prove who we are on a cluster: what they hold is masked in what hooks write."""
_MOST_LINES = 20  # of what a hook wrote, that are shown


class HookRunner:
    """The hooks of one run of a command; without any, every method does nothing."""

    def __init__(self, session: Session, config: Config, command: str) -> None:
        """Take those of the config, or of the environment. Raises InvalidInput where they are pinned and not given."""
        self._session = session
        self._command = command
        self._target = config.target
        self._folder = config.folder
        self._is_pinned = HOOKS in pins_of(session.environ)
        self._hooks: Hooks = hooks_of(session.environ, config)
        self._is_given = bool(session.environ.get("IGZ_HOOKS", "").strip())
        self._path = config.path

    @cached_property
    def _scrubber(self) -> Scrubber:
        from igz_apply.http.scrubbing import Scrubber

        return Scrubber(self._session.environ.get(name, "") for name in CREDENTIALS)

    @cached_property
    def _programs(self) -> HookPrograms:
        from igz_apply.local.hook_programs import HookPrograms

        return HookPrograms(self._session.environ, self._folder, is_pinned=self._is_pinned)

    def learn(self, secrets: Callable[[], Iterable[str]]) -> None:
        """Mask these too in what hooks write."""
        if self._hooks:
            self._scrubber.learn(secrets())

    def before_plan(self) -> None:
        """Run what comes before anything is read. Raises PlanRefused for a no, IgzApplyError where it cannot be had."""
        self._ask(BEFORE_PLAN, {})

    def before_apply(self, plan: Plan) -> None:
        """Run what comes before the first call of an approved plan; raises as `before_plan` does."""
        if plan.acts and BEFORE_APPLY in self._hooks:
            self._ask(BEFORE_APPLY, _of_plan(plan))

    def concluded(self, report: Report) -> Report:
        """Run what comes after an apply, and return the report with what failed of it."""
        if not self._hooks or not (report.plan.acts or report.exit_code):
            return report
        from igz_apply.reports.json_report import report_data

        for event in (AFTER_APPLY, ON_FAILURE):
            if event == AFTER_APPLY or report.exit_code:
                facts = {**_of_plan(report.plan), "report": report_data(report), "exit_code": report.exit_code}
                failed = tuple(self._tell(event, facts))
                report = replace(report, failures=(*report.failures, *failed))
        return report

    @contextmanager
    def telling_of_failure(self) -> Iterator[None]:
        """Run what comes after a failure where the block raises one: nothing was sent then, unless we failed ourselves.

        Not where somebody said no, or Ctrl-C.
        """
        try:
            yield
        except Interrupted:
            raise  # somebody said no
        except Exception as error:
            for text in self._tell(ON_FAILURE, self._failed_by(error)):
                self._session.warn(text)
            raise

    def _failed_by(self, error: Exception) -> Mapping[str, Any]:
        """Return what is told of an error; of one that nobody foresaw its type alone: its text may quote a secret."""
        if isinstance(error, IgzApplyError | OSError):
            code = error.exit_code if isinstance(error, IgzApplyError) else COULD_NOT
            return {"exit_code": code, "error": self._scrubber(str(error))}
        from click import ClickException  # here, as a program that applies has no command line

        if isinstance(error, ClickException):
            return {"exit_code": INVALID, "error": error.format_message()}
        return {"exit_code": COULD_NOT, "error": f"igz-apply itself failed ({type(error).__name__})"}

    def _ask(self, event: str, facts: Mapping[str, Any]) -> None:
        for hook in self._hooks.get(event, ()):
            said = self._run(event, hook, facts)
            if said is None:
                continue
            text, is_no = said
            where = f"`{event}` of IGZ_HOOKS" if self._is_given else f"`hooks.{event}` of {self._path}"
            hint = (
                f"See what it says, or take it out of {where}." if is_no else f"Correct it in {where}, or take it out."
            )
            if is_no:
                raise PlanRefused([Problem("Hook refused", text, hint)])
            raise IgzApplyError(f"{text} Nothing was sent.", hint=hint)

    def _tell(self, event: str, facts: Mapping[str, Any]) -> Iterator[str]:
        """Run all hooks of an event, and yield how each failed that did; Ctrl-C ends the one that runs."""
        for hook in self._hooks.get(event, ()):
            try:
                said = self._run(event, hook, facts)
            except KeyboardInterrupt:
                said = f"The {event} hook {hook} was interrupted.", False
            if said is not None:
                yield said[0]

    def _run(self, event: str, hook: Hook, facts: Mapping[str, Any]) -> tuple[str, bool] | None:
        """Run one; None where it ended well, else what is to be told of it, and whether it is a no."""
        from igz_apply.local.programs import run_argv

        name = f"The {event} hook {printable(str(hook))}"
        logger.info("%s begins: %s", name, self._scrubber(" ".join(hook.command)))
        try:
            ended = run_argv(
                hook.command,
                program=self._programs.program(hook.command),
                timeout=hook.timeout,
                environ={**self._programs.environ, "IGZ_HOOK": event},
                cwd=self._folder,
                stdin=self._document(event, facts),
                leash=None if self._session.leash is None else self._session.leash(),
            )
        except (OSError, ValueError) as error:
            return f"{name} cannot be run: {getattr(error, 'strerror', None) or error}.", False
        self._show(name, ended)
        if ended.is_stopped:
            return f"{name} was interrupted.", False
        if ended.is_late:
            return f"{name} took longer than its {hook.timeout:g} s, and was ended.", False
        if ended.is_too_long:
            return f"{name} wrote more than a hook may, and was ended.", False
        if ended.status is not None and ended.status < 0:
            return f"{name} was ended by signal {-ended.status}.", False
        return None if ended.is_done else (f"{name} ended with {ended.status}.", True)

    def _document(self, event: str, facts: Mapping[str, Any]) -> bytes:
        head = {"format_version": FORMAT_VERSION, "event": event, "command": self._command, "target": self._target}
        nothing = {"digest": "", "plan": None, "report": None, "exit_code": None, "error": None}
        return json.dumps({**head, **nothing, **facts}, ensure_ascii=False).encode("utf-8", "backslashreplace")

    def _show(self, name: str, ended: Ended) -> None:
        text = self._scrubber((ended.output + ended.errors).decode("utf-8", "replace"))
        lines = [line for line in text.splitlines() if line.strip()]
        for line in lines:
            logger.info("%s: %s", name, printable(line))
        for line in _shortened(lines):
            self._session.say(f"{name}: {line}")


def credentials_in(connection: Connection) -> tuple[str, ...]:
    """Return what a connection proves with who we are, from wherever it was read."""
    return tuple(filter(None, (connection.access_key, connection.password, connection.offline_token)))


def _shortened(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= _MOST_LINES:
        return lines
    return (*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES:,} lines more; -v logs them all")


def _of_plan(plan: Plan) -> Mapping[str, Any]:
    from igz_apply.reports.saved_plans import plan_data

    data = plan_data(plan)
    return {"digest": data["digest"], "plan": data}
