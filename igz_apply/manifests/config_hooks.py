"""The config's `hooks`, as they stand there or are given in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from igz_apply.errors import InvalidInput
from igz_apply.manifests.reader import read_bytes
from igz_apply.model.hooks import EVENTS, HOOK_SECONDS, Hook, Hooks
from igz_apply.model.problems import Problem, errors_of
from igz_apply.model.quantities import duration

GIVEN = "IGZ_HOOKS"


def hooks_from(*parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Hooks:
    """Return the hooks that valid parts of a config state: those of a later part come after those of an earlier one."""
    found = {event: tuple(_hook(each) for part in parts for each in part.get(event, ())) for event in EVENTS}
    return {event: hooks for event, hooks in found.items() if hooks}


def hooks_given(text: str) -> Hooks:
    """Return the hooks that a text says, or the file that it names. Raises InvalidInput."""
    name, content = GIVEN, text.encode("utf-8", "surrogateescape")
    if not text.startswith("{"):
        name = text
        try:
            content = Path(text).read_bytes()
        except OSError as error:
            detail = f"{GIVEN} names {text}, which cannot be read: {error.strerror or error}."
            raise InvalidInput([Problem("Environment", detail, "Correct it; {} is none.")]) from error
    from igz_apply.authoring.validation import conforms
    from igz_apply.manifests.schemas import config_schema

    reading = read_bytes(name, content)
    problems = list(reading.problems)
    schema = config_schema()
    for document in reading.documents:
        problems.extend(conforms(document, {**schema["$defs"]["hooks"], "$defs": schema["$defs"]}, noun="value"))
    if errors_of(problems):
        raise InvalidInput(problems)
    return hooks_from(reading.documents[0].data)


def _hook(stated: Mapping[str, Any]) -> Hook:
    timeout = stated.get("timeout", HOOK_SECONDS)
    seconds = duration(timeout) if isinstance(timeout, str) else timeout
    assert seconds is not None  # the schema let nothing else through
    return Hook(tuple(stated["command"]), float(seconds))
