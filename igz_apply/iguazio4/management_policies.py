"""The management policies that a cluster has, by both of their names: what a move from elsewhere can lead to."""

from __future__ import annotations

from collections.abc import Mapping

from igz_apply.iguazio4 import decode
from igz_apply.iguazio4.clients import client_to_read
from igz_apply.iguazio4.reading import ClusterReader
from igz_apply.platform import Connection


def management_policies(connection: Connection) -> Mapping[str, str] | None:
    """Return the display name of each management policy by its name; None where this caller may not list them.

    Nothing is written. Raises InvalidInput, PlaneError.
    """
    with client_to_read(connection) as client:
        bodies = ClusterReader(client, connection.results).policies()
    if bodies is None:
        return None
    management = [body for body in bodies if not decode.is_role_policy(body)]
    named = {
        decode.policy_of(body).name: str(decode.part(body, "spec").get("displayName") or "") for body in management
    }
    return dict(sorted(named.items()))
