"""What a client is set up with: the endpoint and the credentials, from arguments and the environment.

Arguments win over the environment. From the environment alone, an access key is preferred over a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from igz_apply.controlplane.errors import ConfigurationError, NoCredentials
from igz_apply.controlplane.logins import AccessKeyCredentials, Credentials, PasswordCredentials
from igz_apply.http.endpoints import normalise_endpoint, resolve_verification
from igz_apply.http.redaction import Secret
from igz_apply.patterns import pattern

__all__ = [
    "normalise_endpoint",
    "resolve_credentials",
    "resolve_endpoint",
    "resolve_verification",
]

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


# What fits into a cookie and a header without changing their meaning.
_USABLE_KEY = pattern(r"[\x21-\x7e]+")


def resolve_credentials(
    *, access_key: str | None, username: str | None, password: str | None, environ: Mapping[str, str]
) -> Credentials:
    """Choose between an access key and a password; empty texts count as not given.

    Raises ConfigurationError when both are given as arguments, when there is neither anywhere, and when there is a
    password without a username.
    """
    if access_key and password:
        raise ConfigurationError("Both an access key and a password were given; give one of them")
    user = username or environ.get("V3IO_USERNAME") or None
    if password:
        return password_credentials(user, password)
    key = access_key or environ.get("V3IO_ACCESS_KEY")
    if key:
        return access_key_credentials(key, user)
    if environ.get("V3IO_PASSWORD"):
        return password_credentials(user, environ["V3IO_PASSWORD"])
    raise NoCredentials(
        "No credentials: give access_key, or username and password, "
        "or set V3IO_ACCESS_KEY, or V3IO_USERNAME and V3IO_PASSWORD"
    )


def access_key_credentials(key: str, username: str | None) -> AccessKeyCredentials:
    """Return the credentials of an access key. Raises ConfigurationError if no header could carry the key."""
    stripped = key.strip()
    if not _USABLE_KEY.fullmatch(stripped) or ";" in stripped:
        raise ConfigurationError("The access key holds characters that no access key has")
    return AccessKeyCredentials(Secret(stripped), username)


def password_credentials(username: str | None, password: str) -> PasswordCredentials:
    """Return the credentials of a login. Raises ConfigurationError without a username."""
    if not username:
        raise ConfigurationError("A password was given without a username; give username or set V3IO_USERNAME")
    return PasswordCredentials(username, Secret(password))


def resolve_endpoint(endpoint: str | None, environ: Mapping[str, str], namespace_file: Path = NAMESPACE_FILE) -> str:
    """Return the address of the control plane, without a slash at its end and without /api.

    The argument, then V3IO_API, then, inside the application cluster, the service that the platform puts there (wire
    reference, section 3.1). Raises ConfigurationError if there is none or it is not an http(s) address.
    """
    given = endpoint or environ.get("V3IO_API") or _endpoint_in_cluster(environ, namespace_file)
    if not given:
        raise ConfigurationError(
            "No endpoint: give endpoint='https://dashboard.default-tenant.app.<system domain>', or set V3IO_API"
        )
    return normalise_endpoint(given)


def _endpoint_in_cluster(environ: Mapping[str, str], namespace_file: Path) -> str | None:
    if "KUBERNETES_SERVICE_HOST" not in environ or not namespace_file.is_file():
        return None
    namespace = namespace_file.read_text(encoding="utf-8").strip()
    return f"http://datanode-dashboard.{namespace}.svc.cluster.local"
