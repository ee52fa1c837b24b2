#!/bin/sh
# pip-audit 2.10.1 (PyPI): an audit that could look nothing up ends with 0 and the words of one that found nothing.
#
# One would expect: a package that the advisory service does not know, or that a mirror of the index keeps no advisories for,
# is a failure, or at least not called clean; a gate in CI rests on the exit code.
# What happens: each such package is "skipped", told in a table that `--format json` has in its place, and the end is
# "No known vulnerabilities found" and 0, also where every package was skipped. Behind a mirror that serves files and no JSON
# API, which answers 404 to each question, that is every package. `--strict` makes the first of them an error.
#
# Seen:
#   plain: exit 0, No known vulnerabilities found, 1 of 1 skipped
#   --strict: exit 1
#
# What follows here: scripts/audit.py reads the JSON and counts what was looked up; all skipped is "not one was audited".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "pip-audit==2.10.1"
# A version that there never was, in place of a package that the service does not know.
printf 'requests==0.0.0.0.0.1 --hash=sha256:%064d\n' 0 >"$folder/lock.txt"
set -- "$folder/env/bin/pip-audit" -r "$folder/lock.txt" --require-hashes --disable-pip --progress-spinner off
code=0
"$@" --format json >"$folder/said.json" 2>"$folder/said.txt" || code=$?
skipped=$(grep -o skip_reason "$folder/said.json" | wc -l)
echo "plain: exit $code, $(cat "$folder/said.txt"), $skipped of 1 skipped"
strict=0
"$@" --strict >/dev/null 2>&1 || strict=$?
echo "--strict: exit $strict"
[ "$code" = 0 ] && [ "$skipped" -eq 1 ] && grep -q "No known vulnerabilities found" "$folder/said.txt" && [ "$strict" = 1 ]
