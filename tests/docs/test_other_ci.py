"""Jenkins, pre-commit and the image, as far as they run without a Jenkins, pre-commit or docker."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path, PurePosixPath

import pytest
import yaml

from tests.docs.ci_runner import shell
from tests.docs.docs_pages import ROOT, blocks

pytestmark = pytest.mark.full

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def jenkinsfile() -> str:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return "\n".join(next(block.lines for block in blocks(page) if block.title == "Jenkinsfile"))


def test_the_shell_in_the_jenkinsfile_validates_plans_and_applies(tmp_path: Path) -> None:
    found = re.findall(r"stage\('(\w+)'\).*?sh '''(.*?)'''", jenkinsfile(), re.DOTALL)
    scripts = {stage: textwrap.dedent(script) for stage, script in found}
    assert list(scripts) == ["Install", "Validate", "Plan", "Apply"]
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "manifests" / "examples", folder / "manifests")
    for stage in ("Validate", "Plan", "Apply"):
        done = shell(scripts[stage], folder, IGZ_ENDPOINT="embedded")
        assert done.returncode == 0, done.stdout
    reports = set(re.findall(r"[\w.*]+\.(?:xml|\*)", jenkinsfile()[jenkinsfile().index("post {") :]))
    assert all(list(folder.glob(name)) for name in reports), reports


def test_the_jenkinsfile_closes_what_it_opens() -> None:
    without_strings = re.sub(r"'''.*?'''|\"[^\"]*\"|'[^']*'", "", jenkinsfile(), flags=re.DOTALL)
    assert without_strings.count("{") == without_strings.count("}")


def test_the_pre_commit_hook_finds_a_broken_manifest(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    files = re.compile(hook["files"])
    assert all(map(files.search, ("manifests/user.yaml", "igz-apply.yaml", "clusters/a/manifests/x.yml")))
    assert not any(map(files.search, ("README.md", "docs/ci.md")))
    (tmp_path / "work" / "manifests").mkdir(parents=True)
    (tmp_path / "work" / "manifests" / "x.yaml").write_text("kind: User\n")
    assert shell(hook["entry"], tmp_path / "work").returncode == 3


PIPELINES = (
    *sorted((ROOT / "ci").glob("*.yml")),
    ROOT / "action.yml",
    *sorted((ROOT / "igz_apply" / "manifests" / "templates").glob("*ci.yaml")),
    *sorted((ROOT / "igz_apply" / "manifests" / "templates").glob("*.md")),
    *sorted((ROOT / "docs").glob("**/*.md")),
    ROOT / "README.md",
)


def test_nothing_claims_that_an_index_has_the_package() -> None:
    bare = re.compile(
        r"(?:pip3? install|pipx install|uv tool install|REQUIREMENT:)[^\n#`]*[ \"']igz-apply(?! @)[ \"'=\n]"
    )
    assert bare.search("pip install --quiet igz-apply s3fs\n")
    assert bare.search('pip install "igz-apply==0.1.0"')
    assert not bare.search('pip install "igz-apply @ git+https://git.example.com/your-org/igz-apply@v0.1.0"\n')
    for path in PIPELINES:
        assert bare.findall(path.read_text(encoding="utf-8")) == [], path


def test_what_is_installed_by_git_runs_in_images_that_have_it() -> None:
    for path in PIPELINES:
        text = path.read_text(encoding="utf-8")
        images = re.findall(r"(?:^image:|IGZ_APPLY_IMAGE:|docker \{ image) *'?(python:[\w.-]+)", text, re.MULTILINE)
        assert not [image for image in images if "slim" in image or "alpine" in image], path


def test_the_hook_on_the_page_exists() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    config = next(block for block in blocks(page) if block.title == ".pre-commit-config.yaml")
    (repo,) = yaml.safe_load("\n".join(config.lines))["repos"]
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in repo["hooks"]} <= known


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_image_is_slim_in_two_stages_and_not_root() -> None:
    assert [image.partition(" ")[0] for image in instructions("FROM")] == ["${PYTHON}", "${PYTHON}"]
    assert re.match(r"PYTHON=python:3\.\d+-slim\S*@sha256:[0-9a-f]{64}$", instructions("ARG")[0])
    (user,) = instructions("USER")
    assert user.partition(":")[0].isdigit()
    assert user.partition(":")[0] != "0"
    assert instructions("ENTRYPOINT") == ['["igz-apply"]']
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN ")


def test_the_image_is_built_from_all_that_the_wheel_needs(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    for each in instructions("COPY"):
        *sources, target = shlex.split(each)
        for source in sources if not sources[0].startswith("--from") else ():
            assert any(PurePosixPath(source).is_relative_to(kept) for kept in not_ignored()), source
            place = tmp_path / target / PurePosixPath(source).name if target == "./" else tmp_path / target
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, place)
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        str(tmp_path / "dist"),
        str(tmp_path),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "igz_apply/_data/schemas/user.schema.json" in zipfile.ZipFile(wheel).namelist()


def not_ignored() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    return [line[1:] for line in lines if line.startswith("!")]
