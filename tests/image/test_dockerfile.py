"""What the Dockerfile says, and that steps are taken as an engine takes them, as far as that goes without a root."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.docs_pages import ROOT
from tests.image.dockerfiles import Image, NotUnderstood, Replay, digest, in_context, steps
from tests.image.test_locks import settings

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


class Folders:
    """A `Builder` of empty folders, which remembers what would have been run."""

    def __init__(self, place: Path) -> None:
        self.asked: list[str] = []
        self.ran: list[tuple[str, Mapping[str, str], str]] = []
        self._place = place

    def base(self, reference: str) -> Path:
        self.asked.append(reference)
        made = self._place / f"root-{len(list(self._place.iterdir()))}"
        made.mkdir()
        return made

    def copy_of(self, root: Path) -> Path:
        return self.base(f"copy of {root.name}")

    def run(self, root: Path, command: str, environ: Mapping[str, str], folder: str) -> None:
        assert root.is_dir()
        self.ran.append((command, environ, folder))


def replayed(folder: Path, text: str, **arguments: str) -> tuple[Image, Folders]:
    (folder / "roots").mkdir()
    builder = Folders(folder / "roots")
    return Replay(builder, folder, arguments).take(text), builder


def test_every_stage_is_built_on_a_digest_that_a_build_argument_can_replace(tmp_path: Path) -> None:
    context_free = "\n".join(line for line in TEXT.splitlines() if not line.startswith("COPY"))
    _, builder = replayed(tmp_path, context_free)
    assert len(builder.asked) == 2
    assert [bool(digest(each)) for each in builder.asked] == [True, True]
    assert not digest("python:3.13-slim")
    (tmp_path / "again").mkdir()
    _, builder = replayed(tmp_path / "again", context_free, PYTHON="mirror.example.com/python:3.13")
    assert set(builder.asked) == {"mirror.example.com/python:3.13"}


def test_what_is_installed_comes_from_a_lock_by_its_hash_or_from_the_checkout() -> None:
    installing = [part for _, name, value in steps(TEXT) if name == "RUN" for part in re.split(r"&&|;", value)]
    installing = [part for part in installing if re.search(r"\bpip\b.*\b(install|wheel)\b", part)]
    assert len(installing) == 4
    for part in installing:
        assert "--no-deps" in part
        assert "--no-index" in part or {"--require-hashes", "--only-binary"} <= set(part.split()), part
    assert "curl" not in TEXT
    assert "wget" not in TEXT
    assert not [name for _, name, _ in steps(TEXT) if name == "ADD"]


def test_the_labels_are_what_the_project_says_of_itself(tmp_path: Path) -> None:
    context_free = "\n".join(line for line in TEXT.splitlines() if not line.startswith("COPY"))
    image, _ = replayed(tmp_path, context_free, VERSION="1.2.3", REVISION="abc")
    project = settings()["project"]
    assert image.labels == {
        "org.opencontainers.image.title": project["name"],
        "org.opencontainers.image.description": project["description"],
        "org.opencontainers.image.licenses": project["license"],
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.revision": "abc",
    }
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", image.user)


def test_the_steps_are_taken_in_order_with_their_arguments_and_environment(tmp_path: Path) -> None:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "src" / "sub" / "a.txt").write_text("a")
    (tmp_path / "src" / "b.pyc").write_text("b")
    (tmp_path / "c.txt").write_text("c")
    (tmp_path / ".dockerignore").write_text("*\n!src\n!c.txt\n**/*.pyc\n")
    text = """
ARG BASE=one@sha256:1
FROM ${BASE} AS build
WORKDIR /work/here
ARG MORE="x y"
ENV A=1 B="${A}$MORE"
COPY src there
COPY c.txt ./
RUN first \\
    && second
FROM build AS later
RUN third
FROM other
COPY --from=build /work/here/there /kept
ENTRYPOINT ["run", "it"]
CMD ["now"]
USER 7:7
"""
    image, builder = replayed(tmp_path, text, MORE="z")
    assert builder.asked == ["one@sha256:1", "copy of root-0", "other"]
    (command, environ, folder), (_, inherited, _) = builder.ran
    assert (command.split(), folder) == (["first", "&&", "second"], "/work/here")
    assert {"A": "1", "B": "z", "MORE": "z", "HOME": "/root"}.items() <= environ.items()
    assert "MORE" not in inherited
    built = tmp_path / "roots" / "root-0" / "work" / "here"
    assert sorted(str(path.relative_to(built)) for path in built.rglob("*.*")) == ["c.txt", "there/sub/a.txt"]
    assert (image.root / "kept" / "sub" / "a.txt").read_text() == "a"
    assert (image.entrypoint, image.command, image.user) == (("run", "it"), ("now",), "7:7")


@pytest.mark.parametrize(
    "step",
    [
        "ADD a b",
        "COPY --chown=1 a b",
        "COPY .venv b",
        "COPY nothing b",
        "RUN --mount=type=cache x",
        'RUN ["x"]',
        "CMD x",
        "ENV A 1",
        "ENV A=${B:-1}",
        'SHELL ["x"]',
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, step: str) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".dockerignore").write_text(".venv\n")
    with pytest.raises((NotUnderstood, FileNotFoundError)):
        replayed(tmp_path, f"FROM base\n{step}\n")


@pytest.mark.full
def test_nothing_gets_near_the_image_but_what_it_is_built_from() -> None:
    names = in_context(ROOT)
    folders = ("igz_apply", "schemas", "manifests/examples", "deploy/image")
    beside = {name for name in names if not name.startswith(tuple(f"{folder}/" for folder in folders))}
    assert beside - {"deploy", "manifests", *folders} == {
        *("Dockerfile", ".dockerignore"),  # an engine takes them along
        *("LICENSE", "README.md", "pyproject.toml"),
    }
    assert not [name for name in names if "__pycache__" in name]
