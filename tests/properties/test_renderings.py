"""What layers come to, rendered and planned from a pipe, is planned as the layers themselves are."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igz_apply.cli.main import run
from igz_apply.emulator import Emulator, Options, serving
from tests.layered_repositories import GROUPS, PEOPLE, TARGET, VERSION, Repository, repository

pytestmark = pytest.mark.full

some_runs = settings(max_examples=max(10, settings().max_examples // 5), suppress_health_check=[HealthCheck.too_slow])


class Ended(NamedTuple):
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


def ended(*arguments: str, stdin: str = "") -> Ended:
    streams = [io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8") for text in (stdin, "", "")]
    before = sys.stdin
    sys.stdin = streams[0]
    try:
        with contextlib.redirect_stdout(streams[1]), contextlib.redirect_stderr(streams[2]):
            code = run(arguments)
    finally:
        sys.stdin = before
    out, err = (each.buffer.getvalue().decode() for each in streams[1:] if not each.flush())
    return Ended(code, out, err)


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def manifest(kind: str, name: str, /, **spec: Any) -> str:
    return json.dumps({"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec})


OTHERS = [manifest("Group", name, description="lives") for name in GROUPS] + [
    manifest("User", name, first_name=name, last_name="L", email=f"{name}@x.org", assigned_policies=["Data"])
    for name in PEOPLE
]
OURS = [
    manifest("Project", "old", owner="ada", description="declared no more"),
    manifest("Project", "churn", owner="bob", labels={"team": "retail"}, members={"editor": {"users": ["cyd"]}}),
    manifest(
        "AppService", "nb-1", kind="jupyter", owner="ada", description="x", resources={"limits": {"memory": "2Gi"}}
    ),
]


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The inventory of what we own on a cluster, which the environment names; others own the people on it."""
    folder = tmp_path_factory.mktemp("site")
    emulator = Emulator(options=Options(job_seconds=0.0))
    with serving(emulator) as server, pytest.MonkeyPatch.context() as patched, inside(folder):
        for name in tuple(name for name in os.environ if name.startswith(("IGZ_", "V3IO_"))):
            patched.delenv(name)
        patched.setenv("IGZ_ENDPOINT", server.url)
        patched.setenv("V3IO_USERNAME", server.username)
        patched.setenv("V3IO_ACCESS_KEY", server.access_key)
        patched.setenv("COLUMNS", "400")  # wide enough that no place moves to a line of its own
        for whose, manifests in (("others", OTHERS), ("ours", OURS)):
            (folder / f"{whose}.yaml").write_text("\n---\n".join(manifests))
            patched.setenv("IGZ_INVENTORY", str(folder / whose / "inventory.json"))
            made = ended("apply", "-y", f"{whose}.yaml")
            assert made.code == 0, made
        yield str(folder / "ours" / "inventory.json")
    emulator.close()


def without_places(text: str) -> str:
    """Return the text of a plan without what stands where: after a reason, or in brackets after a value."""
    place = r"(?:[\w./-]+|<stdin>):\d+"
    text = re.sub(rf"; {place}\)$", ")", text, flags=re.MULTILINE)
    return re.sub(rf"  (?:\({place}\)|{place})$", "", text, flags=re.MULTILINE)


def data_without_places(text: str) -> Any:
    """Return a plan's JSON without places, and without the seals that places are part of."""
    data = json.loads(text)
    del data["seal"]
    for change in data["changes"]:
        del change["digest"]
        if change["desired"] is not None:
            del change["desired"]["source"]
        for item in change["diff"]:
            item.pop("source", None)
            item.pop("sources", None)
    return data


@some_runs
@given(st.randoms(use_true_random=False), st.sampled_from(["--prune", "--no-prune"]))
def test_what_is_rendered_is_planned_as_the_layers_are(inventory: str, pick: random.Random, prune: str) -> None:
    made = repository(pick)
    with TemporaryDirectory() as folder, inside(Path(folder)), pytest.MonkeyPatch.context() as patched:
        patched.setenv("IGZ_INVENTORY", inventory)
        made.write(Path(folder))
        _check(made, prune)


def _check(made: Repository, prune: str) -> None:
    planned = ended("plan", "--target", TARGET, prune)
    rendered = ended("render", "--target", TARGET)
    if not made.declared:
        assert planned.code == rendered.code == 3
        return
    assert rendered.code == 0, rendered.err
    piped = ended("plan", "--target", TARGET, prune, "-", stdin=rendered.out)
    assert piped.code == planned.code in (0, 4), (planned.err, piped.err)
    assert without_places(piped.out) == without_places(planned.out)
    asked = ("plan", "--target", TARGET, prune, "--format", "json")
    found = [data_without_places(each.out) for each in (ended(*asked), ended(*asked, "-", stdin=rendered.out))]
    assert found[0] == found[1]
    again = ended("render", "--target", TARGET, "--origins")
    assert [json.loads(json.dumps(each)) for each in _documents(again.out)] == _documents(rendered.out)


def _documents(text: str) -> list[Any]:
    from igz_apply.manifests.reader import read_bytes

    return [document.data for document in read_bytes("x.yaml", text.encode()).documents]
