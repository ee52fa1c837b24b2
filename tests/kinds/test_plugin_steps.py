"""How a plan with a plug-in's kind is cut: nothing of it runs before what it needs, on either platform's own steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply import Field, Kind, KindPlugin, workflow
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.iguazio4.platform import IGUAZIO4
from igz_apply.model.resources import Caller, LiveState, Owned
from igz_apply.platform import Platform
from igz_apply.plugins.offered import Offered
from igz_apply.plugins.platform import with_kinds
from tests.fakes import FakeSecrets


def nothing(*_: object) -> None:
    raise AssertionError("a plan is cut without a call")


PLUGIN = KindPlugin(
    kind=Kind("Quota", (Field("cpu"),)),
    schema={"properties": {"cpu": {"description": "Cores.", "type": "integer"}}},
    read=nothing,  # type: ignore[arg-type]
    create=nothing,  # type: ignore[arg-type]
    update=nothing,
    delete=nothing,
)
OFFERED = {"Quota": Offered(PLUGIN, "igz-quotas")}


def manifest(kind: str, name: str, spec: str, after: str, version: str) -> str:
    head = f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    return f"{head}lifecycle: {{depends_on: [{after}]}}\n" if after else head


def needs(platform: Platform, tmp_path: Path, *resources: tuple[str, str, str, str]) -> dict[str, list[str]]:
    version = platform.kinds.api_version
    path = tmp_path / "all.yaml"
    path.write_text("".join(manifest(*each, version) for each in resources))
    live = LiveState({}, {}, Caller("https://c", "boss", "t", ""))
    loaded = workflow.load([str(path)], platform=platform)
    made = workflow.plan(loaded, live, Owned({}), secrets=FakeSecrets(), platform=platform).plan
    assert made is not None, loaded.problems
    return {step.key: sorted(step.needs) for step in platform.steps_of(made, platform.kinds)}


def test_a_document_is_written_twice_where_a_plug_in_stands_between_two_of_its_entries(tmp_path: Path) -> None:
    service = "{kind: grafana, owner: boss}"
    found = needs(
        with_kinds(IGUAZIO3, OFFERED),
        tmp_path,
        ("User", "boss", "{first_name: B, last_name: B, email: b@x.org}", ""),
        ("AppService", "a", service, ""),
        ("Quota", "q", "{cpu: 1}", "AppService/a"),
        ("AppService", "b", service, "Quota/q"),
    )
    first, second = [key for key in found if key.startswith("document")]
    assert found["create Quota/q"] == [first]
    assert {"create Quota/q", "create User/boss"} <= set(found[second])
    assert "create Quota/q" not in found[first]


@pytest.mark.parametrize("platform", [IGUAZIO3, IGUAZIO4], ids=["three", "four"])
def test_each_waits_for_what_its_manifest_puts_before_it(platform: Platform, tmp_path: Path) -> None:
    found = needs(
        with_kinds(platform, OFFERED),
        tmp_path,
        ("Group", "after", "{}", "Quota/q"),
        ("Quota", "q", "{cpu: 1}", "Group/before"),
        ("Quota", "r", "{cpu: 1}", "Quota/q"),
        ("Group", "before", "{}", ""),
    )
    assert found == {
        "create Group/before": [],
        "create Quota/q": ["create Group/before"],
        "create Group/after": ["create Quota/q"],
        "create Quota/r": ["create Quota/q"],
    }
