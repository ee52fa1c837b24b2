"""Sessions about other targets than that of the command line, for commands that look at two of them."""

from __future__ import annotations

from igz_apply.cli.session import GlobalFlags, Session

_OF_ONE = frozenset({"IGZ_ENDPOINT", "V3IO_API", "IGZ_TARGET"})


def session_at(session: Session, target: str) -> Session:
    """Return a session about one target, with the credentials at hand and no endpoint but its own."""
    environ = {key: value for key, value in session.whole_environ.items() if key not in _OF_ONE}
    given = {key: value for key, value in vars(session.global_flags).items() if key != "target"}
    return Session(GlobalFlags(**given, target=target), environ)
