"""Calls to Vault's HTTP API: sent, tried again where that helps, and never a word of what came in an error."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from igz_apply.http.backoff import Backoff
from igz_apply.http.call_errors import ConfigurationError
from igz_apply.http.endpoints import normalise_endpoint, resolve_verification
from igz_apply.http.requests_transport import RequestsTransport
from igz_apply.http.transport import Failure, Request, Response, Transport
from igz_apply.ports import StoreOptions, Unread
from igz_apply.values import dataclass
from igz_apply.version import __version__

_ROOT = "/v1"
_ATTEMPTS = 3
_FOR_NOW = (412, 429, 500, 502, 504)  # 412: a standby that has not caught up

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the body as JSON; None where it is none."""

    status: int
    body: Any

    def part(self, *names: str) -> Mapping[str, Any] | None:
        """Return a mapping within the body, None where there is none."""
        found: Any = self.body
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None


class VaultApi:
    """One server, for as long as the block runs."""

    def __init__(
        self,
        address: str,
        transport: Transport,
        *,
        namespace: str = "",
        timeout: float = 30.0,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._address = address
        self._transport = transport
        self._namespace = namespace
        self._timeout = timeout
        self._backoff = backoff

    @classmethod
    def of(cls, environ: Mapping[str, str], options: StoreOptions) -> VaultApi | Unread:
        """Return the server that the environment names, or why there is none."""
        if not environ.get("VAULT_ADDR"):
            return Unread.unreachable("VAULT_ADDR is not set")
        try:
            address = normalise_endpoint(environ["VAULT_ADDR"], _ROOT)
            verify = resolve_verification(True, environ.get("VAULT_CACERT"), environ)
        except ConfigurationError as error:
            named = "VAULT_CACERT" if "file" in error.message else "VAULT_ADDR"
            return Unread.unreachable(f"{named}: {error.message}")
        transport = RequestsTransport(endpoint=address, verify=verify, pool_size=options.parallelism)
        return cls(address, transport, namespace=environ.get("VAULT_NAMESPACE", ""), timeout=options.timeout)

    def __enter__(self) -> VaultApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def get(self, path: str, token: str) -> Answer | Unread:
        """Read something, as somebody."""
        return self._call("GET", path, {"X-Vault-Token": token}, None)

    def post(self, path: str, body: Mapping[str, str]) -> Answer | Unread:
        """Send something as nobody: a login."""
        return self._call("POST", path, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer | Unread:
        sent = {
            "Accept": "application/json",
            "User-Agent": f"igz-apply/{__version__}",
            "X-Vault-Request": "true",
            **({"X-Vault-Namespace": self._namespace} if self._namespace else {}),
            **headers,
        }
        request = Request(method, f"{self._address}{_ROOT}/{quote(path, safe='/')}", sent, body, self._timeout)
        result: Response | Failure = self._transport.exchange(request)
        for attempt in range(1, _ATTEMPTS):
            if not _may_pass(result):
                break
            self._backoff.sleep(self._backoff.delay(attempt))
            result = self._transport.exchange(request)
        logger.debug("%s %s -> %s", method, path, result.reason if isinstance(result, Failure) else result.status)
        if isinstance(result, Failure):
            return Unread.unreachable(f"{self._address}: {result.reason}")
        if 300 <= result.status < 400:
            return Unread.unreachable(f"{self._address} redirects elsewhere, and the token is not sent along")
        return Answer(result.status, _json(result.content))


def _may_pass(result: Response | Failure) -> bool:
    """Say whether the same again may end otherwise."""
    return not result.permanent if isinstance(result, Failure) else result.status in _FOR_NOW


def _json(content: bytes | None) -> Any:
    try:
        return json.loads(content or b"null")
    except (ValueError, RecursionError):
        return None
