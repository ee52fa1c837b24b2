"""How a receiver knows that a message is ours, whole, and of now: docs/howto/notify.md has the receiver."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE = "X-Igz-Apply-Signature"


def signature(key: bytes, timestamp: int, body: bytes) -> str:
    """Return the header's value: `t=1764529200,v1=` and the HMAC-SHA256, in hex, of `1764529200.` and the body."""
    signed = hmac.new(key, b"%d.%s" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"
