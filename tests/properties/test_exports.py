"""A cluster that is exported and planned right after is found as declared, whatever lives there."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igz_apply import workflow
from igz_apply.authoring.exporting import ExportedResource
from igz_apply.authoring.layouts import LAYOUTS, files_of
from igz_apply.cli.main import run
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.loading import Loaded, checked
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.manifests.writer import to_yaml
from igz_apply.model.addresses import Address
from igz_apply.model.changes import Action
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import LiveState, Owned, Resource
from tests.builders import group, plan_for, service, steps, user
from tests.emulated import EmulatedPlane, loadable
from tests.properties.worlds import clusters, seeds

pytestmark = pytest.mark.full

some_on_the_wire = settings(max_examples=max(4, settings().max_examples // 25))
NAMES = (
    "Data",
    "data",
    "DATA",
    "data-2",
    "con",
    "a/b",
    "a:b",
    ".hidden",
    "Größe",
    "ops [prod]",
    "yes",
    "1.10",
    "common",
)
UNSET = {"run_as_user": "", "run_as_group": "", "fs_group": "", "supplemental_groups": [], "run_as_non_root": False}


@st.composite
def oddities(draw: st.DrawFn) -> tuple[Resource, ...]:
    """Draw what a real cluster has besides: names alike or odd, what the platform fills in and unsets, its own."""
    pick = random.Random(draw(seeds))
    found: list[Resource] = [
        group(name, gid=pick.choice([None, 51 + place]))
        for place, name in enumerate(NAMES)
        if pick.random() < draw(st.sampled_from([0.1, 0.6]))
    ]
    found += [
        user(
            name, uid=60 + place, authentication_methods=["password"], groups=[each.address.name for each in found[:2]]
        )
        for place, name in enumerate(("Eve", "eve", "nul"))
        if pick.random() < 0.5
    ]
    context = {key: pick.choice([value, value, "1000"]) for key, value in UNSET.items() if isinstance(value, str)}
    spec: dict[str, Any] = {
        "security_context": {**UNSET, **context},
        "pvc": {"mounts": pick.choice([{}, {"entries": []}, {"data": [{"container": "users"}]}])},
        "target_cpu": pick.choice([None, 75]),
        "jupyter": {"ssh_server": {"force_key_regeneration": False, "port": 30111}, "demos": []},
    }
    found += [service(f"odd-{n}", kind="jupyter", **spec) for n in range(2) if pick.random() < 0.6]
    marks: list[dict[str, Any]] = [{"labels": {"iguazio.com/builtin": "true"}}, {"description": "Built-in grafana"}]
    marked = pick.choice(marks)
    return (*found, service("metrics", kind="grafana", **marked))


def read_back(files: Mapping[str, Sequence[ExportedResource]]) -> Loaded:
    """Return what is read from the files of an export."""
    texts = {name: to_yaml([each.document for each in found]) for name, found in files.items()}
    readings = [read_bytes(name, text.encode()) for name, text in texts.items()]
    problems = tuple(problem for reading in readings for problem in reading.problems)
    documents = tuple(document for reading in readings for document in reading.documents)
    loaded = checked(Reading(documents, problems, len(readings)), IGUAZIO3, version="3.5.5")
    assert errors_of(loaded.problems) == ()
    return loaded


def nothing_is_planned(loaded: Loaded, live: LiveState) -> None:
    plan = plan_for(loaded.desired, live)
    assert steps(plan) == [], plan.writes
    assert {change.action for change in plan.changes} <= {Action.ADOPT}


@given(clusters(), oddities(), st.sampled_from(LAYOUTS), st.booleans())
def test_an_export_is_valid_in_every_layout_and_a_plan_right_after_it_is_empty(
    resources: Any, odd: Any, layout: str, full: bool
) -> None:
    live = EmulatedPlane(*resources, *odd).live()
    exported = workflow.export(live, Owned(), full=full)
    files = files_of(exported.resources, layout, exported.live, KINDS)
    assert len({name.casefold() for name in files}) == len(files)
    loaded = read_back(files)
    assert exported.refused == {}
    assert loaded.desired.resources.keys() == {each for each, it in live.resources.items() if not it.is_system}
    assert Address("AppService", "metrics") not in loaded.desired.resources
    nothing_is_planned(loaded, live)


@given(clusters(), oddities(), st.sampled_from(LAYOUTS), seeds)
def test_an_export_of_what_is_not_declared_stands_beside_what_is(
    resources: Any, odd: Any, layout: str, seed: int
) -> None:
    live = EmulatedPlane(*resources, *odd).live()
    everything = workflow.export(live, Owned()).resources
    half = [each for each in everything if random.Random(f"{seed}{each.address}").random() < 0.5]
    first = files_of(half, layout, live, KINDS)
    rest = workflow.export(live, Owned(), beside=read_back(first))
    assert sorted(each.address for each in (*half, *rest.resources)) == [each.address for each in everything]
    second = files_of(rest.resources, layout, rest.live, KINDS, first)
    together = {**first, **second}
    assert len({name.casefold() for name in together}) == len(first) + len(second)
    nothing_is_planned(read_back(together), live)


@some_on_the_wire
@pytest.mark.filterwarnings("ignore")
@given(clusters(), oddities(), st.sampled_from(LAYOUTS))
def test_an_export_over_http_is_valid_and_a_plan_right_after_it_is_empty(resources: Any, odd: Any, layout: str) -> None:
    emulator = Emulator(options=Options(job_seconds=0.02))
    emulator.load(loadable((*resources, *odd)))
    with serving(emulator) as server, TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("IGZ_ENDPOINT", server.url)
        patched.setenv("V3IO_USERNAME", server.username)
        patched.setenv("V3IO_ACCESS_KEY", server.access_key)
        for command in (
            ["export", "--out-dir", "m", "--layout", layout],
            ["validate", "m"],
            ["plan", "m", "--detailed-exitcode"],
        ):
            output = StringIO()
            with redirect_stdout(output), redirect_stderr(output):
                code = run(command)
            assert code == 0, output.getvalue()
        assert Path("m").is_dir()
    emulator.close()
