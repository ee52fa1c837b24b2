"""What an e-mail address is there: x@y.z, as the SDK checks it. Wire reference, section 6."""

from __future__ import annotations

from igz_apply.patterns import pattern

_E_MAIL = pattern(r"[^@ \t\r\n]+@[^@ \t\r\n]+[.][^@ \t\r\n]+")


def is_email(text: str) -> bool:
    """Say whether a text is an address of the form that is taken there, as the schema of manifests has it too."""
    return _E_MAIL.fullmatch(text) is not None
