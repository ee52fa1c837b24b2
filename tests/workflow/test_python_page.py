"""The page on igz-apply from Python: its example runs, and its table names what there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import igz_apply
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.errors import Interrupted

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata:\n  name: {}\nspec: {{}}\n"


@pytest.fixture
def reconcile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """The example's function, in a folder with manifests, against an emulator."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    emulator = Emulator(options=Options(job_seconds=0.0))
    with serving(emulator) as server:
        monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
        monkeypatch.setenv("V3IO_USERNAME", server.username)
        names: dict[str, Any] = {}
        exec(compile(EXAMPLE, "docs/python.md", "exec"), names)
        yield lambda: names["reconcile"](server.url)
    emulator.close()


def test_the_example_applies_and_deletes_nothing(
    reconcile: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = Path("manifests/one.yaml"), Path("manifests/other.yaml")
    one.write_text(GROUP.format("one"))
    other.write_text(GROUP.format("other"))
    assert reconcile().exit_code == 0
    assert capsys.readouterr().out.splitlines() == ["create Group/one", "create Group/other", "{'applied': 2}"]
    assert reconcile().outcomes == ()
    other.unlink()
    with pytest.raises(Interrupted):
        reconcile()
    assert "delete Group/other" in capsys.readouterr().out


def test_the_table_names_what_is_exported() -> None:
    table = PAGE.partition("| name |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)\(", table))
    assert named <= set(igz_apply.__all__)
    functions = {name for name in igz_apply.__all__ if name.islower() and not name.startswith("_")}
    assert named == functions
