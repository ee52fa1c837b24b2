"""Says of which side something is, where a run is about two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from igz_apply.cli.target_environ import suffix_of
from igz_apply.errors import InvalidInput, PlaneError

_CONNECTION = "Connection"


@contextmanager
def said_of(target: str) -> Iterator[None]:
    """Name the target where its connection is wrong, and how its own variables end. Raises what the block does."""
    try:
        yield
    except PlaneError as error:
        error.args = (f"Target {target}: {error}",)
        raise
    except InvalidInput as error:
        raise InvalidInput(
            [
                replace(
                    each,
                    detail=f"Target {target}: {each.detail}",
                    hint=f"{each.hint} Variables of this target alone end with {suffix_of(target)}.".lstrip(),
                )
                if each.summary == _CONNECTION
                else each
                for each in error.problems
            ]
        ) from error
