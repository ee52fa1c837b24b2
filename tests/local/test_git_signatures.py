"""Only what a key of the folder has signed is read. Keys and signatures are real: ssh-keygen's and GnuPG's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.errors import InvalidInput, RepositoryLost
from tests.local.git_world import World, made, needs_gpg, needs_ssh_keys

pytestmark = pytest.mark.full

PAST = {"GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z", "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "keys").mkdir()
    return made(tmp_path)


def refused(world: World, ref: str = "main", summary: str = "Not signed by a known key") -> str:
    """Return why nothing is read; nothing was written either."""
    repository = world.following(ref, keys=world.top / "keys")
    with pytest.raises(InvalidInput) as caught:
        repository.follow()
    (problem,) = caught.value.problems
    assert problem.summary == summary
    assert problem.hint
    assert list((world.top / "cache").glob("*/checkouts/*")) == []
    repository.close()
    return problem.detail


def signer(world: World, ref: str = "main") -> str:
    repository = world.following(ref, keys=world.top / "keys")
    signed_by = repository.follow().revision.signed_by
    repository.close()
    return signed_by


# SSH


def ssh_key(world: World, name: str) -> Path:
    path = world.top / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name} of example", "-f", path], check=True)
    return path


def known(world: World, key: Path) -> None:
    shutil.copy(f"{key}.pub", world.top / "keys")


def by_ssh(world: World, key: Path) -> World:
    """Return the same world, in which git signs by that key."""
    return World(world.top, (*world.settings, "gpg.format=ssh", f"user.signingKey={key}.pub"))


@needs_ssh_keys
def test_a_commit_signed_by_a_known_key_is_read_and_an_unsigned_one_is_not(world: World) -> None:
    key = ssh_key(world, "ada")
    known(world, key)
    commit = world.commit({"a": "1"})
    assert f"commit {commit[:10]} is not signed" in refused(world)
    by_ssh(world, key).commit({"a": "2"}, "-S")
    assert signer(world) == "ada"


@needs_ssh_keys
def test_whose_key_is_not_known_is_told_by_it(world: World) -> None:
    known(world, ssh_key(world, "ada"))
    stranger = ssh_key(world, "eve")
    by_ssh(world, stranger).commit({"a": "1"}, "-S")
    found = subprocess.run(["ssh-keygen", "-lf", f"{stranger}.pub"], capture_output=True, text=True).stdout
    assert f"is signed by the SSH key {found.split()[1]}, which nobody here has" in refused(world)


@needs_ssh_keys
def test_a_key_counts_from_when_it_is_put_there_until_it_is_taken_away(world: World) -> None:
    one, two = ssh_key(world, "ada"), ssh_key(world, "tim")
    known(world, one)
    by_ssh(world, two).commit({"a": "1"}, "-S")
    repository = world.following(keys=world.top / "keys")
    with pytest.raises(InvalidInput):
        repository.follow()
    known(world, two)
    assert repository.follow().revision.signed_by == "tim"
    (world.top / "keys" / "tim.pub").unlink()
    with pytest.raises(InvalidInput, match="which nobody here has, or not any more"):
        repository.follow()  # though the commit is the same, and its files are there


@needs_ssh_keys
def test_a_key_that_has_ended_does_not_sign_what_is_dated_back(world: World) -> None:
    """Git looks at the date of the commit, which whoever signs it chooses."""
    key = ssh_key(world, "ada")
    line = f'ada@example.com valid-before="20210101",namespaces="git" {Path(f"{key}.pub").read_text()}'
    (world.top / "keys" / "allowed_signers").write_text(line)
    by_ssh(world, key).commit({"a": "1"}, "-S", **PAST)
    allowed = f"gpg.ssh.allowedSignersFile={world.top / 'keys' / 'allowed_signers'}"
    World(world.top, (*world.settings, allowed)).git("verify-commit", "HEAD")  # git itself takes it
    assert "or not any more" in refused(world)
    (world.top / "keys" / "allowed_signers").write_text(line.replace("20210101", "20990101"))
    assert signer(world) == "ada@example.com"


@needs_ssh_keys
def test_a_revoked_key_signs_nothing(world: World) -> None:
    key = ssh_key(world, "ada")
    known(world, key)
    by_ssh(world, key).commit({"a": "1"}, "-S")
    assert signer(world) == "ada"
    shutil.copy(f"{key}.pub", world.top / "keys" / "revoked_keys")
    assert "by a key of ada that is revoked" in refused(world)


@needs_ssh_keys
def test_a_list_of_revoked_keys_that_cannot_be_read_keeps_everybody_out(world: World) -> None:
    """It may be a link that leads nowhere for a moment."""
    key = ssh_key(world, "ada")
    known(world, key)
    by_ssh(world, key).commit({"a": "1"}, "-S")
    (world.top / "keys" / "revoked_keys").symlink_to("..data/revoked_keys")
    assert "revoked_keys is no file, or leads to none" in refused(world, summary="Repository settings")
    (world.top / "keys" / "revoked_keys").unlink()
    (world.top / "keys" / "revoked_keys").mkdir()
    assert "revoked_keys is no file, or leads to none" in refused(world, summary="Repository settings")


@needs_ssh_keys
def test_a_key_for_something_else_signs_nothing(world: World) -> None:
    key = ssh_key(world, "ada")
    public = Path(f"{key}.pub").read_text()
    allowed = world.top / "keys" / "allowed_signers"
    allowed.write_text(f'ada namespaces="file" {public}')
    by_ssh(world, key).commit({"a": "1"}, "-S")
    assert "it holds no public key" in refused(world, summary="Repository settings")
    known(world, ssh_key(world, "tim"))
    assert "nobody here has" in refused(world)
    allowed.write_text(allowed.read_text() + f'ada@git namespaces="git" {public}')
    assert signer(world) == "ada@git"


def resigned(world: World, content: bytes) -> None:
    """Let main be a commit of this content."""
    world.git("update-ref", "refs/heads/main", world.raw("commit", content))


@needs_ssh_keys
def test_a_signature_of_something_else_signs_nothing(world: World) -> None:
    key = ssh_key(world, "ada")
    known(world, key)
    by_ssh(world, key).commit({"a": "1"}, "-S")
    good = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=world.up, capture_output=True).stdout
    head, _, body = good.partition(b"\n\n")
    at = head.index(b"gpgsig ")
    signature = head[at:] + b"\n"
    for content, says in (
        (good + b"one more line\n", "does not fit"),
        (good.replace(b"author ada", b"author eve"), "does not fit"),
        (head[:at] + signature + signature + b"\n" + body, "signed more than once"),
        (head[:at] + b"gpgsig nothing\n\n" + body, "no known form"),
        (head[:at] + b"gpgsig -----BEGIN SIGNED MESSAGE-----\n x\n\n" + body, "X.509"),
        (
            head[:at] + b"gpgsig -----BEGIN SSH SIGNATURE-----\n bm90aGluZw==\n -----END SSH SIGNATURE-----\n\n" + body,
            "cannot be told",
        ),
        (
            head[:at]
            + b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n bm90aGluZw==\n -----END PGP SIGNATURE-----\n\n"
            + body,
            "cannot be verified",
        ),
        (head[:at].rstrip() + b"\n\n" + body + b"\n" + signature, "is not signed"),
    ):
        resigned(world, content)
        assert says in refused(world), content
    resigned(world, good)
    assert signer(world) == "ada"


@needs_ssh_keys
def test_another_signature_header_lets_nothing_in(world: World) -> None:
    key, stranger = ssh_key(world, "ada"), ssh_key(world, "eve")
    known(world, key)
    by_ssh(world, key).commit({"a": "1"}, "-S")
    good = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=world.up, capture_output=True).stdout
    by_ssh(world, stranger).commit({"a": "2"}, "-S")
    bad = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=world.up, capture_output=True).stdout
    ours = good[good.index(b"gpgsig ") : good.index(b"\n\n") + 1]
    resigned(world, bad.replace(b"gpgsig ", ours.replace(b"gpgsig ", b"gpgsig-sha256 ") + b"gpgsig ", 1))
    refused(world)


@needs_ssh_keys
def test_a_signed_tag_vouches_for_its_commit_under_its_own_name(world: World) -> None:
    key = ssh_key(world, "ada")
    known(world, key)
    world.commit({"a": "1"})
    by_ssh(world, key).git("tag", "-s", "-m", "for production", "v1")
    assert signer(world, "v1") == "ada"
    refused(world)  # the branch is not the tag
    world.git("update-ref", "refs/tags/prod", world.git("rev-parse", "refs/tags/v1"))
    assert "was signed as v1, and stands as refs/tags/prod" in refused(world, "prod")
    world.git("update-ref", "refs/heads/sly", world.git("rev-parse", "HEAD"))
    by_ssh(world, key).git("tag", "-s", "-m", "a tag of a tag", "v2", "v1")
    assert "names another tag" in refused(world, "v2")
    world.git("tag", "-a", "-m", "by nobody", "v3")
    assert "is not signed, and commit" in refused(world, "v3")
    by_ssh(world, key).commit({"a": "2"}, "-S")
    world.git("tag", "-f", "-a", "-m", "by nobody", "v3")
    assert signer(world, "v3") == "ada"  # by the commit's own signature


@needs_ssh_keys
def test_a_folder_without_usable_keys_is_no_guard_and_is_refused(world: World) -> None:
    keys, summary = world.top / "keys", "Repository settings"
    world.commit({"a": "1"})
    assert "it holds no public key" in refused(world, summary=summary)
    (keys / "README.md").write_text("keys\n")
    assert "it holds no public key" in refused(world, summary=summary)
    (keys / "ada.pub").write_text('command="evil" ssh-ed25519 AAAA\n')
    assert "ada.pub holds a line that is no public key of SSH" in refused(world, summary=summary)
    shutil.copy(ssh_key(world, "tim"), keys / "ada.pub")
    assert "ada.pub holds a private key" in refused(world, summary=summary)
    (keys / "ada.pub").write_bytes(b"#" * (1024 * 1024 + 1))
    assert "too large" in refused(world, summary=summary)
    shutil.rmtree(keys)
    assert "cannot be read" in refused(world, summary=summary)


@needs_ssh_keys
def test_names_of_key_files_are_no_patterns(world: World) -> None:
    key = ssh_key(world, "ada")
    shutil.copy(f"{key}.pub", world.top / "keys" / "*,!ada x.pub")
    by_ssh(world, key).commit({"a": "1"}, "-S")
    assert signer(world) == "_ada_x"


@needs_ssh_keys
def test_settings_of_the_user_let_nobody_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known(world, ssh_key(world, "ada"))
    stranger = ssh_key(world, "eve")
    by_ssh(world, stranger).commit({"a": "1"}, "-S")
    home = world.top / "home"
    (home / "bin").mkdir(parents=True)
    (home / "signers").write_text(f"eve {Path(f'{stranger}.pub').read_text()}")
    (home / "yes").write_text("#!/bin/sh\necho '[GNUPG:] GOODSIG 1 eve'\n")
    (home / "yes").chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[gpg]\n program = {home}/yes\n[gpg "ssh"]\n program = {home}/yes\n allowedSignersFile = {home}/signers\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "gpg.ssh.allowedSignersFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(home / "signers"))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    assert "which nobody here has" in refused(world)


@needs_ssh_keys
def test_without_the_program_that_verifies_nothing_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ssh_key(world, "ada")
    known(world, key)
    by_ssh(world, key).commit({"a": "1"}, "-S")
    (world.top / "bin").mkdir()
    (world.top / "bin" / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(world.top / "bin"))
    with pytest.raises(RepositoryLost, match="no program ssh-keygen here") as caught:
        world.following(keys=world.top / "keys").follow()
    assert caught.value.hint == "Install the client of OpenSSH."
    (world.top / "keys" / "tim.asc").write_text("x")
    with pytest.raises(RepositoryLost, match="no program gpg here"):
        world.following(keys=world.top / "keys").follow()


# OpenPGP


@pytest.fixture
def gpg_world(world: World) -> Iterator[World]:
    home = world.top / "gnupg"
    home.mkdir(mode=0o700)
    yield World(world.top, world.settings, {"GNUPGHOME": str(home)})
    subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": str(home)}, check=False)


def gpg(world: World, *words: str, stdin: bytes = b"") -> bytes:
    argv = ["gpg", "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", *words]
    environ = {**os.environ, **world.environ}
    return subprocess.run(argv, input=stdin, check=True, capture_output=True, env=environ).stdout


def gpg_key(world: World, name: str, *, ends: str = "never", faked: str = "") -> None:
    more = ("--faked-system-time", faked) if faked else ()
    gpg(world, *more, "--quick-generate-key", f"{name} <{name}@example.com>", "ed25519", "sign", ends)


def exported(world: World, name: str) -> None:
    (world.top / "keys" / f"{name}.asc").write_bytes(gpg(world, "--armor", "--export", f"{name}@example.com"))


def by_gpg(world: World, name: str, faked: str = "") -> World:
    program = world.top / "gpg"
    program.write_text(f'#!/bin/sh\nexec gpg {f"--faked-system-time {faked}" if faked else ""} "$@"\n')
    program.chmod(0o755)
    settings = (*world.settings, f"gpg.program={program}", f"user.signingKey={name}@example.com")
    return World(world.top, settings, world.environ)


@needs_gpg
def test_openpgp_keys_sign_too_and_unknown_ones_do_not(gpg_world: World) -> None:
    gpg_key(gpg_world, "ada")
    gpg_key(gpg_world, "eve")
    exported(gpg_world, "ada")
    by_gpg(gpg_world, "ada").commit({"a": "1"}, "-S")
    assert signer(gpg_world) == "ada <ada@example.com>"
    by_gpg(gpg_world, "ada").git("tag", "-s", "-m", "t", "v1")
    assert signer(gpg_world, "v1") == "ada <ada@example.com>"
    by_gpg(gpg_world, "eve").commit({"a": "2"}, "-S")
    assert "is signed by an unknown key" in refused(gpg_world)
    (gpg_world.top / "keys" / "eve.asc").write_text("nothing")
    assert "gpg cannot take the keys of eve.asc" in refused(gpg_world, summary="Repository settings")
    secret = gpg(gpg_world, "--armor", "--export-secret-keys", "eve@example.com")
    (gpg_world.top / "keys" / "eve.asc").write_bytes(secret)
    assert "eve.asc holds a private key" in refused(gpg_world, summary="Repository settings")


@needs_gpg
def test_openpgp_keys_that_have_expired_or_are_revoked_do_not_sign(gpg_world: World) -> None:
    gpg_key(gpg_world, "old", ends="1d", faked="20200101T000000")
    exported(gpg_world, "old")
    by_gpg(gpg_world, "old", "20200101T000001").commit({"a": "1"}, "-S", **PAST)
    assert "by a key that has expired, old <old@example.com>" in refused(gpg_world)
    gpg_key(gpg_world, "ada")
    by_gpg(gpg_world, "ada").commit({"a": "2"}, "-S")
    exported(gpg_world, "ada")
    assert signer(gpg_world) == "ada <ada@example.com>"
    (revocation,) = [
        path
        for path in (gpg_world.top / "gnupg" / "openpgp-revocs.d").glob("*.rev")
        if path.stem in gpg(gpg_world, "--list-keys", "ada@example.com").decode()
    ]
    text = revocation.read_text().replace("\n:-----BEGIN", "\n-----BEGIN")
    gpg(gpg_world, "--import", stdin=text.encode())
    exported(gpg_world, "ada")
    assert "by a key that is revoked, ada <ada@example.com>" in refused(gpg_world)


@needs_gpg
def test_an_openpgp_signature_of_something_else_does_not_count(gpg_world: World) -> None:
    gpg_key(gpg_world, "ada")
    exported(gpg_world, "ada")
    by_gpg(gpg_world, "ada").commit({"a": "1"}, "-S")
    good = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=gpg_world.up, capture_output=True).stdout
    resigned(gpg_world, good + b"more\n")
    assert "does not fit: what was signed is something else, ada" in refused(gpg_world)
    resigned(gpg_world, good.replace(b"PGP SIGNATURE", b"PGP MESSAGE"))
    assert "holds a message of OpenPGP, which is no signature" in refused(gpg_world)
