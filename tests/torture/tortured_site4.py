"""An Iguazio 4 in this process that goes wrong at one request: what it adds to the faults of all, and its world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from igz_apply.emulator import Emulator4, Options4
from igz_apply.emulator.engine.messages import Answer, Request
from igz_apply.emulator.engine.reply import ConnectionCut, Reply
from igz_apply.emulator.iguazio4.world import World
from igz_apply.iguazio4.client import WsgiTransport
from igz_apply.iguazio4.reading import ClusterReader
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Plan
from igz_apply.model.resources import Entry
from igz_apply.workflow import Limits
from tests.fakes import MemoryInventory
from tests.iguazio4.site4 import DEFAULTS, GENEROUS, Manifest, Ran, Site, group, manifest, project, user
from tests.torture.tortured_plane import FAULTS, Seen, Torturer
from tests.torture.tortured_run import Killed, MortalTransport

FAULTS4 = (
    *FAULTS,
    "token expires",
    "renewal fails for a moment",
    "renewal refused",
    "403 for seconds",
    "empty answer",
)
REFRESH = "/api/v1/authentication/refresh-access-token"
HANG_SECONDS = 61.0
REFUSED_SECONDS = 6.0  # less than the patience with rights that spread

FOREIGN: dict[str, Any] = {
    "groups": [{"path": "legacy"}, {"path": "legacy/old", "policies": ["oris-viewer"]}],
    "users": [
        {"username": "zed", "groups": ["legacy/old"], "policies": ["oris-developer"]},
        {"username": "yan", "policies": ["oris-viewer"]},
    ],
    "projects": [
        {
            "name": "other",
            "owner": "zed",
            "labels": {"keep": "me"},
            "members": {"viewer": {"users": ["yan"], "groups": ["legacy"]}},
        }
    ],
}


def before() -> list[Manifest]:
    """What an earlier apply has left."""
    return [
        group("stay", policies=["oris-developer"]),
        group("stay/sub"),
        group("stay/sub/deep"),
        group("old-name", policies=["oris-viewer"]),
        group("old-name/below"),
        *(group(path) for path in ("go", "go/sub", "go/sub/deep")),
        *(user(f"stay{n}", groups=["stay", "go/sub"], policies=["oris-developer"]) for n in range(3)),
        user("bound"),
        user("sleeper", active=False),
        *(user(f"go{n}", groups=["go"]) for n in range(3)),
        manifest("PolicyBinding", "oris-system-admin", {"users": ["admin", "bound"], "groups": ["admins"]}),
        *(
            project(f"p-stay{n}", owner="stay0", labels={"a": "1"}, members={"editor": {"users": ["stay1"]}})
            for n in range(2)
        ),
        project("p-archived", owner="stay1"),
        project("p-go0", owner="stay0", deletion_strategy="cascading"),
        project("p-go1", owner="stay0", members={"viewer": {"groups": ["go"]}}),
    ]


def after() -> list[Manifest]:
    """What the apply under torture has to reach; what is only in `before` is pruned, or declared absent."""
    return [
        group("stay", policies=["oris-viewer"]),
        group("stay/sub", users=["stay2", "zed"]),
        group("stay/sub/deep"),
        {**group("new-name", policies=["oris-viewer"]), "lifecycle": {"renamed_from": "old-name"}},
        group("new-name/below"),
        group("new"),
        group("new/sub", policies=["oris-developer"]),
        *(
            user(f"stay{n}", last_name="New", groups=["stay", "new/sub"], policies=["oris-viewer"], active=n != 1)
            for n in range(2)
        ),
        user("stay2"),
        user("bound"),
        user("sleeper", active=True),
        manifest("User", "go2", {}, state="absent"),
        *(user(f"new{n}", groups=["new", "stay"], policies=["oris-developer"]) for n in range(2)),
        *(user(f"plain{n}", active=n == 0) for n in range(3)),
        manifest("PolicyBinding", "oris-system-admin", {"users": ["admin", "plain0"], "groups": ["admins", "new"]}),
        *(
            project(
                f"p-stay{n}",
                description="new",
                owner="new0",
                labels={"a": "2"},
                members={
                    "admin": {"users": ["bound"]},
                    "editor": {"users": ["new1"], "groups": ["new/sub"]},
                    "viewer": {"users": ["stay1"]},
                },
            )
            for n in range(2)
        ),
        project("p-archived", owner="stay1", state="archived"),
        project("p-new", owner="new0", members={"curator": {"groups": ["stay"]}, "builder": {"users": ["new1"]}}),
        project("p-plain", annotations={"x": "y"}),
    ]


@dataclass
class Torturer4(Torturer):
    """A torturer of Iguazio 4: tokens end, rights have not spread, answers are empty."""

    sleep: Callable[[float], None] = lambda _: None
    now: Callable[[], float] = lambda: 0.0
    renewals: list[int] = field(default_factory=list)  # with which status the next renewals fail; -1: all of them
    _refuses_until: float = -1.0
    keys: ClassVar[Mapping[str, tuple[str, str]]] = {
        "user": ("User", "username"),
        "group": ("Group", "path"),
        "policy": ("PolicyBinding", "name"),
        "project": ("Project", "name"),
    }
    refusal: ClassVar[Mapping[str, Any]] = {"status": {"statusCode": 500, "errorMessage": "tortured"}}

    def arm(self, at: int, fault: str) -> None:
        super().arm(at, fault)
        self.renewals, self._refuses_until = [], -1.0

    def _effect(self, request: Request) -> Answer:
        if request.path == REFRESH:
            if self.renewals:
                status = self.renewals[0]
                if status < 0:
                    return Answer(401, dict(self.refusal))
                del self.renewals[0]
                return Answer(status, dict(self.refusal))
            return self.bend(request, self.emulator.answer(request))
        if request.method != "GET" and self.now() < self._refuses_until:
            return Answer(403, dict(self.refusal))
        return super()._effect(request)

    def _learn_name(self, _answer: Answer) -> None:
        self._learn_names()

    def _token_expires(self, request: Request, reply: Reply) -> Iterable[bytes]:
        self._expire()
        return reply.send(self._effect(request))

    def _renewal_fails_for_a_moment(self, request: Request, reply: Reply) -> Iterable[bytes]:
        self._expire()
        self.renewals = [503]
        return reply.send(self._effect(request))

    def _renewal_refused(self, request: Request, reply: Reply) -> Iterable[bytes]:
        self._expire()
        self.renewals = [-1]
        return reply.send(self._effect(request))

    def _403_for_seconds(self, request: Request, reply: Reply) -> Iterable[bytes]:
        self._refuses_until = self.now() + REFUSED_SECONDS
        return reply.send(self._effect(request))

    def _empty_answer(self, request: Request, reply: Reply) -> Iterable[bytes]:
        answer = self._effect(request)
        is_deleted = request.method == "DELETE" and answer.status == 200
        return reply.send(replace(answer, document=None, status=204 if is_deleted else answer.status))

    def _expire(self) -> None:
        assert isinstance(self.emulator, Emulator4)
        self.emulator.expire_tokens()


class MortalMemory(MemoryInventory):
    """An inventory that a dead process no longer writes."""

    def __init__(self, entries: Mapping[Address, Entry], torturer: Torturer) -> None:
        super().__init__(entries)
        self._torturer = torturer

    def save(self, entries: Mapping[Address, Entry]) -> None:
        if self._torturer.is_dead:
            raise Killed
        super().save(entries)


class TorturedSite(Site):
    """A cluster behind a torturer; each plan and apply is a process of its own."""

    def __init__(
        self, db: str | Path = ":memory:", now: float = 0.0, options: Options4 = DEFAULTS, content: Any = None
    ) -> None:
        super().__init__(options, content, db=db, now=now)
        self.torturer = Torturer4(self.emulator)
        self.torturer.sleep, self.torturer.now = self.clock.sleep, self.clock.now
        self.torturer.hang = lambda: self.clock.sleep(HANG_SECONDS)
        self.line.inner = MortalTransport(WsgiTransport(self.torturer, cut_by=(ConnectionCut,)), self.torturer)
        self.inventory = MortalMemory({}, self.torturer)
        self.plans: list[Plan] = []
        self.after_plan: Callable[[], None] = lambda: None

    def planned(self, manifests: Iterable[Manifest], limits: Limits = GENEROUS, **more: Any) -> Ran:
        self.client = self.connected(self.emulator.offline_token)
        self.reader = ClusterReader(self.client.read_only())
        ran = super().planned(manifests, limits, **more)
        if ran.proposal is not None and ran.proposal.plan is not None:
            self.plans.append(ran.proposal.plan)
        self.after_plan()
        return ran

    def tried(self, manifests: Iterable[Manifest]) -> Ran | None:
        """Apply; None where the process was killed."""
        try:
            return self.applied(manifests)
        except Killed:
            return None

    @contextmanager
    def world(self) -> Iterator[World]:
        """Give what is behind the API, to be changed as somebody else would."""
        with self.emulator.store.transaction():
            yield self.emulator.world()


def about(seen: Seen, names: Mapping[str, str]) -> str:
    """Return the address that a write was about."""
    body: Mapping[str, Any] = seen.body or {}
    match seen.path.removeprefix("/api/v1/").split("/"):
        case ["profile", "users"]:
            return f"User/{body['username']}"
        case ["profile", "users", name, *_]:
            return f"User/{name}"
        case ["profile", "groups"]:
            above = names[body["parentId"]].removeprefix("Group/") + "/" if body.get("parentId") else ""
            return f"Group/{above}{body['name']}"
        case ["profile", "groups", identity, *_]:
            return names[identity]
        case ["authorization", "policies", identity, "members"]:
            return names[identity]
        case ["authorization", "members", member, "policies"]:
            return names.get(member, f"User/{member}")
        case ["authorization", "projects", name, *_]:
            return f"Project/{name}"
        case ["projects", "projects", name]:
            return f"Project/{name}"
        case ["projects", "projects"]:
            return f"Project/{body['name']}"
    raise AssertionError(f"nobody plans {seen.method} {seen.path}")
