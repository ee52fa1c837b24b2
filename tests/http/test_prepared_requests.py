"""A request is put into HTTP as the library itself would do it."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from igz_apply.http.requests_transport import _bare, _prepared
from igz_apply.http.transport import Request

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
PATHS = st.text(st.characters(codec="utf-8", exclude_characters="#\x00"), max_size=20)
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "X-One", "Cookie", "authorization"]), st.sampled_from(["a", "b c"])
)
BODIES = st.one_of(st.none(), st.binary(max_size=40))


@given(st.sampled_from(METHODS), PATHS, HEADERS, BODIES, st.sampled_from(["", "ada:word@"]))
def test_a_request_is_prepared_as_the_library_prepares_it(
    method: str, path: str, headers: dict[str, str], body: bytes | None, login: str
) -> None:
    url = f"http://{login}127.0.0.1:1/api/{path}"
    try:
        whole = requests.Request(method, url, headers=headers, data=body).prepare()
    except requests.RequestException as error:
        with pytest.raises(type(error)):
            _bare(method, url)
        return
    found = _prepared(Request(method, url, headers, body, 1.0), _bare(method, url))
    assert (found.method, found.url, dict(found.headers), found.body) == (
        whole.method,
        whole.url,
        dict(whole.headers),
        whole.body,
    )


def test_a_header_that_is_none_is_refused() -> None:
    request = Request("GET", "http://127.0.0.1:1/", {"X-One": "a\r\nX-Two: b"}, None, 1.0)
    with pytest.raises(requests.exceptions.InvalidHeader):
        _prepared(request, _bare("GET", request.url))
