"""Access keys (wire reference, section 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from igz_apply.controlplane.attributes import Attribute, Items
from igz_apply.controlplane.background_jobs import Deletable
from igz_apply.controlplane.constants import SessionPlanes
from igz_apply.controlplane.crud import Updatable
from igz_apply.controlplane.envelopes import envelope
from igz_apply.controlplane.protocols import Calls

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_PLANES = (SessionPlanes.data, SessionPlanes.control)
DEFAULT_LABEL = "for-sdk-mgmt"


class AccessKey(Updatable, Deletable, record="access_key"):
    """A key of the calling user. Its `id` is the key itself, a secret: it is masked wherever this client shows it."""

    collection = "access_keys"
    id_is_secret = True

    label = Attribute[str]("what it is for")
    planes = Items[str]("data, control; chosen at creation", computed=True)
    kind = Attribute[str]("accessKey", computed=True)
    interface_kind = Attribute[str]("web", computed=True)
    ttl = Attribute[int]("seconds", computed=True)
    expires_at = Attribute[int]("seconds since the epoch", computed=True)
    tenant_id = Attribute[str]("of its owner", computed=True)
    uid = Attribute[int]("of its owner", computed=True)
    gids = Items[int]("of its owner", computed=True)
    group_ids = Items[str]("of its owner", computed=True)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)

    @classmethod
    def create(cls, http_client: Calls, planes: Sequence[str] = DEFAULT_PLANES, label: str | None = None) -> Self:
        """Create a key for the calling user. Raises AnswerLost if nobody knows whether it was created."""
        attributes = {"planes": [str(plane) for plane in planes], "label": label}
        answer = http_client.call("POST", cls.collection, body=envelope("access_key", attributes))
        return cls.from_answer(answer)._bound(http_client)

    @classmethod
    def get_or_create(cls, http_client: Calls, planes: Sequence[str] | None = None, label: str | None = None) -> Self:
        """Return a key of the calling user that is good for these planes (None: both), made if there is none.

        `label` None is a label of its own. Asking twice gives the same key, so this is repeated like a read.
        """
        attributes = {
            "planes": [str(plane) for plane in planes or DEFAULT_PLANES],
            "label": label or DEFAULT_LABEL,
        }
        body = {"data": {"type": "access_key", "attributes": attributes}}
        answer = http_client.call("POST", "self/get_or_create_access_key", body=body, repeatable=True)
        return cls.from_answer(answer)._bound(http_client)
