"""Background jobs as a resource (wire reference, section 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.crud import Deletable
from igz_apply.controlplane.job_answers import DEFAULT_TIMEOUT, TERMINAL_STATES, job_message

if TYPE_CHECKING:
    from igz_apply.controlplane.read_only_client import ReadOnlyClient


class Job(Deletable, record="job"):
    """A piece of background work. `state` is passed through, also one that is not known."""

    collection = "jobs"

    kind = Attribute[str]("dotted, such as project.creation", computed=True)
    params = Attribute[str]("opaque", computed=True)
    state = Attribute[str]("see JobStates; at the end completed, failed or canceled", computed=True)
    result = Attribute[str]("empty, plain text, or JSON text; `message` reads all of them", computed=True)
    max_total_execution_time = Attribute[int]("seconds", computed=True)
    max_worker_execution_time = Attribute[int]("seconds", computed=True)
    delay = Attribute[float]("seconds", computed=True)
    on_success = Items[dict[str, Any]]("web hooks", computed=True)
    on_failure = Items[dict[str, Any]]("web hooks", computed=True)
    handler = Attribute[str]("the service that runs it", computed=True)
    ctx_id = Attribute[str]("the id of the request that made it", computed=True)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)

    @property
    def is_finished(self) -> bool:
        """True once the job cannot change any more; a state that is not known counts as running."""
        return self.state in TERMINAL_STATES

    @property
    def message(self) -> str:
        """The platform's own words about how it ended, in whatever form they came."""
        return job_message(self.result)

    @staticmethod
    def wait_for_completion(
        http_client: ReadOnlyClient,
        job_id: str,
        job_completion_retry_interval: float | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Job:
        """Wait until a job has completed, and return it.

        `job_completion_retry_interval` is the longest pause between two looks, in seconds; None is the client's own.
        `timeout` is in seconds. Raises JobFailed, JobTimeout, JobVanished, and see `ReadOnlyClient.wait_for_job`.
        """
        polling = http_client.polling
        if job_completion_retry_interval is not None:
            longest = job_completion_retry_interval
            polling = replace(polling, first=min(polling.first, longest), longest=longest)
        return http_client.wait_for_job(job_id, timeout=timeout, polling=polling)
