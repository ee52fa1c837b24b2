"""`make bench-peers`: the plan of igz-apply beside that of octoDNS and of Terraform, where nothing differs.

python -m benchmarks.peers [--rounds 3] [--size 12200] [--octodns .venv-peers/bin/octodns-sync] [--terraform terraform]

Each peer alternates with igz-apply, and its ratio is against igz-apply in that same alternation. What a peer plans is
local to it: octoDNS compares a YAML file with a JSON file, Terraform its state with itself; igz-apply alone
asks a server, the emulator. Terraform runs at most twice, for a plan of its can take a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import data
from benchmarks.bars import Bars
from benchmarks.commands import HERE, adopt, igz
from benchmarks.measure import Command, Run, alternately, median
from benchmarks.server import running

TERRAFORM_ROUNDS = 2
LEAST = {"octoDNS": 3.0, "Terraform": 25.0}  # times the wall time of igz-apply, a resource
# No look for a newer version, and nobody's own settings.
TERRAFORM = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": os.devnull}
UNCHANGED = "No changes were planned"


@dataclass(frozen=True)
class Peer:
    """A tool, ready to plan where nothing differs."""

    command: Command
    resources: int
    version: str


class NotThere(Exception):
    """A peer cannot be measured; the text says why."""


def octodns(program: str, size: int, folder: Path) -> Peer:
    """Prepare octoDNS: as many records as there are users, in one zone. Raises NotThere."""
    path = _found(program)
    if path is None:
        raise NotThere("it is not installed: make bench-peers does that")
    records = _records(data.size_of(size).users)
    _write_octodns(records, folder)
    environment = {"PYTHONPATH": str(HERE)}
    command = Command("octoDNS", [path, "--config-file", "octodns.yaml"], environment, folder)
    said = _said(command.arguments, folder, environment)
    if UNCHANGED not in said:
        raise NotThere(f"its plan is not empty: {said[-500:]}")
    return Peer(command, len(records), _said([path, "--version"], folder).split()[-1])


def _records(count: int) -> list[dict[str, Any]]:
    """Return records of four types, each with a name of its own."""
    found = []
    for number in range(count):
        host, name = f"host-{number:05}", f"record-{number:05}"
        kinds: list[dict[str, Any]] = [
            {"type": "A", "values": [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "10.255.0.1"]},
            {"type": "CNAME", "value": f"{host}.example.net."},
            {"type": "MX", "values": [{"preference": 10, "exchange": f"{host}.example.net."}]},
            {"type": "TXT", "values": [f"owner=user-{number:05}", "team=retail"]},
        ]
        found.append({"name": name, "record": {"ttl": 300, **kinds[number % len(kinds)]}})
    return found


def _write_octodns(records: Sequence[dict[str, Any]], folder: Path) -> None:
    (folder / "zones").mkdir(parents=True)
    zone = {each["name"]: each["record"] for each in records}
    (folder / "zones" / "example.org.yaml").write_text(_yaml(zone), encoding="utf-8")
    (folder / "target.json").write_text(json.dumps(records), encoding="utf-8")
    source = {"class": "octodns.provider.yaml.YamlProvider", "directory": str(folder / "zones")}
    target = {"class": "octodns_target.JsonTarget", "path": str(folder / "target.json")}
    config = {
        "providers": {"source": source, "target": target},
        "zones": {"example.org.": {"sources": ["source"], "targets": ["target"]}},
    }
    (folder / "octodns.yaml").write_text(_yaml(config), encoding="utf-8")


def _yaml(content: Mapping[str, Any]) -> str:
    return str(
        yaml.dump(content, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=True)
    )  # an order that octoDNS demands


def terraform(program: str, size: int, folder: Path) -> Peer:
    """Prepare Terraform: each manifest as one built-in resource, which needs no provider. Raises NotThere.

    Its state is written, not applied: creating so many takes it far longer than planning them.
    """
    path = _found(program)
    if path is None:
        raise NotThere("it is not installed")
    manifests = data.documents(data.size_of(size))
    names = [f"{each['kind']}_{each['metadata']['name']}".lower().replace("-", "_") for each in manifests]
    inputs = {name: each["spec"] for name, each in zip(names, manifests, strict=True)}
    try:
        version = str(json.loads(_said([path, "version", "-json"], folder, TERRAFORM))["terraform_version"])
        folder.mkdir()
        config = {"resource": {"terraform_data": {name: {"input": value} for name, value in inputs.items()}}}
        (folder / "main.tf.json").write_text(json.dumps(config), encoding="utf-8")
        _said([path, "init", "-input=false", "-no-color"], folder, TERRAFORM)
    except (NotThere, ValueError, KeyError, TypeError) as error:
        raise NotThere(f"what is there does not run: {error}") from error
    (folder / "terraform.tfstate").write_text(json.dumps(_state(inputs, version)), encoding="utf-8")
    arguments = [path, "plan", "-input=false", "-no-color", "-detailed-exitcode"]  # 0: nothing differs
    return Peer(Command("Terraform", arguments, TERRAFORM, folder), len(inputs), version)


def _state(inputs: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the state that an apply would have left."""
    resources = [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": name,
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [{"schema_version": 0, "attributes": _attributes(name, value), "sensitive_attributes": []}],
        }
        for name, value in sorted(inputs.items())
    ]
    head = {"version": 4, "terraform_version": version, "serial": 1, "lineage": str(uuid.UUID(int=1)), "outputs": {}}
    return {**head, "resources": resources, "check_results": None}


