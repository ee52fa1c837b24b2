"""No credential or proxy of the machine that runs the tests may take part in them."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "V3IO_API",
        "V3IO_ACCESS_KEY",
        "V3IO_USERNAME",
        "V3IO_PASSWORD",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "KUBERNETES_SERVICE_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
