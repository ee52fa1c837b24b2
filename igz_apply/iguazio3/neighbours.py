"""What people who come from Iguazio 4 are told: what its kinds become here. Wire reference of Iguazio 4, section 21."""

from igz_apply.model.kind import Neighbour

_BEGIN = "On Iguazio 3 begin it with `apiVersion: iguazio.com/v1`; "

WITHOUT = {
    "PolicyBinding": (
        "Iguazio 3 states policies from the side of who holds them alone: in `assigned_policies` of users and groups."
    )
}

NEIGHBOURS = {
    "iguazio.com/v4": Neighbour(
        title="Iguazio 4",
        here="Iguazio 3",
        instead={
            "User": (
                f"{_BEGIN}the name is a username of at most 32 characters, `policies` is called `assigned_policies`, "
                "and `active` is `admin_status`: up or down. Take out email_verified."
            ),
            "Group": f"{_BEGIN}groups do not lie inside each other, and `policies` is called `assigned_policies`.",
            "Project": (
                f"{_BEGIN}`state` is called `admin_status`. Roles are admin, editor and viewer; a member has one."
            ),
            "PolicyBinding": f"Take it out. {WITHOUT['PolicyBinding']}",
        },
    )
}
