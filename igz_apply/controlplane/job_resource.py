"""Background jobs as a resource (wire reference, section 5)."""

from __future__ import annotations

from typing import Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.jobs import TERMINAL_STATES, job_message
from igz_apply.controlplane.resource import Resource


class Job(Resource, record="job"):
    """A piece of background work. `state` is passed through, also one that is not known."""

    kind = Attribute[str]("dotted, such as project.creation", computed=True)
    params = Attribute[str]("opaque", computed=True)
    state = Attribute[str]("created, dispatched, in_progress, republishing; at the end completed, failed or canceled")
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
