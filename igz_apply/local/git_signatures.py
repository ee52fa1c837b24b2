"""Whether a commit, or the annotated tag that names it, is signed by a key of one folder, and by whose.

Only that folder counts: neither the keyring nor the settings of whoever runs this. It is read again each time, so that
a key that is put there or taken out counts from the next look.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from igz_apply.errors import InvalidInput
from igz_apply.local.git_program import OLDEST_TO_VERIFY, Git
from igz_apply.model.checkout import SHORT
from igz_apply.model.problems import Problem
from igz_apply.patterns import pattern
from igz_apply.values import dataclass
from igz_apply.wording.printable import printable

ALLOWED, REVOKED = "allowed_signers", "revoked_keys"  # as OpenSSH calls these files
_SSH, _PGP = ".pub", (".asc", ".gpg", ".pgp")
_MOST_BYTES = 1024 * 1024  # of one file
_SSH_KEY = pattern(r"((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+) ([A-Za-z0-9+/]+=*)(?:[ \t].*)?")
_NAMESPACES = pattern(rb'^\S+ [^" ]*(?:"[^"]*"[^" ]*)*\bnamespaces="([^"]*)"', re.IGNORECASE)
_NAME = pattern(r"[^A-Za-z0-9@._+-]+")
_BEGIN = pattern(rb"(?m)^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----$")
_HEADER = pattern(rb"(gpgsig|gpgsig-sha256) ")
_STATUS = pattern(rb"(?m)^\[GNUPG:\] (\w+) ?([^ \n]*) ?(.*)$")
_NO_TRUST: Mapping[bytes, str] = {  # GnuPG's words -> ours
    b"REVKEYSIG": "is signed by a key that is revoked",
    b"EXPKEYSIG": "is signed by a key that has expired",
    b"EXPSIG": "has a signature that has expired",
    b"BADSIG": "has a signature that does not fit: what was signed is something else",
    b"NO_PUBKEY": "is signed by an unknown key",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """An object of git that may be signed."""

    id: str
    is_tag: bool
    content: bytes  # as `git cat-file` tells it
    stands_as: str = ""  # of a tag: the whole ref that names it
    names: str = ""  # of a tag: the commit that is to be used

    @property
    def noun(self) -> str:
        """What it is to a person."""
        return f"tag {self.id[:SHORT]}" if self.is_tag else f"commit {self.id[:SHORT]}"


class _Refused(Exception):
    """Why a signature does not count: a clause."""


class Keys:
    """The public keys of a folder, as git's helpers take them."""

    def __init__(self, folder: Path, place: Path) -> None:
        """Take the keys of `folder`; what is made of them lies in `place`, a folder of ours."""
        self._folder = folder
        self._place = place
        self._digest = ""

    def signer(self, git: Git, repository: Path, objects: Sequence[Signed]) -> str:
        """Return whose key signed one of the objects.

        Raises InvalidInput where nobody's did, or the folder holds no keys; RepositoryLost where a program lacks.
        """
        self._learn(git)
        whys = []
        for each in objects:
            signer, why = self._looked_at(git, repository, each)
            if signer:
                return signer
            whys.append(f"{each.noun} {why}")
        detail = f"Nothing of {git.place} is read: {', and '.join(whys)}."
        hint = f"Have it signed by a key of {self._folder} (git commit -S) and pushed, or put the public key there."
        raise InvalidInput([Problem("Not signed by a known key", detail, hint)])

    # What is in the folder

    def _learn(self, git: Git) -> None:
        """Make of the folder what git's helpers read, where it is not as it was."""
        files = dict(self._files())
        digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        if digest == self._digest:
            return
        git.check_version(OLDEST_TO_VERIFY)
        self._digest = ""
        shutil.rmtree(self._place, ignore_errors=True)
        self._gnupg.mkdir(parents=True, mode=0o700)
        (self._gnupg / "common.conf").touch()  # an empty one: no daemon keeps the keys
        lines = [line for name, content in files.items() for line in self._signers(name, content)]
        (self._place / ALLOWED).write_bytes(b"".join(line + b"\n" for line in lines))
        (self._place / REVOKED).write_bytes(files.get(REVOKED, b""))
        is_any = bool(lines)
        for name, content in files.items():
            if name.endswith(_PGP):
                self._import(git, name, content)
                is_any = True
        if not is_any:
            raise self._bad("it holds no public key", f"Put some there, as NAME{_SSH}, {ALLOWED} or NAME{_PGP[0]}.")
        self._digest = digest

    def _files(self) -> Iterator[tuple[str, bytes]]:
        try:
            names = sorted(os.listdir(self._folder))  # noqa: PTH208 - names are what is wanted
            for name in names:
                path = self._folder / name
                is_ours = name in (ALLOWED, REVOKED) or name.endswith((_SSH, *_PGP))
                if name.startswith(".") or not is_ours:
                    continue
                if not path.is_file():
                    # A link that leads nowhere by now may be all that is left of a list that keeps somebody out.
                    raise self._bad(f"{printable(name)} is no file, or leads to none", "Correct it, or take it out.")
                if path.stat().st_size > _MOST_BYTES:
                    raise self._bad(f"{printable(name)} is too large for keys", "Take it out.")
                yield name, path.read_bytes()
        except OSError as error:
            raise self._bad(f"it cannot be read: {error.strerror or error}", "Correct it where it is named.") from error

    def _signers(self, name: str, content: bytes) -> Iterator[bytes]:
        """Yield the lines of `allowed_signers` that a file of the folder comes to."""
        if b"PRIVATE KEY" in content:
            raise self._bad(f"{printable(name)} holds a private key", "Take it away from there, and make a new one.")
        if name == ALLOWED:
            # OpenSSH looks no further than the first line that has the key, be that for something else.
            yield from (line for line in content.splitlines() if _is_for_git(line))
        if not name.endswith(_SSH):
            return
        who = _NAME.sub("_", name.removesuffix(_SSH)) or "_"
        lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines()]
        for line in lines:
            if not line or line.startswith("#"):
                continue
            found = _SSH_KEY.fullmatch(line)
            if found is None:
                hint = f"Write a line as ssh-keygen does, or name the key in {ALLOWED}, with its options."
                raise self._bad(f"{printable(name)} holds a line that is no public key of SSH", hint)
            yield f'{who} namespaces="git" {found[1]} {found[2]}'.encode()

    def _import(self, git: Git, name: str, content: bytes) -> None:
        argv = ["gpg", "--batch", "--no-tty", "--no-autostart", "--import"]
        ended = git.run_beside(argv, stdin=content, more=self._environ)
        if not ended.is_done:
            raise self._bad(
                f"gpg cannot take the keys of {printable(name)}: {git.said(ended)}".rstrip("."), "Export it anew."
            )

    def _bad(self, why: str, hint: str) -> InvalidInput:
        return InvalidInput([Problem("Repository settings", f"The folder of keys {self._folder}: {why}.", hint)])

    @property
    def _gnupg(self) -> Path:
        return self._place / "gnupg"

    @property
    def _environ(self) -> Mapping[str, str]:
        return {"GNUPGHOME": str(self._gnupg)}

    # What is signed

    def _looked_at(self, git: Git, repository: Path, signed: Signed) -> tuple[str, str]:
        """Return who signed it, "" for nobody that counts, and why then."""
        try:
            return self._verified(git, repository, signed) or "somebody without a name", ""
        except _Refused as why:
            return "", str(why)

    def _verified(self, git: Git, repository: Path, signed: Signed) -> str:
        """Return who signed it. Raises _Refused."""
        payload, signature = _parts(signed)
        kind = signature.split(b"\n", 1)[0]
        if kind == b"-----BEGIN SIGNED MESSAGE-----":
            raise _Refused("is signed by an X.509 certificate, which is not known here")
        if kind == b"-----BEGIN PGP MESSAGE-----":
            raise _Refused("holds a message of OpenPGP, which is no signature of it")
        settings = (
            "gpg.program=gpg",
            "gpg.openpgp.program=gpg",
            "gpg.ssh.program=ssh-keygen",
            f"gpg.ssh.allowedSignersFile={self._place / ALLOWED}",
            f"gpg.ssh.revocationFile={self._place / REVOKED}",
            "gpg.minTrustLevel=undefined",
        )
        word = "verify-tag" if signed.is_tag else "verify-commit"
        ended = git.try_to(word, "--raw", signed.id, folder=repository, settings=settings, more=self._environ)
        if kind == b"-----BEGIN SSH SIGNATURE-----":
            # Git looks at a key as of the date that the commit tells, which whoever signs it chooses. It has to be
            # good now too.
            signer = self._ssh_signer(git, payload, signature)
            if not ended.is_done:
                raise _Refused(f"is not as git verifies it: {git.said(ended).rstrip('.')}")
            return signer
        return _pgp_signer(ended.errors, is_done=ended.is_done)

    def _ssh_signer(self, git: Git, payload: bytes, signature: bytes) -> str:
        allowed, file = str(self._place / ALLOWED), self._place / "signature"
        file.write_bytes(signature)
        revoked = ("-r", str(self._place / REVOKED)) if (self._place / REVOKED).stat().st_size else ()
        found = git.run_beside(
            ["ssh-keygen", "-Y", "find-principals", "-f", allowed, "-s", str(file)], more=self._environ
        )
        why = f"is signed by {self._fingerprint(git, payload, file)}, which nobody here has, or not any more"
        for name in found.output.decode("utf-8", "replace").splitlines() if found.is_done else ():
            argv = ["ssh-keygen", "-Y", "verify", "-n", "git", "-f", allowed, "-I", name, "-s", str(file)]
            if git.run_beside([*argv, *revoked], stdin=payload, more=self._environ).is_done:
                return printable(name)
            why = f"has a signature of {printable(name)} that does not fit: what was signed is something else"
            if revoked and git.run_beside(argv, stdin=payload, more=self._environ).is_done:
                why = f"is signed by a key of {printable(name)} that is revoked"
        raise _Refused(why)

    def _fingerprint(self, git: Git, payload: bytes, file: Path) -> str:
        """Return the key that a signature names, for a person."""
        argv = ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", str(file)]
        ended = git.run_beside(argv, stdin=payload, more=self._environ)
        found = re.search(rb"SHA256:[A-Za-z0-9+/]+", ended.output) if ended.is_done else None
        return f"the SSH key {found[0].decode()}" if found else "an SSH key that cannot be told"


