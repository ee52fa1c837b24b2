"""Secrets that a program writes to its standard output: which one is run, with what around it, and what it came to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from igz_apply.local.branch_files import is_of_branch
from igz_apply.local.programs import Ended, Leash, run_argv
from igz_apply.model.allowed_sources import WILD, AllowedSources
from igz_apply.ports import Unread

_OURS = ("V3IO_", "IGZ_")  # how the variables are called in which our own credentials may be


class SecretCommands:
    """Runs commands that somebody allows, in the config's `folder`.

    They get the caller's environment without our own credentials. Of its PATH what is relative is left out; where the
    allowed ones are pinned, what lies in the checkout too, since there a branch says what runs.
    """

    __slots__ = ("_allowed", "_environ", "_folder", "_timeout")

    def __init__(self, allowed: AllowedSources, environ: Mapping[str, str], folder: Path, timeout: float) -> None:
        self._allowed = allowed
        self._folder = folder.absolute()
        self._timeout = timeout
        kept = {name: value for name, value in environ.items() if not name.startswith(_OURS)}
        self._environ = {**kept, "PATH": self._path(environ.get("PATH") or os.defpath)}

    def read(self, argv: Sequence[str], leash: Leash) -> str | Unread:
        """Run a command and return what it wrote, without one line end at its end."""
        pattern = self._allowed.pattern_of(argv)
        if pattern is None:
            return Unread(f"{self._allowed.commands_at} does not allow it")
        if strays := [text for item, text in zip(pattern, argv, strict=True) if self._leads_out(item, text)]:
            return Unread(f"{strays[0]} leads out of where the pattern that allows it is about")
        program = self._program(argv[0])
        if isinstance(program, Unread):
            return program
        try:
            ended = run_argv(
                argv,
                program=program,
                timeout=self._timeout,
                environ=self._environ,
                cwd=self._folder,
                leash=leash,
            )
        except (OSError, ValueError) as error:  # ValueError: an argument holds what none can
            reason = error.strerror if isinstance(error, OSError) else "an argument holds a null character"
            return Unread(f"the command cannot be started: {reason}")
        return self._result(ended)

    def _result(self, ended: Ended) -> str | Unread:
        """Return the secret. What a program says on standard error is never shown: it may hold the secret."""
        if ended.is_stopped:
            return Unread("the command was stopped")
        if ended.is_late:
            return Unread(f"the command was not done within {self._timeout:g}s")
        if ended.is_too_long:
            return Unread("the command wrote more than 1 MiB")
        if ended.status != 0:
            return Unread(
                f"the command ended {_how(ended.status)}; run it by hand in {self._folder} to see what it says"
            )
        return text_of(ended.output, "what the command wrote")

    def _program(self, name: str) -> str | Unread:
        """Return the path of the program to run."""
        if os.sep in name or "/" in name:
            found = str(self._folder / name)
        else:
            import shutil  # here, as few secrets come from a command

            found = shutil.which(name, path=self._environ["PATH"]) or ""
        if not found or not Path(found).exists():
            where = " outside the checkout" if self._allowed.is_pinned else ""
            return Unread(f"there is no program {name}{where}")
        if self._allowed.is_pinned and is_of_branch(Path(found), self._folder):
            return Unread(f"the program {found} lies in the checkout, where a branch can change it")
        return found

    def _path(self, path: str) -> str:
        """Return a PATH without folders that are relative, or in the checkout where that matters."""
        folders = [each for each in path.split(os.pathsep) if Path(each).is_absolute()]
        if self._allowed.is_pinned:
            folders = [each for each in folders if not is_of_branch(Path(each), self._folder)]
        return os.pathsep.join(folders)

    def _leads_out(self, item: str, text: str) -> bool:
        """Say whether what stands for an asterisk is a path that leads, by links, out of the pattern's folder.

        The path may come after the name of an option, as in `--file=secrets/*`, and nobody knows where that ends.
        """
        if WILD not in item:
            return False
        literal = item.partition(WILD)[0]
        last = max(literal.rfind("/"), 0) or len(literal)
        return any(self._is_led_out(item[begin:], text[begin:]) for begin in range(last + 1))

    def _is_led_out(self, item: str, text: str) -> bool:
        if not os.path.lexists(self._folder / text):
            return False
        stated = item.partition(WILD)[0].rpartition("/")[0]
        # Of a path from the config's folder no link counts, neither one to the file nor one on the way to it.
        around = os.path.realpath(stated or "/") if Path(item).is_absolute() else os.path.realpath(self._folder)
        within = os.path.normpath(Path(around) / stated)
        return not Path(os.path.realpath(self._folder / text)).is_relative_to(within)


def text_of(content: bytes, what: str) -> str | Unread:
    """Decode a secret, without the one line end that editors and `echo` put at the end; `what` holds it."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Unread(f"{what} is not UTF-8 text")
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    return text or Unread(f"{what} is empty")


def _how(status: int | None) -> str:
    return f"by signal {-status}" if status is not None and status < 0 else f"with exit code {status}"
