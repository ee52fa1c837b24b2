"""Running another program: its argv as it is, no shell, for a time, and with nothing of it left when it is over."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from igz_apply.values import dataclass

if sys.platform == "linux":
    import resource

MOST_OUTPUT = 1024 * 1024  # bytes
_GRACE = 1.0  # seconds for what a program left behind, after its end, to let go of its output


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    status: int | None  # below 0: a signal ended it; None: we did, for one of the reasons below
    output: bytes
    errors: bytes  # of what it wrote to standard error, no more than `limit`
    is_late: bool = False  # it was not done in time
    is_too_long: bool = False  # it wrote more than `limit` bytes
    is_stopped: bool = False  # the `Leash` was pulled

    @property
    def is_done(self) -> bool:
        """Whether it ended by itself, and well."""
        return self.status == 0


class Leash:
    """Holds the programs that other threads run, so that one thread can end them all."""

    __slots__ = ("_is_pulled", "_lock", "_running")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_pulled = False

    @property
    def is_pulled(self) -> bool:
        """Whether everything was ended."""
        return self._is_pulled

    def pull(self) -> None:
        """End all programs with their children; none starts any more."""
        with self._lock:
            self._is_pulled = True
            for process in self._running:
                _kill(process)

    def begin(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes] | None:
        """Start a program, and hold it; None once all were ended.

        Whoever pulls while one starts waits for it: this process may end right after, and would leave it behind.
        """
        with self._lock:
            if self._is_pulled:
                return None
            process = start()
            self._running.add(process)
            return process

    def let_go(self, process: subprocess.Popen[bytes]) -> None:
        """Hold it no more; it has ended."""
        with self._lock:
            self._running.discard(process)


def run_argv(
    argv: Sequence[str],
    *,
    timeout: float,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    stdin: bytes | None = None,
    program: str | None = None,
    limit: int = MOST_OUTPUT,
    leash: Leash | None = None,
    most_written: int | None = None,
) -> Ended:
    """Run a program to its end, and return how that was. Raises OSError where it cannot be started.

    A signal ends it, or what it has started, that writes a file of more than `most_written` bytes, where the system
    can be told so.

    It runs in a process group of its own, which is killed when the program has ended, or is late, or writes too much,
    or when something is raised here, as by Ctrl-C. `stdin` None is an empty one. `program` is what to execute where
    argv[0] is only its name; else that is looked for in the PATH of `environ`.
    """
    leash = leash or Leash()

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            list(argv),
            executable=program,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(environ),
            start_new_session=True,
        )
        if most_written is not None:
            _bound(process, most_written)
        return process

    process = leash.begin(start)
    if process is None:
        return Ended(None, b"", b"", is_stopped=True)
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = _Reading(process, process.stdout, limit), _Reading(process, process.stderr, limit, is_cut=True)
    try:
        if stdin is not None:
            threading.Thread(target=_write, args=(process, stdin), daemon=True).start()
        is_late = _is_late(process, timeout)
    finally:
        _kill(process)
        process.wait()
        leash.let_go(process)
        output.close()
        errors.close()
    is_stopped = leash.is_pulled
    is_ours = is_late or output.is_too_long or is_stopped
    status = None if is_ours else process.returncode
    return Ended(status, output.content, errors.content, is_late, output.is_too_long, is_stopped)


class _Reading:
    """A thread that reads what a program writes, no more than a limit."""

    def __init__(
        self, process: subprocess.Popen[bytes], stream: IO[bytes], limit: int, *, is_cut: bool = False
    ) -> None:
        self._process, self._stream, self._limit, self._is_cut = process, stream, limit, is_cut
        self._kept = bytearray()
        self.is_too_long = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def content(self) -> bytes:
        return bytes(self._kept)

    def close(self) -> None:
        """Wait for the end of it, not for long: a daemon that the program started may hold it open."""
        self._thread.join(_GRACE)
        if not self._thread.is_alive():
            self._stream.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._stream.fileno(), 65536):
                room = self._limit - len(self._kept)
                self._kept += chunk[:room]
                if len(chunk) > room and not self._is_cut:
                    self.is_too_long = True
                    _kill(self._process)
                    return


def _bound(process: subprocess.Popen[bytes], size: int) -> None:
    """Let a program, and all that it starts from now on, write no larger files."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):  # it has ended already, or may write even less
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


def _is_late(process: subprocess.Popen[bytes], timeout: float) -> bool:
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return True
    return False


def _write(process: subprocess.Popen[bytes], content: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it need not read all of it
        process.stdin.write(content)
    with contextlib.suppress(OSError):
        process.stdin.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it has started, as far as that is still of its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
