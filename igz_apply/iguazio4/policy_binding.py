"""PolicyBinding: who holds a management policy, stated from the policy's side. Wire reference, section 8.

It bears the policy's name, and is there as long as anybody holds the policy: to delete one is to take the policy from
all who hold it.
"""

from igz_apply.iguazio4.policies import ADMINISTRATIVE, POLICY
from igz_apply.model.kind import Field, Kind, Shape

POLICY_BINDING = Kind(
    name="PolicyBinding",
    fields=(
        Field("users", shape=Shape.SET, refers_to="User"),
        Field("groups", shape=Shape.SET, refers_to="Group"),
    ),
    system_names=ADMINISTRATIVE,
    holders_of=POLICY,
)
