"""One job that is waited for: drawn for a person, told in lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from igz_apply.model.outcomes import Job
from igz_apply.views.cells import cut
from igz_apply.views.sink import Sink
from igz_apply.views.ticker import job_words
from igz_apply.wording.durations import duration
from igz_apply.wording.printable import printable

Told = Callable[[Job], None]
_REMIND_SECONDS = 30.0


@contextmanager
def waiting(sink: Sink, what: str, now: Callable[[], float]) -> Iterator[Told]:
    """Show that `what` waits while the block runs, and call what comes out at each look at the job."""
    if sink.terminal.live:
        with _drawn(sink, what, now) as told:
            yield told
    else:
        yield _lines(sink, what, now)


def _lines(sink: Sink, what: str, now: Callable[[], float]) -> Told:
    begun = now()
    spoken: dict[str, float] = {}

    def told(job: Job) -> None:
        at = now() - begun
        if job.state not in spoken or at - spoken[job.state] >= _REMIND_SECONDS:
            spoken[job.state] = at
            sink.write(f"{duration(at):>7}  {printable(what)} {job_words(job)}\n")

    return told


@contextmanager
def _drawn(sink: Sink, what: str, now: Callable[[], float]) -> Iterator[Told]:
    from rich.console import Console

    begun = now()
    console = Console(file=sink.stream, width=sink.terminal.width, no_color=not sink.terminal.colour, highlight=False)
    with console.status(printable(what), spinner="dots") as status:

        def told(job: Job) -> None:
            text = f"{duration(now() - begun)}  {printable(what)} {job_words(job)}"
            status.update(cut(text, sink.terminal.width - 4).replace("[", "\\["))

        yield told
