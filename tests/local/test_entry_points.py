"""What other packages offer: found by name, imported late, and a broken one named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput
from igz_apply.local.entry_points import entry_points_of, loaded, package_of
from tests.local.packages import install

GROUP = "igz_apply.tests"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_what_is_offered_is_found_by_name_and_not_imported(site: Path) -> None:
    install(site, "acme-things", GROUP, zeta="no_such_module:x", alpha="json:dumps")
    found = entry_points_of(GROUP)
    assert list(found) == ["alpha", "zeta"]
    assert package_of(found["zeta"]) == "acme-things"
    assert loaded(found["alpha"]) is sys.modules["json"].dumps


def test_nothing_is_offered_in_a_group_that_nobody_knows() -> None:
    assert entry_points_of("igz_apply.nothing") == {}


def test_what_two_packages_offer_is_refused_with_both_names(site: Path) -> None:
    install(site, "acme", GROUP, thing="json:dumps")
    install(site, "zenith", GROUP, thing="json:loads")
    with pytest.raises(InvalidInput) as caught:
        entry_points_of(GROUP)
    (problem,) = caught.value.problems
    assert (problem.summary, problem.code) == ("Plug-in offered twice", "IGZ-481")
    assert problem.detail == "acme and zenith both offer a igz_apply.tests named 'thing'."


def test_a_package_that_is_there_twice_counts_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "other").mkdir()
    for folder in (site, site / "other"):
        install(folder, "acme", GROUP, thing="json:dumps")
    monkeypatch.syspath_prepend(str(site / "other"))
    assert list(entry_points_of(GROUP)) == ["thing"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:x", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:no_such_name", "AttributeError: module 'json' has no attribute 'no_such_name'"),
        ("raises_at_once:x", "RuntimeError: not today"),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_package(value: str, why: str, site: Path) -> None:
    (site / "raises_at_once.py").write_text("raise RuntimeError('not today')")
    install(site, "acme", GROUP, thing=value)
    with pytest.raises(InvalidInput) as caught:
        loaded(entry_points_of(GROUP)["thing"])
    (problem,) = caught.value.problems
    assert (problem.summary, problem.code) == ("Broken plug-in", "IGZ-480")
    assert problem.detail == f"{value}, the igz_apply.tests 'thing' of acme, cannot be imported: {why}."
