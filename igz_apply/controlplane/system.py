"""The system's own configuration: Kubernetes and outgoing mail (wire reference, sections 13 and 15)."""

from __future__ import annotations

import json
from typing import Any

from igz_apply.controlplane.attributes import Attribute
from igz_apply.controlplane.crud import Readable, Updatable
from igz_apply.controlplane.service_parts import AppServiceBase
from igz_apply.controlplane.structs import Part, Parts, Struct


class ResourceDefinition(Struct):
    """Kubernetes quantities, as texts."""

    cpu: str | None
    memory: str | None


class Limit(Struct):
    """What one kind of Kubernetes object may use."""

    type: str | None
    max = Part(ResourceDefinition)
    min = Part(ResourceDefinition)
    default = Part(ResourceDefinition)
    default_request = Part(ResourceDefinition)


class LimitRangeSpec(Struct):
    """The limits of a namespace."""

    limits = Parts(Limit)


class K8sConfig(Readable, record="k8s_config"):
    """The Kubernetes side of the platform. It can only be read."""

    collection = "k8s_configs"

    namespace = Attribute[str]("of the services", computed=True)
    webapi_http_port = Attribute[int]("a port", computed=True)
    webapi_https_port = Attribute[int]("a port", computed=True)
    kubeconfig = Attribute[str]("may hold credentials, so it is never shown", computed=True)
    services_spec = Attribute[str]("opaque", computed=True)
    services_status = Attribute[str]("opaque", computed=True)
    app_services_manifest = Attribute[str]("JSON text; `app_services` reads it", computed=True)
    limit_range_spec = Part(LimitRangeSpec)
    created_at = Attribute[str]("timestamp", computed=True)
    updated_at = Attribute[str]("timestamp", computed=True)

    @property
    def app_services(self) -> list[AppServiceBase]:
        """The services as Kubernetes has them; empty if that cannot be read."""
        try:
            manifest: Any = json.loads(self.app_services_manifest or "{}")
        except (ValueError, RecursionError):
            return []
        services = manifest.get("app_services") if isinstance(manifest, dict) else None
        return [AppServiceBase.of(service) for service in services or [] if isinstance(service, dict)]


class SmtpConnection(Updatable, record="smtp_connection"):
    """How mail is sent. There is one; it is neither created nor deleted."""

    collection = "smtp_connections"

    mode = Attribute[str]("enabled or disabled")
    server_address = Attribute[str]("host:port")
    sender_address = Attribute[str]("the From of the mails")
    auth_username = Attribute[str]("for the mail server")
    auth_password = Attribute[str]("for the mail server; the platform shows it, this client does not")
    send_retries_number = Attribute[int]("how often")
    send_retries_interval = Attribute[int]("unit not known")
    connection_timeout = Attribute[int]("unit not known")

    @property
    def host(self) -> str | None:
        """The host of the mail server, None without an address."""
        return self._address[0]

    @property
    def port(self) -> int | None:
        """The port of the mail server, None if the address has none."""
        return self._address[1]

    @property
    def _address(self) -> tuple[str | None, int | None]:
        host, colon, port = (self.server_address or "").rpartition(":")
        if not colon:
            return self.server_address or None, None
        return host, int(port) if port.isdigit() else None
