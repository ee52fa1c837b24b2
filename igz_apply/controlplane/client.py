"""The client of a control plane: everything that can be read, and the calls that change something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from igz_apply.controlplane.api_answers import Answer
from igz_apply.controlplane.envelopes import envelope, resource_path
from igz_apply.controlplane.read_only_client import ReadOnlyClient


class Client(ReadOnlyClient):
    """Reads and changes a control plane; see ReadOnlyClient for the arguments.

    One client may be used by many threads.
    """

    def read_only(self) -> ReadOnlyClient:
        """Return a client without a method that changes anything, over this client's connections and session."""
        reader = ReadOnlyClient.__new__(ReadOnlyClient)
        reader._use(self._connection, self._polling)
        return reader

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send one call and return its answer.

        `path` is below /api, such as `users/123`. `repeatable` says whether it does no harm to send the call twice;
        None goes by the method: all but POST and PATCH. What is not repeatable is tried again only if the server
        certainly did not act, and is an AnswerLost if nobody knows. A DELETE of `projects` must not be repeated
        (wire reference, section 10.7).
        `timeout` is in seconds, for each attempt; None is the client's own. Raises ControlPlaneError.
        """
        return self._connection.call(
            method,
            path,
            params=params,
            body=body,
            headers=headers,
            repeatable=repeatable,
            timeout=timeout,
        )

    def request(self, method: str, path: str, **kwargs: Any) -> Any:
        """Send one call and return the body of its answer, None if it had none.

        Keywords are those of `call`; `json` is another name of `body`.
        """
        if "json" in kwargs:
            kwargs["body"] = kwargs.pop("json")
        return self.call(method, path, **kwargs).body

    def create(self, resource_name: str, attributes: Any, relationships: Any = None, **kwargs: Any) -> Any:
        """POST one resource and return the body of the answer; `resource_name` is the plural in the path."""
        body = envelope(resource_name, attributes, relationships)
        return self.call("POST", resource_name, body=body, **kwargs).body

    def update(
        self,
        resource_name: str,
        resource_id: str | int,
        attributes: Any,
        relationships: Any = None,
        **kwargs: Any,
    ) -> Answer:
        """PUT one resource, or the collection itself where the id is empty."""
        path = resource_path(resource_name, resource_id)
        return self.call("PUT", path, body=envelope(resource_name, attributes, relationships), **kwargs)

    def delete(self, resource_name: str, resource_id: str | int, **kwargs: Any) -> Answer:
        """DELETE one resource. Raises NotFound if there is none."""
        return self.call("DELETE", resource_path(resource_name, resource_id), **kwargs)

    def delete_by_attribute(
        self, resource_name: str, attribute_name: str, attribute_value: str, **kwargs: Any
    ) -> Answer:
        """DELETE on a collection, naming the resource in the body; never repeated by itself."""
        body = envelope(resource_name, {attribute_name: attribute_value})
        return self.call("DELETE", resource_name, body=body, **{"repeatable": False, **kwargs})
