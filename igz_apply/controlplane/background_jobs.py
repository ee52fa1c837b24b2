"""Background jobs (wire reference, section 5): as a resource, how to wait for one, and the deletes that start one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.crud import Readable, required_id
from igz_apply.controlplane.envelopes import resource_path
from igz_apply.controlplane.errors import JobFailed, JobTimeout, JobVanished, NotFound, RateLimited, Unavailable
from igz_apply.controlplane.job_answers import job_message
from igz_apply.controlplane.job_polling import DEFAULT_TIMEOUT, Polling
from igz_apply.controlplane.protocols import Calls, Reads

SUCCESS_STATE = "completed"
TERMINAL_STATES = frozenset({"completed", "failed", "canceled"})


class Deletable(Readable):
    """A resource that can be deleted."""

    def delete(
        self, http_client: Calls, ignore_missing: bool = False, wait_for_job_deletion: bool = True
    ) -> Job | None:
        """Delete this record and return the job that does it, None if there is none.

        With `wait_for_job_deletion` the job is waited for, else returned at once, with as much of it as came along.
        Raises NotFound unless `ignore_missing`, and what `Client.wait_for_job` raises.
        """
        path = resource_path(self.collection, required_id(self.id))
        return self._deleted(http_client, ignore_missing, wait_for_job_deletion, path)

    def _deleted(self, client: Calls, ignore_missing: bool, wait: bool, path: str, **call: Any) -> Job | None:
        try:
            answer = client.call("DELETE", path, headers=self.headers, **call)
        except NotFound as missing:
            if ignore_missing or missing.after_lost_attempt:
                return None
            raise
        return job_of(client, answer, wait=wait, vanished_is_done=True)


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
        http_client: Reads,
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
        return wait_for_job(http_client, job_id, timeout=timeout, polling=polling)


def job_of(
    client: Reads,
    answer: Answer,
    *,
    wait: bool,
    timeout: float = DEFAULT_TIMEOUT,
    vanished_is_done: bool = False,
) -> Job | None:
    """Return the job that a call started, completed if `wait`; None if it started none. `timeout` is in seconds."""
    started = answer.job_id
    if started is None:
        return None
    if wait:
        return wait_for_job(client, started, timeout=timeout, vanished_is_done=vanished_is_done)
    data = answer.data
    if data.get("type") == "job":
        return Job.from_record(data)
    came_along = (each for each in answer.included if each.get("type") == "job" and str(each.get("id")) == started)
    record = next(came_along, None)
    return Job.from_record(record) if record is not None else Job(id=started)


def wait_for_job(
    client: Reads,
    job: str,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    on_poll: Callable[[Job], None] | None = None,
    vanished_is_done: bool = False,
    polling: Polling | None = None,
) -> Job:
    """Look at a job until it has ended well, and return it.

    `timeout` is in seconds; `on_poll` sees the job each time that it was read; `polling` None is the client's own. A
    state that is not known counts as running. Trouble on the way is waited out until the timeout; everything else ends
    the waiting at once, such as Unauthorised and Forbidden. Raises JobFailed, JobTimeout, and JobVanished for a job
    that the server does not know, unless `vanished_is_done`: a delete whose job is forgotten has been done.
    """
    pace = polling or client.polling
    next_delay, deadline = pace.delays(), pace.clock() + timeout
    seen: Job | None = None
    while True:
        looked = _look(client, job, vanished_is_done)
        if looked is not None:
            seen = looked
            if on_poll is not None:
                on_poll(seen)
            if seen.is_finished:
                return _succeeded(seen)
        left = deadline - pace.clock()
        if left <= 0:
            raise JobTimeout(_timeout_text(job, timeout, seen), job_id=job, job=seen)
        pace.sleep(min(next_delay(), left))


def _look(client: Reads, job: str, vanished_is_done: bool) -> Job | None:
    """Return the job as it is now, None if the server is in trouble."""
    try:
        answer = client.get(f"jobs/{quote(job, safe='@')}")
    except (Unavailable, RateLimited):
        return None
    except NotFound:
        answer = None
    if answer is not None:
        return Job.from_answer(answer)
    if not vanished_is_done:
        raise JobVanished(f"Job {job} is not known to the control plane", job_id=job)
    return Job(id=job, state=SUCCESS_STATE)


def _succeeded(job: Job) -> Job:
    if job.state == SUCCESS_STATE:
        return job
    kind = f" ({job.kind})" if job.kind else ""
    raise JobFailed(f"Job {job.id}{kind} {job.state}: {job.message}", job)


def _timeout_text(job: str, timeout: float, seen: Job | None) -> str:
    state = f"is still {seen.state}" if seen is not None else "could not be looked at"
    return f"Job {job} {state} after {timeout:g} s"
