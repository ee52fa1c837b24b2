#!/bin/sh
# Installs igz-apply beside MLRun and both SDKs of the platform in one environment of Python 3.11, the only one that
# MLRun 1.12 takes, and says which of our extras do not fit there.
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-uv}
venv=${1:-.venv-beside}
neighbours="mlrun==1.12.1 iguazio==0.2.9 igz-mgmt==0.4.2"

"$UV" venv --quiet --clear --seed --python 3.11 "$venv"
# pip, as people have it: uv settles some conflicts otherwise. No package of these has a source to build.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check . $neighbours
"$venv/bin/python" -m pip check
"$venv/bin/python" - <<'EOF'
import importlib.metadata as installed

import igz_apply
import igz_apply.iguazio4.client
import iguazio
import igz_mgmt
import mlrun

for name in ("igz-apply", "mlrun", "iguazio", "igz-mgmt", "deepdiff", "fsspec", "click", "jsonschema"):
    print(f"{name} {installed.version(name)}")
EOF
"$venv/bin/igz-apply" validate manifests/examples/iguazio4 --platform iguazio4 >/dev/null
echo "igz-apply works beside them."

# What an inventory in an object store needs: the newest of each, as somebody would install it today.
for extra in s3fs gcsfs adlfs; do
    newest=$("$venv/bin/python" -m pip index versions --disable-pip-version-check "$extra" 2>/dev/null | sed -n '1s/.*(\(.*\)).*/\1/p')
    if "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run "$extra==$newest" $neighbours >/dev/null 2>&1
    then
        echo "$extra $newest fits."
    elif "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run "$extra" $neighbours >/dev/null 2>&1
    then
        echo "$extra $newest does not fit, an older one does: let pip choose it, with MLRun in the same command."
    else
        echo "$extra does not fit beside them: keep the inventory on another store, or igz-apply in its own environment."
    fi
done
