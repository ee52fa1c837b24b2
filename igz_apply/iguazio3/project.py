"""Project: a workspace with an owner and members in three roles. Wire reference, sections 10 and 11."""

from igz_apply.iguazio3.policies import DEVELOPERS, PROJECT_VIEWERS
from igz_apply.model.kind import Collection, DeleteBy, Field, Kind, Readiness, Shape, Via

_ROLES = "project_authorization_roles"


def _role(name: str, api: str, counts: str = "") -> Field:
    return Field(
        name,
        shape=Shape.OBJECT,
        api=api,
        fields=(
            Field("users", shape=Shape.SET, api="principal_users", refers_to="User", counts=counts),
            Field("groups", shape=Shape.SET, api="principal_user_groups", refers_to="Group"),
        ),
    )


PROJECT = Kind(
    name="Project",
    endpoint=Collection(
        path="projects",
        type="project",
        include=("owner", f"{_ROLES}.principal_users", f"{_ROLES}.principal_user_groups"),
        headers={"x-projects-role": "igz-apply"},
        delete_by=DeleteBy.NAME,
        by_name="projects/__name__",
    ),
    key="name",
    fields=(
        Field("description"),
        Field("owner", via=Via.RELATIONSHIP, refers_to="User", holds=True),
        Field("labels", shape=Shape.PAIRS),
        Field("annotations", shape=Shape.PAIRS),
        Field("default_function_node_selector", shape=Shape.PAIRS, since="3.5.5"),
        Field("admin_status", default="online"),
        Field(
            "members",
            shape=Shape.OBJECT,
            api=_ROLES,
            via=Via.ROLES,
            fields=(
                # The owner acts as an Admin whether or not the list says so (section 11.2).
                _role("admin", "Admin", counts="owner"),
                _role("editor", "Editor"),
                _role("viewer", "Viewer"),
            ),
        ),
        Field("deletion_strategy", via=Via.NOTHING, default="restricted"),
    ),
    job_on=frozenset({"create", "delete"}),
    readiness=Readiness(attribute="operational_status", ready="online", switch="admin_status"),
    seen_by=PROJECT_VIEWERS,
    marked_in="annotations",
    ties=("owner",),
    ruled_by={"create": DEVELOPERS},  # to update or delete one hangs on the caller's role in it
)
