"""The dashboard as Prometheus sees it: its queries, with Grafana's variables filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "igz-apply.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
_VARIABLES = {"$target": ".*", "$__rate_interval": "1m"}


@dataclass(frozen=True)
class Query:
    """One query of a panel."""

    panel: str
    expression: str

    @property
    def metrics(self) -> set[str]:
        return metrics_in(self.expression)


def document() -> Any:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def queries() -> Iterator[Query]:
    found = document()
    for panel in found["panels"]:
        for target in panel.get("targets", ()):
            yield Query(panel["title"], filled(target["expr"]))
    for annotation in found["annotations"]["list"]:
        if "target" in annotation:
            yield Query(annotation["name"], filled(annotation["target"]["expr"]))


def filled(expression: str) -> str:
    for variable, value in _VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, "a variable that nothing fills in"
    return expression


def metrics_in(text: str) -> set[str]:
    """Return the metrics of ours that a text names; what a histogram is made of counts as the histogram."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bigz_apply_\w+", text)}
