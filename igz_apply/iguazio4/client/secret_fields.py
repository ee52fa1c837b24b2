"""Where this API has secrets: tokens of all kinds in bodies, and a JSON web token wherever it stands."""

from __future__ import annotations

import re

from igz_apply.http.redaction import MASK, Redaction
from igz_apply.patterns import pattern

REDACTION = Redaction(
    names=pattern(r"(password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)s?$", re.IGNORECASE),
    # A token has three parts, of which the last may be empty; what is cut off in the middle still is one.
    paths=((pattern(r"\beyJ[\w-]{6,}(?:(?:\.|%2[eE])[\w-]*){0,2}"), MASK),),
)
