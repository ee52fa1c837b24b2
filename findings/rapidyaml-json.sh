#!/bin/sh
# rapidyaml 0.15.2 (PyPI): the JSON of a YAML document means something else than the document.
#
# One would expect: `emit_json` writes what the YAML says: a scalar tagged !!str as a string, ~ as null, and plain text as
# the same text, as in YAML 1.2, where `nan` without a dot is text like any other.
# What happens: no error, and three other values. The tag is dropped and the text turns into a number; ~, the shortest null,
# turns into the text "~", though `null` is null; and the text nan gets a dot that nobody wrote.
#
# Seen (keys in order; PyYAML 6.0.4 beside it, whose types for these three are those of YAML 1.2):
#   rapidyaml {"version": 1.2, "owner": "~", "lead": null, "state": ".nan"}
#   PyYAML    {"version": "1.20", "owner": null, "lead": null, "state": "nan"}
#
# What follows here: parsing alone takes rapidyaml a twentieth of libyaml's time, and its JSON is the quickest way into Python.
# But a reviewer would read one thing and the tool another, without a word. The quick reader of manifests is our own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "rapidyaml==0.15.2" "PyYAML==6.0.4"
cat >"$folder/show.py" <<'PROGRAM'
import json

import ryml
import yaml

TEXT = "version: !!str 1.20\nowner: ~\nlead: null\nstate: nan\n"
EXPECTED = {
    "rapidyaml": '{"version": 1.2, "owner": "~", "lead": null, "state": ".nan"}',
    "PyYAML": '{"version": "1.20", "owner": null, "lead": null, "state": "nan"}',
}
found = {
    "rapidyaml": json.dumps(json.loads(ryml.emit_json(ryml.parse_in_arena(TEXT.encode())))),
    "PyYAML": json.dumps(yaml.safe_load(TEXT)),
}
for name, text in found.items():
    print(f"{name:<9} {text}")
raise SystemExit(found != EXPECTED)
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
