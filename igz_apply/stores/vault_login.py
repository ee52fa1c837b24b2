"""Who asks Vault: a token, or what a login gives one for. All of it is told by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from igz_apply.ports import Unread
from igz_apply.stores.vault_api import VaultApi

_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_NONE = "there is neither VAULT_TOKEN nor ~/.vault-token, nor a login: VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ROLE"


def token_of(api: VaultApi, environ: Mapping[str, str]) -> str | Unread:
    """Return a token: the environment's, else that of a login, else the one that Vault's own command keeps."""
    if token := environ.get("VAULT_TOKEN", "").strip():
        return token
    if role_id := environ.get("VAULT_ROLE_ID"):
        given = {"role_id": role_id, "secret_id": environ.get("VAULT_SECRET_ID", "")}
        return _login(api, environ.get("VAULT_AUTH_PATH") or "approle", given)
    if role := environ.get("VAULT_ROLE"):
        return _by_jwt(api, environ, role)
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return (_read(Path(home) / ".vault-token") if home else "") or Unread.unreachable(_NONE)


def _by_jwt(api: VaultApi, environ: Mapping[str, str], role: str) -> str | Unread:
    """Log in by a token that another system gave: CI's in VAULT_JWT, else that of a Kubernetes service account."""
    if jwt := environ.get("VAULT_JWT", "").strip():
        return _login(api, environ.get("VAULT_AUTH_PATH") or "jwt", {"role": role, "jwt": jwt})
    file = environ.get("VAULT_K8S_TOKEN_FILE") or _SERVICE_ACCOUNT
    if jwt := _read(Path(file)):
        return _login(api, environ.get("VAULT_AUTH_PATH") or "kubernetes", {"role": role, "jwt": jwt})
    return Unread.unreachable(f"VAULT_ROLE is set, and neither VAULT_JWT nor {file} holds a token to log in by")


def _login(api: VaultApi, mount: str, given: Mapping[str, str]) -> str | Unread:
    answer = api.post(f"auth/{mount.strip('/')}/login", given)
    if isinstance(answer, Unread):
        return answer
    auth = answer.part("auth")
    token = auth.get("client_token") if auth is not None else None
    if answer.status != 200 or not isinstance(token, str) or not token:
        return Unread.unreachable(f"it refuses the login at auth/{mount}, with status {answer.status}")
    return token


def _read(path: Path) -> str:
    """Return what a file holds, "" where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
