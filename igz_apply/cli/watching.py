"""`--listen`: what rounds and calls come to, shown to whoever asks over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.cli.platform_choice import stated
from igz_apply.cli.session import Session
from igz_apply.manifests.config import Config
from igz_apply.model.reconciling import Reconciling

if TYPE_CHECKING:
    from igz_apply.notifying.notifier import Notifier
    from igz_apply.watching.watch import Watch
    from igz_apply.watching.watched import Delivered

NO_TARGET = "default"
"""What the label `target` says where the config has none: Prometheus takes an empty one for none at all."""


@contextmanager
def watching(
    session: Session,
    config: Callable[[], Config],
    reconciling: Callable[[], Reconciling],
    listen: str,
    told: Callable[[str], object],
) -> Iterator[Watch | None]:
    """Answer at HOST:PORT while the block runs; yield what is to be told, None where nobody is to be answered.

    `config` and `reconciling` are what counts by now; `told` is told where it listens. Raises InvalidInput.
    """
    if not listen:
        yield None
        return
    from igz_apply.watching.listening import listening
    from igz_apply.watching.pulse import QUIET
    from igz_apply.watching.watched import Watched

    choice = stated(session, config())
    kinds = choice.platform.kinds.names if choice is not None else sorted({*reconciling().modes} - {"*"})
    watched = Watched(
        target=config().target or NO_TARGET,
        interval=lambda: reconciling().interval,
        kinds=tuple(kinds),
        quiet=lambda: QUIET + sum(hook.timeout for hooks in config().hooks.values() for hook in hooks),
    )
    with listening(listen, watched) as (watch, place):
        told(f"Listening on http://{place}: /healthz, /readyz and /metrics.")
        yield watch


def delivered_by(notifier: Notifier) -> list[Delivered]:
    """Return what became of notifications, by receiver: no address is in it."""
    from igz_apply.watching.watched import Delivered

    return [
        Delivered(str(receiver.number), receiver.shape.value, tally.sent, tally.failed, tally.dropped)
        for receiver, tally in notifier.tallies.items()
    ]
