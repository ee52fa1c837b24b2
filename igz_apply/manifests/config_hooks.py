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


def file_named(text: str) -> Path | None:
    """Return the file that a text names, None where it says the hooks itself."""
    return None if text.startswith("{") else Path(text)


def hooks_given(text: str) -> Hooks:
    """Return the hooks that a text says, or the file that it names. Raises InvalidInput."""
    name, content, file = GIVEN, text.encode("utf-8", "surrogateescape"), file_named(text)
    if file is not None:
        name = text
        try:
            content = file.read_bytes()
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
    problems.extend(
        Problem("More than one document", "Hooks are one document.", "Remove `---`.", source=more.source)
        for more in reading.documents[1:]
    )
    if errors_of(problems):
        raise InvalidInput(problems)
    return hooks_from(reading.documents[0].data)


def _hook(stated: Mapping[str, Any]) -> Hook:
    timeout = stated.get("timeout", HOOK_SECONDS)
    seconds = duration(timeout) if isinstance(timeout, str) else timeout
    assert seconds is not None  # the schema let nothing else through
    return Hook(tuple(stated["command"]), float(seconds))
