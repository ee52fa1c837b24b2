"""One deadline over a whole exchange, from connecting to the last byte of the answer.

The HTTP library's timeouts count each silence anew: a server that sends a byte a second, of its headers or its body,
would hold us for ever, and so would a host with many addresses that do not answer. Here every wait on a socket gets
what is left of the time. How long the look-up of a name may take is the system's own affair.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

_SLICE = 16 * 1024  # bytes that are sent at a time: as TLS cuts them
_deadline: ContextVar[float] = ContextVar("deadline")  # of the exchange of this thread, on the monotonic clock


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give the one exchange of the block so long. What waits on its socket beyond that raises TimeoutError."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left() -> float:
    """Return the seconds that are left. Raises TimeoutError for none, which a socket would take for not to wait."""
    seconds = _deadline.get() - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


class _Incoming(io.RawIOBase):
    """What a socket receives."""

    def __init__(self, connected: socket.socket, stream: io.RawIOBase) -> None:
        self._socket = connected
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._socket.settimeout(_left())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose headers and body keep to the deadline."""

    def __init__(self, sock: socket.socket, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        buffered: Any = self.fp
        self.fp = io.BufferedReader(_Incoming(sock, buffered.detach()))


class _Punctual(HTTPConnection):
    """A connection that is made, and sends, within the deadline."""

    response_class = _Answer  # also of a proxy that is asked for a tunnel
    _held: list[bytes] | None = None  # what is to be sent with what follows; None: all is sent at once

    def request(self, *arguments: Any, **more: Any) -> None:
        """Send head and body of a request together: of each by itself the library would make a packet of its own."""
        held: list[bytes] = []
        self._held = held
        try:
            super().request(*arguments, **more)
        finally:
            self._held = None
        self.send(b"".join(held))

    def _new_conn(self) -> socket.socket:
        """Try the addresses of the host in turn, each with its share of the time that is left."""
        host = self._dns_host
        addresses = _addresses_of(host, self.port)
        try:
            for index, address in enumerate(addresses[:-1]):
                with contextlib.suppress(ConnectTimeoutError, NewConnectionError):
                    return self._connected(address, len(addresses) - index)
            return self._connected(addresses[-1], 1)
        finally:
            self._dns_host = host

    def _connected(self, address: str, shares: int) -> socket.socket:
        try:
            self._dns_host, self.timeout = address, _left() / shares
            connected = super()._new_conn()
            connected.settimeout(_left())
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        return connected

    def send(self, data: Any) -> None:
        """Send a slice at a time: a reader that takes a byte now and then does not put the deadline off."""
        if self._held is not None and isinstance(data, bytes):
            self._held.append(data)
            return
        if not isinstance(data, bytes):
            super().send(data)
            return
        for begin in range(0, len(data), _SLICE):
            if self.sock is not None:
                self.sock.settimeout(_left())
            super().send(data[begin : begin + _SLICE])


class _PunctualTls(_Punctual, HTTPSConnection):
    """The same, encrypted."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PunctualTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class PunctualAdapter(HTTPAdapter):
    """The library's adapter over connections that keep to `within`. A SOCKS proxy brings connections of its own.

    All its requests go to one origin, and are verified in one way.
    """

    def __init__(self, **more: Any) -> None:
        self._pools: dict[str, Any] = {}  # by origin
        super().__init__(**more)

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Return the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **more)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def get_connection_with_tls_context(self, request: Any, *arguments: Any, **more: Any) -> Any:
        """Return the connections to the request's origin, found once: to look for them takes as long as a call."""
        url: str = request.url
        origin = url[: url.find("/", url.find("//") + 2)]
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = super().get_connection_with_tls_context(request, *arguments, **more)
        return pool

    def build_response(self, req: Any, resp: Any) -> Any:  # noqa: ARG002 - the library's signature
        """Return the answer as it comes: we read its status, two of its headers and its bytes."""
        return resp

    def close(self) -> None:
        """Close the kept connections; a later request opens new ones."""
        self._pools.clear()
        super().close()


def _addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a host; the name itself where there are none, for the library to say so."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    except OSError:
        return [host]
    return list(dict.fromkeys(str(entry[4][0]) for entry in found)) or [host]
