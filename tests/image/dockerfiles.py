"""Reads a Dockerfile and takes its steps, on roots that somebody else makes and enters; as much of it as ours uses.

What it does not know it refuses, so that no step is passed over. Where an engine and this differ, the engine is right.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from docker.utils.build import exclude_paths
from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class NotUnderstood(Exception):
    """The Dockerfile says what an engine may know and this does not."""


class Builder(Protocol):
    """What takes the place of an engine's storage and processes."""

    def base(self, reference: str) -> Path:
        """Return a fresh root in the place of the image that a registry would have been asked for."""

    def copy_of(self, root: Path) -> Path:
        """Return a fresh root that is as `root`."""

    def run(self, root: Path, command: str, environ: Mapping[str, str], folder: str) -> None:
        """Run a command by the root's own shell, as root; raise unless it ends with 0."""


@dataclass(frozen=True)
class Image:
    """A root, and what a container is started by: `user` is as in the Dockerfile, empty for root."""

    root: Path
    environ: Mapping[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Stage:
    name: str
    image: Image
    arguments: dict[str, str] = field(default_factory=dict)


class Replay:
    """One build of a Dockerfile: `context` is the folder that COPY reads from, less what its .dockerignore leaves out.

    `stages` holds what each stage came to, by name; the last one is what the build is for.
    """

    def __init__(self, builder: Builder, context: Path, arguments: Mapping[str, str]) -> None:
        self.stages: dict[str, Image] = {}
        self._builder = builder
        self._context = context
        self._given = arguments
        self._globals: dict[str, str] = {}
        self._stage: _Stage | None = None

    def take(self, text: str) -> Image:
        """Take every step in order and return the last stage's image."""
        for line, instruction, value in steps(text):
            step = _STEPS.get(instruction)
            if step is None or (self._stage is None and instruction not in ("ARG", "FROM")):
                raise NotUnderstood(f"Dockerfile:{line}: {instruction}")
            step(self, value)
            if self._stage is not None:
                self.stages[self._stage.name] = self._stage.image
        return self._now.image

    @property
    def _now(self) -> _Stage:
        if self._stage is None:
            raise NotUnderstood("There is no FROM.")
        return self._stage

    def _words(self, value: str) -> list[str]:
        known = {**self._now.arguments, **self._now.image.environ} if self._stage else self._globals
        return words(value, known)

    def _from(self, value: str) -> None:
        given = words(value, self._globals)
        if len(given) not in (1, 3) or (given[1:] and given[1].upper() != "AS"):
            raise NotUnderstood(f"FROM {value}")
        name = given[2] if given[1:] else str(len(self.stages))
        earlier = self.stages.get(given[0])
        if earlier is None:
            image = Image(self._builder.base(given[0]))
        else:
            image = replace(earlier, root=self._builder.copy_of(earlier.root))
        self._stage = _Stage(name, image)

    def _arg(self, value: str) -> None:
        for word in self._words(value):
            name, _, default = word.partition("=")
            chosen = self._given.get(name, default or self._globals.get(name, ""))
            (self._globals if self._stage is None else self._now.arguments)[name] = chosen

    def _env(self, value: str) -> None:
        self._now.image = replace(self._now.image, environ={**self._now.image.environ, **self._pairs(value)})

    def _label(self, value: str) -> None:
        self._now.image = replace(self._now.image, labels={**self._now.image.labels, **self._pairs(value)})

    def _pairs(self, value: str) -> dict[str, str]:
        pairs = [word.partition("=") for word in self._words(value)]
        if not all(equals for _, equals, _ in pairs):
            raise NotUnderstood(value)
        return {name: text for name, _, text in pairs}

    def _workdir(self, value: str) -> None:
        folder = posixpath.join(self._now.image.folder, *self._words(value))
        within(self._now.image.root, folder).mkdir(parents=True, exist_ok=True)
        self._now.image = replace(self._now.image, folder=folder)

    def _user(self, value: str) -> None:
        self._now.image = replace(self._now.image, user=value)

    def _entrypoint(self, value: str) -> None:
        self._now.image = replace(self._now.image, entrypoint=listed(value), command=())

    def _cmd(self, value: str) -> None:
        self._now.image = replace(self._now.image, command=listed(value))

    def _run(self, value: str) -> None:
        stage = self._now
        if value.startswith(("[", "--", "<<")) or stage.image.user:
            raise NotUnderstood(f"RUN {value}")
        environ = {"HOME": "/root", **stage.arguments, **stage.image.environ}
        self._builder.run(stage.image.root, value, environ, stage.image.folder)

    def _copy(self, value: str) -> None:
        given = self._words(value)
        options = [word for word in given if word.startswith("--")]
        *sources, target = given[len(options) :]
        if not sources or any(not option.startswith("--from=") for option in options):
            raise NotUnderstood(f"COPY {value}")
        image = self._now.image
        place = within(image.root, posixpath.join(image.folder, target))
        if options:
            tree = self.stages[options[0].partition("=")[2]].root
            files = {str(path.relative_to(tree)) for source in sources for path in within(tree, source).rglob("*")}
        else:
            tree, files = self._context, in_context(self._context)
        for source in sources:
            into = place / Path(source).name if target.endswith("/") and within(tree, source).is_file() else place
            copy(tree, posixpath.normpath(source).strip("/"), files, into)


_STEPS: Mapping[str, Callable[[Replay, str], None]] = {
    "FROM": Replay._from,
    "ARG": Replay._arg,
    "ENV": Replay._env,
    "LABEL": Replay._label,
    "WORKDIR": Replay._workdir,
    "USER": Replay._user,
    "ENTRYPOINT": Replay._entrypoint,
    "CMD": Replay._cmd,
    "RUN": Replay._run,
    "COPY": Replay._copy,
}


def steps(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, instruction and value of each step of a Dockerfile."""
    for each in DockerfileParser(fileobj=io.BytesIO(text.encode())).structure:
        if each["instruction"] != "COMMENT":
            yield each["startline"] + 1, each["instruction"].upper(), each["value"]


def words(value: str, known: Mapping[str, str]) -> list[str]:
    """Return the words of a value, unquoted, with `$NAME` and `${NAME}` put in; what is not known is empty."""
    if re.search(r"\$\{\w+[^\w}]", value):
        raise NotUnderstood(value)
    return [word for word in WordSplitter(value, envs=dict(known)).split() if word]


def listed(value: str) -> tuple[str, ...]:
    """Return the words of an instruction in JSON's form; the shell's form is not understood."""
    if not value.startswith("["):
        raise NotUnderstood(value)
    return tuple(json.loads(value))


def within(root: Path, path: str) -> Path:
    """Return where an absolute path of a root lies, or a relative one of a context."""
    return root / posixpath.normpath(path).lstrip("/")


def in_context(context: Path) -> set[str]:
    """Return the files of a context, relative, less what its .dockerignore leaves out."""
    ignored = context / ".dockerignore"
    lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return set(exclude_paths(str(context), patterns))


def copy(tree: Path, source: str, files: set[str], place: Path) -> None:
    """Copy a file, or what a folder holds, as COPY does: as root's, with its mode; links stay links."""
    if source in files and (tree / source).is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / source, place)
        return
    held = sorted(name for name in files if name.startswith(f"{source}/"))
    if not held:
        raise FileNotFoundError(f"COPY: there is no {source} in what may be copied")
    for name in held:
        target, path = place / name[len(source) + 1 :], tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            shutil.copy(path, target)


def digest(reference: str) -> str:
    """Return the digest that a reference to an image ends with, empty without one."""
    found = re.fullmatch(r"[\w./:-]+@(sha256:[0-9a-f]{64})", reference)
    return found[1] if found else ""
