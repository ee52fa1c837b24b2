"""The containers of a pod as ordinary processes: what the kubelet and a container runtime make of a manifest.

Each runs with the command line, environment, user, groups and privileges that the manifest asks for, in a mount
namespace of its own: the whole root is read-only, and what the pod mounts lies where it says. The program is that of
this checkout, put where the image has it; what the image says of itself is read from the Dockerfile.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.docs.docs_pages import ROOT

_LAUNCHER = """#!/opt/python/bin/python
import sys
sys.path.insert(0, "/opt/project")
from igz_apply.__main__ import main
sys.exit(main())
"""
# After the first four: pairs of a folder and where it is mounted, "ro:" before those that are read-only.
_ENTER = r"""
set -eu
stage=$1 project=$2 python=$3 base=$4; shift 4
mount --make-rprivate /
mount -t tmpfs tmpfs "$stage"
mkdir "$stage/upper" "$stage/work" "$stage/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" "$stage/root"
root=$stage/root
echo 'igz-apply:x:10001:10001::/home/igz-apply:/bin/sh' >> "$root/etc/passwd"
mkdir -p "$root/opt/project" "$root/opt/python" "$root/opt/igz-apply/bin" "$root/home/igz-apply" "$root/work"
mount --bind "$project" "$root/opt/project"
mount --bind "$python" "$root/opt/python"
printf '%s' "$LAUNCHER" > "$root/opt/igz-apply/bin/igz-apply"
chmod 755 "$root/opt/igz-apply/bin/igz-apply"
while [ "$base" != / ]; do chmod a+x "$root$base"; base=$(dirname "$base"); done
for given in /proc /dev; do mount --rbind "$given" "$root$given"; done
while [ "$1" != -- ]; do
  mkdir -p "$root$2"
  mount --bind "${1#ro:}" "$root$2"
  case $1 in ro:*) mount -o remount,bind,ro "$root$2" ;; esac
  shift 2
done
shift
mount -o remount,bind,ro "$root/opt/project"
mount -o remount,bind,ro "$root/opt/python"
mount -o remount,ro "$root"
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """What the last stage of the Dockerfile says a container is, unless a manifest says otherwise."""

    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    folder: str
    user: int
    group: int


@cache
def image() -> Image:
    """Return what the Dockerfile says."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").rpartition("\nFROM ")[2]
    stated = dict(re.findall(r"(?m)^(ENV|ENTRYPOINT|WORKDIR|USER) +(.+)$", text))
    pairs = dict(pair.split("=", 1) for pair in shlex.split(stated["ENV"]))
    path = pairs["PATH"].replace("$PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    user, _, group = stated["USER"].partition(":")
    return Image(
        pairs | {"PATH": path}, tuple(json.loads(stated["ENTRYPOINT"])), stated["WORKDIR"], int(user), int(group)
    )


_TRIED = """
stage=$(mktemp -d)
mount -t tmpfs tmpfs "$stage"
mkdir "$stage/upper" "$stage/work" "$stage/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" "$stage/root"
"""


@cache
def can_isolate() -> bool:
    """Say whether this machine lets us have namespaces of our own, and an overlay as a root."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    command = ["unshare", "--mount", "--net", "sh", "-euc", _TRIED]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass
