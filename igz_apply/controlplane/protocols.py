"""What resources and operations ask of a client: one that reads, and one that calls."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.job_polling import Polling

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Reads(Protocol):
    """A client that reads; see ReadOnlyClient."""

    @property
    def logger(self) -> logging.Logger: ...
    @property
    def polling(self) -> Polling: ...
    @property
    def tenant_id(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer: ...

    def pages(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        size: int = 200,
        concurrency: Executor | None = None,
    ) -> Iterator[Answer]: ...

    def stream(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        size: int = 200,
        concurrency: Executor | None = None,
    ) -> Iterator[Answer]: ...


class Calls(Reads, Protocol):
    """A client that also sends calls which change something; see Client."""

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> Answer: ...
