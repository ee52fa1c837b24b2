"""How an emulator of Iguazio 4 behaves: one frozen value, one switch for each choice that is open.

Sections are those of docs/dev/iguazio-4-api.md; its section 23 proposes most of the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from igz_apply.emulator.engine.switches import PROVEN, check_bounds, choice, switch

ORCA, MLRUN = "orca", "mlrun"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an emulator; the defaults are what the wire reference says or proposes (section 23)."""

    leader: str = choice((ORCA, MLRUN), "who leads projects: the project service, or MLRun (10.1)")
    version: str = switch("4.1.0", "the version that /info/system tells (17)")
    latency_ms: float = switch(0.0, "how long every answer is held back, in milliseconds", evidence="")
    faults: str | Path | Mapping[str, Any] | None = switch(
        None, "faults to act out, as a YAML file describes them", evidence=""
    )
    log: str | Path | None = switch(None, "file to which each request is added as a JSON line", evidence="")

    token_seconds: int = switch(300, "how long an access token lives, in seconds (4.3)", lowest=1)
    rotate_tokens: bool = switch(False, "a refresh gives a new offline token, and ends the old one (4.3)")
    missing_credentials: int = choice((401, 302), "answer to a call without credentials: an error, or the login (17)")
    enforce_policies: bool = switch(True, "policies and project roles are enforced; else everybody may do all (8)")
    rights_seconds: float = switch(0.0, "new rights spread for so long; 403 until then (2.2)")
    nested_groups: bool = switch(False, "a member of a sub-group counts as a member of the groups above it (7)")

    omit_false_active: bool = switch(False, "active is left out where it is false (3.3)")
    send_empty_values: bool = switch(False, "empty values are sent; else left out (3.3)")
    omit_has_more: bool = switch(False, "hasMore is left out where it is false (3.3)")
    omit_empty_items: bool = switch(False, "items is left out of an empty list (3.3)")
    text_integers: bool = switch(False, "64-bit integers are sent as strings (3.4)")
    refuse_unknown: bool = switch(True, "unknown fields and parameters are refused; else ignored (3.1)")
    wrong_method: int = choice((501, 405), "answer to a method that a path does not have (3.8)")

    page_size: int = switch(10, "records of a page when the client does not say (3.6)", lowest=1)
    max_page_size: int = switch(1000, "most records of a page; a larger limit is refused (3.6)", lowest=1)
    short_pages: bool = switch(False, "pages are short, and the first one empty, while hasMore is true (3.6)")
    group_list: str = choice(("flat", "top"), "whether the list of groups holds all, or those at the top (7)")
    member_ids: str = choice(("usernames", "ids"), "what memberIds of a group holds (7)")

    username_equals_email: bool = switch(
        True, "a username must equal the e-mail where both are given (6)", evidence=PROVEN
    )
    lower_usernames: bool = switch(True, "usernames are turned to lower case, and found in any case (18)")
    email_from_username: bool = switch(
        False, "a username that is an address becomes the e-mail where none is given (6)"
    )
    assign_adds: bool = switch(False, "assign-groups, assign-members and policy members add; else replace (3.7)")
    delete_group_with_children: str = choice(("removes", "refuses"), "a delete of a group with sub-groups (7)")
    delete_owner_of_projects: str = choice(("refuses", "allows"), "a delete of a user who owns projects (6)")
    read_only_prefix: str = switch("", "users and groups whose name begins so are imported, and read-only (21)")
    policies_kind_word: str = choice(("mgmt", "system"), "the kind that system-wide policies show (24)")
    policy_prefix: str = choice(("oris", "igz"), "the prefix of the names of policies (8.1)", evidence=PROVEN)

    owner_in_roles: str = choice(("refuses", "writes"), "a role write that names the role owner (9.3)")
    override_drops_owner: bool = switch(False, "an overriding map of roles without owner drops the owner (9.3)")
    empty_role_in_map: str = choice(("empties", "keeps"), "what an overriding map does to a role without members (9.3)")
    member_id_snake: bool = switch(False, "a member's role is answered with member_id; else memberId (9.3)")

    list_projects: bool = switch(True, "projects can be listed through the project service (10.3)")
    update_at_once: bool = switch(False, "updates of projects answer 200 and leave no execution; else 202 (10.3)")
    values_at_once: bool = switch(False, "new values of a project are read before its execution has ended (10.3)")
    gone_status: int = choice((204, 200, 404), "answer to the delete of a project that is gone (10.3)")
    honour_deletion_strategy: bool = switch(False, "a restricted delete of a non-empty project is refused (10.3)")
    execution_seconds: float = switch(1.0, "how long an execution takes, in seconds (5)")
    execution_appears_after: float = switch(0.0, "an execution shows up in the list after so many seconds (5)")
    executions_vanish_seconds: float = switch(3600.0, "how long a finished execution can be read, in seconds (5)")
    execution_attempts: int = switch(3, "how often a failing execution is tried (5)", lowest=1, highest=100)

    @property
    def job_seconds(self) -> float:
        """Return how long an execution takes: the engine's word for it."""
        return self.execution_seconds

    @property
    def job_lifetime_seconds(self) -> float:
        """Return how long an execution that has ended can be read: the engine's word for it."""
        return self.executions_vanish_seconds

    def check(self) -> None:
        """Raise EmulatorError, which names the option, if a value makes no sense."""
        check_bounds(self)
