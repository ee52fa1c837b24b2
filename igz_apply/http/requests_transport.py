"""Exchanges over `requests`: bytes out, bytes in, and a word for each way in which it can break.

No retries, no meaning of statuses, no JSON. The library is used below its sessions: an adapter and its connection
pool are safe to share between threads, a session is not promised to be, and it would look at the environment again
for every call and follow redirects with our cookie.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError

from igz_apply.http.deadline import PunctualAdapter, within
from igz_apply.http.transport import Failure, Request, Response, most_bytes

_CHUNK = 64 * 1024


class RequestsTransport:
    """Exchanges requests over a pool of kept connections; safe to use from many threads.

    `verify` is True, False, or the path of a certificate bundle. Proxies are taken from the environment once, here.
    """

    def __init__(self, *, endpoint: str, verify: bool | str, pool_size: int) -> None:
        self._verify = verify
        self._proxies: dict[str, str] = dict(get_environ_proxies(endpoint, no_proxy=None))
        self._adapter = PunctualAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        self._bare = lru_cache(maxsize=256)(_bare)  # ours alone: a URL may say what is to be forgotten

    def exchange(self, request: Request) -> Response | Failure:
        """Send one request and read its response to the end. Never raises for what the network does."""
        with within(request.timeout):
            try:
                response: Any = self._adapter.send(
                    _prepared(request, self._bare(request.method, request.url)),
                    stream=True,
                    timeout=request.timeout,
                    verify=self._verify,
                    proxies=self._proxies,
                )
            except requests.RequestException as error:
                return _failure_to_send(error)
            except UnicodeError:  # a header that HTTP cannot carry: an own name or token; it is not told, nor is why
                return Failure("the request could not be put into HTTP", sent=False, permanent=True)
            except (OSError, HTTPError) as error:
                return Failure(_reason(error), sent=not isinstance(error, OSError))
            return _read(response)

    def close(self) -> None:
        """Close the kept connections. A later exchange opens new ones."""
        self._adapter.close()
        self._bare.cache_clear()


def _bare(method: str, url: str) -> requests.PreparedRequest:
    """Return a request without headers and body as the library prepares it, which takes apart and mends the URL."""
    return requests.Request(method, url).prepare()


def _prepared(request: Request, bare: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as the library would prepare the whole of it, from its bare form."""
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url = bare.method, bare.url
    prepared.prepare_headers(request.headers)
    prepared.headers.update(bare.headers)
    if request.body:
        prepared.body = request.body
        prepared.headers["Content-Length"] = str(len(request.body))
    return prepared


def _failure_to_send(error: requests.RequestException) -> Failure:
    """Say what broke. The library's own texts are not used: they may quote the URL or a header."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(error, requests.exceptions.SSLError):
        return Failure(f"TLS failed: {_reason(reason)}", sent=False, permanent=True)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Failure("no connection in time", sent=False, timed_out=True)
    if isinstance(error, requests.exceptions.ReadTimeout) or _is_late(reason):
        return Failure("no answer in time", sent=True, timed_out=True)
    if isinstance(error, requests.exceptions.ProxyError):
        return Failure(f"the proxy cannot be used: {_reason(reason)}", sent=False)
    if isinstance(error, requests.exceptions.ConnectionError):
        never_sent = isinstance(reason, NewConnectionError)
        return Failure(_reason(reason), sent=not never_sent)
    return Failure("the request could not be put into HTTP", sent=False, permanent=True)


def _is_late(error: object) -> bool:
    """Tell whether time ran out while the request was being sent."""
    return isinstance(error, BaseException) and any(isinstance(each, TimeoutError) for each in (error, *error.args))


def _reason(error: object) -> str:
    """Return the operating system's words for a failure, or the name of its type."""
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        nested = next((a for a in error.args if isinstance(a, BaseException)), None)
        error, last = nested or error.__cause__ or error.__context__, type(error).__name__
    return last if seen else "the connection failed"


def _read(response: Any) -> Response | Failure:
    """Read the body as it comes, as far as it may be long."""
    try:
        content = _content_of(response)
    except (ReadTimeoutError, TimeoutError):
        return Failure("the answer did not come to its end in time", sent=True, timed_out=True)
    except (HTTPError, OSError):
        return Failure("the connection broke before the answer was complete", sent=True)
    return Response(
        status=response.status,
        content=content,
        retry_after=response.headers.get("Retry-After"),
        cookies=tuple(response.headers.getlist("Set-Cookie")),
    )


def _content_of(response: Any) -> bytes | None:
    """Return the body, None if it is too long; the connection is closed then, rather than read to its end."""
    read = getattr(response, "read1", response.read)
    most = most_bytes(response.status)
    content = io.BytesIO()
    while chunk := read(_CHUNK, decode_content=True):
        if content.tell() + len(chunk) > most:
            response.close()
            response.release_conn()
            return None
        content.write(chunk)
    return content.getvalue()  # no copy, unlike joined pieces
