"""Asks for known vulnerabilities of every package in the locks of the image, deploy/image/*.txt, by pip-audit.

`python scripts/audit.py` asks PyPI's advisories and, where those do not answer for everything, OSV's. It ends with 0
when every package was looked up and none is known to be vulnerable, with 1 when one is, and with 2 when not all could
be looked up: pip-audit says "No known vulnerabilities found" then too, and where it found out nothing at all. With
`--skip-unreachable` it asks each service about a few packages first, for some seconds, and no more where that answers
for none of them; where neither does, it ends with 0, and says on stderr that nothing was audited. `IGZ_AUDIT=required`
takes that back.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "deploy" / "image"
SERVICES = ("pypi", "osv")
PROGRAM = (sys.executable, "-m", "pip_audit")
PATIENCE = 10.0  # seconds for a service to answer for a few packages


@dataclass(frozen=True)
class Looked:
    """What was said of a lock: packages by name, vulnerabilities as lines to show, and why some were not looked up."""

    audited: tuple[str, ...] = ()
    not_audited: tuple[str, ...] = ()
    vulnerable: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


def main(
    words: Sequence[str], *, program: Sequence[str] = PROGRAM, locks: Path = LOCKS, patience: float = PATIENCE
) -> int:
    """Audit every lock and say what came of it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-unreachable", action="store_true", help="0 where no service answers for anything")
    may_skip = parser.parse_args(words).skip_unreachable and os.environ.get("IGZ_AUDIT") != "required"
    with tempfile.TemporaryDirectory(prefix="igz-apply-audit-") as folder:
        goes = merged(sorted(locks.glob("*.txt")), Path(folder))
        services, silent = answering(goes[0], program, patience) if may_skip and goes else (SERVICES, ())
        found = [best(lock, services, program) for lock in goes]
    vulnerable = sorted({line for each in found for line in each.vulnerable})
    audited = {name for each in found for name in each.audited}
    left = sorted({name for each in found for name in each.not_audited})
    why = " ".join(dict.fromkeys([*(line for each in found for line in each.why), *silent]))
    for line in vulnerable:
        print(line)
    if vulnerable:
        print(f"FAILED: {len(vulnerable)} known. `make locks LOCKS=--upgrade` takes newer versions.", file=sys.stderr)
        return 1
    if left or not audited:
        told = f"not audited: {', '.join(left)}" if audited else f"not one of {len(left)} packages was audited"
        is_skipped = may_skip and not audited
        print(f"{'SKIPPED' if is_skipped else 'FAILED'}: {told}. {why}", file=sys.stderr)
        return 0 if is_skipped else 2
    print(f"{len(audited)} packages audited, no vulnerability is known.")
    return 0


def merged(locks: Sequence[Path], folder: Path) -> list[Path]:
    """Write the locks as few as they go together, each package once; pip-audit takes no package in two versions."""
    written: list[dict[str, str]] = []
    for lock in locks:
        for pin in re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text(encoding="utf-8")):
            name, equals, _ = pin.partition("==")
            if equals and not name.startswith("#"):
                place = next((each for each in written if each.get(name, pin).split()[0] == pin.split()[0]), None)
                if place is None:
                    written.append(place := {})
                place.setdefault(name, re.sub(r" ; [^\\\n]*", " ", pin))  # whatever machine it is for
    made = [folder / f"{number}.txt" for number in range(len(written))]
    for path, held in zip(made, written, strict=True):
        path.write_text("\n".join(held.values()) + "\n", encoding="utf-8")
    return made


def answering(lock: Path, program: Sequence[str], patience: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the services that answer for a few packages of a lock, and why the others do not."""
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text(encoding="utf-8"))
    few = lock.with_name("few.txt")
    few.write_text("\n".join(dict.fromkeys((blocks[0], blocks[len(blocks) // 2], blocks[-1]))), encoding="utf-8")
    said = {service: asked(few, service, program, patience) for service in SERVICES}
    return (
        tuple(service for service, looked in said.items() if looked.audited),
        tuple(line for looked in said.values() if not looked.audited for line in looked.why),
    )


def best(lock: Path, services: Sequence[str], program: Sequence[str]) -> Looked:
    """Return what the services say together: each is asked where those before it do not answer for everything."""
    together = Looked(not_audited=pins(lock))
    for service in services:
        if together.not_audited:
            said = asked(lock, service, program)
            audited = {*together.audited, *said.audited}
            together = Looked(
                tuple(audited),
                tuple(name for name in together.not_audited if name in said.not_audited),
                (*together.vulnerable, *said.vulnerable),
                (*together.why, *said.why),
            )
    return together


def asked(lock: Path, service: str, program: Sequence[str], patience: float | None = None) -> Looked:
    """Ask one service about a lock as it stands, for so many seconds: nothing is resolved or installed."""
    command = [*program, "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    command += ["--vulnerability-service", service, "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=patience
        )
    except subprocess.TimeoutExpired:
        return Looked(not_audited=pins(lock), why=(f"{service}: no answer within {patience:g} s.",))
    try:
        return read(json.loads(done.stdout), service)
    except ValueError:
        said = done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"]
        host = re.search(r"host='([^']+)'", said[-1])
        return Looked(
            not_audited=pins(lock),
            why=(f"{service}: {host[1]} does not answer." if host else f"{service}: {said[-1]}",),
        )


def read(document: Any, service: str) -> Looked:
    """Return what pip-audit's JSON says."""
    audited, skipped, vulnerable = [], [], []
    for each in document["dependencies"]:
        if "skip_reason" in each:
            skipped.append(each["name"])
            continue
        audited.append(each["name"])
        for one in each["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            vulnerable.append(f"{each['name']} {each['version']}: {one['id']}, mended in {mended}")
    why = (f"{service}: no answer for {len(skipped)} of {len(document['dependencies'])} packages.",) if skipped else ()
    return Looked(tuple(audited), tuple(skipped), tuple(vulnerable), why)


def pins(lock: Path) -> tuple[str, ...]:
    """Return the name of every package of a lock."""
    return tuple(re.findall(r"(?m)^([\w.-]+)==", lock.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
