"""Group: a set of users that share policies and project roles. Wire reference, sections 7 and 18."""

from igz_apply.iguazio3.policies import WRITES, ruled
from igz_apply.iguazio3.wire import Collection
from igz_apply.model.kind import Field, Kind, Shape

GROUP = Kind(
    name="Group",
    wire=Collection(
        path="user_groups",
        type="user_group",
        is_system=lambda attributes: attributes.get("system_provided") is True,
    ),
    fields=(
        Field("description"),
        Field("assigned_policies", shape=Shape.SET),
        Field("users", shape=Shape.SET, refers_to="User", membership=True, mirrored=True),
        Field("gid", immutable=True, unique=True, filled=True),
        Field("data_access_mode", default="enabled"),
    ),
    job_on=frozenset({"delete"}),
    system_names=frozenset({"admins", "all_users"}),
    job_seconds=600.0,
    ruled_by=ruled(WRITES, "Security Admin"),
    renames=True,
    known_by=(("gid",),),
)
