"""The faults of requests, acted out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Event

from igz_apply.emulator.engine.api import Api
from igz_apply.emulator.engine.encoded import encode
from igz_apply.emulator.engine.faults import RequestFault
from igz_apply.emulator.engine.messages import Answer, AnswerForm, Request
from igz_apply.emulator.engine.reply import ConnectionCut, Reply

DRIP_BYTES = 8
HUGE_PIECE = b"[]," * 20_000

# What shows only in the answer needs one, so the request takes effect whatever `when` says.
_NEEDS_ANSWER = frozenset({"truncate", "drip", "delay", "shift", "empty-list", "partial", "twice", "nan", "odd-id"})


def effect(api: Api, request: Request, fault: RequestFault) -> Answer | None:
    """Let the request take effect if the fault allows it; return the true answer, or None."""
    if not fault.after and fault.act not in _NEEDS_ANSWER:
        return None
    return api.answer(request, shift=fault.by if fault.act == "shift" else 0)


def act_out(api: Api, reply: Reply, fault: RequestFault, answer: Answer | None) -> Iterable[bytes]:
    """Reply as the fault says. Waits end early when the API is stopping. Raises ConnectionCut to close it."""
    return _ACTS[fault.act](FaultAct(reply, fault, answer or Answer(200), api.form, api.stopping))


@dataclass(frozen=True, slots=True)
class FaultAct:
    """One fault of one request; each method is an act."""

    reply: Reply
    fault: RequestFault
    answer: Answer  # the true one
    form: AnswerForm
    stopping: Event

    def status(self) -> Iterable[bytes]:
        """Answer with another status."""
        body = self.fault.body
        if body is None:
            detail = f"The fault {self.fault.name} was asked for"
            encoded = encode(self.form.stamped(self.form.error(self.fault.status, detail), "0"))
        else:
            encoded = body.encode("utf-8")
        return [self.reply.start(self.fault.status, encoded, self.fault.headers)]

    def refuse(self) -> Iterable[bytes]:
        """Reset the connection."""
        raise ConnectionCut(reset=True)

    def cut(self) -> Iterable[bytes]:
        """Close the connection without an answer."""
        raise ConnectionCut(reset=False)

    def hang(self) -> Iterable[bytes]:
        """Keep the client waiting, and never answer."""
        self.stopping.wait(self.fault.seconds)
        raise ConnectionCut(reset=False)

    def delay(self) -> Iterable[bytes]:
        """Answer late."""
        self.stopping.wait(self.fault.seconds)
        return self.reply.send(self.answer)

    def truncate(self) -> Iterator[bytes]:
        """Announce the whole answer, send its beginning, and close the connection."""
        body = self._start()
        yield body[: min(self.fault.bytes, max(0, len(body) - 1))]
        raise ConnectionCut(reset=False)

    def garbage(self) -> Iterable[bytes]:
        """Answer with something that is neither JSON nor UTF-8."""
        return [self.reply.start(self.answer.status, self.form.garbage, self.fault.headers)]

    def empty(self) -> Iterable[bytes]:
        """Answer with the right status and an empty body."""
        return [self.reply.start(self.answer.status, b"", self.fault.headers)]

    def drip(self) -> Iterator[bytes]:
        """Send the answer in small pieces, spread over so many seconds."""
        body = self._start()
        pieces = max(1, -(-len(body) // DRIP_BYTES))
        for begin in range(0, len(body), DRIP_BYTES):
            self.stopping.wait(self.fault.seconds / pieces)
            yield body[begin : begin + DRIP_BYTES]

    def drip_headers(self) -> Iterable[bytes]:
        """Send headers without an end, a byte at a time, for so many seconds."""
        raise ConnectionCut(reset=False, before=self._headers())

    def _headers(self) -> Iterator[bytes]:
        for octet in b"HTTP/1.1 200 OK\r\nX-Filler: ":
            yield bytes([octet])
        pause = min(0.05, self.fault.seconds / 100)
        for _ in range(int(self.fault.seconds / pause) if pause else 0):
            if self.stopping.wait(pause):
                return
            yield b"x"

    def huge(self) -> Iterator[bytes]:
        """Answer with JSON of so many bytes, which takes many times as much room once it is read."""
        pieces, blanks = divmod(max(0, self.fault.bytes - len(b"[[]]")), len(HUGE_PIECE))
        self.reply.announce(200, len(b"[[]]") + pieces * len(HUGE_PIECE) + blanks)
        yield b"["
        for _ in range(pieces):
            yield HUGE_PIECE
        yield b" " * blanks + b"[]]"

    def partial(self) -> Iterable[bytes]:
        """Answer with the status of a part."""
        return self.reply.send(replace(self.answer, status=206))

    def twice(self) -> Iterable[bytes]:
        """Name one member twice: first as it is, then with nothing in it."""
        return self._changed(lambda body: body[:-1] + b"," + self.form.named_again + b"}")

    def nan(self) -> Iterable[bytes]:
        """Answer with what JSON has no word for."""
        return self._changed(lambda body: body[:-1] + b',"score":NaN}')

    def odd_id(self) -> Iterable[bytes]:
        """Give the first record an object for an id."""
        document = self.answer.document
        return self.reply.send(replace(self.answer, document=self.form.with_odd_id(document) if document else None))

    def _changed(self, change: Callable[[bytes], bytes]) -> Iterable[bytes]:
        body = encode(self.answer.document)
        return [self.reply.start(self.answer.status, change(body) if body else body, self.answer.headers)]

    def send(self) -> Iterable[bytes]:
        """Answer as usual; what the fault changes is in the answer already."""
        return self.reply.send(self.answer)

    def empty_list(self) -> Iterable[bytes]:
        """Say that a list holds nothing."""
        empty = self.form.emptied(self.answer.document or {})
        return self.send() if empty is None else self.reply.send(replace(self.answer, document=empty))

    def _start(self) -> bytes:
        return self.reply.start(self.answer.status, encode(self.answer.document), self.answer.headers)


_ACTS: dict[str, Callable[[FaultAct], Iterable[bytes]]] = {
    "status": FaultAct.status,
    "refuse": FaultAct.refuse,
    "cut": FaultAct.cut,
    "hang": FaultAct.hang,
    "delay": FaultAct.delay,
    "truncate": FaultAct.truncate,
    "garbage": FaultAct.garbage,
    "empty": FaultAct.empty,
    "drip": FaultAct.drip,
    "drip-headers": FaultAct.drip_headers,
    "huge": FaultAct.huge,
    "partial": FaultAct.partial,
    "twice": FaultAct.twice,
    "nan": FaultAct.nan,
    "odd-id": FaultAct.odd_id,
    "shift": FaultAct.send,
    "empty-list": FaultAct.empty_list,
}
