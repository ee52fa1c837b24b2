"""A real S3 server on loopback: SeaweedFS, whose package brings the program. It keeps to conditions of writes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

KEY = "fleet-tests"
PROGRAM = Path(sys.executable).with_name("weed")
PARTS = ("master", "volume", "filer", "s3")  # each listens twice


@dataclass
class Weed:
    """A server that runs."""

    url: str

    @property
    def environ(self) -> dict[str, str]:
        """What leads a client here."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
        }

    @cached_property
    def client(self) -> Any:
        """The one client of a test; it shares no cache with the product's own."""
        import fsspec

        options = {"endpoint_url": self.url, "key": KEY, "secret": KEY, "use_listings_cache": False}
        return fsspec.filesystem("s3", skip_instance_cache=True, **options)

    def bucket(self) -> str:
        """Make a new bucket and return its name."""
        name = f"b{uuid4().hex}"
        self.client.mkdir(name)
        return name


@contextmanager
def weed_server(folder: Path) -> Iterator[Weed]:
    """Run master, volume server, filer and S3 gateway while the block runs; `folder` takes all that they write."""
    folder.mkdir(parents=True, exist_ok=True)
    who = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": KEY}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [who]}))
    ports = _free_ports(2 * len(PARTS))
    port = ports[-2]  # of the last part, the S3 gateway
    named = (f"-{part}.port{suffix}" for part in PARTS for suffix in ("", ".grpc"))
    listening = [f"{option}={number}" for option, number in zip(named, ports, strict=True)]
    command = [str(PROGRAM), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3"]
    command += [*listening, f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-{part}.localSocket={folder / part}.sock" for part in ("filer", "s3")]
    command += ["-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=50"]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={"HOME": str(folder)})
        try:
            _wait(port, process)
            yield Weed(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()
            for each in ports:
                for left in Path("/tmp").glob(f"seaweedfs-*-grpc-{each}.sock"):  # no option places these
                    left.unlink(missing_ok=True)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the gateway listens, which it does once it has found all the others."""
    for _ in range(1200):
        assert process.poll() is None, "it has ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not begin")


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
