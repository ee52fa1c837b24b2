"""The options that the engine itself reads, and how an API describes its own: a default, a help text, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, field, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol

from igz_apply.emulator.engine.http_errors import EmulatorError


class EngineOptions(Protocol):
    """What the options of every API hold; each has more of its own."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def job_seconds(self) -> float:
        """Return how long a background job takes."""

    @property
    def job_lifetime_seconds(self) -> float:
        """Return how long a finished job can be read."""

    @property
    def latency_ms(self) -> float:
        """Return how long every answer is held back."""

    @property
    def faults(self) -> str | Path | Mapping[str, Any] | None:
        """Return the faults to act out, as a file or its content."""

    @property
    def log(self) -> str | Path | None:
        """Return the file of the request log."""


def switch(default: Any, help_text: str, *, lowest: float = 0, highest: float = 1e9) -> Any:
    """Return a field of options; `lowest` and `highest` bound it if it is a number."""
    return field(default=default, metadata={"help": help_text, "lowest": lowest, "highest": highest})


def status_switch(default: int, help_text: str) -> Any:
    """Return a field that holds the HTTP status of an answer."""
    return switch(default, help_text, lowest=200, highest=499)


def check_bounds(options: EngineOptions) -> None:
    """Raise EmulatorError, which names the option, if a number makes no sense."""
    for each in fields(options):
        value = getattr(options, each.name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and not each.metadata["lowest"] <= value <= each.metadata["highest"]:
            raise EmulatorError(f"The option {each.name} cannot be {value}")
