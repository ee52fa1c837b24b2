"""Where a plan's time goes: samples of one run, by part, as lines and as a picture.

python -m benchmarks.where [--size 12200] [--rounds 3] [--svg docs/images/plan-time.svg]

Each thread's own processor clock is looked at every few milliseconds, and what it has taken since the last look is put
down to the part of igz-apply that it is in. Linux alone has such clocks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from benchmarks import data
from benchmarks.commands import HERE, adopt
from benchmarks.measure import Command, measured
from benchmarks.server import running

INTERVAL = 0.002
PARTS = {
    "manifests": "reading manifests",
    "authoring": "checking manifests",
    "http": "asking the server",
    "controlplane": "asking the server",
    "iguazio3": "decoding answers",
    "planning": "comparing and planning",
    "model": "comparing and planning",
    "inventory": "the inventory",
    "start": "starting",
    "emulator": "the emulator",
    "": "the rest",
}


def sample(arguments: list[str], into: Path) -> int:
    """Run igz-apply in this process with those arguments; leave the seconds of each part in a JSON file."""
    taken: Counter[str] = Counter()
    is_over = threading.Event()
    begun = time.thread_time()
    watcher = threading.Thread(target=_watch, args=(threading.main_thread().ident, taken, is_over), daemon=True)
    watcher.start()
    sys.argv = ["igz-apply", *arguments]
    try:
        from igz_apply.__main__ import run

        run()
        code = 0
    except SystemExit as error:
        code = int(error.code or 0)
    is_over.set()
    watcher.join()
    taken["start"] += begun  # the interpreter, before anything could look
    into.write_text(json.dumps(taken), encoding="utf-8")
    return code


def _watch(main: int, taken: Counter[str], is_over: threading.Event) -> None:
    """Put down what each thread but this one takes, until it is over."""
    ours = threading.get_ident()
    clocks: dict[int, float] = {main: _clock(main)}
    while not is_over.wait(INTERVAL):
        for thread, frame in sys._current_frames().items():
            if thread == ours:
                continue
            try:
                now = _clock(thread)
            except OSError:  # it has just ended
                continue
            taken[_part(frame)] += now - clocks.get(thread, 0.0)
            clocks[thread] = now


def _clock(thread: int) -> float:
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def _part(frame: FrameType | None) -> str:
    """Return the package that a stack is in, told by its innermost frame of ours; "start" while it imports."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return "start"
        head, found, rest = name.rpartition("/igz_apply/")
        if found and head:
            package = rest.split("/")[0]
            return package if package in PARTS else ""
        frame = frame.f_back
    return ""


def picture(title: str, seconds: Mapping[str, float]) -> str:
    """Return bars as SVG, which reads on light and on dark paper."""
    rows = sorted(seconds.items(), key=lambda each: -each[1])
    total, most = sum(seconds.values()), max(seconds.values())
    height, top, left, width = 30, 44, 210, 400
    bars = []
    for number, (name, value) in enumerate(rows):
        y = top + number * height
        bars.append(
            f'<text x="{left - 12}" y="{y + 15}" text-anchor="end">{name}</text>'
            f'<rect x="{left}" y="{y}" width="{width * value / most:.1f}" height="20" rx="3"/>'
            f'<text x="{left + width * value / most + 8:.1f}" y="{y + 15}">{100 * value / total:.0f} %</text>'
        )
    size = f"{left + width + 70} {top + len(rows) * height + 6}"
    style = "text{font:14px sans-serif;fill:#777}rect{fill:#4a7fb5}.title{font-weight:bold}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" aria-label="{title}">'
        f'<style>{style}</style><text class="title" x="0" y="20">{title}</text>{"".join(bars)}</svg>\n'
    )


def main() -> int:
    """Measure some plans and show where their time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=12200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--sample", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sample:
        return sample(options.sample[1:], Path(options.sample[0]))
    total: Counter[str] = Counter()
    manifests = data.documents(data.size_of(options.size))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data.write_multi(manifests, folder / "multi")
        with running(folder / "emulator.db", manifests) as server:
            adopt(folder, server)
            arguments = [
                sys.executable,
                "-m",
                "benchmarks.where",
                "--sample",
                str(folder / "parts.json"),
                "plan",
                "multi",
            ]
            environment = {**server.environment, "PYTHONPATH": str(HERE.parent)}
            for _ in range(options.rounds):
                measured(Command("plan", arguments, environment, folder))
                for package, seconds in json.loads((folder / "parts.json").read_text()).items():
                    total[PARTS[package]] += seconds / options.rounds
    whole = sum(total.values())
    for part, seconds in total.most_common():
        print(f"  {part:<24} {seconds:6.3f} s  {100 * seconds / whole:3.0f} %")
    if options.svg is not None:
        title = f"A plan of {options.size:,} resources where nothing differs, processor time"
        options.svg.write_text(picture(title, total), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
