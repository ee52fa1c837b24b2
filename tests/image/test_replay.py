"""The Dockerfile's steps taken in a clean root, and what came of it started as the image's user: read-only, no network.

It takes root, namespaces, mmdebstrap, Debian's archive and the package index, and is left out where one is not to be
had; with IGZ_IMAGE=required, as `make image-check` has it, that is a failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from igz_apply.version import __version__
from scripts.locks import LOCKS, PARTS
from tests.docs.docs_pages import ROOT
from tests.image.dockerfiles import Image, Replay, steps
from tests.image.roots import Container, Roots, StepFailed, make_base, missing, roomy
from tests.image.test_locks import pins

pytestmark = [pytest.mark.full, pytest.mark.timeout(900), pytest.mark.xdist_group("image")]

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VENV = Path("opt/igz-apply")
USER = 10001
#: What builds or installs programs; an interpreter without a way to bring packages in is none of them.
TOOLS = re.compile(
    r"(?:.+-)?(?:gcc|g\+\+|cc|c\+\+|cpp|ld|as|clang|make|cmake|rustc|cargo|go)(?:-\d+)?|pip[\d.]*|uv|easy_install"
)


@dataclass(frozen=True)
class Built:
    """The image, the root of the stage before it, and what took the steps."""

    image: Image
    stage: Image
    roots: Roots


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    is_required = os.environ.get("IGZ_IMAGE") == "required"
    why = missing()
    if why:
        (pytest.fail if is_required else pytest.skip)(f"no clean root can be made here: {why}")
    place = roomy() or tmp_path_factory.mktemp("image")
    folder = Path(tempfile.mkdtemp(prefix="igz-apply-image-", dir=place))
    try:
        try:
            make_base(folder / "base")
        except subprocess.CalledProcessError as error:
            (pytest.fail if is_required else pytest.skip)(f"Debian's archive does not answer: {error}")
        roots = Roots(folder / "base", folder)
        replay = Replay(roots, ROOT, {"VERSION": __version__})
        yield Built(replay.take(TEXT), replay.stages["build"], roots)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of the image's user, for /work."""
    place = tmp_path / "work"
    place.mkdir()
    os.chown(place, USER, USER)
    return place


@pytest.fixture
def container(built: Built, work: Path) -> Container:
    return Container(built.image, work)


def test_it_says_how_it_is_used_and_what_it_is(container: Container) -> None:
    shown = container.run()
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "Usage: igz-apply [OPTIONS] COMMAND [ARGS]...")
    assert container.run("--version").stdout == f"igz-apply {__version__}\n"


def test_it_plans_and_applies_without_a_network_on_a_read_only_root(container: Container, work: Path) -> None:
    shutil.copytree(ROOT / "manifests" / "examples", work / "manifests", ignore=shutil.ignore_patterns("iguazio4"))
    (work / "igz-apply.yaml").write_text("version: 1\ntargets:\n  dev: {endpoint: embedded}\n")
    planned = container.run("plan", "--target", "dev", "--detailed-exitcode", "--report", "plan.md")
    assert planned.returncode == 2, planned.stderr
    assert re.search(r"\d+ to create", planned.stdout), planned.stdout
    assert (work / "plan.md").stat().st_uid == USER
    applied = container.run("apply", "-y", "--target", "dev")
    assert applied.returncode == 0, applied.stderr


def test_it_runs_as_any_other_user_too(built: Built, work: Path) -> None:
    shutil.copytree(ROOT / "manifests" / "examples", work / "manifests", ignore=shutil.ignore_patterns("iguazio4"))
    (work / "igz-apply.yaml").write_text("version: 1\ntargets:\n  dev: {endpoint: embedded}\n")
    os.chown(work, 4242, 4242)
    other = Container(replace(built.image, user="4242:4242"), work)
    planned = other.run("plan", "--target", "dev", "--report", "plan.html")
    assert planned.returncode == 0, planned.stderr
    assert (work / "plan.html").stat().st_uid == 4242


