"""Who we are on this machine, and whether another process of it still lives."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from pathlib import Path


def describe_process() -> str:
    """Return this process for a person to read: `ada@runner-7 (pid 4711)`."""
    return f"{_user()}@{socket.gethostname()} (pid {os.getpid()})"


def process_table() -> str:
    """Return a name for the table that this process's pid belongs to; "" where pids cannot be looked up safely.

    A host name is not enough: containers often share one and count their pids separately. On Linux it is the
    running kernel together with the pid namespace.
    """
    if sys.platform == "win32":
        return ""  # asking whether a pid lives would send it a signal there
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{sys.platform} {socket.gethostname()}"


def is_running(pid: int) -> bool:
    """Say whether a process of our own table runs. What cannot be told counts as running."""
    if pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Say whether it has ended and only waits to be collected, as it does for ever where pid 1 collects nobody."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's uid often has no name
        return f"uid{os.getuid()}" if sys.platform != "win32" else "somebody"
