"""The options that the engine itself reads, and how an API describes its own: a default, a help text, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
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


PROVEN = "proven"
CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Description:
    """What there is to know of one switch: something that an emulator does, or does not do, on purpose."""

    name: str
    form: type[Any]  # bool, int, float or str
    values: tuple[str, ...]  # all there are, as they are written; () for a number or a text
    default: Any  # None: nothing is said
    help: str
    evidence: str  # PROVEN: a source shows the default; CHOICE: nobody knows; "": it is not about the API
    optional: bool = False  # may be none

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for. Raises EmulatorError, which says what it can be."""
        if self.form is bool:
            return self._parse_word(_WORDS, text)
        if self.values:
            return self._parse_word({each: each for each in self.values}, text)
        try:
            return None if self.optional and text in ("", "none") else self.form(text)
        except ValueError as error:
            raise EmulatorError(f"The switch {self.name} cannot be {text!r}: it is a number") from error

    def _parse_word(self, words: Mapping[str, Any], text: str) -> Any:
        if text.lower() not in words:
            raise EmulatorError(f"The switch {self.name} cannot be {text!r}: it is one of {', '.join(self.values)}")
        value = words[text.lower()]
        return self.form(value)


_WORDS = {**dict.fromkeys(("on", "true", "yes", "1"), True), **dict.fromkeys(("off", "false", "no", "0"), False)}


def switch(default: Any, help_text: str, *, lowest: float = 0, highest: float = 1e9, evidence: str = CHOICE) -> Any:
    """Return a field of options; `lowest` and `highest` bound it if it is a number."""
    metadata = {"help": help_text, "lowest": lowest, "highest": highest, "evidence": evidence}
    return field(default=default, metadata=metadata)


def status_switch(default: int, help_text: str) -> Any:
    """Return a field that holds the HTTP status of an answer."""
    return switch(default, help_text, lowest=200, highest=499)


def choice(values: tuple[Any, ...], help_text: str, *, evidence: str = CHOICE) -> Any:
    """Return a field that holds one of some words or numbers, the first unless something else is said."""
    metadata = {"help": help_text, "values": values, "evidence": evidence}
    return field(default=values[0], metadata=metadata)


def describe(options: type[EngineOptions]) -> tuple[Description, ...]:
    """Return what is known of each switch of an API, in order."""
    return tuple(_described(each) for each in fields(options))


def _described(option: Field[Any]) -> Description:
    values = option.metadata.get("values", ())
    if isinstance(option.default, bool):
        values = ("on", "off") if option.default else ("off", "on")
    default = option.default
    is_text = isinstance(default, str) or (default is None and "Path" in str(option.type))
    form: type[Any] = str if is_text else float if default is None else type(default)
    help_text, evidence = option.metadata["help"], option.metadata["evidence"]
    return Description(
        option.name, form, tuple(map(str, values)), default, help_text, evidence, optional=default is None
    )


def check_bounds(options: EngineOptions) -> None:
    """Raise EmulatorError, which names the option, if a value makes no sense."""
    for each in fields(options):
        value = getattr(options, each.name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        values = each.metadata.get("values")
        if values and value not in values:
            raise EmulatorError(f"The option {each.name} cannot be {value}: it is one of {', '.join(map(str, values))}")
        if is_number and not values and not each.metadata["lowest"] <= value <= each.metadata["highest"]:
            raise EmulatorError(f"The option {each.name} cannot be {value}")
