"""The config's `reconcile`, as it is read."""

from __future__ import annotations

from pathlib import Path

from igz_apply.manifests.config import load_config
from igz_apply.model.reconciling import (
    Backoff,
    Flaps,
    Freeze,
    Mode,
    Notification,
    Pause,
    Reconciling,
    Repository,
    Shape,
)

WHOLE = """
version: 1
reconcile:
  interval: 5m
  modes: {"*": tell, Group: heal}
  backoff: {first: 10s, most: 600}
  flaps: {reversals: 2, within: 30m}
  paused:
    Project/churn: {until: 2026-12-31T18:00:00+01:00, reason: OPS-1}
    "User/*": {reason: OPS-2}
  freeze:
    - {time_zone: Europe/Berlin, days: [fri], from: "18:00", until: "08:00", resources: [AppService/*], reason: night}
  repo: https://git.example.com/cluster.git
  listen: 127.0.0.1:9464
  notify: [{url_env: SLACK, shape: slack, secret_env: KEY, about: [drifted]}]
targets:
  prod:
    endpoint: https://dashboard.prod.example.com
    reconcile: {interval: 90, ref: release, repo: /srv/cluster.git, path: prod, require_signed: /keys}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "igz-apply.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_is_stated_is_read(tmp_path: Path) -> None:
    found = load_config(written(tmp_path, WHOLE), None).reconciling
    assert found == Reconciling(
        interval=300.0,
        modes={"*": Mode.TELL, "Group": Mode.HEAL},
        backoff=Backoff(10.0, 600.0),
        flaps=Flaps(2, 1800.0),
        paused=(Pause("Project/churn", "2026-12-31T18:00:00+01:00", "OPS-1"), Pause("User/*", "", "OPS-2")),
        freezes=(Freeze("night", "Europe/Berlin", "18:00", "08:00", ("fri",), ("AppService/*",)),),
        repository=Repository("https://git.example.com/cluster.git"),
        listen="127.0.0.1:9464",
        notifications=(Notification("SLACK", Shape.SLACK, "KEY", ("drifted",)),),
    )


def test_a_target_states_its_own_key_by_key(tmp_path: Path) -> None:
    found = load_config(written(tmp_path, WHOLE), "prod").reconciling
    assert found is not None
    assert found.interval == 90.0
    assert found.repository == Repository("/srv/cluster.git", "release", "prod", "/keys")
    assert found.flaps == Flaps(2, 1800.0)


def test_what_is_not_stated_is_as_by_default(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "version: 1\nreconcile: {}\n"), None).reconciling == Reconciling()
    assert load_config(written(tmp_path, "version: 1\n"), None).reconciling is None


def test_a_kind_without_a_mode_is_told_of() -> None:
    assert Reconciling().mode_of("User") is Mode.TELL
    some = Reconciling(modes={"*": Mode.HEAL, "User": Mode.TELL})
    assert (some.mode_of("User"), some.mode_of("Group")) == (Mode.TELL, Mode.HEAL)
