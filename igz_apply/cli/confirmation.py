"""The question before something is changed."""

from __future__ import annotations

import sys

import click

from igz_apply.cli.session import Session
from igz_apply.errors import Interrupted

YES = "yes"


def require_a_way_to_ask(auto_approve: bool) -> None:
    """Refuse to start where nobody could answer. Raises UsageError."""
    if not auto_approve and (sys.stdin is None or not sys.stdin.isatty()):
        raise click.UsageError(
            "There is no terminal to ask on. Add -y (--auto-approve) to go ahead without a question."
        )


def confirm(session: Session, question: str) -> None:
    """Ask, and go on only if the answer is `yes`. Raises Interrupted."""
    errors = session.errors
    errors.say(f"\n{question}\nOnly `yes` goes on: ")
    if errors.failure is not None:
        raise Interrupted("The question could not be shown. Nothing was changed.")
    if sys.stdin.readline().strip() != YES:
        raise Interrupted("Nothing was changed.", hint="Answer yes to go on, or add -y.")
