"""Every metric that is shown, by name. `docs/howto/watch.md` has the same table, held to this one by a test."""

from __future__ import annotations

from enum import Enum

from igz_apply.values import dataclass

PREFIX = "igz_apply_"


class Form(str, Enum):
    """How a metric moves."""

    GAUGE = "gauge"  # up and down; absent while it is not known
    COUNTER = "counter"  # only up, from the start of the process
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Each has the label `target` before its own."""

    name: str  # without the prefix
    form: Form
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()  # upper bounds of a histogram

    @property
    def full_name(self) -> str:
        """As Prometheus knows it."""
        return PREFIX + self.name


_UNKNOWN = "Absent while that is not known: before the first round, after one that made no plan, and on a standby."
_LONG = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Form.GAUGE, text, labels)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Form.COUNTER, text, labels)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name, Form.HISTOGRAM, text, labels, buckets)


DRIFT = _gauge(
    "drift_resources",
    f"Resources that still differ from git once the last round was over, of a kind. {_UNKNOWN}",
    "kind",
)
HELD = _gauge(
    "held_back_resources",
    f"Resources that differ and that the last round was not to heal, of a kind, and why. {_UNKNOWN}",
    "kind",
    "cause",
)
PLANNED = _gauge(
    "planned_changes",
    f"What the last round found to do, healed or not, by action; operations such as a restart too. {_UNKNOWN}",
    "action",
)
DECLARED = _gauge(
    "declared_resources", f"Resources that git declares, of a kind, as of the last round. {_UNKNOWN}", "kind"
)
LAST_SUCCESS = _gauge(
    "last_success_timestamp_seconds",
    "When the last round of this process ended in_sync, drifted or healed. Absent before the first such one.",
)
LAST_ROUND = _gauge(
    "last_round_timestamp_seconds",
    "When the last round of this process ended, however it did. Absent before the first.",
)
LAST_ENDING = _gauge(
    "last_round_ending",
    "1 for how the last round ended, 0 for every other way. Absent before the first, and on a standby.",
    "ending",
)
FAILURES = _gauge(
    "failures_in_a_row",
    "Rounds in a row that failed, up to the last one. Absent before the first, and on a standby.",
)
BACKOFF = _gauge(
    "backoff_seconds",
    "How long is waited after the last round, which failed; 0 where it did not. Absent before it, and on a standby.",
)
NEXT_ROUND = _gauge(
    "next_round_timestamp_seconds",
    "When the next round is due. Absent while a round runs, on a standby, and where none comes.",
)
INTERVAL = _gauge("interval_seconds", "How long is waited after a round that went well, as the config says.")
LEADER = _gauge(
    "leader",
    "1 where this process makes the rounds, 0 where it stands by while another does. Absent until that is settled.",
)
STARTED = _gauge("started_timestamp_seconds", "When this process began to reconcile.")
JOBS = _gauge("jobs_awaited", "Steps whose jobs, or whose resources' readiness, are awaited now.")
LONGEST_WAIT = _gauge(
    "job_longest_wait_seconds",
    "How long the oldest of the awaited jobs has been awaited. Absent while none is.",
)
REVISION = _gauge(
    "revision_info",
    "1, with commit and ref of what the last round was about in git. Absent where there is none, and on a standby.",
    "commit",
    "ref",
)
BUILD = _gauge("build_info", "1, with the versions of igz-apply and of Python.", "version", "python")

ROUNDS = _counter("rounds_total", "Rounds that ended, by how they did.", "ending")
HEALED = _counter("healed_resources_total", "Resources that were made as declared, of a kind.", "kind")
REFUSALS = _counter(
    "refusals_total",
    "Rounds in which a rule said no to a change or to all of them, by the code of the rule: IGZ-616.",
    "code",
)
REQUESTS = _counter(
    "requests_total",
    "Requests that were sent to the cluster, repetitions too, by method and HTTP status; none: no answer came.",
    "method",
    "status",
)
RETRIES = _counter("request_retries_total", "Requests after which the same was to be sent again, by method.", "method")
NOTIFICATIONS = _counter(
    "notifications_total",
    "Notifications by the number and the shape of their receiver in the config: sent, failed for good, or dropped.",
    "receiver",
    "shape",
    "result",
)

ROUND_SECONDS = _histogram("round_duration_seconds", "How long rounds took.", _LONG)
PHASE_SECONDS = _histogram(
    "round_phase_duration_seconds",
    "How long rounds took to plan (git, manifests, cluster) and to apply (from the first call to the last look).",
    _LONG,
    "phase",
)
REQUEST_SECONDS = _histogram(
    "request_duration_seconds", "How long the cluster took to answer a request.", _SHORT, "method"
)
JOB_SECONDS = _histogram("job_duration_seconds", "How long jobs, or resources' readiness, were awaited.", _LONG)

METRICS = (
    *(DRIFT, HELD, PLANNED, DECLARED),
    *(LAST_SUCCESS, LAST_ROUND, LAST_ENDING, FAILURES, BACKOFF, NEXT_ROUND, INTERVAL),
    *(LEADER, STARTED, REVISION, BUILD),
    *(ROUNDS, ROUND_SECONDS, PHASE_SECONDS, HEALED, REFUSALS),
    *(REQUESTS, REQUEST_SECONDS, RETRIES),
    *(JOBS, LONGEST_WAIT, JOB_SECONDS),
    NOTIFICATIONS,
)
"""In the order in which a person reads of them."""

COUNTED = tuple(it for it in METRICS if it.form is Form.COUNTER and it is not NOTIFICATIONS)
"""Counters of our own; who notifies has its own."""
