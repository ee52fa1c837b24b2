"""Whether two descriptions of a cluster mean the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, Home, LiveState, Neighbour, Owned
from igz_apply.model.urls import embedded

_PORTS = {"https": 443, "http": 80}


def is_same_cluster(known: Home, here: Home) -> bool:
    """Say whether they may be the same cluster: what only one of the two knows tells nothing.

    One cluster has several addresses, so that its own name decides where both know it. A tenant's id alone does not:
    every default-tenant has the same.
    """
    if known.is_elsewhere or here.is_elsewhere:
        return False
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
        if _is_known(each.home) and is_same_cluster(each.home, here):
            found.update(dict.fromkeys(each.addresses, each.place))
    return found


def learned(known: Home, here: Home) -> Home:
    """Return what an inventory of `known` has to remember once it was applied to `here`."""
    here = replace(here, endpoint=address_of(here.endpoint))
    if not is_same_cluster(known, here):
        return here
    return Home(here.tenant or known.tenant, here.endpoint or known.endpoint, here.cluster or known.cluster)


def is_about(owned: Owned, live: LiveState) -> bool:
    """Say whether an inventory that may be of any cluster is known to be of this one.

    One that an older igz-apply wrote names the tenant alone. Then ids tell: those of what lives under its addresses.
    """
    if not is_same_cluster(owned.home, live.caller.home):
        return False
    if _is_known(owned.home):
        return True
    told = list(_told(owned, live))
    return 2 * sum(told) > len(told)


def placed(owned: Owned, live: LiveState) -> Owned:
    """Return what is owned; where its home does not say which cluster that is, ids tell whether it is another one.

    Where nothing that has an id lives here, what has none cannot be told from another of its name.
    """
    if _is_known(owned.home) or is_about(owned, live):
        return owned
    if any(True for _ in _told(owned, live)) or _lives_nameless(owned, live):
        return replace(owned, home=replace(owned.home, is_elsewhere=True))
    return owned


def _lives_nameless(owned: Owned, live: LiveState) -> bool:
    """Say whether ids are held, could be seen and are not here, while something without one is."""
    with_id = {address for address, entry in owned.entries.items() if _has_id(address, entry)}
    is_missed = any(address.kind not in live.partial for address in with_id)
    return is_missed and any(
        address in live.resources and address not in with_id and not entry.is_pending
        for address, entry in owned.entries.items()
    )


def _is_known(home: Home) -> bool:
    return bool(home.endpoint or home.cluster)


def _told(owned: Owned, live: LiveState) -> Iterator[bool]:
    """Yield what each id tells: whether it is of this cluster.

    What has gone tells nothing, nor does what has its name for an id, or an id that is made of it.
    """
    ids = {(address.kind, resource.id) for address, resource in live.resources.items()}
    for address, entry in owned.entries.items():
        lives = live.resources.get(address)
        if not _has_id(address, entry):
            continue
        if lives is not None and lives.born:
            if entry.born:
                yield entry.born == lives.born
        elif (address.kind, entry.id) in ids:
            yield True
        elif lives is not None:
            yield False


def _has_id(address: Address, entry: Entry) -> bool:
    """Say whether an entry has an id that is not its name, nor made of it alone (wire reference, section 10.4)."""
    is_of_name = entry.id.startswith(f"{address.name}@") and not entry.born
    return entry.id not in ("", address.name) and not is_of_name


def address_of(endpoint: str) -> str:
    """Return an endpoint as it is compared and remembered: scheme, host and port, nothing else.

    A cluster's path is `/api` or nothing, however it was written; credentials in an address are nobody's business.
    """
    endpoint = _without_credentials(endpoint)
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


def _without_credentials(endpoint: str) -> str:
    """Take out all before the last @, wherever it stands: the path of a control plane has none."""
    if "@" not in endpoint or embedded(endpoint):
        return endpoint
    scheme, slashes, _ = endpoint.rpartition("@")[0].partition("://")
    return f"{scheme if slashes else ''}{slashes}{endpoint.rpartition('@')[2]}"


def described(home: Home) -> str:
    """Return a home for a person to read: `https://dashboard.example.com, cluster prod, tenant 123`."""
    known = ["another cluster by the ids that it holds" if home.is_elsewhere else "", address_of(home.endpoint)]
    known.append(home.cluster and f"cluster {home.cluster}")
    known.append(home.tenant and f"tenant {home.tenant}")
    return ", ".join(filter(None, known))


def _is_same_address(one: str, other: str) -> bool:
    first, second = embedded(one), embedded(other)
    if first is None or second is None:
        return address_of(one) == address_of(other)
    return first[0] == second[0] and _is_same_file(_parts(*first), _parts(*second))


def _is_same_file(first: Sequence[str], second: Sequence[str]) -> bool:
    """The same file of an emulator has a longer or a shorter path by the folder that the command runs in."""
    shorter = min(len(first), len(second))
    return first[-shorter:] == second[-shorter:]


def _parts(word: str, path: str) -> Sequence[str]:
    return [part for part in (path or f"{word}.db").replace("\\", "/").split("/") if part not in ("", ".")]
