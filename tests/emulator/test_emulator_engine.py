"""The engine serves an API of another form unchanged: other paths, envelope, tokens, executions and revisions.

What is made up here follows what is known of the next platform: camelCase in metadata, spec and status, a bearer token,
executions that are looked up by what started them, compare and set.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import engine
from igz_apply.emulator.engine.background import Effect, Jobs
from igz_apply.emulator.engine.emulation import Character, Emulation
from igz_apply.emulator.engine.html_page import Page, Table
from igz_apply.emulator.engine.http_errors import Refusal, conflict, not_found
from igz_apply.emulator.engine.messages import Answer, AnswerForm, Document, Request
from igz_apply.emulator.engine.record_store import Record, Selection, attribute_column
from igz_apply.emulator.engine.requestlog import Mask
from igz_apply.emulator.engine.router import Route, Router
from igz_apply.emulator.engine.switches import check_bounds, switch
from igz_apply.emulator.engine.timers import Action
from igz_apply.emulator.engine.world import World
from tests.contract.contract_plane import START, Clock, Reply, wsgi_call

TOKEN = "an-access-token"


@dataclass(frozen=True, slots=True)
class RobotOptions:
    """The options of this API: those that the engine reads, and one of its own."""

    job_seconds: float = switch(1.0, "how long an action takes")
    job_lifetime_seconds: float = switch(60.0, "how long an execution can be read")
    latency_ms: float = switch(0.0, "how long every answer is held back")
    faults: Any = None
    log: Any = None
    wheels: int = switch(4, "how many wheels a robot has", lowest=2)


def _mark(world: World, job: Record, state: str, result: str | None) -> None:
    job.attributes.update(state=state, movedAt=world.now, lastError=result or "")


EXECUTIONS: Jobs[World] = Jobs(
    type="execution",
    stages=(("dispatched", 0.1), ("running", 0.5)),
    succeeded="succeeded",
    failed="failed",
    is_over=lambda job: job.attributes["state"] in ("succeeded", "failed"),
    mark=_mark,
)


def _error(status: int, detail: str) -> Document:
    return {"status": {"statusCode": status, "errorMessage": detail}}


def _stamped(document: Document, ctx: str) -> Document:
    return {**document, "status": {**document.get("status", {}), "ctx": ctx}}


def _emptied(document: Document) -> Document | None:
    return {"items": [], "status": {"hasMore": False}} if "items" in document else None


CHARACTER = Character(
    form=AnswerForm(
        new_ctx=lambda: "0f3c",
        error=_error,
        stamped=_stamped,
        emptied=_emptied,
        with_odd_id=lambda document: {**document, "metadata": {"id": {}}},
        named_again=b'"items":[]',
        garbage=b"\xff",
    ),
    roots=("/v9/",),
    mask=Mask(
        names=re.compile("token", re.IGNORECASE),
        harmless=frozenset(),
        parameters=frozenset(),
        paths=re.compile(r"(tokens)/[^/]+"),
        beside=lambda _: (),
    ),
    indexes={"operation": attribute_column("operation")},
)


def _shown(robot: Record) -> Document:
    return {
        "metadata": {"id": robot.id, "name": robot.attributes["name"]},
        "spec": {"wheels": robot.attributes["wheels"]},
    }


class Robots(Emulation[World]):
    """A factory of robots."""

    options: RobotOptions

    def __init__(self, options: RobotOptions, clock: Clock) -> None:
        check_bounds(options)
        self._router = Router(
            [
                Route("GET", "v9/robots", self._list),
                Route("PUT", "v9/robots/*", self._put),
                Route("GET", "v9/executions/*", self._execution),
            ]
        )
        super().__init__(":memory:", options, CHARACTER, {"robot": "name"}, clock)

    def world(self, shift: int = 0) -> World:
        return World(
            store=self.store, options=self.options, faults=self.faults, now=self._clock(), ctx="0f3c", shift=shift
        )

    def sow(self, world: World) -> None:
        world.store.insert(Record("robot", "r0", {"name": "marvin", "wheels": 2, "revision": ""}))

    def respond(self, world: World, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "no token that is known")
        return self._router.find(request.method, request.path)((world, request))

    @property
    def actions(self) -> Mapping[str, Action[World]]:
        return EXECUTIONS.actions({"robot.built": Effect(self._built), "": Effect(lambda _world, _subject: None)})

    def page(self) -> str:
        rows = tuple((robot.attributes["name"], "up") for robot in self.store.select(Selection("robot")))
        return Page("Robots.", (Table("Robots", ("name", "status"), rows, len(rows)),), {"up": "good"}).render()

    def _list(self, call: tuple[World, Request]) -> Answer:
        return Answer(200, {"items": [_shown(robot) for robot in call[0].store.select(Selection("robot"))]})

    def _put(self, call: tuple[World, Request], name: str) -> Answer:
        """Take a robot, if it is as the caller has seen it last."""
        world, body = call[0], json.loads(call[1].body)
        held = world.store.by_name("robot", name)
        if body.get("prevOpId") != (held.attributes["revision"] if held else None):
            raise conflict("the revision is another one")
        execution = Record("execution", f"op-{world.store.count(Selection('execution'))}", {"state": "created"})
        assert isinstance(world.options, RobotOptions)
        subject = {"name": name, "wheels": world.options.wheels, "revision": execution.id}
        EXECUTIONS.start(world, execution, "build", effect="robot.built", subject=subject)
        return Answer(202, {"status": {"opId": execution.id}})

    def _built(self, world: World, subject: Mapping[str, Any]) -> None:
        held = world.store.by_name("robot", subject["name"])
        if held is None:
            world.store.insert(Record("robot", f"r{subject['name']}", dict(subject)))
        else:
            held.attributes.update(subject)
            world.store.save(held)

    def _execution(self, call: tuple[World, Request], name: str) -> Answer:
        found = call[0].store.get("execution", name)
        if found is None:
            raise not_found(f"the execution {name}")
        return Answer(200, {"status": {"state": found.attributes["state"]}})


class Factory:
    """A new emulator of robots, and calls to it."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.robots = Robots(RobotOptions(**options), self.clock)

    def call(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        return wsgi_call(self.robots.wsgi, method, path, raw, {"Authorization": f"Bearer {token}"})

    def state(self, execution: str) -> Any:
        return self.call("GET", f"/v9/executions/{execution}").json["status"]["state"]


@pytest.fixture
def factory() -> Iterator[Factory]:
    made = Factory()
    yield made
    made.robots.close()


def test_an_answer_has_the_form_that_was_handed_in(factory: Factory) -> None:
    assert factory.call("GET", "/v9/robots").json == {
        "items": [{"metadata": {"id": "r0", "name": "marvin"}, "spec": {"wheels": 2}}],
        "status": {"ctx": "0f3c"},
    }
    refused = factory.call("GET", "/v9/robots", token="another")
    assert (refused.status, refused.json["status"]["errorMessage"]) == (401, "no token that is known")
    assert factory.call("GET", "/v9/none").json["status"]["statusCode"] == 404
    assert "marvin" in factory.call("GET", "/").raw.decode()


def test_an_execution_moves_through_states_of_its_own_and_is_forgotten(factory: Factory) -> None:
    begun = factory.call("PUT", "/v9/robots/data", {"prevOpId": None})
    assert (begun.status, begun.json["status"]["opId"]) == (202, "op-0")
    seen = []
    for factory.clock.now in (START, START + 0.2, START + 0.6, START + 1.0):
        seen.append(factory.state("op-0"))
    assert seen == ["created", "dispatched", "running", "succeeded"]
    factory.clock.now = START + 61.0
    assert factory.call("GET", "/v9/executions/op-0").status == 404


def test_a_write_is_refused_by_a_revision_that_is_not_the_last_one(factory: Factory) -> None:
    assert factory.call("PUT", "/v9/robots/marvin", {"prevOpId": "op-7"}).status == 409
    assert factory.call("PUT", "/v9/robots/marvin", {"prevOpId": ""}).status == 202
    factory.clock.now = START + 2.0
    assert factory.call("PUT", "/v9/robots/marvin", {"prevOpId": ""}).status == 409
    assert factory.call("PUT", "/v9/robots/marvin", {"prevOpId": "op-0"}).status == 202


def test_faults_act_on_an_api_of_whatever_form() -> None:
    faults = {
        "requests": [{"match": {"nth": 1}, "act": "empty-list"}, {"match": {"nth": 2}, "act": "status", "status": 503}],
        "jobs": [{"match": {"kind": "build"}, "act": "fail", "result": "no steel"}],
    }
    factory = Factory(faults=faults)
    assert factory.call("GET", "/v9/robots").json["items"] == []
    assert factory.call("GET", "/v9/robots").json["status"]["statusCode"] == 503
    factory.call("PUT", "/v9/robots/data", {"prevOpId": None})
    factory.clock.now = START + 2.0
    assert factory.state("op-0") == "failed"
    assert len(factory.call("GET", "/v9/robots").json["items"]) == 1
    factory.robots.close()


def test_a_state_that_was_kept_comes_back_as_often_as_wanted(factory: Factory) -> None:
    kept = factory.robots.snapshot()
    for _ in range(2):
        factory.call("PUT", "/v9/robots/data", {"prevOpId": None})
        factory.clock.now += 2.0
        assert len(factory.call("GET", "/v9/robots").json["items"]) == 2
        factory.robots.restore(kept)
        assert len(factory.call("GET", "/v9/robots").json["items"]) == 1
        assert factory.call("GET", "/v9/executions/op-0").status == 404


WORDS = re.compile(r"(?<!-)\b(users?|groups?|projects?|polic(y|ies)|sessions?|tenants?|cookies?|jsonapi|/?api/)\b")
SPOKEN = {"requestlog.py": ["user"]}  # whoever asked, in a line of the log


@pytest.mark.parametrize("path", sorted(Path(engine.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_the_engine_says_no_word_of_a_platform(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = set(map(id, _docstrings(tree)))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    found = [word[0] for text in texts for word in WORDS.finditer(text.lower())]
    assert found == SPOKEN.get(path.name, [])


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr):
                yield first.value
