#!/bin/sh
# py-yaml12 0.2.0 and ryaml 0.5.1 (PyPI): what does not fit 64 bits is read neither as it stands nor refused, and each
# reader has an answer of its own.
#
# One would expect: both are Rust underneath and give Python values, so a whole number stays whole however long it is (as with
# PyYAML and ruamel.yaml), or there is an error; and a number written with an exponent is a number at any size.
# What happens: py-yaml12 rounds a whole number beyond 64 bits to a float, without a word. ryaml keeps it between 2**63 and
# 2**64, refuses it beyond, and reads 1e300 as a number but 1e400, which no float holds, as text.
#
# Seen:
#   18446744073709551615  py-yaml12 float 1.8446744073709552e+19  ryaml int 18446744073709551615
#   18446744073709551616  py-yaml12 float 1.8446744073709552e+19  ryaml refused
#   1e300                 py-yaml12 float 1e+300                  ryaml float 1e+300
#   1e400                 py-yaml12 float inf                     ryaml str 1e400
#
# What follows here: an id of twenty digits is text that somebody forgot to quote. A whole number of more than 18 digits and
# one that no float holds are refused with the place and the advice to quote them, whoever reads the file.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "py-yaml12==0.2.0" "ryaml==0.5.1"
cat >"$folder/show.py" <<'PROGRAM'
import ryaml
import yaml12

EXPECTED = """\
18446744073709551615  py-yaml12 float 1.8446744073709552e+19  ryaml int 18446744073709551615
18446744073709551616  py-yaml12 float 1.8446744073709552e+19  ryaml refused
1e300                 py-yaml12 float 1e+300                  ryaml float 1e+300
1e400                 py-yaml12 float inf                     ryaml str 1e400
"""


def told(read, text):
    try:
        value = read(f"id: {text}\n")["id"]
    except Exception:
        return "refused"
    return f"{type(value).__name__} {value}"


found = ""
for text in ("18446744073709551615", "18446744073709551616", "1e300", "1e400"):
    found += f"{text:<21} py-yaml12 {told(yaml12.parse_yaml, text):<28}  ryaml {told(ryaml.loads, text)}\n"
print(found, end="")
raise SystemExit(found != EXPECTED)
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
