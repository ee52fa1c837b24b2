"""The config's `reconcile`, as it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.local.zones import moment_of
from igz_apply.manifests import config_reconcile
from igz_apply.manifests.config import config_document, load_config
from igz_apply.manifests.config_reconcile import doubts_of_reconciling, notifications_given
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


def test_keys_to_look_for_are_kept_where_something_else_says_of_which_repository(tmp_path: Path) -> None:
    found = load_config(written(tmp_path, "version: 1\nreconcile: {require_signed: keys}\n"), None).reconciling
    assert found is not None
    assert found.repository == Repository("", require_signed="keys")


def test_manifests_may_count_from_elsewhere_and_nothing_else_does(tmp_path: Path) -> None:
    text = "version: 1\nmanifests: [a, /b]\nignore: [a/*, README*]\npolicies: [p/*]\n"
    found = load_config(written(tmp_path, text), None, Path("/copy"))
    assert (found.manifests, found.ignore, found.tops) == (("/copy/a", "/b"), ("/copy/a/*", "README*"), ("/copy", "/b"))
    assert found.policies == (str(tmp_path / "p/*"),)
    assert load_config(written(tmp_path, "version: 1\n"), None, Path("/copy")).manifests == ("/copy/manifests",)


def test_what_is_not_stated_is_as_by_default(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, "version: 1\nreconcile: {}\n"), None).reconciling == Reconciling()
    assert load_config(written(tmp_path, "version: 1\n"), None).reconciling is None


def test_a_kind_without_a_mode_is_told_of() -> None:
    assert Reconciling().mode_of("User") is Mode.TELL
    some = Reconciling(modes={"*": Mode.HEAL, "User": Mode.TELL})
    assert (some.mode_of("User"), some.mode_of("Group")) == (Mode.TELL, Mode.HEAL)


# What is wrong with it


def faults(tmp_path: Path, text: str) -> list[tuple[str, int, int, str]]:
    with pytest.raises(InvalidInput) as raised:
        load_config(written(tmp_path, f"version: 1\n{text}"), None)
    return [(it.summary, it.source.line, it.source.column, it.detail) for it in raised.value.problems if it.source]


def freeze(start: str, end: str, more: str = "", zone: str = "UTC") -> str:
    return f"reconcile:\n  freeze:\n  - {{time_zone: {zone}, from: '{start}', until: '{end}', {more}reason: r}}\n"


def test_an_unknown_time_zone_is_refused_where_it_stands(tmp_path: Path) -> None:
    text = freeze("18:00", "08:00", "days: [fri], ", zone="Europe/Berlni")
    assert faults(tmp_path, text) == [("Unknown time zone", 4, 17, "There is no time zone 'Europe/Berlni'.")]


def test_a_machine_without_time_zones_minds_only_where_it_reconciles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_reconcile, "zone_of", lambda _: None)
    monkeypatch.setattr(config_reconcile, "has_zones", lambda: False)
    path = written(tmp_path, f"version: 1\n{freeze('18:00', '08:00', 'days: [fri], ')}")
    assert load_config(path, None).reconciling is not None


@pytest.mark.parametrize(
    ("text", "summary", "column", "detail"),
    [
        (
            freeze("18:00", "18:00", "days: [fri], "),
            "Bad freeze",
            44,
            "A freeze from 18:00 until 18:00 ends with its beginning.",
        ),
        (
            freeze("2026-12-20T18:00", "2026-12-20T17:00"),
            "Bad freeze",
            55,
            "A freeze from 2026-12-20T18:00 until 2026-12-20T17:00 ends before it begins.",
        ),
        (
            freeze("2026-12-20T18:00", "18:00", "days: [fri], "),
            "Bad freeze",
            28,
            "`freeze` has `days`, and from is '2026-12-20T18:00', which comes once.",
        ),
        (
            freeze("2026-12-20T18:00", "18:00"),
            "Bad freeze",
            55,
            "`freeze` has no `days`, and until is '18:00', which names no day.",
        ),
        (
            freeze("2026-02-30T18:00", "2026-12-20T17:00"),
            "No such day",
            28,
            "`freeze` names '2026-02-30T18:00', and there is no such day or time.",
        ),
        (
            freeze("24:00", "08:00", "days: [fri], "),
            "No such day",
            28,
            "`freeze` names '24:00', and there is no such day or time.",
        ),
        (
            freeze("18:00", "25:00", "days: [fri], "),
            "No such day",
            44,
            "`freeze` names '25:00', and there is no such day or time.",
        ),
    ],
)
def test_a_freeze_that_cannot_be_is_refused_where_it_stands(
    tmp_path: Path, text: str, summary: str, column: int, detail: str
) -> None:
    assert faults(tmp_path, text) == [(summary, 4, column, detail)]


@pytest.mark.parametrize(
    "text",
    [
        freeze("18:00", "08:00", "days: [fri], resources: [AppService/*], "),
        freeze("2026-12-20T18:00", "2026-12-20T18:01"),
        freeze("00:00", "24:00", "days: [fri], "),
        freeze("2026-12-20T18:00", "2026-12-20T24:00"),
    ],
)
def test_nights_and_dates_are_as_they_may_be(tmp_path: Path, text: str) -> None:
    assert load_config(written(tmp_path, f"version: 1\n{text}"), None).reconciling is not None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("Group/", "has no name"),
        ("/ops", "has no kind"),
        ("Group /ops", "begins or ends with a space"),
        ("Group/[ab", "has a [ that no ] closes; write [[] for the character itself"),
    ],
)
def test_a_pattern_that_selects_nothing_is_refused_where_it_stands(tmp_path: Path, pattern: str, why: str) -> None:
    paused = f"reconcile:\n  paused:\n    '{pattern}': {{reason: r}}\n"
    assert faults(tmp_path, paused) == [("Bad pattern", 4, 5, f"`paused` names {pattern!r}, which {why}.")]
    frozen = freeze("18:00", "08:00", f"days: [fri], resources: ['{pattern}'], ")
    assert faults(tmp_path, frozen) == [("Bad pattern", 4, 78, f"`freeze` names {pattern!r}, which {why}.")]


@pytest.mark.parametrize("pattern", ["Group", "*", "Group/[[]x", "Group/[!a]*", "Group/[]a]", "Group/a b"])
def test_a_pattern_that_may_select_something_is_taken(tmp_path: Path, pattern: str) -> None:
    text = f"version: 1\nreconcile:\n  paused:\n    '{pattern}': {{reason: r}}\n"
    assert load_config(written(tmp_path, text), None).reconciling is not None


def test_a_pause_until_a_day_that_there_is_not_is_refused_where_it_stands(tmp_path: Path) -> None:
    text = "targets:\n  prod:\n    reconcile: {paused: {Group/ops: {until: 2026-02-30, reason: r}}}\n"
    assert faults(tmp_path, text) == [
        ("No such day", 4, 45, "`paused` ends with '2026-02-30', and there is no such day or time.")
    ]


@pytest.mark.parametrize(
    ("stated", "column", "detail"),
    [
        ("interval: 0", 13, "0 is out of bounds: `reconcile.interval` is a second at least, and a year at most."),
        (
            "interval: 500ms",
            13,
            "500ms is out of bounds: `reconcile.interval` is a second at least, and a year at most.",
        ),
        ("interval: 99999999h", 13, "99999999h is out of bounds"),
        ("backoff: {first: 0s}", 20, "0s is out of bounds: `reconcile.backoff.first` is"),
        ("backoff: {most: 0.5}", 19, "0.5 is out of bounds: `reconcile.backoff.most` is"),
        ("flaps: {within: 0}", 19, "0 is out of bounds: `reconcile.flaps.within` is"),
    ],
)
def test_no_time_lets_rounds_come_one_upon_the_other_or_never(
    stated: str, column: int, detail: str, tmp_path: Path
) -> None:
    (found,) = faults(tmp_path, f"reconcile:\n  {stated}\n")
    assert (found[:3], found[3].startswith(detail)) == (("Out of bounds", 3, column), True), found
    ((_, line, at, _),) = faults(tmp_path, f"targets:\n  prod:\n    reconcile:\n      {stated}\n")
    assert (line, at) == (5, column + 4)
    assert load_config(written(tmp_path, "version: 1\nreconcile: {interval: 1, flaps: {within: 366d}}\n"), None)


DOUBTFUL = """\
version: 1
reconcile:
  modes: {"*": tell, Grup: heal, Group: heal, "User*": tell}
  paused:
    "Grup/a*": {reason: r}
    "*/a": {reason: r}
    Group/ops: {until: 2026-02-28, reason: OPS-1}
    Group/ds: {until: 2026-03-01, reason: OPS-2}
  freeze:
  - {time_zone: UTC, from: "18:00", until: "08:00", days: [fri], resources: [Usr], reason: r}
