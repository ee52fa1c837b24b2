#!/bin/sh
# deepdiff 9.1.0, dictdiffer 0.10.0 (PyPI): to undo a change by the inverse of its difference gives another list than there
# was, without an error, though both libraries offer it and check what they are applied to.
#
# One would expect: whatever a difference says forwards, it says backwards too: `after - Delta(diff)` is what was before, as
# `before + Delta(diff)` is what came after.
# What happens: deepdiff's bidirectional Delta of a difference that ignores the order (for which it demands
# report_repetition) takes away EVERY copy of an item whose count has changed, both where it fell and where it rose;
# raise_errors raises nothing. Forwards it is right. dictdiffer's revert puts items that were taken from the end of a list back
# in another order where there were three or more; of one item, and of what was added, it is right.
#
# Seen:
#   deepdiff    [a a b] -> [b a]    forwards [b a]    backwards [b]
#   deepdiff    [a b] -> [b a a]    forwards [b a a]  backwards [b]
#   deepdiff    [a a] -> [a]        forwards [a]      backwards []
#   deepdiff    [a b c] -> [c x]    forwards [c x]    backwards [a b c]
#   dictdiffer  [a b c d] -> [a]    forwards [a]      backwards [a b d c]
#   dictdiffer  [a b c] -> []       forwards []       backwards [a c b]
#   dictdiffer  [a b] -> [a]        forwards [a]      backwards [a b]
#   dictdiffer  [a] -> [a b c]      forwards [a b c]  backwards [a]
#
# What follows here: a run's record holds the values before, whole, and `undo` plans from them; no difference is ever inverted.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "deepdiff==9.1.0" "dictdiffer==0.10.0"
cat >"$folder/show.py" <<'PROGRAM'
import sys

import dictdiffer
from deepdiff import DeepDiff, Delta

EXPECTED = """\
deepdiff    [a a b] -> [b a]    forwards [b a]    backwards [b]
deepdiff    [a b] -> [b a a]    forwards [b a a]  backwards [b]
deepdiff    [a a] -> [a]        forwards [a]      backwards []
deepdiff    [a b c] -> [c x]    forwards [c x]    backwards [a b c]
dictdiffer  [a b c d] -> [a]    forwards [a]      backwards [a b d c]
dictdiffer  [a b c] -> []       forwards []       backwards [a c b]
dictdiffer  [a b] -> [a]        forwards [a]      backwards [a b]
dictdiffer  [a] -> [a b c]      forwards [a b c]  backwards [a]
"""


def held(items):
    return {"members": list(items)}


def by_deepdiff(before, after):
    found = DeepDiff(held(before), held(after), ignore_order=True, report_repetition=True)
    delta = Delta(found, bidirectional=True, raise_errors=True)
    return (held(before) + delta)["members"], (held(after) - delta)["members"]


def by_dictdiffer(before, after):
    found = list(dictdiffer.diff(held(before), held(after)))
    return dictdiffer.patch(found, held(before))["members"], dictdiffer.revert(found, held(after))["members"]


def text(items):
    return f"[{' '.join(items)}]"


CASES = [
    ("deepdiff", by_deepdiff, "aab", "ba"),
    ("deepdiff", by_deepdiff, "ab", "baa"),
    ("deepdiff", by_deepdiff, "aa", "a"),
    ("deepdiff", by_deepdiff, "abc", "cx"),
    ("dictdiffer", by_dictdiffer, "abcd", "a"),
    ("dictdiffer", by_dictdiffer, "abc", ""),
    ("dictdiffer", by_dictdiffer, "ab", "a"),
    ("dictdiffer", by_dictdiffer, "a", "abc"),
]
seen = ""
for name, way, before, after in CASES:
    forwards, backwards = way(before, after)
    change = f"{text(before)} -> {text(after)}"
    seen += f"{name:<12}{change:<20}forwards {text(forwards):<9}backwards {text(backwards)}\n"
print(seen, end="")
if seen != EXPECTED:
    sys.exit("This is not what the head of this file says.")
PROGRAM
"$folder/env/bin/python" "$folder/show.py"
