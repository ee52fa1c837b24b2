"""A clean root of Debian in the place of the image's base, and processes in it, where no engine is.

It is of the Debian and of the minor version of Python that the base is of, and laid out as that is, with interpreter
and pip in /usr/local. The interpreter is Debian's build, so what is tried is our steps and not the base.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.image.dockerfiles import Image

SUITE = "trixie"
MIRROR = "http://deb.debian.org"
SOURCES = (
    f"deb {MIRROR}/debian {SUITE} main",
    f"deb {MIRROR}/debian {SUITE}-updates main",
    f"deb {MIRROR}/debian-security {SUITE}-security main",
)
PACKAGES = ("ca-certificates", "netbase", "python3", "python3-venv", "tzdata")
#: What an engine would be told of the network, and a step has to be told too.
NETWORK = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
#: Bytes that the roots of one replay take, with some to spare.
ROOM = 4 << 30
PROGRAMS = ("mmdebstrap", "unshare", "mount", "chroot")

# The base has its interpreter there. That installing a package starts no service is so in images of Debian too.
_AS_THE_BASE = r"""
python3 -m venv /usr/local
ln -sf pip3 /usr/local/bin/pip
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
: >/etc/resolv.conf
"""

# $1 is the root, $2 a certificate or nothing. Every mount is gone with the process.
_BUILDING = r"""
set -e
root=$1 certificate=$2; shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
if [ -n "$certificate" ]; then
    mount -t tmpfs certificate "$root/mnt"
    cp "$certificate" "$root/mnt/certificate.pem"
fi
exec chroot "$root" "$@"
"""

# What `ip link set lo up` does, which is not on every machine.
_LOOPBACK = """
import fcntl, socket, struct
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
"""

# $1 is the root, $2 the folder at /work, $3 whether the root is read-only; $4 and $5 bring up the one device of the
# network, as engines do where they give no other.
_CONTAINED = r"""
set -e
root=$1 work=$2 is_read_only=$3 python=$4 loopback=$5; shift 5
"$python" -c "$loopback"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --bind "$work" "$root/work"
if [ "$is_read_only" = yes ]; then mount -o remount,bind,ro "$root"; mount -o remount,ro "$root/dev"; fi
exec chroot "$root" "$@"
"""


class StepFailed(Exception):
    """A RUN ended with another code than 0; the text is what it printed."""


def missing() -> str:
    """Return why no root can be made or entered here, empty where one can."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        return f"{', '.join(lacking)}: not installed"
    if os.geteuid() != 0:
        return "not root"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "no namespaces of its own for a process"


def roomy() -> Path | None:
    """Return the machine's folder in memory where that holds some roots that can be run; it is much faster."""
    place = Path("/dev/shm")
    if not place.is_dir() or shutil.disk_usage(place).free < ROOM:
        return None
    flags = os.statvfs(place).f_flag
    return None if flags & (os.ST_NODEV | os.ST_NOEXEC | os.ST_RDONLY) else place


def make_base(place: Path) -> None:
    """Make the root in `place`, which is not there yet; some 15 seconds and 170 MB."""
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", "--format=directory"]
    # An option of mmdebstrap would do too, but it reads every archive by itself then, which takes half as long again.
    slim = "".join(f"path-exclude=/usr/share/{each}/*\\n" for each in ("doc", "info", "locale", "man"))
    command += ["--dpkgopt=force-unsafe-io", f"--essential-hook=printf '{slim}' >\"$1/etc/dpkg/dpkg.cfg.d/slim\""]
    subprocess.run([*command, SUITE, str(place), *SOURCES], check=True, stdin=subprocess.DEVNULL)
    subprocess.run(["chroot", str(place), "/bin/sh", "-ec", _AS_THE_BASE], check=True, stdin=subprocess.DEVNULL)


class Roots:
    """A `Builder` of images below `folder`; `base` is what `make_base` made."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.asked: list[str] = []
        self._base = base
        self._folder = folder

    def base(self, reference: str) -> Path:
        """Return a copy of the one base, whatever is asked for; `asked` remembers that."""
        self.asked.append(reference)
        return self.copy_of(self._base)

    def copy_of(self, root: Path) -> Path:
        """Return a copy with owners, modes and links."""
        made = Path(tempfile.mkdtemp(prefix="root-", dir=self._folder))
        subprocess.run(["cp", "--archive", "--reflink=auto", f"{root}/.", str(made)], check=True)
        return made

    def run(self, root: Path, command: str, environ: Mapping[str, str], folder: str) -> None:
        """Run a step with the network and this machine's certificates; raise StepFailed unless it ends with 0."""
        certificate = os.environ.get("PIP_CERT", "")
        told = {name: os.environ[name] for name in NETWORK if name in os.environ}
        if certificate:
            told["PIP_CERT"] = "/mnt/certificate.pem"
        words = ["/usr/bin/env", "--ignore-environment", f"--chdir={folder}", *pairs({**told, **environ})]
        done = subprocess.run(
            [
                *apart("--mount", "--pid"),
                "sh",
                "-c",
                _BUILDING,
                "sh",
                str(root),
                certificate,
                *words,
                "/bin/sh",
                "-c",
                command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StepFailed(f"RUN {command}\nended with {done.returncode}:\n{done.stdout}")


@dataclass(frozen=True)
class Container:
    """Processes of an image: as its user, without the network and without capabilities, `work` at /work.

    With `is_read_only`, which is how the image is meant to run, /tmp and /work alone can be written, by their modes.
    """

    image: Image
    work: Path
    is_read_only: bool = True

    def argv(self, *words: str, entrypoint: Sequence[str] | None = None, **environ: str) -> list[str]:
        """Return the command that starts what an engine would; `words` take CMD's place, as `docker run` has it."""
        user, _, group = self.image.user.partition(":")
        inside = [
            *("/usr/bin/setpriv", "--reuid", user, "--regid", group, "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"),
            *("/usr/bin/env", "--ignore-environment", f"--chdir={self.image.folder}"),
            *pairs({"HOME": home_of(self.image.root, user), **self.image.environ, **environ}),
            *(self.image.entrypoint if entrypoint is None else entrypoint),
            *(words or (self.image.command if entrypoint is None else ())),
        ]
        script = [_CONTAINED, "sh", str(self.image.root), str(self.work), "yes" if self.is_read_only else "no"]
        loopback = [sys.executable, _LOOPBACK]
        return [*apart("--mount", "--pid", "--net", "--ipc"), "sh", "-c", *script, *loopback, *inside]

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the entrypoint to its end."""
        return ended(self.argv(*words, **environ))

    def program(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another program of the image to its end, as `docker run --entrypoint` does."""
        return ended(self.argv(entrypoint=words))


def apart(*namespaces: str) -> list[str]:
    """Return what starts a process as the first in namespaces of its own; it ends with what started it."""
    return ["unshare", *namespaces, "--propagation", "private", "--fork", "--kill-child", "--"]


def ended(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def pairs(environ: Mapping[str, str]) -> list[str]:
    """Return an environment as `env` is told it."""
    return [f"{name}={value}" for name, value in environ.items()]


def home_of(root: Path, user: str) -> str:
    """Return the home that the root's /etc/passwd gives a uid, `/` where it knows none, as engines do."""
    lines = (root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()
    return next((fields[5] for fields in (line.split(":") for line in lines) if fields[2] == user), "/")
