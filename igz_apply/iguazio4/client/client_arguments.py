"""What a client is set up with: where the API is, and that of MLRun."""

from __future__ import annotations

from igz_apply.http.endpoints import normalise_endpoint
from igz_apply.iguazio4.client.errors import ConfigurationError


def resolve_endpoint(endpoint: str) -> str:
    """Return the address that all paths are below, without `/api` or `/api/v1`. Raises ConfigurationError.

    There is no variable for it: what the published SDK and MLRun read would be another address here and there.
    """
    if not endpoint.strip():
        raise ConfigurationError("No endpoint: give the address of the Iguazio 4 API, as https://igz.example.com")
    return normalise_endpoint(normalise_endpoint(endpoint, "/api/v1"))
