"""Whether two descriptions of a cluster mean the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from igz_apply.core.addresses import Address
from igz_apply.core.resources import Home, LiveState, Neighbour, Owned

_PORTS = {"https": 443, "http": 80}
_EMBEDDED = "embedded"


def is_same_cluster(known: Home, here: Home) -> bool:
    """Say whether they may be the same cluster: what only one of the two knows tells nothing.

    One cluster has several addresses, so that its own name decides where both know it. A tenant's id alone does not:
    every default-tenant has the same.
    """
    if known.tenant and here.tenant and known.tenant != here.tenant:
        return False
    if known.cluster and here.cluster:
        return known.cluster == here.cluster
    return not known.endpoint or not here.endpoint or _is_same_address(known.endpoint, here.endpoint)


def held_elsewhere(neighbours: Iterable[Neighbour], here: Home) -> Mapping[Address, str]:
    """Return what other inventories of this very cluster own, each with the place of one that does.

    One that an older igz-apply wrote knows only a tenant, which every cluster has alike: it tells nothing.
    """
    found: dict[Address, str] = {}
    for each in neighbours:
        is_known = bool(each.home.endpoint or each.home.cluster)
        if is_known and is_same_cluster(each.home, here):
            found.update(dict.fromkeys(each.addresses, each.place))
    return found


def learned(known: Home, here: Home) -> Home:
    """Return what an inventory of `known` has to remember once it was applied to `here`."""
    if not is_same_cluster(known, here):
        return here
    return Home(here.tenant or known.tenant, here.endpoint or known.endpoint, here.cluster or known.cluster)


def is_about(owned: Owned, live: LiveState) -> bool:
    """Say whether an inventory that may be of any cluster is known to be of this one.

    One that an older igz-apply wrote names the tenant alone. Then ids tell: those of what lives under its addresses.
    What has no id, or its name for one, tells nothing.
    """
    if not is_same_cluster(owned.home, live.caller.home):
        return False
    if owned.home.endpoint or owned.home.cluster:
        return True
    is_same = [
        entry.id == live.resources[address].id
        for address, entry in owned.entries.items()
        if address in live.resources and entry.id not in ("", address.name)
    ]
    return 2 * sum(is_same) > len(is_same)


def address_of(endpoint: str) -> str:
    """Return an endpoint as it is compared and remembered: scheme, host and port, nothing else.

    A cluster's path is `/api` or nothing, however it was written; credentials in an address are nobody's business.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return endpoint
    if not parts.netloc or host is None:
        return endpoint
    scheme = parts.scheme.lower()
    name = f"[{host}]" if ":" in host else host.removesuffix(".")
    return f"{scheme}://{name}" if port in (None, _PORTS.get(scheme)) else f"{scheme}://{name}:{port}"


def described(home: Home) -> str:
    """Return a home for a person to read: `https://dashboard.example.com, cluster prod, tenant 123`."""
    known = [address_of(home.endpoint), home.cluster and f"cluster {home.cluster}"]
    known.append(home.tenant and f"tenant {home.tenant}")
    return ", ".join(filter(None, known))


def _is_same_address(one: str, other: str) -> bool:
    first, second = _embedded(one), _embedded(other)
    if not first or not second:
        return address_of(one) == address_of(other)
    shorter = min(len(first), len(second))
    return first[-shorter:] == second[-shorter:]


def _embedded(endpoint: str) -> tuple[str, ...]:
    """Return the parts of the path of an emulator's file, () for another endpoint.

    The same file has a longer or a shorter path by the folder that the command runs in.
    """
    name, _, path = endpoint.partition(":")
    if name != _EMBEDDED:
        return ()
    return tuple(part for part in (path or "embedded.db").replace("\\", "/").split("/") if part not in ("", "."))
