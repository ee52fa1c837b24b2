"""Where this control plane has secrets.

The id of an access key is the key itself (wire reference, section 9), so paths need care as well as bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from igz_apply.http.redaction import MASK, Redaction
from igz_apply.patterns import pattern

__all__ = ["MASK", "REDACTION", "redact"]


def _keys_in(path: str, query: str) -> Iterator[str]:
    """Yield the access keys that a path and its query name, if any."""
    if not path.startswith("access_keys"):
        return
    yield from (unquote(part) for part in path.split("/")[1:])
    yield from (value for name, value in parse_qsl(query.lstrip("?")) if name.startswith("filter["))


REDACTION = Redaction(
    names=pattern(
        r"((password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)s?"
        r"|(^|_)(session_key|kubeconfig|sid))$",
        re.IGNORECASE,
    ),
    holders=frozenset({"extra_environment_vars"}),  # of a service
    json_texts=frozenset({"params", "result"}),  # of a job: what it was given, and what it says of its end
    # A path below access_keys holds a key; so does a filter on its id. The query of such a path is masked with it.
    paths=(
        (pattern(r"(?<![\w-])(access_keys/)[^/?\s\"']+"), rf"\1{MASK}"),
        (pattern(r"((?<![\w-])access_keys\b[^?\s\"']*\?)[^\s\"']+"), rf"\1{MASK}"),
    ),
    of_path=_keys_in,
)
redact = REDACTION.redact
