#!/bin/sh
# ruamel.yaml 0.19.1, yamlpath 3.9.1, yamlium 0.3.1 (PyPI): to take one line out of a file by a library that keeps comments
# changes what stands beside that line, and what does depends on the library.
#
# One would expect: a reader that is made for the round trip gives the file back without the line, and a comment stays with
# what it stands above.
# What happens: ruamel.yaml takes the comment above the NEXT item or key along, without a word: to it a comment belongs to what
# comes before. yamlpath's yaml-set, which is built on it, keeps a key's, and puts it above the first item of another list.
# yamlium keeps both, and writes the version 1.10 as 1.1, a list indented that was not, and one space where there were three.
#
# Seen, of the seven lines below after `ada` was taken out of `users`, and after `owner` was taken out:
#   ruamel.yaml  item: lost '# tim is a contractor'  key: lost '# who pays'
#   yamlpath     item: lost '# tim is a contractor'  key: '# who pays' now above '- ada'
#   yamlium      item: as it was                     key: as it was
#   yamlium, nothing taken out: 'version: 1.10   # pinned\nusers:\n- tim\n' -> 'version: 1.1 # pinned\nusers:\n  - tim\n'
#
# What follows here: `offboard` and `accept` cut lines out of the text by its positions, and read it again before it is written.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  "ruamel.yaml==0.19.1" "yamlpath==3.9.1" "yamlium==0.3.1"
cat >"$folder/show.py" <<'PROGRAM'
import io
import pathlib
import subprocess
import sys

import yamlium
from ruamel.yaml import YAML

TEXT = """\
users:
  - ada
  # tim is a contractor
  - tim
owner: ada
# who pays
cost: 42
"""
PLAIN = "version: 1.10   # pinned\nusers:\n- tim\n"
EXPECTED = """\
ruamel.yaml  item: lost '# tim is a contractor'  key: lost '# who pays'
yamlpath     item: lost '# tim is a contractor'  key: '# who pays' now above '- ada'
yamlium      item: as it was                     key: as it was
yamlium, nothing taken out: 'version: 1.10   # pinned\\nusers:\\n- tim\\n' -> 'version: 1.1 # pinned\\nusers:\\n  - tim\\n'
"""
PLACES = {"item": ("users", 0), "key": ("owner",)}
bin_ = pathlib.Path(sys.executable).parent


def by_ruamel(path):
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(TEXT)
    holder = document if len(path) == 1 else document[path[0]]
    del holder[path[-1]]
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def by_yamlpath(path):
    file = bin_.parent.parent / "people.yaml"
    file.write_text(TEXT)
    place = path[0] if len(path) == 1 else f"{path[0]}[{path[1]}]"
    subprocess.run([bin_ / "yaml-set", "--delete", f"--change={place}", file], check=True, capture_output=True)
    return file.read_text()


def by_yamlium(path):
    document = yamlium.parse(TEXT)
    if len(path) == 1:
        del document[path[0]]
    else:
        document[path[0]].pop(path[1])
    return document.to_yaml()


def fate(text):
    """Say what became of the comment above the line that stays."""
    now = [line.strip() for line in text.splitlines()]
    said = []
    for comment, below in (("# tim is a contractor", "- tim"), ("# who pays", "cost: 42")):
        if comment not in now:
            said.append(f"lost {comment!r}")
        elif now[now.index(comment) + 1] != below:
            said.append(f"{comment!r} now above {now[now.index(comment) + 1]!r}")
    return " ".join(said) or "as it was"


found = ""
for name, edit in {"ruamel.yaml": by_ruamel, "yamlpath": by_yamlpath, "yamlium": by_yamlium}.items():
    item, key = (fate(edit(path)) for path in PLACES.values())
    found += f"{name:<11}  item: {item:<28}  key: {key}\n"
found += f"yamlium, nothing taken out: {PLAIN!r} -> {yamlium.parse(PLAIN).to_yaml()!r}\n"
print(found, end="")
raise SystemExit(found != EXPECTED)
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