def test_it_follows_a_repository_that_is_signed(container: Container) -> None:
    script = """
cd /work && export HOME=/work GIT_CONFIG_NOSYSTEM=1
mkdir keys && ssh-keygen -q -t ed25519 -N '' -f key && mv key.pub keys/ops.pub
git init -q -b main repo && cd repo && mkdir manifests
printf 'version: 1\\ntargets:\\n  dev: {endpoint: embedded}\\n' >igz-apply.yaml
printf 'apiVersion: iguazio.com/v1\\nkind: Group\\nmetadata: {name: ops}\\nspec: {}\\n' >manifests/ops.yaml
git config user.name Ops && git config user.email ops@example.com && git config commit.gpgsign true
git config gpg.format ssh && git config user.signingkey /work/key && git add . && git commit -qm First
"""
    made = container.program("sh", "-ec", script)
    assert made.returncode == 0, made.stderr
    words = ("reconcile", "--once", "--target", "dev", "--repo", "/work/repo", "--require-signed", "/work/keys")
    told = container.run(*words)
    assert told.returncode == 2, told.stderr + told.stdout  # a difference that is told
    assert "+ create  Group/ops" in told.stdout
    amended = container.program(
        "git", "-C", "/work/repo", "-c", "commit.gpgsign=false", "commit", "-qam", "Second", "--allow-empty"
    )
    assert amended.returncode == 0, amended.stderr
    refused = container.run(*words)
    assert refused.returncode != 0
    assert "signed" in refused.stdout + refused.stderr


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg, which signs here, is not installed")
def test_it_knows_signatures_of_openpgp_too(container: Container, work: Path, tmp_path: Path) -> None:
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    script = """
gpg --batch --quiet --passphrase '' --quick-generate-key 'Ops <ops@example.com>' ed25519 sign never
mkdir keys && gpg --batch --armor --export ops@example.com >keys/ops.asc
git init -q -b main repo && cd repo && mkdir manifests
printf 'version: 1\\ntargets:\\n  dev: {endpoint: embedded}\\n' >igz-apply.yaml
printf 'apiVersion: iguazio.com/v1\\nkind: Group\\nmetadata: {name: ops}\\nspec: {}\\n' >manifests/ops.yaml
git config user.name Ops && git config user.email ops@example.com && git config user.signingkey ops@example.com
git add . && git -c gpg.format=openpgp commit -q -S -m First
gpgconf --kill all
"""
    environ = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home), "HOME": str(home)}
    subprocess.run(["sh", "-ec", script], cwd=work, env=environ, check=True, capture_output=True)
    for path in work.rglob("*"):
        os.chown(path, USER, USER)
    words = ("reconcile", "--once", "--target", "dev", "--repo", "/work/repo", "--require-signed", "/work/keys")
    told = container.run(*words)
    assert told.returncode == 2, told.stderr + told.stdout  # a difference that is told
    unsigned = ("-c", "commit.gpgsign=false", "commit", "-q", "--allow-empty", "-m", "Second")
    done = container.program("git", "-C", "/work/repo", *unsigned)
    assert done.returncode == 0, done.stderr
    refused = container.run(*words)
    assert refused.returncode != 0
    assert "signed" in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("git", "--version"), "git version"),
        (("ssh", "-V"), "OpenSSH"),
        (("ssh", "-G", "git.example.com"), "hostname git.example.com"),  # ends with 255 for a user without a name
        (("gpg", "--homedir", "/tmp/keys", "--batch", "--version"), "gpg (GnuPG)"),
        (("openssl", "version"), "OpenSSL"),
    ],
)
def test_it_has_what_a_repository_is_followed_by(container: Container, words: tuple[str, ...], said: str) -> None:
    done = container.program(*words)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout + done.stderr


WALK = """
import os, stat
for folder, folders, files in os.walk("/"):
    if folder.split("/")[1] in ("proc", "sys"):
        folders.clear()
        continue
    for path in [folder, *(os.path.join(folder, name) for name in files)]:
        if os.access(path, os.W_OK) and not os.path.islink(path) and not stat.S_ISCHR(os.stat(path).st_mode):
            print(path)
"""


def test_nothing_can_be_written_but_what_is_meant_to_be(built: Built, work: Path) -> None:
    python = ("python", "-c", WALK)
    assert sorted(Container(built.image, work).program(*python).stdout.split()) == ["/tmp", "/work"]
    loose = Container(built.image, work, is_read_only=False).program(*python).stdout.split()
    assert sorted(loose) == ["/run/lock", "/tmp", "/var/tmp", "/work"]
    script = "touch /opt/igz-apply/x /home/igz-apply/x /x; id -u; cat /proc/1/status"
    shown = Container(built.image, work).program("sh", "-c", script)
    assert shown.stderr.count("Read-only file system") == 3
    assert shown.stdout.splitlines()[0] == str(USER)
    status = dict(line.split(":\t", 1) for line in shown.stdout.splitlines()[1:] if ":\t" in line)
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"


