"""What is released: the wheel and the sdist hold what they must, and the version stands in one place."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from igz_apply.version import __version__
from tests.docs.docs_pages import ROOT
from tests.docs.docs_shell import environment

pytestmark = pytest.mark.full

pytest.importorskip("hatchling")
pytest.importorskip("build")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both, the wheel from the sdist, as a release does; with what is installed, so without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    (path,) = dist.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {name.split("/")[0] for name in names} == {"igz_apply", f"igz_apply-{__version__}.dist-info"}
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "igz_apply").rglob("*") if path.is_file()}
    wanted = {name for name in package if "__pycache__" not in name}
    assert wanted <= names
    assert "igz_apply/py.typed" in names
    for source, target in (("schemas", "schemas"), ("manifests/examples", "examples")):
        files = (path for path in (ROOT / source).rglob("*") if path.is_file())
        data = {f"igz_apply/_data/{target}/{path.relative_to(ROOT / source)}" for path in files}
        assert data <= names
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_the_sdist_holds_what_it_takes_to_test_and_to_build(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "schemas/user.schema.json"} <= names
    assert any(name.startswith("tests/") for name in names)
    assert not [name for name in names if name.startswith((".venv", ".git/", ".igz-apply", ".ci", "site/", "dist/"))]


def test_the_metadata_is_complete(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(wheel.read(f"igz_apply-{__version__}.dist-info/METADATA").decode())
    assert (metadata["Name"], metadata["Version"]) == ("igz-apply", __version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert len(metadata["Summary"]) < 512
    assert str(metadata.get_payload()).startswith("# igz-apply")
    scripts = wheel.read(f"igz_apply-{__version__}.dist-info/entry_points.txt").decode()
    assert "igz-apply = igz_apply.__main__:main" in scripts
    assert f"igz_apply-{__version__}.dist-info/licenses/LICENSE" in wheel.namelist()


def test_the_wheel_works_outside_the_checkout(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "installed")
    environ = {**environment(tmp_path), "PYTHONPATH": str(tmp_path / "installed")}
    for words, said in (
        (["--version"], __version__),
        (["schema", "User"], '"title": "User"'),
        (["init", "new"], "Wrote"),
        (["validate", "new/manifests"], "valid"),
    ):
        command = [sys.executable, "-m", "igz_apply", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert said in done.stdout, done.stderr
    where = [sys.executable, "-c", "import igz_apply; print(igz_apply.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(tmp_path))


def test_the_version_stands_in_one_place_and_in_the_changelog() -> None:
    sources = [*ROOT.glob("*.toml"), *(ROOT / "igz_apply").rglob("*.py"), ROOT / "Dockerfile", ROOT / "Makefile"]
    stated = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])")
    holders = [str(path.relative_to(ROOT)) for path in sources if stated.search(path.read_text(encoding="utf-8"))]
    assert holders == ["igz_apply/version.py"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    came_out = re.findall(r"(?m)^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", changelog)
    assert came_out[:1] in ([], [__version__])  # none has come out yet, or the last one is what is stated


def test_the_image_has_what_a_repository_is_followed_by() -> None:
    image = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert {"git", "gpg", "openssh-client", "ca-certificates"} <= set(image.split())
    user = re.search(r"(?m)^USER (\d+):", image)
    assert user is not None
    assert f"useradd --uid {user[1]} " in image, "ssh runs for users that have a name alone"
