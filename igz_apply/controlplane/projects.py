"""Projects (wire reference, section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.background_jobs import Deletable, Job, job_of
from igz_apply.controlplane.crud import Updatable, link
from igz_apply.controlplane.envelopes import envelope, path_segment
from igz_apply.controlplane.errors import Forbidden, NotFound
from igz_apply.controlplane.project_members import ProjectMembers
from igz_apply.controlplane.protocols import Calls, Reads
from igz_apply.controlplane.queries import list_query
from igz_apply.controlplane.users import User

if TYPE_CHECKING:
    from typing_extensions import Self

# Names the component that acts; the value that is known to be accepted from a script.
_ROLE_HEADER = {"x-projects-role": "igz-mgmt-sdk"}
_STRATEGY_HEADER = "igz-project-deletion-strategy"

Pairs = list[dict[str, str]]


class Project(ProjectMembers, Updatable, Deletable, record="project"):
    """A project. Labels, annotations and node selectors are lists of `{"name": ..., "value": ...}`."""

    collection = "projects"
    headers = _ROLE_HEADER

    name = Attribute[str]("unique, chosen at creation", computed=True)
    description = Attribute[str]("free text")
    labels = Items[dict[str, str]]("pairs of name and value")
    annotations = Items[dict[str, str]]("pairs of name and value")
    default_function_node_selector = Items[dict[str, str]]("pairs of name and value; from 3.5.5")
    admin_status = Attribute[str]("online, offline or archived, what an administrator wants")
    operational_status = Attribute[str]("what has become of it", computed=True)
    owner_username = Attribute[str]("shown when the owner is included", computed=True)
    owner_access_key = Attribute[str]("a secret, shown when asked for", computed=True)
    namespace = Attribute[str]("shown when asked for", computed=True)
    mlrun_project = Attribute[str]("MLRun's own part, JSON text; left to MLRun", computed=True)
    nuclio_project = Attribute[str]("Nuclio's own part, JSON text; left to Nuclio", computed=True)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)

    @classmethod
    def create(
        cls,
        http_client: Calls,
        name: str,
        description: str = "",
        labels: Pairs | None = None,
        annotations: Pairs | None = None,
        owner: str | User | None = None,
        wait_for_completion: bool = True,
        default_function_node_selector: Pairs | None = None,
    ) -> Self:
        """Create a project and return it.

        `owner` is a username, an id or a user; None is the caller. With `wait_for_completion` the project is read again
        after its job has completed; without it, it is returned as it is being created. Raises Conflict if the name is
        taken, JobFailed, AnswerLost if nobody knows whether it was created.
        """
        optional = {
            "labels": labels,
            "annotations": annotations,
            "default_function_node_selector": default_function_node_selector,
        }
        given = {attribute: pairs for attribute, pairs in optional.items() if pairs}
        attributes = {"name": name, "description": description, **given}
        linkage = {} if owner is None else _owner_linkage(User.resolve(http_client, owner))
        body = envelope("project", attributes, linkage)
        answer = http_client.call("POST", cls.collection, body=body, headers=cls.headers)
        created = cls.from_answer(answer)._bound(http_client)
        if not wait_for_completion:
            return created
        job_of(http_client, answer, wait=True)
        return created._refreshed(http_client)

    @classmethod
    def get_by_name(cls, http_client: Reads, name: str, include: Iterable[str] | None = None) -> Self:
        """Return the project of that name, in one call. Raises NotFound."""
        path = f"{cls.collection}/__name__/{path_segment(name)}"
        return cls.from_answer(http_client.get(path, params=list_query(include=include)))._bound(http_client)

    def delete(
        self,
        http_client: Calls,
        ignore_missing: bool = False,
        wait_for_job_deletion: bool = True,
        deletion_strategy: str | None = None,
    ) -> Job | None:
        """Delete the project and return the job that does it, None if there is none.

        `deletion_strategy` None is the server's default, restricted: PreconditionFailed if the project holds anything;
        cascading deletes that too. Deleting by its id alone costs one call more, for the wire wants the name. The call
        is never repeated by itself, for a second job would hang: AnswerLost if nobody knows whether it began.
        """
        if not self.name:
            try:
                self._become(self._refreshed(http_client))
            except NotFound:
                if ignore_missing:
                    return None
                raise
        strategy = {_STRATEGY_HEADER: str(deletion_strategy)} if deletion_strategy else {}
        try:
            answer = http_client.call(
                "DELETE",
                self.collection,
                body=envelope("project", {"name": self.name}),
                headers={**self.headers, **strategy},
                repeatable=False,
            )
        except NotFound:
            if ignore_missing:
                return None
            raise
        return job_of(http_client, answer, wait=wait_for_job_deletion, vanished_is_done=True)

    def get_owner(self, http_client: Reads) -> User | None:
        """Return the owner, None if the caller may not see who it is."""
        project = type(self).get(http_client, self.id, include=["owner"])
        return next((owner for owner in project.related("owner") if isinstance(owner, User)), None)

    def set_owner(self, http_client: Calls, owner: str | User) -> Self:
        """Make a user, given as a username, an id or a user, the owner, and return the project.

        The owner before stays a member. The caller may lose sight of the project by this; then it is returned as it was
        last seen, with the new owner, and a warning is logged.
        """
        linkage = _owner_linkage(User.resolve(http_client, owner))
        try:
            self._put(http_client, {}, linkage)
        except (NotFound, Forbidden) as error:
            if error.method != "GET":
                raise
            http_client.logger.warning("Project %s has its new owner; the caller cannot see it any more", self.name)
            self.relationships.update(linkage)
        return self


def _owner_linkage(owner: User) -> dict[str, Any]:
    return {"owner": {"data": link("user", owner.id)}}
