"""The words and name rules of the platform: policies, states, predefined principals, patterns.

Source: wire reference, sections 5, 6, 10, 12, 14 and 18.
"""

from __future__ import annotations

TENANT_ID = "b7c663b1-0000-4000-8000-ceae7e751ec8"
TENANT_NAME = "default-tenant"

POLICIES = (
    "Application Admin",
    "Application Read Only",
    "Data",
    "Developer",
    "Function Admin",
    "IT Admin",
    "IT Admin Read Only",
    "Project Admin",
    "Project Read Only",
    "Project Security Admin",
    "Security Admin",
    "Service Admin",
    "System Admin",
    "Tenant Admin",
)
DEVELOPER_POLICIES = ("Developer", "Function Admin")
MEMBER_ADMIN_POLICIES = ("Project Security Admin", "Project Admin")
ALL_PROJECT_POLICIES = (*MEMBER_ADMIN_POLICIES, "Project Read Only")

ALL_USERS = "all_users"
SUPERUSERS = ("admin", "igz_admin")

ROLE_NAMES = ("Admin", "Editor", "Viewer")

JOB_STATES = ("created", "dispatched", "in_progress", "completed", "canceled", "republishing", "failed")
PLANES = ("control", "data")
DESIRED_STATES = ("ready", "disabled", "scaledToZero")
APPLY_MODES = ("default", "scaleFromZeroOnly", "serviceOwnerEdit")
SWITCH = ("enabled", "disabled")
SEVERITIES = ("unknown", "debug", "info", "warning", "major", "critical")
CLASSIFICATIONS = ("unknown", "hw", "ua", "bg", "sw", "sla", "cap", "sec", "audit", "system")
VISIBILITIES = ("unknown", "internal", "external", "customerOnly")
EVENT_KINDS = (
    "AppNode.NotReady",
    "AppService.Test.Event",
    "Security.Project.AuthSecret.Created",
    "Security.Project.Secret.Created",
    "Security.Project.Secret.Deleted",
    "Security.Project.Secret.Updated",
    "Security.User.Login.Failed",
    "Software.Project.Secret.Created",
)

# `\Z` rather than `$`, which would let a trailing newline through.
USERNAME = r"[A-Za-z][A-Za-z0-9_.@-]{0,31}\Z"
PERSON_NAME = r"[A-Za-z][A-Za-z0-9 -]{0,29}\Z"
ADDRESS = r"[^@ \t\r\n]+@[^@ \t\r\n]+\Z"  # what makes it one, whoever reads it
EMAIL = r"(?=.{1,128}\Z)[^@ \t\r\n]+@[^@ \t\r\n]+\.[^@ \t\r\n]+\Z"
PHONE = r"([0-9+-]{4,17})?\Z"
DNS_1123 = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z"
DNS_1035_SHORT = r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?\Z"
CONTAINER_NAME = r"(?=.{1,128}\Z)(?=.*[a-z])(?!.*(--|__))[a-z0-9]([a-z0-9_-]*[a-z0-9])?\Z"

PASSWORD_SPECIALS = "!@#$%^&*"
PASSWORD_RULE = f"a password has at least 8 characters: upper case, lower case, a digit, and one of {PASSWORD_SPECIALS}"


def is_strong_password(password: str) -> bool:
    """Tell whether a password meets the rule of the wire reference, section 18.4."""
    wanted = (str.isupper, str.islower, str.isdigit, PASSWORD_SPECIALS.__contains__)
    return len(password) >= 8 and all(any(test(letter) for letter in password) for test in wanted)
