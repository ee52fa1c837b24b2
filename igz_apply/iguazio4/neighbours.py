"""What people who come from Iguazio 3 are told: which of its kinds are not here, and what the others become.

Wire reference, sections 11 and 21.
"""

from igz_apply.model.kind import Neighbour

_BEGIN = "On Iguazio 4 begin it with `apiVersion: iguazio.com/v4`; "

WITHOUT = {
    "AppService": (
        "Iguazio 4 has no interface for app services: they are installed as Helm charts, and igz-apply cannot manage "
        "them."
    )
}

NEIGHBOURS = {
    "iguazio.com/v1": Neighbour(
        title="Iguazio 3",
        here="Iguazio 4",
        instead={
            "User": (
                f"{_BEGIN}the name is the e-mail address, `assigned_policies` is called `policies`, and `admin_status` "
                "is `active`: true or false. Take out what is gone: password, send_password_on_creation, uid, "
                "primary_group, authentication_methods, data_access_mode, phone_number, job_title, department, "
                "description and avatar."
            ),
            "Group": (
                f"{_BEGIN}the name is the path, `research/nlp` for one, and `assigned_policies` is called `policies`. "
                "Take out what is gone: description, gid and data_access_mode."
            ),
            "Project": (
                f"{_BEGIN}`admin_status` is called `state`: online or archived. Roles are admin, editor, builder, "
                "curator and viewer."
            ),
            "AppService": f"Take it out. {WITHOUT['AppService']}",
        },
    )
}