targets:
  prod: {reconcile: {modes: {Projct: heal}}}
  dev: {reconcile: {modes: {Nothing: heal}}}
  bare: {endpoint: embedded}
"""


def test_what_a_platform_and_a_date_tell_is_told_where_it_stands(tmp_path: Path) -> None:
    document = config_document(load_config(written(tmp_path, DOUBTFUL), "prod"))
    assert document is not None
    now = moment_of("2026-03-01T00:00:00Z")
    found = [*doubts_of_reconciling(document, "prod", KINDS, "Iguazio 3", now)]
    told = [(it.severity, it.summary, it.source.line, it.source.column, it.detail) for it in found if it.source]
    none = "there is no kind {!r} on an Iguazio 3."
    assert told == [
        ("error", "Unknown kind", 3, 22, f"`modes` names 'Grup': {none.format('Grup')}"),
        ("error", "Unknown kind", 3, 47, f"`modes` names 'User*': {none.format('User*')}"),
        ("error", "Unknown kind", 5, 5, f"`paused` names 'Grup/a*': {none.format('Grup')}"),
        ("warning", "Pause has ended", 7, 24, "The pause of Group/ops ended with 2026-02-28 (OPS-1)."),
        ("error", "Unknown kind", 10, 78, f"`freeze` names 'Usr': {none.format('Usr')}"),
        ("error", "Unknown kind", 12, 30, f"`modes` names 'Projct': {none.format('Projct')}"),
    ]
    assert found[0].hint.startswith("Did you mean Group?")


def test_whom_to_tell_can_be_given_in_place_of_the_config() -> None:
    given = notifications_given('[{"url_env": "A", "shape": "slack", "about": ["failed"]}, {"url_env": "B"}]')
    assert given == (Notification("A", Shape.SLACK, about=("failed",)), Notification("B"))
    assert notifications_given("[]") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "IGZ_NOTIFY is no list"),
        ("[", "IGZ_NOTIFY is no list"),
        ("[" * 100_000, "IGZ_NOTIFY is no list"),
        ("[7]", "notify"),
        ('[{"url_env": "A", "x": 1}]', "x"),
        ('[{"url_env": "https://hooks.example.com/S3CRET"}]', "url_env"),
        (f"[{'[' * 500}{']' * 500}]", ""),
    ],
)
def test_what_is_given_in_its_place_is_checked_as_the_config_is(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        notifications_given(text)
    assert said in str(caught.value.problems)


def test_an_address_or_a_key_that_stands_where_its_variable_should_is_not_shown() -> None:
    given = """[{"url_env": "https://hooks.example.com/S3CRET", "secret_env": "a key, S3CRET"}]"""
    with pytest.raises(InvalidInput) as caught:
        notifications_given(given)
    found = caught.value.problems
    assert [it.is_secret for it in found] == [True, True], "its line is not quoted"
    assert "S3CRET" not in "".join(f"{it.detail} {it.hint}" for it in found)
    assert "`notify[0].url_env`" in found[0].detail