def test_nothing_in_it_installs_compiles_or_raises_rights(built: Built, container: Container) -> None:
    raising, tools, foreign = [], [], []
    for folder, _, files in os.walk(built.image.root):
        for name in files:
            path = Path(folder, name)
            mode = path.lstat()
            if stat.S_ISREG(mode.st_mode) and mode.st_mode & (stat.S_ISUID | stat.S_ISGID):
                raising.append(path)
            if "security.capability" in os.listxattr(path, follow_symlinks=False):
                raising.append(path)
            if path.parent.name in ("bin", "sbin") and TOOLS.fullmatch(name):
                tools.append(path)
            if mode.st_uid not in (0,) and not path.is_symlink():
                foreign.append(path)
    assert (raising, tools, foreign) == ([], [], [])
    assert not list(built.image.root.rglob("pip-*.whl"))
    for interpreter in ("python", "/usr/local/bin/python"):
        for words in ("pip --version", "ensurepip --root /tmp/new", "venv /tmp/new"):
            assert container.program(interpreter, "-m", *words.split()).returncode != 0, (interpreter, words)
    # The same look finds what is there in the stage before, and what Debian comes with.
    assert [path for path in (built.stage.root / "usr" / "local" / "bin").iterdir() if TOOLS.fullmatch(path.name)]
    assert (built.stage.root / "usr" / "bin" / "passwd").stat().st_mode & stat.S_ISUID


def components(text: str) -> dict[str, str]:
    return {re.sub(r"[-_.]+", "-", each["name"]).lower(): each["version"] for each in json.loads(text)["components"]}


def test_its_bill_of_materials_is_the_lock_and_is_made_the_same_again(built: Built) -> None:
    path = built.image.root / VENV / "sbom.cdx.json"
    text = path.read_text(encoding="utf-8")
    locked = {name: str(version) for name, version in pins("igz-apply").items() if name != "tzdata"}  # of Windows alone
    assert components(text) == {**locked, "igz-apply": __version__}
    document = json.loads(text)
    assert document["bomFormat"] == "CycloneDX"
    assert "serialNumber" not in document
    assert "timestamp" not in document["metadata"]
    assert "/src" not in text
    (command,) = [value for _, name, value in steps(TEXT) if name == "RUN" and "cyclonedx-py" in value]
    again = command.rpartition("&&")[2].replace(f"/{VENV}/sbom.cdx.json", "/tmp/again --no-validate")
    built.roots.run(built.stage.root, again, built.stage.environ, "/src")
    assert (built.stage.root / "tmp" / "again").read_bytes() == path.read_bytes()


def installing() -> str:
    """Return the step that installs what the locks name."""
    (command,) = [value for _, name, value in steps(TEXT) if name == "RUN" and "$EXTRAS" in value]
    return command


def test_every_other_part_goes_with_it_by_its_hashes(built: Built) -> None:
    environ = {**built.stage.environ, "EXTRAS": " ".join(name for name in PARTS if name != "igz-apply")}
    tried = "import s3fs, gcsfs, adlfs, opentelemetry.sdk, opentelemetry.exporter.otlp.proto.http"
    for command in (
        "cp -a /opt/igz-apply /opt/igz-more",  # so that it brings only what that does not have
        installing().replace("/opt/igz-apply", "/opt/igz-more").replace(" install ", " install --no-compile "),
        "pip --python /opt/igz-more/bin/python check",
        f"/opt/igz-more/bin/python -c '{tried}'",
    ):
        built.roots.run(built.stage.root, command, environ, "/src")


def test_a_package_that_is_not_what_the_lock_names_is_not_installed(built: Built) -> None:
    waitress = re.search(r"(?m)^waitress==\S+", (ROOT / LOCKS / "igz-apply.txt").read_text(encoding="utf-8"))
    assert waitress is not None
    another = built.stage.root / "src" / LOCKS / "another.txt"
    another.write_text(f"{waitress[0]} --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    command = installing().replace("igz-apply $EXTRAS", "another").replace(" install ", " install --force-reinstall ")
    with pytest.raises(StepFailed, match="DO NOT MATCH THE HASHES"):
        built.roots.run(built.stage.root, command, built.stage.environ, "/src")


def test_it_starts_without_compiling_anything(built: Built) -> None:
    (package,) = (built.image.root / VENV / "lib").glob("python3.*/site-packages/igz_apply")
    sources = {path.stem for path in package.glob("*.py")}
    assert {path.name.partition(".")[0] for path in package.glob("__pycache__/*.pyc")} == sources


def test_a_stop_comes_to_an_end_at_once(container: Container, work: Path) -> None:
    """The first process of a container dies of no signal that it does not handle."""
    (work / "manifests").mkdir()
    (work / "igz-apply.yaml").write_text("version: 1\ntargets:\n  dev: {endpoint: embedded}\n")
    argv = container.argv("reconcile", "--target", "dev", "--interval", "1h")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as outer:
        assert outer.stdout is not None
        first = outer.stdout.readline()
        assert first, "it ended before the first round"
        (child,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        begun = time.monotonic()
        os.kill(
            int(child), signal.SIGTERM
        )  # the first process of a container, which dies of no signal that it does not handle
        outer.stdout.read()
        assert outer.wait(timeout=30) == 0
        assert time.monotonic() - begun < 10
