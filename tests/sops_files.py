"""Files as SOPS writes them, encrypted for an age key, and a program that reads them as `sops --decrypt` does.

No package index that the tests may use has SOPS itself. The form is that of its own files: values by AES-GCM under a
data key, that key by age, and a MAC over all of them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pyrage
import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MODIFIED = "2026-01-02T03:04:05Z"


def sops_file(values: Mapping[str, Mapping[str, str]], recipient: str) -> str:
    """Return the text of a file with texts two keys deep, for whoever has the identity of an age recipient."""
    key = os.urandom(32)
    tree = {
        name: {inner: encrypted(text, key, f"{name}:{inner}:") for inner, text in below.items()}
        for name, below in values.items()
    }
    digest = hashlib.sha512("".join(text for below in values.values() for text in below.values()).encode())
    armoured = pyrage.encrypt(key, [pyrage.x25519.Recipient.from_str(recipient)], armored=True).decode()
    sops = {
        "age": [{"recipient": recipient, "enc": armoured}],
        "lastmodified": MODIFIED,
        "mac": encrypted(digest.hexdigest().upper(), key, MODIFIED),
        "version": "3.9.0",
    }
    return yaml.safe_dump({**tree, "sops": sops}, sort_keys=False)


def encrypted(text: str, key: bytes, place: str) -> str:
    """Return one value; `place`, the keys above it, is authenticated with it."""
    nonce = os.urandom(32)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    data, iv, tag = (base64.b64encode(each).decode() for each in (sealed[:-16], nonce, sealed[-16:]))
    return f"ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:str]"


PROGRAM = """#!%s
import base64, json, os, re, sys
import pyrage, yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

decrypt, extract, path, file = sys.argv[1:]
assert (decrypt, extract) == ("--decrypt", "--extract"), sys.argv
keys = re.findall(r'\\["([^"]*)"\\]', path)
with open(file, encoding="utf-8") as stream:
    tree = yaml.safe_load(stream)
found = tree
for key in keys:
    if key not in found:
        sys.exit(f"error emitting tree: component [{key!r}] not found")
    found = found[key]
if "SOPS_AGE_KEY" not in os.environ:
    print("Failed to get the data key required to decrypt the SOPS file.", file=sys.stderr)
    sys.exit(128)
identity = pyrage.x25519.Identity.from_str(os.environ["SOPS_AGE_KEY"])
key = pyrage.decrypt(tree["sops"]["age"][0]["enc"].encode(), [identity])
parts = dict(re.findall(r"(data|iv|tag):([^,]*)", found))
data, iv, tag = (base64.b64decode(parts[name]) for name in ("data", "iv", "tag"))
sys.stdout.buffer.write(AESGCM(key).decrypt(iv, data + tag, "".join(f"{each}:" for each in keys).encode()))
"""


def install_sops(folder: Path) -> Path:
    """Put the program into a folder, as `sops`."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "sops"
    program.write_text(PROGRAM % sys.executable)
    program.chmod(0o755)
    return program
