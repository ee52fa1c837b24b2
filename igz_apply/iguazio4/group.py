"""Group: a set of users, with a place in the tree of groups. Its name is its path. Wire reference, section 7."""

from igz_apply.iguazio4.policies import POLICY
from igz_apply.model.kind import Field, Kind, Shape

GROUP = Kind(
    name="Group",
    fields=(
        Field("users", shape=Shape.SET, refers_to="User", membership=True, mirrored=True),
        Field("policies", shape=Shape.SET, looked_up=POLICY),
    ),
    system_names=frozenset({"admins"}),
    renames=True,
    inside="/",
)
