"""A real `reconcile`, scraped by a real Prometheus, which is asked all that dashboard and alerts ask."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from igz_apply.emulator import Emulator, Options, serving
from tests.watching.dashboard import ALERTS, queries
from tests.watching.watched_processes import LISTENING, RECONCILE, started, until

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed"),
]

QUIET = {  # panels of which nothing is to be seen where nothing goes wrong
    "Refusals in an hour, by rule",
    "The longest wait",
    "How long jobs take",  # none may have been slow enough to be seen waiting
    "New commit",  # there is but one
}
REPEATED = "request_retries"
CONFIG = """\
version: 1
targets: {prod: {platform: iguazio3}}
reconcile:
  modes: {Group: heal, Project: heal}
  notify: [{url_env: HOOK, shape: slack}]
"""
MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {description: Data scientists}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: Lovelace, email: ada@example.com, assigned_policies: [Developer]}
"""
PROJECT = """\
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {description: Which customers leave, owner: admin}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout of git with a config and manifests that differ from the cluster."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(MANIFESTS)
    (tmp_path / "igz-apply.yaml").write_text(CONFIG)
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


class Prometheus:
    """Its HTTP API."""

    def __init__(self, place: str) -> None:
        self.place = place

    def get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://{self.place}/api/v1/{path}?{query}", timeout=20) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def asked(self, expression: str) -> list[Any]:
        """Return what a query finds. Raises HTTPError where it cannot be answered."""
        return list(self.get("query", query=expression)["result"])


@contextmanager
def prometheus(folder: Path, scraped: str) -> Iterator[Prometheus]:
    config = {
        "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(ALERTS)],
        "scrape_configs": [{"job_name": "igz-apply", "static_configs": [{"targets": [scraped]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=folder, check=True, capture_output=True)
    argv = [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--web.listen-address=127.0.0.1:0",
    ]
    log = folder / "log"
    with started(argv, folder, log, r'msg="Listening on" address=(\S+)') as place:
        until(lambda: "Server is ready" in log.read_text(), log)
        yield Prometheus(place)


def test_prometheus_answers_all_that_dashboard_and_alerts_ask(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    emulator = Emulator(options=Options(job_seconds=0.5))
    apart = tmp_path_factory.mktemp("reconcile")
    with serving(emulator) as cluster:
        environment = {
            "IGZ_ENDPOINT": cluster.url,
            "V3IO_USERNAME": cluster.username,
            "V3IO_ACCESS_KEY": cluster.access_key,
            "HOOK": "http://127.0.0.1:1/kanary",  # where nobody is
        }
        with (
            started([*RECONCILE, "--interval=1"], workspace, apart / "log", LISTENING, **environment) as place,
            prometheus(tmp_path_factory.mktemp("prometheus"), place) as server,
        ):
            until(lambda: server.asked("igz_apply_rounds_total > 2"))
            _what_is_healed_is_counted(server, workspace)
            _every_query_is_answered(server)
            _every_alert_is_answered(server)
            _promtool_finds_nothing_wrong(place)
            _what_is_not_known_is_absent(server, workspace)
    emulator.close()


def _what_is_healed_is_counted(server: Prometheus, workspace: Path) -> None:
    assert server.asked('igz_apply_healed_resources_total{kind="Project"} == 0')
    (workspace / "manifests" / "project.yaml").write_text(PROJECT)
    until(partial(server.asked, 'igz_apply_healed_resources_total{kind="Project"} == 1'))
    until(partial(server.asked, 'increase(igz_apply_healed_resources_total{kind="Project"}[1m]) > 0'))
    assert server.asked("igz_apply_job_duration_seconds_count > 0")
    assert server.asked('igz_apply_round_phase_duration_seconds_count{phase="apply"} > 0')


def _every_query_is_answered(server: Prometheus) -> None:
    for query in queries():
        found = server.asked(query.expression)
        if query.panel not in QUIET and REPEATED not in query.expression:
            assert found or until(partial(server.asked, query.expression)), query


def _every_alert_is_answered(server: Prometheus) -> None:
    loaded = [rule for group in until(lambda: server.get("rules")["groups"]) for rule in group["rules"]]
    stated = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert [rule["name"] for rule in loaded] == [rule["alert"] for rule in stated]
    until(lambda: all(rule["health"] == "ok" for rule in _rules(server)))
    for rule in stated:
        found = server.asked(rule["expr"])
        if rule["alert"] == "IgzApplyDriftStays":
            found = until(partial(server.asked, _finely(rule["expr"])))
        assert bool(found) == (rule["alert"] == "IgzApplyDriftStays"), (rule["alert"], found)


def _finely(expression: str) -> str:
    """Return it with subqueries that see what is younger than the last full minute, at which theirs look."""
    return expression.replace(":1m]", ":1s]")


def _rules(server: Prometheus) -> list[Any]:
    return [rule for group in server.get("rules")["groups"] for rule in group["rules"]]


def _promtool_finds_nothing_wrong(place: str) -> None:
    with urllib.request.urlopen(f"http://{place}/metrics", timeout=20) as answer:
        text = answer.read()
    assert b"kanary" not in text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def _what_is_not_known_is_absent(server: Prometheus, workspace: Path) -> None:
    """Once rounds fail, drift is no longer told, and the alert about it still stands."""
    drift = "sum by (kind) (igz_apply_drift_resources)"
    found = {it["metric"]["kind"]: it["value"][1] for it in server.asked(drift)}
    assert found == {"AppService": "0", "Group": "0", "Project": "0", "User": "1"}
    (workspace / "manifests" / "all.yaml").write_text("{")
    until(lambda: server.asked('igz_apply_last_round_ending{ending="invalid"} == 1'))
    until(lambda: not server.asked(drift))
    assert server.asked("igz_apply_failures_in_a_row > 0")
    assert server.asked("last_over_time((max by (target, kind) (igz_apply_drift_resources))[1h:1s]) > 0")