def _is_for_git(line: bytes) -> bool:
    """Say whether a line of `allowed_signers` lets a key sign for git."""
    found = _NAMESPACES.search(line)
    return found is None or any(fnmatchcase("git", os.fsdecode(each)) for each in found[1].split(b","))


def _pgp_signer(status: bytes, *, is_done: bool) -> str:
    """Return who signed, by what GnuPG says. Raises _Refused."""
    said = {word: (key, rest) for word, key, rest in _STATUS.findall(status)}
    for word, why in _NO_TRUST.items():
        if word in said:
            key, name = (printable(it.decode("utf-8", "replace")) for it in said[word])
            raise _Refused(f"{why}, {name or key}" if name or key else why)
    if not is_done or b"GOODSIG" not in said or b"VALIDSIG" not in said:
        raise _Refused("has a signature that cannot be verified")
    return printable(said[b"GOODSIG"][1].decode("utf-8", "replace"))


def _parts(signed: Signed) -> tuple[bytes, bytes]:
    """Return what was signed, and the signature. Raises _Refused where there is none, or not one alone."""
    if signed.is_tag:
        found = list(_BEGIN.finditer(signed.content))
        if not found:
            raise _Refused("is not signed")
        _check_tag(signed)
        return signed.content[: found[-1].start()], signed.content[found[-1].start() :]
    head, end, body = signed.content.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[list[bytes]] = []
    is_within = False
    for line in head.split(b"\n"):
        if found_header := _HEADER.match(line):
            is_within = True
            signatures.append([line[found_header.end() :]])
        elif is_within and line.startswith(b" "):
            signatures[-1].append(line[1:])
        else:
            is_within = False
            kept.append(line)
    if not signatures:
        raise _Refused("is not signed")
    if len(signatures) > 1:
        raise _Refused("is signed more than once")
    signature = b"\n".join(signatures[0]) + b"\n"
    if not _BEGIN.match(signature):
        raise _Refused("has a signature of no known form")
    return b"\n".join(kept) + end + body, signature


def _check_tag(signed: Signed) -> None:
    """Raise _Refused for a tag that stands under another name, or leads to the commit by way of another tag.

    Whoever may push could else put an old tag where a new one is followed.
    """
    head = signed.content.partition(b"\n\n")[0].split(b"\n")
    named = next((os.fsdecode(line[4:]) for line in head if line.startswith(b"tag ")), "")
    if f"refs/tags/{named}" != signed.stands_as:
        raise _Refused(f"was signed as {printable(named)}, and stands as {printable(signed.stands_as)}")
    if f"object {signed.names}".encode() not in head:
        raise _Refused("names another tag, and not the commit itself")
