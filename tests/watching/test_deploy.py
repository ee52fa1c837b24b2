"""What is given to Prometheus and Grafana fits the metrics that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.watching.table import METRICS
from tests.watching.dashboard import ALERTS, document, metrics_in, queries

ROOT = Path(__file__).parents[2]
NAMES = {metric.full_name for metric in METRICS}
BY_PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_every_metric_is_on_the_dashboard_and_every_query_asks_for_one() -> None:
    asked = [query.metrics for query in queries()]
    assert set.union(*asked) == NAMES
    assert all(asked)


def test_every_alert_asks_for_metrics_that_there_are_and_says_what_to_do() -> None:
    for rule in rules():
        assert metrics_in(rule["expr"])
        assert metrics_in(str(rule)) <= NAMES
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert len(rule["annotations"]["description"]) > 80


@BY_PROMTOOL
@pytest.mark.parametrize("arguments", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")])
def test_promtool_finds_nothing_wrong_with_the_alerts(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=ALERTS.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


def test_every_alert_is_tried() -> None:
    tried = (ALERTS.parent / "alerts_test.yaml").read_text()
    assert [rule["alert"] for rule in rules() if rule["alert"] not in tried] == []


# The dashboard


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = document()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations(panels, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        apart = apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, (one["title"], other["title"])
    cells = sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in panels)
    assert cells == 24 * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)  # and leave no hole


def test_whoever_imports_it_chooses_source_and_target() -> None:
    found = document()
    assert found["schemaVersion"] >= 39
    assert found["id"] is None
    assert [variable["name"] for variable in found["templating"]["list"]] == ["datasource", "target"]
    for panel in found["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert panel["description"]
            assert all('{target=~"$target"' in target["expr"] for target in panel["targets"])
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


# The page


def test_the_page_has_the_table_of_all_metrics() -> None:
    page = (ROOT / "docs" / "howto" / "watch.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(igz_apply_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", page, re.MULTILINE)
    stated = [(name, form, labels.strip(), text.strip()) for name, form, labels, text in rows]
    assert stated == [
        (it.full_name, it.form.value, ", ".join(f"`{label}`" for label in it.labels), it.help) for it in METRICS
    ]


def test_the_page_names_every_alert() -> None:
    page = (ROOT / "docs" / "howto" / "watch.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(IgzApply\w+)`", page, re.MULTILINE) == [rule["alert"] for rule in rules()]
