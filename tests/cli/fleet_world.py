"""Clusters of several targets: emulators over real HTTP that keep all that they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.iguazio3.world import World

ADMIN = "fleet-admin"
GROUP = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: retail}
spec: {description: Retail}
"""


def password_of(name: str) -> str:
    """Return the password that opens the cluster of a target, and no other."""
    return f"Pw-{name}-12345678!"


class Listening(Emulator):
    """An emulator that keeps what it is sent, and that `before` may keep waiting."""

    def __init__(self, name: str) -> None:
        super().__init__(options=Options(job_seconds=0.02))
        policies = ["IT Admin", "Security Admin", "Data", "Developer", "Application Admin", "Function Admin"]
        user = {
            "username": ADMIN,
            "password": password_of(name),
            "assigned_policies": policies,
            "email": f"{ADMIN}@example.com",
        }
        self.load({"users": [user]})
        self.heard: list[Request] = []
        self.before: Callable[[Request], object] = lambda _: None

    def respond(self, world: World, request: Request) -> Answer:
        """Keep it, then answer."""
        self.heard.append(request)
        self.before(request)
        return super().respond(world, request)

    @property
    def text(self) -> str:
        """All that was heard: paths, headers and bodies."""
        return "\n".join(f"{it.method} {it.path} {it.query} {dict(it.headers)} {it.body!r}" for it in self.heard)

    @property
    def writes(self) -> Sequence[Request]:
        """What was to change something."""
        return [it for it in self.heard if it.method in ("POST", "PUT", "DELETE") and "/sessions" not in it.path]


@contextmanager
def clusters(*names: str) -> Iterator[Mapping[str, tuple[Listening, Server]]]:
    """Serve an emulator for each name while the block runs."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            emulator = Listening(name)
            stack.callback(emulator.close)
            found[name] = emulator, stack.enter_context(serving(emulator))
        yield found


def write_fleet(
    folder: Path, targets: Mapping[str, Mapping[str, object]], manifests: str = GROUP, **top: object
) -> None:
    """Write a config with these targets, and manifests for all of them."""
    config = {"version": 1, "defaults": {"platform": "iguazio3"}, **top, "targets": {**targets}}
    (folder / "igz-apply.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "manifests").mkdir(exist_ok=True)
    (folder / "manifests" / "all.yaml").write_text(manifests)


def embedded(*names: str, **more: object) -> dict[str, dict[str, object]]:
    """Return targets whose clusters run inside the command."""
    return {name: {"endpoint": f"embedded:{name}.db", **more} for name in names}
