"""User: an account. Wire reference of Iguazio 4, section 6."""

from igz_apply.iguazio4.policies import POLICY
from igz_apply.iguazio4.wire import Wire
from igz_apply.model.kind import Field, Kind, Shape

USER = Kind(
    name="User",
    fields=(
        Field("first_name", wire=Wire("spec", "firstName")),
        Field("last_name", wire=Wire("spec", "lastName")),
        Field("email", shape=Shape.FOLDED, wire=Wire("spec", "email"), immutable=True, unique=True),
        Field("email_verified", wire=Wire("spec", "emailVerified"), create_only=True),  # never read back
        Field("active", wire=Wire("status", "active"), default=True),
        Field("groups", shape=Shape.SET, refers_to="Group", membership=True),
        Field("policies", shape=Shape.SET, looked_up=POLICY),
    ),
    system_names=frozenset({"admin"}),
    disabled_by=("active", False),
    switches=frozenset({"active"}),
    lost_by_replacing=(
        "its id and its unix uid, to which files and running jobs belong",
        "its home directory",
        "its password, and its links to identity providers",
        "its tokens and sessions",
    ),
    known_by=(("email",), ("first_name", "last_name")),
)
