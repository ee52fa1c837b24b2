"""Head and body of a request leave together, whole and in order."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from igz_apply.http.requests_transport import RequestsTransport
from igz_apply.http.transport import Request, Response

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def listening(pieces: list[bytes], whole: int) -> Iterator[str]:
    """Answer one request whose body is `whole` bytes long, and note in which pieces it came."""

    def serve() -> None:
        connected, _ = server.accept()
        with connected:
            connected.settimeout(10)
            while b"".join(pieces).partition(b"\r\n\r\n")[2] != b"x" * whole or b"\r\n\r\n" not in b"".join(pieces):
                pieces.append(connected.recv(1 << 20))
            connected.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("size", [0, 1, 1000, 100_000])
def test_head_and_body_arrive_as_they_were_sent(size: int) -> None:
    pieces: list[bytes] = []
    with listening(pieces, size) as endpoint:
        transport = RequestsTransport(endpoint=endpoint, verify=True, pool_size=1)
        sent = Request("POST", f"{endpoint}/api/x", {"Accept": "application/json"}, b"x" * size or None, 10.0)
        answer = transport.exchange(sent)
        transport.close()
    assert isinstance(answer, Response)
    assert answer.content == b"{}"
    head = b"".join(pieces).partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /api/x HTTP/1.1\r\n")
    assert f"Content-Length: {size}".encode() in head.split(b"\r\n")
    if size <= 1000:
        assert len(pieces) == 1
