"""User: an account. Wire reference, sections 6 and 18."""

from igz_apply.iguazio3.policies import WRITES, ruled
from igz_apply.iguazio3.wire import LINK, Collection, Form, Readiness, Wire
from igz_apply.model.kind import Field, Kind, Shape

SYSTEM_USERS = frozenset(
    {
        "admin",
        "igz_admin",
        "igz_support",
        "monitoring",
        "pipelines",
        "project_reader",
        "security_admin",
        "sys",
        "tenancy_admin",
    }
)
_SPECIALS = "!@#$%^&*"


def lacking_in_password(password: str) -> str:
    """Say what the platform would miss in a password (wire reference, section 18.4), "" for nothing."""
    wanted = (
        ("at least 8 characters", len(password) >= 8),
        ("an upper case letter", any(map(str.isupper, password))),
        ("a lower case letter", any(map(str.islower, password))),
        ("a digit", any(map(str.isdigit, password))),
        (f"one of {_SPECIALS}", any(letter in _SPECIALS for letter in password)),
    )
    return ", ".join(what for what, is_met in wanted if not is_met)


USER = Kind(
    name="User",
    wire=Collection(
        path="users",
        type="user",
        key="username",
        include=("user_groups", "primary_group"),
        readiness=Readiness(
            attribute="operational_status",
            ready="up",
            switch="admin_status",
            relationship="user_groups",
            member="all_users",
        ),
    ),
    fields=(
        Field("first_name"),
        Field("last_name"),
        Field("email", shape=Shape.FOLDED, distinct=True),  # the platform is not known to refuse a second one
        Field("password", write_only=True, lacking=lacking_in_password),
        Field("assigned_policies", shape=Shape.SET),
        Field(
            "groups",
            shape=Shape.SET,
            wire=Wire("user_groups", Form.LINK),
            refers_to="Group",
            membership=True,
            late=True,
            implied=frozenset({"all_users"}),
        ),
        Field("primary_group", wire=LINK, refers_to="Group", holds=True, late=True),
        Field("admin_status", default="up"),
        Field("uid", immutable=True, unique=True, filled=True),
        Field("authentication_methods", shape=Shape.SET, since="3.5.5", filled=True),
        Field("data_access_mode", default="enabled"),
        Field("phone_number"),
        Field("job_title"),
        Field("department"),
        Field("description"),
        Field("avatar"),
        Field("send_password_on_creation", create_only=True),
    ),
    job_on=frozenset({"create", "delete"}),
    system_names=SYSTEM_USERS,
    job_seconds=600.0,
    disabled_by=("admin_status", "down"),
    switches=frozenset({"admin_status"}),
    ruled_by=ruled(WRITES, "Security Admin"),
    lost_by_replacing=(
        "its id and its uid, to which files and running jobs belong",
        "its home directory",
        "its password: the new one has that of its manifest, or is sent a link to set one",
        "its access keys and sessions",
    ),
    known_by=(("email",), ("uid",), ("first_name", "last_name")),
)
