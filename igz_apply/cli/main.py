"""The entry point: runs a command, turns whatever happens into an exit code, and is the only place that exits."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

import click

from igz_apply.cli.command_help import LazyGroup
from igz_apply.cli.session import Session
from igz_apply.cli.shared_options import common_options
from igz_apply.cli.signals import termination_as_interrupt
from igz_apply.errors import (
    CHANGES,
    COULD_NOT,
    INTERRUPTED,
    INVALID,
    PARTLY_APPLIED,
    IgzApplyError,
    InvalidInput,
    PlanRefused,
)
from igz_apply.version import __version__
from igz_apply.wording.fault_words import defect, frames_of, lack_of


@click.group(
    cls=LazyGroup,
    name="igz-apply",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=(
        "igz-apply init my-cluster             # a config repository to start from",
        "igz-apply plan --endpoint embedded    # without a cluster, on the built-in emulator",
        "igz-apply plan --target prod          # what would change",
        "igz-apply apply --target prod         # change it, after a question",
    ),
)
@click.version_option(__version__, prog_name="igz-apply", message="%(prog)s %(version)s")
@common_options
def root() -> None:
    """Run an Iguazio cluster from git: its users, groups, projects and app services, declared in YAML.

    `igz-apply COMMAND --help` explains a command, `igz-apply explain KIND` a kind of resource.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, who wants to hear nothing
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        # A name that this terminal's encoding lacks is no reason to stop.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    session = Session()
    code = run(sys.argv[1:] if arguments is None else arguments, session)
    try:
        sys.stdout.flush()
    except OSError:  # what was written past the sinks: help, a version
        from igz_apply.views.sink import silence

        silence(sys.stdout)
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stderr.flush()
        os._exit(code)  # an exit would wait for calls that are still in flight, to a cluster that may not answer
    sys.exit(code)


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run the command line and return its exit code (contract, section 3)."""
    session = session or Session()
    code = _run(session, arguments)
    session.close(code)
    if session.trace is not None:
        from igz_apply.cli.tracing import end  # here, as few runs are traced

        end(session, code)
    return _settled(session, _with_events(session, code))


def _with_events(session: Session, code: int) -> int:
    """Return the exit code of a run whose events could not all be written, as of one whose report could not."""
    if session.events is None or session.events.failure is None:
        return code
    from igz_apply.views.text import error_lines

    lost = session.events.failure
    message = f"The events could not all be written: {lost.strerror or lost}."
    hint = "What was done stays done, and the report above tells it. Make room, or name another file."
    session.errors.show(error_lines(message, hint, session.errors.terminal.width))
    return code or COULD_NOT


def _settled(session: Session, code: int) -> int:
    """Return the exit code of a run, some of which may have been told to nobody: that is said on standard error.

    A reader that has gone (`| head`) has what it wanted, unless the run was to change something.
    """
    lost = session.lost_output
    if lost is None or (isinstance(lost, BrokenPipeError) and session.exit_if_lost is None):
        return code
    from igz_apply.views.text import error_lines

    hint = "Make room, or lead it elsewhere, and run the command again."
    if session.exit_if_lost == PARTLY_APPLIED:
        hint = "What was done stays done; igz-apply plan shows what is left."
    elif session.exit_if_lost is not None:
        hint = f"Nothing was sent. {hint}"
    message = f"Standard output could not be written: {lost.strerror or lost}."
    session.errors.show(error_lines(message, hint, session.errors.terminal.width))
    return code if code not in (0, CHANGES) else session.exit_if_lost or COULD_NOT


def _run(session: Session, arguments: Sequence[str]) -> int:
    try:
        with termination_as_interrupt():
            result = root.main(list(arguments), prog_name="igz-apply", standalone_mode=False, obj=session)
    except click.ClickException as error:
        _tell_usage(session, error)
        return INVALID  # click's own 2 would read as "there are changes"
    except (click.Abort, KeyboardInterrupt):
        session.shown().error("Interrupted.")
        return INTERRUPTED
    except InvalidInput as error:
        session.shown().problems(error.problems)
        return error.exit_code
    except PlanRefused as error:
        session.shown().problems(error.problems)
        session.shown().error("Refused, for the reasons above. Nothing was sent.")
        return error.exit_code
    except IgzApplyError as error:
        session.shown().error(str(error), error.hint)
        return error.exit_code
    except OSError as error:
        session.shown().error(str(error), "This is about a file or a connection of this machine, not about manifests.")
        return COULD_NOT
    except Exception as error:  # the one place that may: everything known was handled above
        if isinstance(error.__cause__, KeyboardInterrupt):  # what Python made of it while a class was being made
            session.shown().error("Interrupted.")
            return INTERRUPTED
        lacks = lack_of(error)
        if lacks is None:
            _tell_defect(session, error)
        else:
            session.shown().error(*lacks)
        return COULD_NOT
    return result if isinstance(result, int) else 0


_OF_SEVERAL = ("--targets", "--all-targets")


def _tell_usage(session: Session, error: click.ClickException) -> None:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        session.errors.say(error.format_message() + "\n")
        return
    command = context.command_path if context is not None else "igz-apply"
    hint = f"{command} --help shows how it is used."
    if isinstance(error, click.NoSuchOption) and error.option_name in _OF_SEVERAL:
        hint += (
            " Several targets are for plan, apply and drift alone; igz-apply targets --format names lists them, one a "
            "line, for a loop over --target."
        )
    session.shown().error(error.format_message(), hint)


def _tell_defect(session: Session, error: Exception) -> None:
    """Name the defect by type and place: its text could quote what it was given, a secret too, and is told nobody."""
    import logging

    logging.getLogger("igz_apply").debug("the defect:\n%s", frames_of(error))
    hint = "Run the same command with -vv for the traceback, and report it."
    if session.snapshot is not None:
        hint += f" If anybody but igz-apply wrote {session.global_flags.live}, take another snapshot instead."
    session.shown().error(
        f"igz-apply itself failed ({defect(error)}); this is a defect.",
        hint,
    )
