"""What the engine must know of an API to serve it."""

from __future__ import annotations

from threading import Event
from typing import Protocol

from igz_apply.emulator.engine.faults import Faults
from igz_apply.emulator.engine.messages import Answer, AnswerForm, Request
from igz_apply.emulator.engine.switches import EngineOptions


class Api(Protocol):
    """An emulated API, as whoever serves it sees it."""

    @property
    def options(self) -> EngineOptions:
        """Return how it behaves."""

    @property
    def faults(self) -> Faults:
        """Return the faults to act out."""

    @property
    def stopping(self) -> Event:
        """Return what is set when whoever waits on purpose should give up."""

    @property
    def form(self) -> AnswerForm:
        """Return how its answers look."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the beginnings of its paths, the API's own first; the rest is for browsers."""

    def answer(self, request: Request, *, shift: int = 0) -> Answer:
        """Answer one request; errors are answers too. `shift` displaces the pages of a list."""

    def encoded_answer(self, request: Request, *, shift: int = 0) -> Answer:
        """Answer one request in the form in which it is sent: parts of the document may be text already."""

    def page(self) -> str:
        """Return the page for a browser, as HTML."""
