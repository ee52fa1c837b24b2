#!/bin/sh
# jsonschema 4.26.0, jsonschema-rs 0.61.2, fastjsonschema 2.22.3 (PyPI): one JSON Schema that names its draft, 2020-12, gets
# three verdicts on plain data, and none of the three says that it does not know a keyword or a draft.
#
# One would expect: a validator that takes a schema with that $schema either holds data against it as the draft says, or
# refuses the schema.
# What happens: jsonschema calls 19.99 no multiple of 0.01, the other two do. jsonschema passes over `dependencies`, which the
# draft has parted in two; jsonschema-rs and fastjsonschema hold to it. fastjsonschema takes the draft without a word and knows
# none of its keywords: `prefixItems`, `dependentRequired` and what stands beside a `$ref` count for nothing, and
# `minContains: 0` does not let an empty list pass. A list of schemas at `items`, as in older drafts, is refused as a schema by
# jsonschema-rs alone; jsonschema fails on it at the first list that it looks at, by an AttributeError.
#
# Seen (yes: the data is valid):
#   case                   jsonschema      jsonschema-rs   fastjsonschema
#   a price of 19.99       no              yes             yes
#   dependencies           yes             no              no
#   dependentRequired      no              no              yes
#   prefixItems            no              no              yes
#   beside a $ref          no              no              yes
#   minContains: 0         yes             yes             no
#   items: [schema]        AttributeError  ValidationError no
#
# What follows here: one validator has the last word on manifests, config and policies (jsonschema-rs), another only words it,
# and a test holds the two against each other; policies should say `dependentRequired`, and prices as whole cents.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  "jsonschema==4.26.0" "jsonschema-rs==0.61.2" "fastjsonschema==2.22.3"
cat >"$folder/show.py" <<'PROGRAM'
import sys

import fastjsonschema
import jsonschema
import jsonschema_rs

DRAFT = "https://json-schema.org/draft/2020-12/schema"
CASES = [
    ("a price of 19.99", {"multipleOf": 0.01}, 19.99),
    ("dependencies", {"dependencies": {"owner": ["team"]}}, {"owner": "ada"}),
    ("dependentRequired", {"dependentRequired": {"owner": ["team"]}}, {"owner": "ada"}),
    ("prefixItems", {"prefixItems": [{"type": "integer"}]}, ["ada"]),
    ("beside a $ref", {"$defs": {"name": {}}, "$ref": "#/$defs/name", "maxLength": 2}, "ada"),
    ("minContains: 0", {"contains": {"const": "ada"}, "minContains": 0}, []),
    ("items: [schema]", {"items": [{"type": "integer"}]}, ["ada"]),
]
EXPECTED = """\
case                   jsonschema      jsonschema-rs   fastjsonschema
a price of 19.99       no              yes             yes
dependencies           yes             no              no
dependentRequired      no              no              yes
prefixItems            no              no              yes
beside a $ref          no              no              yes
minContains: 0         yes             yes             no
items: [schema]        AttributeError  ValidationError no
"""


def by_jsonschema(schema, data):
    return jsonschema.validators.validator_for(schema)(schema).is_valid(data)


def by_jsonschema_rs(schema, data):
    return jsonschema_rs.validator_for(schema).is_valid(data)


def by_fastjsonschema(schema, data):
    try:
        fastjsonschema.compile(schema)(data)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def verdict(way, schema, data):
    try:
        return "yes" if way({"$schema": DRAFT, **schema}, data) else "no"
    except Exception as error:  # whichever each of them raises
        return type(error).__name__


seen = f"{'case':<23}{'jsonschema':<16}{'jsonschema-rs':<16}fastjsonschema\n"
for name, schema, data in CASES:
    first, second, third = (verdict(way, schema, data) for way in (by_jsonschema, by_jsonschema_rs, by_fastjsonschema))
    seen += f"{name:<23}{first:<16}{second:<16}{third}\n"
print(seen, end="")
if seen != EXPECTED:
    sys.exit("This is not what the head of this file says.")
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
