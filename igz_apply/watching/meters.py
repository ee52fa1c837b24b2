"""What only goes up: counters and histograms of the client library, in no registry of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric as Family

from igz_apply.model.rounds import Ending
from igz_apply.watching import table
from igz_apply.watching.table import Form, Metric


class Meters:
    """All of them. Safe from any thread."""

    def __init__(self, target: str) -> None:
        """Begin at 0, with every label that is known beforehand: what appears with a 1 shows no increase."""
        self._target = target
        self._counters = {it: _counter(it) for it in table.COUNTED}
        self._histograms = {it: _histogram(it) for it in table.METRICS if it.form is Form.HISTOGRAM}
        for ending in Ending:
            self.add(table.ROUNDS, ending.value, by=0)
        self._histograms[table.ROUND_SECONDS].labels(target)
        self._histograms[table.JOB_SECONDS].labels(target)

    def add(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count something."""
        self._counters[metric].labels(self._target, *labels).inc(by)

    def took(self, metric: Metric, seconds: float, *labels: str) -> None:
        """Note how long something took."""
        self._histograms[metric].labels(self._target, *labels).observe(seconds)

    def families(self) -> Iterator[Family]:
        """Yield what they show, without when each began: nobody asks, and it would double what is kept."""
        for each in (*self._counters.values(), *self._histograms.values()):
            yield from map(_without_beginnings, each.collect())


def _without_beginnings(family: Family) -> Family:
    family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
    return family


def _counter(metric: Metric) -> Counter:
    return Counter(metric.full_name, metric.help, _labels(metric), registry=None)


def _histogram(metric: Metric) -> Histogram:
    return Histogram(metric.full_name, metric.help, _labels(metric), registry=None, buckets=metric.buckets)


def _labels(metric: Metric) -> Iterable[str]:
    return ("target", *metric.labels)