class Kubelet:
    """The machine that pods run on: what the cluster has for them, and where their volumes lie."""

    folder: Path
    documents: Sequence[Mapping[str, Any]]
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    network: int | None = None  # a process whose network its pods are in; None: that of this machine

    def document(self, kind: str, name: str) -> dict[str, Any]:
        """Return what was built of this kind whose name begins so."""
        found = [it for it in self.documents if it["kind"] == kind and it["metadata"]["name"].startswith(name)]
        assert len(found) == 1, [it["metadata"]["name"] for it in found]
        return dict(found[0])

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Return what a container finds in its environment, as the kubelet puts it together."""
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            (key, named), *_ = source.items()
            has = self._maps() if key == "configMapRef" else self.secrets
            if named["name"] not in has:
                assert named.get("optional"), f"{named['name']} is not there"
                continue
            found |= {name: text for name, text in has[named["name"]].items() if re.fullmatch(r"[-._a-zA-Z0-9]+", name)}
        for each in container.get("env", []):
            found[each["name"]] = expanded(each["value"], found)
        return found

    def volumes(self, pod: Mapping[str, Any], claims: Mapping[str, Path] | None = None) -> dict[str, Path]:
        """Lay the volumes of a pod out, and return where each lies."""
        group = pod.get("securityContext", {}).get("fsGroup", 0)
        laid: dict[str, Path] = {}
        for volume in pod.get("volumes", []):
            place = self.folder / f"volume-{len(list(self.folder.iterdir()))}-{volume['name']}"
            if "persistentVolumeClaim" in volume:
                place = (claims or {})[volume["persistentVolumeClaim"]["claimName"]]
                place.mkdir(exist_ok=True)
            elif "emptyDir" in volume:
                place.mkdir()
            else:
                _projected(place, self._content(volume), volume, group)
            if "emptyDir" in volume or "persistentVolumeClaim" in volume:
                os.chown(place, 0, group)
                place.chmod(0o2777 if "emptyDir" in volume else 0o2775)
            laid[volume["name"]] = place
        return laid

    def start(
        self, pod: Mapping[str, Any], container: Mapping[str, Any], volumes: Mapping[str, Path], **options: Any
    ) -> subprocess.Popen[str]:
        """Start a container of a pod."""
        stage = self.folder / f"root-{len(list(self.folder.iterdir()))}"
        stage.mkdir()
        environment = {**image().environment, "HOME": "/home/igz-apply", **self.environment(container)}
        arguments = [str(expanded(word, environment)) for word in container.get("args", [])]
        command = [expanded(word, environment) for word in container.get("command", [])] or list(image().entrypoint)
        mounts = list(_mounts(container, volumes))
        enter = [*_within(self.network), "unshare", "--mount", "sh", "-c", _ENTER, "enter", str(stage), str(ROOT)]
        enter += [sys.prefix, str(Path(sys.base_prefix).resolve()), *mounts, "--"]
        inside = ["env", "-i", *(f"{name}={text}" for name, text in environment.items())]
        folder = container.get("workingDir", image().folder)
        inside += ["sh", "-c", 'cd "$0" && exec "$@"', folder, *command, *arguments]
        given = {"PATH": os.environ["PATH"], "LAUNCHER": _LAUNCHER}
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        words = [*enter, *_privileges(pod, container), *inside]
        return subprocess.Popen(words, env=given, text=True, **(streams | options))

    def run(self, pod: Mapping[str, Any], claims: Mapping[str, Path] | None = None) -> tuple[int, str, str]:
        """Run a pod to its end, its init containers first: exit code, output and errors of the last."""
        volumes = self.volumes(pod, claims)
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            process = self.start(pod, container, volumes)
            output, errors = process.communicate(timeout=100)
            if process.returncode:
                break
        return process.returncode, output, errors

    def _maps(self) -> dict[str, Mapping[str, str]]:
        built = {it["metadata"]["name"]: it.get("data", {}) for it in self.documents if it["kind"] == "ConfigMap"}
        return {**built, **self.config_maps}

    def _content(self, volume: Mapping[str, Any]) -> Mapping[str, str]:
        if "secret" in volume:
            return self.secrets[volume["secret"]["secretName"]]
        return self._maps()[volume["configMap"]["name"]]


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Return a word of a manifest with its $(NAME) replaced; one that is not set stays as it stands, as ever."""
    return re.sub(r"\$\(([A-Za-z_][\w.-]*)\)", lambda found: environment.get(found[1], found[0]), text)


def network() -> subprocess.Popen[str]:
    """Start a process that has a network of its own, with nothing but a loopback; ends with its standard input."""
    up = "ip link set lo up && echo up && exec cat"
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", up], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def _within(network: int | None) -> list[str]:
    return [] if network is None else ["nsenter", f"--net=/proc/{network}/ns/net"]


def _mounts(container: Mapping[str, Any], volumes: Mapping[str, Path]) -> Iterator[str]:
    for mount in container.get("volumeMounts", []):
        place = volumes[mount["name"]]
        is_fixed = mount.get("readOnly") or (place / "..data").exists()  # what the kubelet projects is never written
        yield f"{'ro:' if is_fixed else ''}{place}"
        yield mount["mountPath"]


def _privileges(pod: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    context = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
    user, group = context.get("runAsUser", image().user), context.get("runAsGroup", image().group)
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={context.get('fsGroup', group)}"]
    if context.get("allowPrivilegeEscalation") is False:
        words.append("--no-new-privs")
    if "ALL" in context.get("capabilities", {}).get("drop", []):
        words += ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    assert context.get("readOnlyRootFilesystem"), "this harness knows no other"
    return words


def _projected(place: Path, content: Mapping[str, str], volume: Mapping[str, Any], group: int) -> None:
    """Write files as the kubelet does: a version in a folder of its own, behind a link that it can swap."""
    version = place / "..2026_11_30"
    version.mkdir(parents=True)
    mode = next(iter(volume[key].get("defaultMode", 0o644) for key in ("secret", "configMap") if key in volume))
    for name, text in content.items():
        (version / name).write_text(text, encoding="utf-8")
        os.chown(version / name, 0, group)
        (version / name).chmod(mode | 0o040)  # readable by fsGroup
        (place / name).symlink_to(f"..data/{name}")
    (place / "..data").symlink_to(version.name)
