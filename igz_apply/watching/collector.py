"""Makes metrics of what is watched, at the moment in which somebody asks: what is not known then is left out."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family

from igz_apply.model.rounds import Cause, Ending, Revision
from igz_apply.version import __version__
from igz_apply.watching import table
from igz_apply.watching.figures import PlanFigures
from igz_apply.watching.table import Metric
from igz_apply.watching.watch import LastRound, Watch

Rows = Iterable[tuple[tuple[str, ...], float]]


def registry_of(watch: Watch) -> CollectorRegistry:
    """Return a registry of what is watched, and of the process itself."""
    registry = CollectorRegistry()
    registry.register(Collector(watch))
    ProcessCollector(registry=registry)
    return registry


class Collector:
    """Is asked by the client library."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[Family]:
        """Yield all that is known, each metric with what it means even where it has no value."""
        for metric, rows in _gauges(self._watch).items():
            family = GaugeMetricFamily(metric.full_name, metric.help, labels=("target", *metric.labels))
            for labels, value in rows:
                family.add_metric((self._watch.watched.target, *labels), value)
            yield family
        yield from self._watch.meters.families()
        yield self._notifications()

    def _notifications(self) -> Family:
        metric, target = table.NOTIFICATIONS, self._watch.watched.target
        family = CounterMetricFamily(metric.full_name, metric.help, labels=("target", *metric.labels))
        for each in self._watch.delivered():
            for result, many in (("sent", each.sent), ("failed", each.failed), ("dropped", each.dropped)):
                family.add_metric((target, each.receiver, each.shape, result), many)
        return family


def _gauges(watch: Watch) -> Mapping[Metric, Rows]:
    waits = watch.jobs.waits()
    is_old = watch.is_deposed()  # another leads by now, and what we found is no longer what is
    return {
        **_of_plan(None if is_old else watch.plan, watch.kinds),
        **_of_last_round(None if is_old else watch.last),
        table.LAST_ROUND: _one(watch.last_at),
        table.LAST_SUCCESS: _one(watch.last_success),
        table.NEXT_ROUND: _one(None if is_old else watch.due),
        table.REVISION: () if is_old else _revision(watch.revision),
        table.INTERVAL: _one(watch.watched.interval()),
        table.LEADER: _one(watch.leads),
        table.STARTED: _one(watch.started),
        table.BUILD: [((__version__, platform.python_version()), 1)],
        table.JOBS: _one(len(waits)),
        table.LONGEST_WAIT: _one(max(waits, default=None)),
    }


def _of_plan(plan: PlanFigures | None, kinds: Iterable[str]) -> Mapping[Metric, Rows]:
    if plan is None:
        return dict.fromkeys((table.DRIFT, table.HELD, table.PLANNED, table.DECLARED), ())
    drift = plan.drift
    return {
        table.DRIFT: () if drift is None else [((kind,), drift.get(kind, 0)) for kind in kinds],
        table.HELD: [((kind, cause.value), plan.held.get((kind, cause.value), 0)) for kind in kinds for cause in Cause],
        table.PLANNED: [((action,), many) for action, many in plan.planned.items()],
        table.DECLARED: [((kind,), plan.declared.get(kind, 0)) for kind in kinds],
    }


def _of_last_round(last: LastRound | None) -> Mapping[Metric, Rows]:
    if last is None:
        return dict.fromkeys((table.LAST_ENDING, table.FAILURES, table.BACKOFF), ())
    return {
        table.LAST_ENDING: [((ending.value,), ending is last.ending) for ending in Ending],
        table.FAILURES: _one(last.failures_in_a_row),
        table.BACKOFF: _one(last.next_in if last.ending.is_failure else 0),
    }


def _revision(revision: Revision) -> Rows:
    return [((revision.commit, revision.ref), 1)] if revision.commit else ()


def _one(value: float | None) -> Rows:
    return () if value is None else [((), value)]
