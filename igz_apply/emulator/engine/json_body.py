"""The JSON of a request's body, as far as it can be stored and shown again."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from igz_apply.emulator.engine.http_errors import bad_request
from igz_apply.emulator.engine.messages import Request

MAX_DEPTH = 64


def read_json(request: Request) -> Any:
    """Return the JSON of the body. Raises Refusal (400) for anything that is not plain, finite JSON."""
    try:
        value = json.loads(request.body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise bad_request("The body is not JSON") from error
    _check_storable(value, request.body)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]} is too large")
    return number


def _check_storable(value: Any, raw: bytes) -> None:
    if _depth_exceeds(value, MAX_DEPTH):
        raise bad_request(f"The body is nested deeper than {MAX_DEPTH} levels")
    if b"\\u" in raw:
        # An escape can spell half of a surrogate pair, or NUL; neither is text that can be stored.
        text = json.dumps(value, ensure_ascii=False)
        if "\\u0000" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise bad_request("The body holds characters that are not text")


def _depth_exceeds(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth == 0 or any(_depth_exceeds(each, depth - 1) for each in value.values())
    if isinstance(value, list):
        return depth == 0 or any(_depth_exceeds(each, depth - 1) for each in value)
    return False