def _attributes(name: str, value: Any) -> dict[str, Any]:
    dynamic = {"value": value, "type": _type(value)}
    identity = str(uuid.uuid5(uuid.UUID(int=1), name))
    return {"id": identity, "input": dynamic, "output": dynamic, "triggers_replace": None}


def _type(value: Any) -> Any:
    """Return a value's type as the state spells it."""
    if isinstance(value, dict):
        return ["object", {key: _type(each) for key, each in value.items()}]
    if isinstance(value, list):
        return ["tuple", list(map(_type, value))]
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else "string"


def _found(program: str) -> str | None:
    """Return where a program lies, from any folder; None when it is not there."""
    path = shutil.which(program)
    return str(Path(path).absolute()) if path is not None else None


def _said(arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it said. Raises NotThere when it fails."""
    where = folder if folder.is_dir() else folder.parent
    try:
        done = subprocess.run(
            arguments,
            cwd=where,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise NotThere(
            f"{arguments[1]} ended with {error.returncode}: {error.stdout.strip()[-300:] or 'no word'}"
        ) from error
    except OSError as error:
        raise NotThere(str(error)) from error
    return done.stdout


def compare(mine: Command, size: int, peer: Peer, rounds: int, bars: Bars) -> None:
    """Run a peer and igz-apply in turn, print a row for each, and judge how much longer the peer takes."""
    found = alternately([mine, peer.command], rounds)
    print(f"  {peer.command.name} {peer.version}, medians of {rounds} alternating runs")
    print(f"    {'':<10} {'resources':>9} {'wall s':>8} {'CPU s':>8} {'peak MiB':>8} {'ratio':>6} {'per resource':>12}")
    base = median(found[mine.name], lambda run: run.wall)
    for name, count in ((mine.name, size), (peer.command.name, peer.resources)):
        print(f"    {name:<10} {count:>9,} {_row(found[name], base, size / count)}")
    ratio = median(found[peer.command.name], lambda run: run.wall) / base * size / peer.resources
    bar = LEAST[peer.command.name]
    verdict = bars.judge_least(peer.command.name, ratio, bar)
    print(f"    a resource takes it {ratio:.2f} times as long (bar {bar} or more) {verdict}", flush=True)


def _row(runs: Sequence[Run], base: float, scale: float) -> str:
    wall = median(runs, lambda run: run.wall)
    cpu, memory = median(runs, lambda run: run.cpu), median(runs, lambda run: run.memory)
    ratio = wall / base
    return f"{wall:>8.2f} {cpu:>8.2f} {memory:>8.0f} {ratio:>6.2f} {ratio * scale:>12.2f}"


def main() -> int:
    """Measure the peers that are there. Returns 1 when a bar was not held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=12200)
    parser.add_argument("--octodns", default=".venv-peers/bin/octodns-sync", metavar="PROGRAM")
    parser.add_argument("--terraform", default="terraform", metavar="PROGRAM")
    options = parser.parse_args()
    peers = (
        ("octoDNS", octodns, str(options.octodns), options.rounds),
        ("Terraform", terraform, str(options.terraform), min(options.rounds, TERRAFORM_ROUNDS)),
    )
    manifests = data.documents(data.size_of(options.size))
    bars = Bars()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        data.write_multi(manifests, folder / "multi")
        with running(folder / "emulator.db", manifests) as server:
            adopt(folder, server)
            mine = igz("igz-apply", "plan", "multi", "--detailed-exitcode", server=server, folder=folder)
            for title, prepare, program, rounds in peers:
                try:
                    peer = prepare(program, options.size, folder / title.lower())
                except NotThere as error:
                    print(f"  {title} is left out: {error}", flush=True)
                    continue
                compare(mine, len(manifests), peer, rounds, bars)
    print(bars.summary())
    return 1 if bars.missed else 0


if __name__ == "__main__":
    sys.exit(main())
