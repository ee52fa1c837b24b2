"""What one run of the command line carries from the options to the commands: what was given, and where output goes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO

from igz_apply.cli.platforms import default_platform

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import AbstractContextManager
    from pathlib import Path

    from igz_apply.cli.memory import Memory
    from igz_apply.cli.platforms import Choice
    from igz_apply.cli.session_view import SessionView
    from igz_apply.http.watching import CallWatcher
    from igz_apply.local.programs import Leash
    from igz_apply.local.secrets import EnvironmentSecrets
    from igz_apply.manifests.editing.files import EditedFile
    from igz_apply.manifests.telling import Telling
    from igz_apply.model.checkout import Checkout
    from igz_apply.planning.policing import Policing
    from igz_apply.platform import Platform
    from igz_apply.snapshots.snapshot import Snapshot
    from igz_apply.tracing.spans import Trace
    from igz_apply.views.sink import Sink
    from igz_apply.views.terminal import Terminal

# What shows something is imported when there is something to show: --help needs none of it. Nor does it need
# dataclasses: to import them, and to make two of them, takes a twentieth of it.


class GlobalFlags:
    """What the command line says of connection, target, verbosity and strictness; None or "": nothing."""

    target: str = ""
    config: str = ""
    platform: str = ""
    endpoint: str = ""
    username: str = ""
    access_key_file: str = ""
    password_stdin: bool = False
    offline_token_file: str = ""
    token_name: str = ""
    ca_file: str = ""
    insecure_skip_tls_verify: bool = False
    timeout: float | None = None  # seconds
    retries: int | None = None
    verbose: int = 0
    strict: bool = False  # whether warnings are errors
    live: str = ""  # a snapshot to take for the cluster and the inventory

    def __init__(self, **given: Any) -> None:
        """Say what is `given`. Raises AttributeError where there is no such flag."""
        for name, value in given.items():
            getattr(type(self), name)
            setattr(self, name, value)


class Session:
    """One run: what was given, the environment, the streams, and the view that commands and errors are shown on."""

    def __init__(self, global_flags: GlobalFlags | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self.global_flags = global_flags or GlobalFlags()
        self._environ = environ
        self._environ_of: tuple[tuple[str, Sequence[str]], Mapping[str, str]] | None = (
            None  # for whom it was worked out
        )
        self.targets: Sequence[str] = ()  # all that the config has; none while that was not read
        self.suffix = ""  # of its variables, where it is one of several targets and plain ones do not count
        self.view: SessionView | None = None  # None: no command has chosen one yet
        self.events: Sink | None = None  # the file that `--events` names; None: there is none
        self.exit_if_lost: int | None = None  # when standard output fails; None: the command changes nothing
        self.choice: Choice | None = None  # of the platform; None: nothing has told yet which one it is
        self.begun = monotonic()  # seconds on the clock of `SystemClock`
        self.secrets: EnvironmentSecrets | None = None  # None: nothing has asked for any yet
        self.edited: Mapping[str, bytes | None] = {}  # real path -> what is to be there, and problems quote
        self.writing: Sequence[EditedFile] = ()  # what is written to the disk, or has been
        self.policing: Policing | None = None  # None: the policies of plans have not been read
        self.snapshot: Snapshot | None = None  # that the run takes for the cluster; None: not read, or there is none
        self.checkout: Checkout | None = None  # where manifests come from, if that is known; None: git is asked
        self.manifests_in: Path | None = None  # what the config's manifests count from; None: its own folder
        self.telling: Telling | None = None  # how paths are told; None: as they are
        self.place_of: Callable[[str], str] = str  # where the file lies that is told by a path
        self.lease_seconds: float | None = None  # of the inventory's lock; None: as ever
        self.memory: Memory | None = None  # what rounds remember of those before; None: there are no rounds
        self.trace: Trace | None = None  # None: nobody asks for one
        self.watchers: list[CallWatcher] = []  # who is told of each attempt of a call to the cluster
        self.pool_of: Callable[[int], ThreadPoolExecutor] | None = None  # makes the pool for work; None: one as ever
        self.thread_begun: Callable[[], object] | None = None  # is called in each thread of a pool; None: nothing is
        self.leash: Callable[[], Leash] | None = None  # makes what holds programs that run; None: each by itself
        self.held: list[object] = []  # what lives as long as the run: to take it apart before its end takes a while

    @property
    def target(self) -> str:
        """The target that was chosen, "" for none."""
        return self.global_flags.target or self._environ.get("IGZ_TARGET", "")

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, as it is for the target."""
        if not self.target:
            return self._environ
        asked = self.target, self.targets
        if self._environ_of is None or self._environ_of[0] != asked:
            from igz_apply.cli.target_environ import environ_for  # here, as many runs have no target

            self._environ_of = asked, environ_for(self._environ, *asked)
        return self._environ_of[1]

    @property
    def whole_environ(self) -> Mapping[str, str]:
        """The environment as it was given, for a session of another target."""
        return self._environ

    def has_own(self, name: str) -> bool:
        """Say whether a variable is set for the target alone."""
        from igz_apply.cli.target_environ import own_variable  # here, as many runs have no target

        return bool(own_variable(self._environ, name, self.target))

    def choose_no_target(self) -> None:
        """Be about all targets: what the environment chooses, and what it says of one of them, does not count."""
        self._environ = {name: text for name, text in self._environ.items() if name != "IGZ_TARGET"}

    def learn_targets(self, targets: Sequence[str]) -> None:
        """Take note of all targets that there are. Raises InvalidInput where it cannot be told whose a variable is."""
        self.targets = targets
        if self.target:
            from igz_apply.cli.target_environ import check_suffixes  # here, as many runs have no target

            check_suffixes(self._environ, self.target, targets)

    @property
    def platform(self) -> Platform:
        """The platform that the run is about."""
        return default_platform() if self.choice is None else self.choice.platform

    @cached_property
    def output(self) -> Sink:
        """Standard output, for results."""
        from igz_apply.views.sink import Sink
        from igz_apply.views.terminal import terminal_of

        return Sink(sys.stdout, terminal_of(sys.stdout, self.environ))

    @property
    def lost_output(self) -> OSError | None:
        """Why standard output could not be written, None if it could or nobody tried."""
        return self.output.failure if "output" in vars(self) else None

    @property
    def errors(self) -> Sink:
        """Standard error, for progress, questions, faults and logs; a live display takes its place for a while."""
        from igz_apply.views.sink import Sink

        return Sink(sys.stderr, self._error_terminal)

    @cached_property
    def _error_terminal(self) -> Terminal:
        from igz_apply.views.terminal import terminal_of

        return terminal_of(sys.stderr, self.environ)

    @property
    def stdin(self) -> BinaryIO:
        """Standard input, as bytes; empty where the caller has closed it, which Python tells by None."""
        return io.BytesIO() if sys.stdin is None else sys.stdin.buffer

    def warn(self, text: str) -> None:
        """Say on standard error what a person should know and what stops nothing."""
        from igz_apply.views.lines import Span, Tone, line
        from igz_apply.wording.printable import printable

        self.errors.show([line(Span("warning: ", Tone.WARNING), printable(text))])

    def say(self, text: str) -> None:
        """Say on standard error what a person may want to know."""
        from igz_apply.views.lines import line
        from igz_apply.wording.printable import printable

        self.errors.show([line(printable(text))])

    def shown(self) -> SessionView:
        """Return the view; plain text without progress where no command has chosen one."""
        if self.view is None:
            from igz_apply.views.quiet import NoProgress
            from igz_apply.views.text import TextView

            self.view = TextView(self.output, self.errors, NoProgress(), sources=self.lines_of)
        return self.view

    def lines_of(self, path: str) -> Sequence[str]:
        """Return the lines of a manifest, to quote one: as they are to be, where it is edited."""
        path = self.place_of(path)
        real = os.path.realpath(path) if self.edited else path
        if real not in self.edited:
            return source_lines(path)
        return (self.edited[real] or b"").decode("utf-8-sig").split("\n")

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Be a part of the run that its trace names, if it has one."""
        return nullcontext() if self.trace is None else self.trace.phase(name)

    def close(self, exit_code: int) -> None:
        """End the output, if there was any."""
        if self.view is not None:
            self.view.close(exit_code)


def source_lines(path: str) -> list[str]:
    """Return the lines of a manifest, to quote one; none when it cannot be read again, as standard input or a pipe.

    Lines end as in an editor, so that their numbers are those of the problems: `splitlines` knows more ends.
    """
    from pathlib import Path  # both here, as --help needs neither

    from igz_apply.manifests.file_text import MOST_BYTES

    file = Path(path)
    try:
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            return []
        return file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError):
        return []
