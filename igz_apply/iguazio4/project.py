"""Project: a workspace with an owner and members in further roles. Wire reference, sections 9 and 10."""

from igz_apply.iguazio4.wire import Wire
from igz_apply.model.kind import Field, Kind, Shape


def _role(name: str, label: str) -> Field:
    return Field(
        name,
        shape=Shape.OBJECT,
        label=label,
        fields=(
            Field("users", shape=Shape.SET, refers_to="User"),
            Field("groups", shape=Shape.SET, refers_to="Group"),
        ),
    )


PROJECT = Kind(
    name="Project",
    fields=(
        Field("description", wire=Wire("spec", "description")),
        Field("owner", wire=Wire("spec", "owner"), refers_to="User", holds=True),
        Field("labels", shape=Shape.MAP, wire=Wire("metadata", "labels")),
        Field("annotations", shape=Shape.MAP, wire=Wire("metadata", "annotations")),
        Field("default_function_node_selector", shape=Shape.MAP),  # MLRun keeps it, the project service does not
        Field("state", wire=Wire("status", "state"), default="online"),
        Field(
            "members",
            shape=Shape.OBJECT,
            roles=True,
            several=True,
            fields=(
                # The owner is stated by `owner` alone, and written by a call of its own (section 9.3).
                Field(
                    "owner",
                    shape=Shape.OBJECT,
                    label="Owner",
                    fields=(Field("users", shape=Shape.SET, refers_to="User", counts="owner"),),
                ),
                _role("admin", "Admin"),
                _role("editor", "Editor"),
                _role("builder", "Builder"),
                _role("curator", "Curator"),
                _role("viewer", "Viewer"),
            ),
        ),
        Field("deletion_strategy", steers=True, default="restricted"),
    ),
    job_on=frozenset({"create", "update", "delete"}),
    switches=frozenset({"state"}),
    marked_in="annotations",
    has_ids=False,
    ties=("owner",),
    is_unguarded=True,
    lost_by_replacing=(
        "all that is in it: functions, runs, models, artifacts, schedules, feature sets and secrets",
        "its files on disk",
    ),
    known_by=(("owner", "description"),),
)
