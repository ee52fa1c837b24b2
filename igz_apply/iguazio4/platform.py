"""Iguazio 4, as the one value that the rest of igz-apply is handed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from igz_apply.errors import IgzApplyError
from igz_apply.iguazio4.kinds import KINDS
from igz_apply.platform import Browser, Connection, Platform

if TYPE_CHECKING:
    from igz_apply.model.changes import Plan
    from igz_apply.model.kind import Kinds
    from igz_apply.model.step import Step

TOKEN_FILE = ".igz.yml"  # below the home directory


def schema_of(kind: str) -> Mapping[str, Any]:
    """Return the schema of a kind's manifests. Raises KeyError for a kind without one."""
    names: dict[str, Any] = {field.name: {} for field in KINDS[kind].fields}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind} manifest",
        "description": f"A {kind} of an Iguazio 4.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": KINDS.api_version},
            "kind": {"const": kind},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "spec": {"type": "object", "additionalProperties": False, "properties": names},
            "lifecycle": {"type": "object"},
        },
    }


def steps_of(plan: Plan, kinds: Kinds) -> tuple[Step, ...]:
    """Cut a plan into the calls of Iguazio 4."""
    _not_yet(plan, kinds)


def _not_yet(*_: object) -> NoReturn:
    raise IgzApplyError("An Iguazio 4 cannot be reached yet.")


@contextmanager
def opened(*_: object) -> Iterator[Any]:
    """Connect. Raises IgzApplyError."""
    yield _not_yet()


def credentials_in(connection: Connection, environ: Mapping[str, str]) -> str:  # noqa: ARG001
    """Return what is given that proves who one is on an Iguazio 4."""
    if connection.offline_token:
        return "an offline token"
    if connection.token_file:
        return f"the token file {connection.token_file}"
    if connection.service_account_file:
        return f"the service account's {connection.service_account_file}"
    return f"~/{TOKEN_FILE}" if (Path.home() / TOKEN_FILE).exists() else ""


BROWSER = Browser(
    kinds=("User", "Group", "Policy", "Project", "Execution"),
    jobs="Execution",
    whole={},
    about="",
    examples=(),
    options={},
    operated="",
    operations=(),
    reading=opened,
    operating=opened,
    why_no_operations="An Iguazio 4 has no interface for app services: they are run in its own dashboard.",
)

IGUAZIO4 = Platform(
    name="iguazio4",
    kinds=KINDS,
    schema_of=schema_of,
    steps_of=steps_of,
    browser=BROWSER,
    emulated=opened,
    read_only=opened,
    read_write=opened,
    title="Iguazio 4",
    embedded="embedded4",
    credentials_in=credentials_in,
)
