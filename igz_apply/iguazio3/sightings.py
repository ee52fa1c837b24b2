"""Looks for single resources: what no list shows is asked for by itself.

A list can wrongly come back empty (wire reference, section 22.8), it is cut to what the caller may see (10.5), and
services can be missing from their document (12.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from igz_apply.iguazio3.decode import key_of
from igz_apply.iguazio3.live_state import Source
from igz_apply.iguazio3.wire import SharedDocument
from igz_apply.model.kind import Kind
from igz_apply.model.resources import LiveState
from igz_apply.model.versions import may_be_older
from igz_apply.ports import Pool, Presence, Sighting


def looked_for(
    source: Source, kind: Kind, ids: Mapping[str, str], live: LiveState, pool: Pool
) -> Mapping[str, Sighting]:
    """Return what a look for each name shows; `ids` holds the names, each with its id, "" where that is not known.

    That costs one call for each name, and three at most for the entries of a shared document. Raises PlaneError.
    """
    if isinstance(kind.wire, SharedDocument):
        return dict(_in_document(source, kind, kind.wire, ids, live))
    looks = [(name, pool.submit(source.look, kind, name, identity)) for name, identity in ids.items()]
    return {name: look.result() for name, look in looks}


def _in_document(
    source: Source, kind: Kind, endpoint: SharedDocument, names: Iterable[str], live: LiveState
) -> Iterator[tuple[str, Sighting]]:
    """Read the document again, and the other view of it that shows what an older cluster leaves out of it."""
    pages = list(source.pages(kind, lambda page: page))
    listed = {key_of(kind, item) for page in pages for item in page.items}
    mirror, mirrored = endpoint.mirror, source.mirrored(kind)
    for name in names:
        if name in listed:
            yield name, Sighting(Presence.THERE, name)
        elif any(page.is_absent for page in pages):
            yield name, Sighting(Presence.HIDDEN, why=f"it shows no {endpoint.type} at all")
        elif mirrored is not None and name in mirrored:
            yield name, Sighting(Presence.HIDDEN, why="only the Kubernetes side still has it")
        elif mirror is not None and mirrored is None and may_be_older(live.caller.version, mirror.merged_in):
            why = f"the Kubernetes side, which alone may have it, cannot be read ({mirror.path})"
            yield name, Sighting(Presence.HIDDEN, why=why)
        else:
            yield name, Sighting(Presence.GONE)
