"""An emulated API over HTTP, served by waitress: on a thread of its own, or blocking until a signal comes."""

from __future__ import annotations

import ctypes
import logging
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import WSGITask

from igz_apply.emulator.engine.gateway import MAX_BODY, Gateway
from igz_apply.emulator.engine.http_errors import EmulatorError
from igz_apply.emulator.engine.reply import ConnectionCut

THREADS = 16
CONNECTIONS = 512  # at most; a process may often hold no more than 1,024 files
ROOM = 400  # beyond these, connections that ask nothing are closed, the oldest first, so that others get in
STOP_SECONDS = 5.0
_LOOP_SECONDS = 0.5
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_M_ARENA_MAX = -8  # of malloc.h


class _Task(WSGITask):  # type: ignore[misc] # waitress has no annotations
    """A request, whose connection the application may cut: the one thing that WSGI has no word for."""

    def execute(self) -> None:
        try:
            super().execute()
        except ConnectionCut as cut:
            for octet in cut.before:
                self.channel.socket.send(octet)
            if cut.reset:
                self.channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            # Nothing more is written, the head of an error neither; the server's own thread then closes it.
            self.wrote_header = self.complete = self.close_on_finish = True
            self.chunked_response = False

    def write(self, data: bytes) -> None:
        with self.channel.together():
            super().write(data)


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    _gathered: list[bytes] | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what the block writes at once: a head and a body that follow each other wake a client twice."""
        gathered: list[bytes] = []
        self._gathered = gathered
        try:
            yield
        finally:
            self._gathered = None
        self.write_soon(b"".join(gathered))

    def write_soon(self, data: bytes) -> int:
        """Send what the connection takes now; only the rest of it is copied to where it waits."""
        if self._gathered is not None:
            self._gathered.append(data)
            return len(data)
        rest = memoryview(data)[self._sent_now(data) :]
        if rest:
            super().write_soon(rest)
        return len(data)

    def _sent_now(self, data: bytes) -> int:
        with self.outbuf_lock:
            if not self.connected or self.total_outbufs_len:
                return 0
            try:
                return int(self.send(data, do_close=False))
            except OSError:
                return 0  # the rest meets it again, where waitress closes the connection


class HttpServer:
    """An application that listens; `url` is where."""

    def __init__(self, wsgi: Gateway, stopping: threading.Event, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one. Raises EmulatorError if that is not possible.

        `stopping` is set when whoever waits on purpose should give up.
        """
        # Its warning that a request waits for a thread tells nobody anything here.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._stopping = stopping
        self._stop = threading.Event()
        self._closing = threading.RLock()  # a signal handler may interrupt its own thread
        self._is_closed = False
        try:
            self._server: TcpWSGIServer = create_server(
                wsgi,
                host=host,
                port=port,
                threads=THREADS,
                ident=None,
                max_request_body_size=MAX_BODY,
                channel_timeout=600,
                connection_limit=CONNECTIONS,
            )
        except (OSError, ValueError) as error:
            raise EmulatorError(f"Cannot listen on {host}:{port}: {error}") from error
        self._server.channel_class = _Channel
        self.host, self.port = host, int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Return the base address, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serve until `stop` is called, then let what is in flight end."""
        try:
            while not self._stop.is_set():
                self._turn(_LOOP_SECONDS)
            self._drain()
        finally:
            self._server.task_dispatcher.shutdown(timeout=STOP_SECONDS)
            with self._closing:
                self._is_closed = True
                wasyncore.close_all(self._server._map)

    def _turn(self, seconds: float) -> None:
        channels = tuple(self._server.active_channels.values())
        if len(channels) > ROOM:
            idle = sorted((each for each in channels if not _is_busy(each)), key=lambda each: each.creation_time)
            for channel in idle[: len(channels) - ROOM]:
                channel.will_close = True
        wasyncore.loop(timeout=seconds, map=self._server._map, use_poll=True, count=1)

    def _drain(self) -> None:
        """Take no new connections, and finish the requests that have been read."""
        self._server.socket.close()
        self._server._map.pop(self._server._fileno, None)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and self.is_busy:
            self._turn(0.02)

    @property
    def is_busy(self) -> bool:
        """Tell whether a request is being answered."""
        return any(map(_is_busy, tuple(self._server.active_channels.values())))

    def stop(self) -> None:
        """Ask the server to end; may be called from any thread, and from a signal handler."""
        self._stopping.set()
        self._stop.set()
        # To wake the loop is to write to a descriptor, whose number may mean another file once it is closed.
        with self._closing:
            if not self._is_closed:
                self._server.pull_trigger()


def _is_busy(channel: HTTPChannel) -> bool:
    return bool(channel.requests) or channel.total_outbufs_len > 0


@contextmanager
def running(server: HttpServer) -> Iterator[None]:
    """Serve on a thread while the block runs."""
    thread = threading.Thread(target=server.run, name="emulator", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(2 * STOP_SECONDS)


def run_until_signal(server: HttpServer, listening: Callable[[], object]) -> None:
    """Serve until SIGTERM or SIGINT, for the main thread alone: only that one receives signals.

    `listening` is called first, once a signal would end it.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        listening()
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def share_one_heap() -> None:
    """Let the threads to come share one heap, where the C library is glibc: each would keep room of its own for good.

    The lock of the interpreter lets only one of them work at a time anyway.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
