"""Paths of which no part can reach another route or another object than its own."""

from __future__ import annotations

from urllib.parse import quote

from igz_apply.iguazio4.client.errors import InvalidArgument


def quoted(*parts: str) -> str:
    """Return a path of these parts; nothing in a part is left that means something in a URL.

    An empty part, `.` and `..` are refused, for no quoting keeps them from being taken for a part of the way. Raises
    InvalidArgument.
    """
    for each in parts:
        if not isinstance(each, str):
            raise InvalidArgument(f"A name or an id is a text, not {each!r}")
        if not each.strip() or each in (".", ".."):
            raise InvalidArgument(f"{each!r} cannot be the name or the id of anything")
    try:
        return "/".join(quote(each, safe="") for each in parts)
    except UnicodeEncodeError:
        raise InvalidArgument("A name holds what is no character") from None
