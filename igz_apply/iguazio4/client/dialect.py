"""How this API speaks: JSON envelopes of a gRPC gateway, and MLRun's own answers at the same address.

Four forms of an error are told apart (wire reference, section 3.8), for a 404 means something else in each:

- `envelope`: `status.errorMessage` and `status.ctx`, the API itself;
- `gateway`: `{"code", "message", "details"}`, the gateway before it: code 5 with no more than "Not Found" is a route
  that does not exist;
- `mlrun`: `{"detail"}`; "Not Found" alone is a route here too;
- `iguazio3`: `errors[]`, the older system;
- anything else, which is nothing that this API has said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from igz_apply.http.answers import Complaint
from igz_apply.http.bodies import CHECKED_WHOLE, Unreadable, parse_json
from igz_apply.http.call_errors import ErrorKind
from igz_apply.http.redaction import Redaction
from igz_apply.http.watching import route_of
from igz_apply.iguazio4.client.api_answers import Answer, context_of, part
from igz_apply.iguazio4.client.errors import KINDS, UnknownRoute
from igz_apply.iguazio4.client.secret_fields import REDACTION

if TYPE_CHECKING:
    from igz_apply.http.known_pages import KnownPages

ENVELOPE, GATEWAY, MLRUN, IGUAZIO3 = "envelope", "gateway", "mlrun", "iguazio3"

_NO_SUCH_ROUTE = (UnknownRoute, "This server has no such call")
_NOT_OURS = (UnknownRoute, "Not found, but it is not this API that says so")
_NOT_FOUND = "not found"
_CODE_NOT_FOUND = 5  # of gRPC
_LONGEST_LOOKED_AT = 16 * 1024  # characters of a body that is none of this API; far more than is shown
# The words of paths beyond the first two, which are the version and the service.
_WORDS = frozenset(
    (
        *("assign-groups", "assign-members", "disable", "enable", "groups", "move", "rename", "users"),
        *("search-groups-metadata", "search-users-metadata"),
        *("members", "owner", "policies", "projects", "roles"),
        *("health", "refresh-access-token", "revoke-offline-token", "self", "system"),
        *("executions",),
        *("artifacts", "feature-sets", "feature-vectors", "functions", "runs", "schedules", "secret-keys"),
    )
)
# The answers that may bring a secret which is not known yet.
_TELLING = ("v1/authentication/", "v1/idp/", "v1/notifications/", "v1/user-secrets/")


def _long_list(content: bytes) -> dict[str, Any] | None:
    """Read a long list the quick way, None where that cannot be. Only such are worth its import."""
    from igz_apply.http.cut_bodies import closely, read_members, value

    items, related, status = ("items", value), ("relationships", value), ("status", closely)
    return read_members(content, (items, related, status)) or read_members(content, (items, status))


LISTED = frozenset({"known"})
"""What is unread of a page of a list: all of it, where the very same came before."""


def _body(content: bytes) -> Any:
    """Return what a body holds. Raises Unreadable."""
    body: Any = _long_list(content) if len(content) > CHECKED_WHOLE else None
    return parse_json(content, envelope=("status", "metadata")) if body is None else body


class GatewayJson:
    """JSON below /api, where each path begins with its version: `v1/...`.

    `pages` are those of lists that came before; None: none is kept.
    """

    root = "api"
    redaction: Redaction = REDACTION
    kinds: Mapping[int, ErrorKind] = KINDS
    ctx_header = "x-igz-ctx"  # wire reference, section 3.1

    def route(self, path: str) -> str:
        """Return a path with the names and ids in it left out."""
        return route_of(self.root, path, _WORDS, first=2)

    def __init__(self, pages: KnownPages | None = None) -> None:
        self._pages = pages

    def answer(
        self,
        status: int,
        content: bytes,
        *,
        method: str,
        path: str,
        unread: Collection[str] = frozenset(),
    ) -> Answer:
        """Return the answer that a body is; an empty one is an answer too. Raises Unreadable."""
        if self._pages is not None and unread == LISTED:
            from igz_apply.iguazio4.client.known_lists import read_list  # a run by itself knows none

            body = read_list(self._pages, content, path, _body)
        else:
            body = _body(content)
            if self._pages is not None and method == "GET":
                from igz_apply.iguazio4.client.known_lists import noted

                noted(self._pages, body)
        if body is not None and not isinstance(body, (dict, list)):
            raise Unreadable("is neither an object nor a list")
        said = part(body, "status").get("statusCode")
        if isinstance(said, int) and said >= 400:
            raise Unreadable(f"says of itself that it is a failure, with statusCode {said}")
        return Answer(status, body, context_of(body), method, path)

    def complaint(self, status: int, content: bytes) -> Complaint:
        """Return what the body of an error says, in whichever form."""
        try:
            body = parse_json(content)
        except Unreadable:
            return _of_another(status, content)
        said = _said(body)
        if said is None:
            return _of_another(status, content)
        return said

    def secrets_told(self, path: str, answer: Answer) -> Iterator[str]:
        """Yield the tokens and passwords that an answer brings."""
        if path.startswith(_TELLING):
            yield from self.redaction.secrets_in(answer.body)

    def scrub_words(self, path: str, answer: Answer, scrub: Callable[[str], str]) -> None:
        """Mask secrets in what executions quote of their failures."""
        if path.startswith("v1/trackable-actions/"):
            records = answer.body.get("items") if isinstance(answer.body, dict) else None
            for record in records if isinstance(records, list) else [answer.body]:
                status = part(record, "status")
                if isinstance(status, dict):
                    _scrub_within(status, scrub)


def _scrub_within(value: Any, scrub: Callable[[str], str]) -> None:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in list(entries):
        if isinstance(entry, str):
            value[key] = scrub(entry)
        elif isinstance(entry, (dict, list)):
            _scrub_within(entry, scrub)


def _said(body: Any) -> Complaint | None:
    """Return what an error says in a form that is known, None for any other."""
    if not isinstance(body, dict):
        return None
    status = part(body, "status")
    if "errorMessage" in status or "statusCode" in status:
        return Complaint(_texts(status.get("errorMessage")), context_of(body), form=ENVELOPE)
    if "code" in body and "message" in body:
        return _of_gateway(body)
    if "detail" in body:
        return _of_mlrun(body["detail"])
    if isinstance(body.get("errors"), list):
        details = (part({"e": entry}, "e") for entry in body["errors"])
        words = (text for each in details for text in _texts(each.get("detail") or each.get("title")))
        return Complaint(tuple(words), form=IGUAZIO3)
    return None


def _of_gateway(body: dict[str, Any]) -> Complaint:
    message = body["message"]
    details = REDACTION.redact(body.get("details") or [])
    words = (*_texts(message), *(_texts(json.dumps(details, ensure_ascii=False)) if details else ()))
    is_route = body["code"] == _CODE_NOT_FOUND and str(message).strip().lower() == _NOT_FOUND
    return Complaint(words, form=GATEWAY, kind=_NO_SUCH_ROUTE if is_route else None)


def _of_mlrun(detail: Any) -> Complaint:
    is_route = isinstance(detail, str) and detail.strip().lower() == _NOT_FOUND
    if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
        detail = detail["reason"]
    words = detail if isinstance(detail, str) else json.dumps(REDACTION.redact(detail), ensure_ascii=False)
    return Complaint(_texts(words), form=MLRUN, kind=_NO_SUCH_ROUTE if is_route else None)


def _of_another(status: int, content: bytes) -> Complaint:
    """Return what can be said of a body that is none of this API: how it begins.

    A 404 of this kind is a proxy's, and tells nothing about a resource.
    """
    kind = _NOT_OURS if status == 404 else None
    text = content[:_LONGEST_LOOKED_AT].decode("utf-8", "replace").strip()
    if not text:
        return Complaint(("the answer is empty",), kind=kind)
    what = "HTML" if text.startswith("<") else "not in a form of this API"
    return Complaint((f"the answer is {what}, and begins: {text}",), kind=kind)


def _texts(value: Any) -> tuple[str, ...]:
    return () if value in (None, "") else (str(value),)
