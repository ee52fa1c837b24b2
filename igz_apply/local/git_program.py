"""Asking git: for a time, nobody at a terminal, nothing of a repository run, and no credentials in what it says."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from urllib.parse import unquote

from igz_apply.errors import Interrupted, RepositoryLost
from igz_apply.local.programs import Ended, Leash, run_argv
from igz_apply.model.urls import without_credentials
from igz_apply.patterns import pattern
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

OLDEST = (2, 29)  # the first with all options that are used here
OLDEST_TO_VERIFY = (2, 34)  # the first that knows signatures by SSH keys
LOCAL_SECONDS = 120.0  # of a call that reaches nobody
MOST_LISTED = 64 * 1024 * 1024  # bytes of names, or of refs
MOST_SENT = 1024 * 1024 * 1024  # bytes of one commit, as a server packs it: twice what is written out of it
REPOSITORY = "repository"  # what our copies are called
_MOST_TOLD = 400  # characters of what git says

# Nothing that is configured for other uses runs along: no hook, no monitor, no upkeep, no submodule.
_QUIET = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "fetch.writeCommitGraph=false",
    "fetch.unpackLimit=1",  # one file for all that comes, which can be bounded
    "credential.interactive=false",
    "advice.detachedHead=false",
)
# A server that trickles counts as one that hangs.
_STEADY = ("http.lowSpeedLimit=500", "http.lowSpeedTime=30")
# What leads git elsewhere than it is told to, or makes it write where a secret could stand.
_LEADING = pattern(
    r"GIT_(DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|"
    r"TEMPLATE_DIR|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|ATTR_SOURCE|EXTERNAL_DIFF|CEILING_DIRECTORIES|"
    r"DEFAULT_HASH|QUARANTINE_PATH|PUSH_OPTION\w*|TRACE\w*|CURL_VERBOSE|REDIRECT_\w+|ALLOW_PROTOCOL|EXEC_PATH)"
)
_USERINFO = pattern(r"(?<=://)[^/\s]*@")
_VERSION = pattern(rb"git version (\d+)\.(\d+)")

_HINTS: Sequence[tuple[str, str]] = (
    ("No space left on device", "Make room on that disk, or set XDG_CACHE_HOME to a folder on another."),
    ("Disk quota exceeded", "Make room on that disk, or set XDG_CACHE_HOME to a folder on another."),
    (
        "Host key verification failed",
        "Put the server's host key into known_hosts: ssh-keyscan shows it, who runs the server can confirm it.",
    ),
    ("Permission denied", "Give git on this machine a key that may read the repository, such as a deploy key."),
    (
        "could not read Username",
        "Give git on this machine a credential helper or a token that may read the repository: it asks nobody here.",
    ),
    ("could not read Password", "Give git on this machine a credential helper that knows the password."),
    ("Authentication failed", "Renew the token that git's credential helper gives, or what it may read."),
    ("The requested URL returned error: 403", "Let the token that git's credential helper gives read the repository."),
    ("SSL certificate problem", "Name the authority that signed it in git's http.sslCAInfo."),
    ("dubious ownership", "Run igz-apply as its owner, or add the folder to git's safe.directory."),
    ("not found", "Check the address, and that whoever git logs in as may see the repository."),
    ("does not appear to be a git repository", "Check the address."),
    ("does not exist", "Check the address."),
    ("does not support shallow", "Serve it by `git http-backend`, SSH or `git daemon`: files alone are not enough."),
    ("Could not resolve host", "Check the address and the network."),
    ("No user exists for uid", "Give the user that igz-apply runs as a line in /etc/passwd: ssh runs for no other."),
    ("not allowed", "Use an address of https, ssh, git or file."),
)
_ANY_HINT = "Check that the server is up and can be reached from here. The next round asks again."


_PACKAGES = {"ssh-keygen": "the client of OpenSSH", "gpg": "GnuPG"}


@dataclass(frozen=True, slots=True)
class Login:
    """An address without the credentials that it came with, and how git is told them all the same.

    In the address they would stand in the list of processes.
    """

    url: str
    settings: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def login_of(url: str) -> Login:
    """Take a password out of an address. It is told to that server alone, wherever that leads on."""
    found = re.fullmatch(r"(https?://)([^/@:]*):([^/]*)@([^/]*)(.*)", url, re.DOTALL)
    if found is None:
        return Login(url)
    scheme, name, password, host, path = found.groups()
    script = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$IGZ_GIT_NAME" "$IGZ_GIT_PASSWORD"; }; f'
    return Login(
        f"{scheme}{host}{path}",
        ("credential.helper=", f"credential.{scheme}{host}.helper={script}"),
        {"IGZ_GIT_NAME": unquote(name), "IGZ_GIT_PASSWORD": unquote(password)},
        tuple(text for text in dict.fromkeys((password, unquote(password), _basic(name, password))) if text),
    )


def _basic(name: str, password: str) -> str:
    """Return a login as it is sent, which a server may repeat."""
    return base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Git:
    """The git program, about one repository of others."""

    place: str  # the repository as it is named to people, without credentials
    environ: Mapping[str, str]
    home: Path  # an empty folder: where git looks for settings when it is to find none
    login: Login
    leash: Leash = field(default_factory=Leash)
    protocols: tuple[str, ...] = ("https", "ssh", "git", "file")

    def check_version(self, oldest: tuple[int, int] = OLDEST) -> None:
        """Raise RepositoryLost where there is no git, or an older one."""
        ended = self._run(["git", "--version"], self.alone(), LOCAL_SECONDS)
        found = _VERSION.match(ended.output)
        if found is None or (int(found[1]), int(found[2])) < oldest:
            said = printable(ended.output.decode("utf-8", "replace").strip()) or "what runs as git"
            wanted = ".".join(map(str, oldest))
            raise RepositoryLost(f"{said} is too old to follow a repository.", hint=f"Install git {wanted} or later.")

    def reach(self, *words: str, timeout: float, folder: Path) -> bytes:
        """Ask what reaches the server, logged in as git on this machine is. Raises RepositoryLost, Interrupted."""
        given = (*_QUIET, *_STEADY, *self.login.settings)
        ended = self._run(self._argv(folder, given, words), self._reaching(folder), timeout, most_written=MOST_SENT)
        if not ended.is_done and _is_cut_off(folder):
            raise RepositoryLost(
                f"{self.place} sends more than {MOST_SENT // 2**20:,} MiB for one commit.",
                hint="Keep the manifests in a repository of their own.",
            )
        if ended.is_late:
            raise RepositoryLost(
                f"{self.place} has not answered git within {timeout:g} s.",
                hint="Check that the server is up. The next round asks again.",
            )
        return self._done(ended, f"git cannot read {self.place}")

    def ask(
        self,
        *words: str,
        folder: Path,
        stdin: bytes | None = None,
        limit: int = MOST_LISTED,
        settings: Sequence[str] = (),
    ) -> bytes:
        """Ask what is here already, with nobody's settings. Raises RepositoryLost, Interrupted."""
        ended = self.try_to(*words, folder=folder, stdin=stdin, limit=limit, settings=settings)
        if ended.is_late:
            raise RepositoryLost(f"git took longer than {LOCAL_SECONDS:g} s over its copy of {self.place}.")
        return self._done(ended, f"git cannot use its copy of {self.place}")

    def try_to(
        self,
        *words: str,
        folder: Path,
        stdin: bytes | None = None,
        limit: int = MOST_LISTED,
        settings: Sequence[str] = (),
        more: Mapping[str, str] | None = None,
    ) -> Ended:
        """Ask what is here already, and return how that ended. Raises RepositoryLost without git, Interrupted."""
        argv = self._argv(folder, (*_QUIET, *settings), words)
        environ = {**self.alone(), **_only_in(folder), **(more or {})}
        return self._run(argv, environ, LOCAL_SECONDS, stdin, limit)

    def run_beside(self, argv: Sequence[str], *, stdin: bytes | None = None, more: Mapping[str, str]) -> Ended:
        """Run another program as git would run it. Raises RepositoryLost where there is none, Interrupted."""
        return self._run(argv, {**self.alone(), **more}, LOCAL_SECONDS, stdin)

    def alone(self) -> dict[str, str]:
        """Return an environment in which git finds no settings but its own."""
        kept = {name: value for name, value in self.environ.items() if not name.startswith(("GIT_", "GPG_"))}
        return {
            **kept,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "LC_ALL": "C",
        }

    def _reaching(self, folder: Path) -> dict[str, str]:
        """Return an environment in which git logs in as ever, and asks nobody."""
        kept = {
            name: value
            for name, value in self.environ.items()
            if not _LEADING.fullmatch(name) and name not in ("SSH_ASKPASS", "DISPLAY", "WAYLAND_DISPLAY")
        }
        kept.setdefault("GIT_ASKPASS", "")  # an empty one keeps git from asking by core.askPass, and SSH_ASKPASS
        return {
            **kept,
            **self.login.variables,
            **_only_in(folder),
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GCM_INTERACTIVE": "never",
            "SSH_ASKPASS_REQUIRE": "never",
            "LC_ALL": "C",
            **self._ssh(kept),
        }

    def _ssh(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return which ssh git runs: the one that is configured, which is to ask for nothing."""
        if environ.get("GIT_SSH") and not environ.get("GIT_SSH_COMMAND"):
            return {}  # a program of somebody's own, which may know no options
        return {
            "GIT_SSH_COMMAND": f"{environ.get('GIT_SSH_COMMAND') or self._configured_ssh(environ)} -o BatchMode=yes"
        }

    def _configured_ssh(self, environ: Mapping[str, str]) -> str:
        asking = {**environ, **_only_in(self.home)}
        asked = self._run(["git", "config", "--get", "core.sshCommand"], asking, LOCAL_SECONDS, folder=self.home)
        return asked.output.decode("utf-8", "surrogateescape").strip() or "ssh"

    def _argv(self, folder: Path, settings: Sequence[str], words: Sequence[str]) -> list[str]:
        given = [part for setting in settings for part in ("-c", setting)]
        return ["git", "-C", str(folder), "--literal-pathspecs", "--no-pager", *given, *words]

    def _run(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        timeout: float,
        stdin: bytes | None = None,
        limit: int = MOST_LISTED,
        folder: Path | None = None,
        most_written: int | None = None,
    ) -> Ended:
        try:
            ended = run_argv(
                argv,
                timeout=timeout,
                environ=environ,
                cwd=folder,
                stdin=stdin,
                limit=limit,
                leash=self.leash,
                most_written=most_written,
            )
        except FileNotFoundError as error:
            raise RepositoryLost(
                f"There is no program {argv[0]} here, so {self.place} cannot be followed.",
                hint=f"Install {_PACKAGES.get(argv[0], argv[0])}.",
            ) from error
        except OSError as error:
            raise RepositoryLost(f"{argv[0]} cannot be run: {error.strerror or error}.") from error
        if ended.is_stopped:
            raise Interrupted("Nothing was changed.")
        return ended

    def _done(self, ended: Ended, what: str) -> bytes:
        if ended.is_too_long:
            raise RepositoryLost(f"git says more of {self.place} than can be right.")
        if not ended.is_done:
            said = self.said(ended)
            hint = next((hint for text, hint in _HINTS if text in said), _ANY_HINT)
            raise RepositoryLost(f"{what}: {said}", hint=hint)
        return ended.output

    def said(self, ended: Ended) -> str:
        """Return what git says of its failure, for a person: in short, printable, without credentials."""
        lines = [line for line in ended.errors.decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in _joined(lines) if line.startswith(("fatal: ", "error: ", "ERROR: ", "remote: "))]
        chosen = [*_said_by_ssh(lines), *(telling or lines)[:3]]
        text = "; ".join(dict.fromkeys(it.removeprefix("fatal: ").strip().rstrip(".") for it in chosen if it.strip()))
        text = _USERINFO.sub("", text)
        for secret in self.login.secrets:
            text = text.replace(secret, "***")
        text = printable(text[:_MOST_TOLD])
        return f"{text}." if text else f"it ended with {ended.status} and said nothing."


def _is_cut_off(repository: Path) -> bool:
    """Say whether git was ended over what a server has sent: it leaves what it had by then."""
    return any(path.stat().st_size >= MOST_SENT for path in repository.glob("objects/pack/tmp_pack_*"))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines, with what follows a colon at the end of one."""
    for line, after in zip(lines, (*lines[1:], ""), strict=True):
        yield f"{line} {after}" if line.endswith(":") and after else line


def _said_by_ssh(lines: Sequence[str]) -> Sequence[str]:
    """Return the last word of ssh, where git says no more than that it got nothing from it."""
    first = next((number for number, line in enumerate(lines) if line.startswith(("fatal: ", "error: "))), 0)
    if not lines or "ead from remote" not in lines[first]:
        return ()
    return [line for line in lines[:first] if not line.startswith(("remote: ", "ERROR: ", "Warning: "))][-1:]


def _only_in(folder: Path) -> Mapping[str, str]:
    """Return what lets git look for a repository in a folder, and not in those around it, which are somebody's."""
    is_ours = folder.name == REPOSITORY
    around = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    # Said by its name, it is one for those too whose settings let no other bare one be; `.` leads nowhere once it went.
    return {**around, "GIT_DIR": "."} if is_ours else around


def shown(url: str) -> str:
    """Return a repository's address for a person: without credentials, printable."""
    return printable(without_credentials(url))
