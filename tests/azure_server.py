"""Azure's own emulator of its blob store, azurite, on loopback; from npm, installed once beside the environment."""

from __future__ import annotations

import fcntl
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "3.35.0"
FOLDER = Path(sys.prefix) / f"azurite-{VERSION}"
_PROGRAM = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # azurite's, public


class NoAzurite(Exception):
    """It is not here and cannot be had."""


@contextmanager
def azure_server() -> Iterator[str]:
    """Serve blobs while the block runs, and yield the connection string. Raises NoAzurite."""
    _install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with subprocess.Popen(["node", str(_PROGRAM), *options, *where], cwd=FOLDER, stdout=subprocess.DEVNULL) as process:
        try:
            _await(port, process)
            yield (
                f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_KEY};"
                f"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
            )
        finally:
            process.kill()


def _install() -> None:
    """Install it once, whichever test process comes first. Raises NoAzurite."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NoAzurite("npm is not here, so azurite is not")
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _PROGRAM.exists():
            return
        command = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--silent",
            "--prefix",
            str(FOLDER),
            f"azurite@{VERSION}",
        ]
        try:
            subprocess.run(command, check=True, timeout=80, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoAzurite(f"npm could not install azurite: {error}") from error


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise NoAzurite(f"azurite did not start (exit code {process.poll()})")
