"""Where a server is, and how its certificate is checked: what every client is given in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from igz_apply.http.call_errors import ConfigurationError


def normalise_endpoint(endpoint: str, root: str = "/api") -> str:
    """Return `scheme://host[:port][/prefix]`; without a scheme it is https. `root` at its end is taken away.

    Raises ConfigurationError.
    """
    text = endpoint.strip()
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ConfigurationError("The endpoint is not a valid address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ConfigurationError("The endpoint must be an http or https address, such as https://dashboard.example.com")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError("The endpoint must hold no credentials, query or fragment")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path.removesuffix(root)}"


def resolve_verification(verify: bool, ca_file: str | None, environ: Mapping[str, str]) -> bool | str:
    """Return how TLS certificates are checked: True (the default authorities), False, or the path of a bundle.

    `ca_file`, then REQUESTS_CA_BUNDLE, then CURL_CA_BUNDLE. Raises ConfigurationError if `ca_file` does not exist, and
    if it is given while verification is switched off.
    """
    if ca_file and not verify:
        raise ConfigurationError("ca_file makes no sense with verify=False; leave one of them out")
    if not verify:
        return False
    path = ca_file or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if path and not Path(path).exists():
        raise ConfigurationError(f"The certificate authorities' file does not exist: {path}")
    return path or True
