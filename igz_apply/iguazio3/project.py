"""Project: a workspace with an owner and members in three roles. Wire reference, sections 10 and 11."""

from igz_apply.iguazio3.policies import DEVELOPERS, PROJECT_VIEWERS
from igz_apply.iguazio3.wire import LINK, PAIRS, Collection, DeleteBy, Readiness, Wire
from igz_apply.model.kind import Field, Kind, Shape

_ROLES = "project_authorization_roles"


def _role(name: str, label: str, counts: str = "") -> Field:
    return Field(
        name,
        shape=Shape.OBJECT,
        label=label,
        fields=(
            Field("users", shape=Shape.SET, wire=Wire("principal_users"), refers_to="User", counts=counts),
            Field("groups", shape=Shape.SET, wire=Wire("principal_user_groups"), refers_to="Group"),
        ),
    )


PROJECT = Kind(
    name="Project",
    wire=Collection(
        path="projects",
        type="project",
        include=("owner", f"{_ROLES}.principal_users", f"{_ROLES}.principal_user_groups"),
        headers={"x-projects-role": "igz-apply"},
        delete_by=DeleteBy.NAME,  # section 10.7
        by_name="projects/__name__",
        readiness=Readiness(attribute="operational_status", ready="online", switch="admin_status"),
    ),
    fields=(
        Field("description"),
        Field("owner", wire=LINK, refers_to="User", holds=True, late=True),
        Field("labels", shape=Shape.MAP, wire=PAIRS),
        Field("annotations", shape=Shape.MAP, wire=PAIRS),
        Field("default_function_node_selector", shape=Shape.MAP, wire=PAIRS, since="3.5.5"),
        Field("admin_status", default="online"),
        Field(
            "members",
            shape=Shape.OBJECT,
            wire=Wire(_ROLES),
            roles=True,
            fields=(
                # The owner acts as an Admin whether or not the list says so (section 11.2).
                _role("admin", "Admin", counts="owner"),
                _role("editor", "Editor"),
                _role("viewer", "Viewer"),
            ),
        ),
        Field("deletion_strategy", steers=True, default="restricted"),
    ),
    job_on=frozenset({"create", "delete"}),
    switches=frozenset({"admin_status"}),
    seen_by=PROJECT_VIEWERS,
    marked_in="annotations",
    ties=("owner",),
    ruled_by={"create": DEVELOPERS},  # to update or delete one hangs on the caller's role in it
    lost_by_replacing=(
        "its id",
        "all that is in it: functions, runs, models, artifacts, schedules, feature sets and secrets",
        "its folder in the projects container",
    ),
    known_by=(("owner", "description"),),
)
