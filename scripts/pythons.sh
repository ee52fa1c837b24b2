#!/bin/sh
# Tries the interpreters that igz-apply supports: the quick tests with each that is on this machine, in an environment
# of its own below .venv-pythons. `sh scripts/pythons.sh [VERSION...]`; fails if one fails, and says which were not here.
# UV is the program uv; those of pyenv are found without being switched on. PYTHONS_SKIP leaves one out.
set -eu

cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
versions=${*:-3.10 3.11 3.12 3.13 3.14}
jobs=$(($(getconf _NPROCESSORS_ONLN) + 1))

for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin; do
    if [ -d "$folder" ]; then PATH="$folder:$PATH"; fi
done
export PATH

failed=
tried=
for version in $versions; do
    if [ "$version" = "${PYTHONS_SKIP:-}" ]; then
        continue
    fi
    if ! python=$("$uv" python find --no-python-downloads --system "$version" 2>/dev/null); then
        echo "==> Python $version is not here, and not tried; \`uv python install $version\` brings it"
        continue
    fi
    echo "==> Python $version ($python)"
    folder=.venv-pythons/$version
    [ -x "$folder/bin/python" ] || "$uv" venv --quiet --python "$python" "$folder"
    "$uv" pip install --quiet --python "$folder/bin/python" --editable ".[dev]"
    tried="$tried $version"
    HYPOTHESIS_PROFILE=quick "$folder/bin/python" -m pytest -n "$jobs" --dist worksteal -m "not full" tests ||
        failed="$failed $version"
done
echo "==> Tried:${tried:- none}. Failed:${failed:- none}."
[ -z "$failed" ]
