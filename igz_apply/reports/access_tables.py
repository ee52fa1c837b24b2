"""What a plan does to people's access, as tables of the page: in green what is gained, in red what is lost."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from igz_apply.model.addresses import Address
from igz_apply.model.changes import AccessImpact, AccountChange, PolicyChange, RoleChange
from igz_apply.wording.dangers import gives_power, takes
from igz_apply.wording.printable import printable
from igz_apply.wording.role_words import NO_ROLE, way


def access_tables(impact: AccessImpact) -> str:
    """Return a table of accounts, one of roles and one of policies; what gives power comes first, then what is lost."""
    roles = sorted(impact.roles, key=_gravest)
    policies = sorted(impact.policies, key=_gravest)
    switched = [account for account in impact.accounts if account.after is not None]  # a delete is told as one
    unseen = "".join(
        f'<p class="bad">Not every {_text(kind)} is seen: {_text(why)}</p>' for kind, why in impact.unseen.items()
    )
    tables = (
        _table("Accounts", (_kinds(it.user for it in switched), "Afterwards"), map(_account, switched)),
        _table(
            "Roles",
            (
                _kinds(it.user for it in roles),
                _kinds(it.project for it in roles),
                "Role before",
                "Role after",
                "Through",
            ),
            map(_role, roles),
        ),
        _table(
            "Policies",
            (_kinds(it.user for it in policies), "Policies gained", "Policies lost", "Through"),
            map(_policies, policies),
        ),
    )
    return unseen + ("".join(tables) or "<p>Nobody's access changes.</p>")


def _gravest(change: RoleChange | PolicyChange) -> tuple[bool, bool]:
    return not gives_power(change), not takes(change)


def _kinds(addresses: Iterable[Address]) -> str:
    """Return the head of a column of names."""
    return _text(" or ".join(sorted({address.kind for address in addresses})))


def _table(caption: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    body = "".join(rows)
    head = "".join(f"<th>{text}" for text in heads)
    table = f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"
    return f'<div class="wide" tabindex="0">{table}</div>' if body else ""


def _account(account: AccountChange) -> str:
    said = "<del>cannot log in any more</del>" if account.shuts_out else "<ins>can log in again</ins>"
    return f"<tr{_tone(gains=not account.shuts_out)}><td>{_text(account.user.name)}<td>{said}: {account.after}</tr>"


def _role(role: RoleChange) -> str:
    tag = "del" if role.loses else "ins"
    tone = ' class="power"' if gives_power(role) else _tone(gains=not role.loses)
    return (
        f"<tr{tone}><td>{_text(role.user.name)}<td>{_text(role.project.name)}<td>{_text(role.before or NO_ROLE)}"
        f"<td><{tag}>{_text(role.after or NO_ROLE)}</{tag}><td>{_text(way(role))}</tr>"
    )


def _policies(change: PolicyChange) -> str:
    tone = ' class="power"' if gives_power(change) else _tone(gains=not change.lost)
    return (
        f"<tr{tone}><td>{_text(change.user.name)}<td><ins>{_text(', '.join(change.gained))}</ins>"
        f"<td><del>{_text(', '.join(change.lost))}</del><td>{_text(way(change))}</tr>"
    )


def _tone(*, gains: bool) -> str:
    return "" if gains else ' class="loses"'


def _text(text: str) -> str:
    return escape(printable(text))
