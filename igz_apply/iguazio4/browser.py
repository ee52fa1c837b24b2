"""What can be looked at besides what is managed, without a client: that is opened when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from igz_apply.iguazio4.clients import client_to_read, client_to_write
from igz_apply.platform import Browser, Connection

if TYPE_CHECKING:
    from igz_apply.iguazio4.browsing import ClusterBrowsing, ClusterOperating


@contextmanager
def reading(connection: Connection) -> Iterator[ClusterBrowsing]:
    """Connect for looking around. Raises InvalidInput."""
    from igz_apply.iguazio4.browsing import ClusterBrowsing

    with client_to_read(connection) as client:
        yield ClusterBrowsing(client)


@contextmanager
def operating(connection: Connection) -> Iterator[ClusterOperating]:
    """Connect for operations, of which there are none. Raises InvalidInput."""
    from igz_apply.iguazio4.browsing import ClusterOperating

    with client_to_write(connection) as client:
        yield ClusterOperating(client)


BROWSER = Browser(
    kinds=("User", "Group", "Policy", "Project", "Execution", "ServiceHealth"),
    jobs="Execution",
    whole={"ServiceHealth": "The health of services comes in one list", "Project": "Projects come whole"},
    about=(
        "Kinds are User, Group, Policy, Project, Execution (the work behind an operation) and ServiceHealth. Filters "
        "and what comes along are the API's own query parameters."
    ),
    examples=(
        "igz-apply get users",
        "igz-apply get Policy --filter kind=mgmt --include members",
        "igz-apply get Execution --filter state=failed -o json",
    ),
    options={
        "include": ("WHAT", "Bring these along too, such as groups, policies, members, subGroups."),
        "sort_by": ("ATTRIBUTE", "Sort; -ATTRIBUTE: downwards."),
        "filters": ("PARAMETER=VALUE", "Only these: a query parameter of the list, such as kind=mgmt."),
    },
    operated="AppService",
    operations=(),
    reading=reading,
    operating=operating,
    why_no_operations=(
        "Iguazio 4 has no API for app services (they are charts of its Kubernetes cluster); `get ServiceHealth` shows "
        "how they are"
    ),
)
