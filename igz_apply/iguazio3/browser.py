"""What can be looked at and operated on besides what is managed, without a client: that is opened when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.iguazio3.clients import client_to_read, client_to_write
from igz_apply.platform import Browser, Connection, Operation

if TYPE_CHECKING:
    from igz_apply.iguazio3.browsing import ClusterBrowsing, ClusterOperating


@contextmanager
def reading(connection: Connection) -> Iterator[ClusterBrowsing]:
    """Connect for looking around. Raises InvalidInput."""
    from igz_apply.iguazio3.browsing import ClusterBrowsing

    with client_to_read(connection) as client:
        yield ClusterBrowsing(client)


@contextmanager
def operating(connection: Connection) -> Iterator[ClusterOperating]:
    """Connect for operations. Raises InvalidInput."""
    from igz_apply.iguazio3.browsing import ClusterOperating

    with client_to_write(connection) as client:
        yield ClusterOperating(client)


BROWSER = Browser(
    kinds=(
        "User",
        "Group",
        "Project",
        "Job",
        "AccessKey",
        "Event",
        "AuditEvent",
        "CommunicationEvent",
        "K8sConfig",
        "SmtpConnection",
        "AppService",
    ),
    jobs="Job",
    whole={"AppService": "App services come in one document"},
    about=(
        "Kinds are User, Group, Project, AppService, Job, AccessKey, Event, AuditEvent, CommunicationEvent, K8sConfig "
        "and SmtpConnection. Attributes, filters and relationships are the API's own."
    ),
    examples=(
        "igz-apply get users",
        "igz-apply get Project churn -o yaml --include owner",
        "igz-apply get User --filter 'operational_status=[$ne]up' --sort -created_at",
        "igz-apply get AppService jupyter-ada -o json",
    ),
    options={
        "include": ("RELATIONSHIP", "Bring these along too."),
        "sort_by": ("ATTRIBUTE", "Sort; -ATTRIBUTE: downwards."),
        "filters": (
            "ATTRIBUTE=VALUE",
            "Only these; VALUE may begin with an operator: [$ne] [$lt] [$le] [$gt] [$ge] [$contains_istr].",
        ),
    },
    operated="AppService",
    operations=(
        Operation("restart", "Restart a service. What is unsaved in it is lost.", "restarted"),
        Operation("enable", "Have a service run.", "enabled"),
        Operation("disable", "Have a service not run, and keep its settings.", "disabled"),
        Operation("scale-from-zero", "Wake a service that was scaled to zero.", "awake"),
        Operation("remove", "Remove a service, after a question.", "removed", asks=True),
    ),
    reading=reading,
    operating=operating,
)
