"""Who is calling: a person's offline token, exchanged for access tokens, or a service account of the cluster.

An offline token is never sent as a proof: it goes into the body of the exchange alone (wire reference, sections 4.1
and 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from igz_apply.http.authentication import Ask, Proof
from igz_apply.http.call_errors import InvalidAnswer
from igz_apply.http.call_errors import Unauthorised as AnyUnauthorised
from igz_apply.http.redaction import Secret
from igz_apply.iguazio4.client.api_answers import part
from igz_apply.iguazio4.client.dialect import IGUAZIO3
from igz_apply.iguazio4.client.errors import NoCredentials, TokenRefused, UnusableToken
from igz_apply.iguazio4.client.token_file import read_private, read_token
from igz_apply.iguazio4.client.tokens import token_info, token_secrets, usable_token
from igz_apply.values import dataclass

REFRESH_PATH = "v1/authentication/refresh-access-token"
TOKEN_VARIABLE = "IGZ_OFFLINE_TOKEN"
SERVICE_ACCOUNT_VARIABLE = "IGZ_SERVICE_ACCOUNT_TOKEN_FILE"
DEFAULT_FILE = ".igz.yml"  # in the home directory

RENEWED_AT = 0.75  # of an access token's life
READ_AGAIN_AFTER = 60.0  # seconds; Kubernetes replaces the file long before the token in it ends


@dataclass(slots=True)
class OfflineToken:
    """A person's token, and `source`, where it came from. What the server puts in its place is kept in memory alone."""

    token: Secret
    source: str

    is_renewable: bool = field(default=True, init=False)

    def prove(self, ask: Ask) -> Proof:
        """Exchange the token for an access token. Raises TokenRefused, InvalidAnswer, and whatever a call raises."""
        given = self.token.reveal()
        try:
            body = ask("POST", REFRESH_PATH, {"refreshToken": given}).body
        except AnyUnauthorised as refused:
            if refused.form == IGUAZIO3:
                raise UnusableToken(
                    f"The server answers as an Iguazio 3, which takes no offline token, such as that of {self.source}; "
                    "it takes an access key"
                ) from None
            raise TokenRefused(_why_refused(self.source, given), source=self.source, refused=refused) from None
        access = _text_of(body, "accessToken")
        if part(body, "spec").get("refreshToken"):
            self.token = Secret(_text_of(body, "refreshToken"))
        return _bearer(access, lifetime=token_info(access).lifetime or _expires_in(body))

    def secrets(self) -> tuple[str, ...]:
        """Return the token, and its parts."""
        return tuple(secret.reveal() for secret in token_secrets(self.token.reveal()))


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The token of a service account, in a file that is read again whenever it may have been replaced."""

    path: Path

    is_renewable = True

    @property
    def source(self) -> str:
        """Where the token comes from."""
        return f"the service account file {self.path}"

    def prove(self, _: Ask) -> Proof:
        """Return what the file holds now. Raises UnusableToken."""
        text = read_private(self.path, "The service account file", may_be_shared=True)
        token = usable_token(text.removesuffix("\n").removesuffix("\r"), self.source).reveal()
        headers = {"Authorization": Secret(f"Bearer {token}"), "X-IGZ-Authenticator-Kind": Secret("sa")}
        return Proof(headers, token_secrets(token), good_for=READ_AGAIN_AFTER)

    def secrets(self) -> tuple[str, ...]:
        """Return nothing: the token is part of each proof."""
        return ()


@dataclass(frozen=True, slots=True)
class Nobody:
    """No credentials, for what needs none."""

    source = "no credentials"
    is_renewable = False

    def prove(self, _: Ask) -> Proof:
        """Return what proves nothing."""
        return Proof({}, ())

    def secrets(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()


Credentials = OfflineToken | ServiceAccount | Nobody


def credentials_from(
    environ: Mapping[str, str],
    token_file: str | Path | None = None,
    token_name: str | None = None,
    *,
    home: Path | None = None,
) -> OfflineToken | ServiceAccount:
    """Return who is calling, from the first of these that is there:

    the file that was given; IGZ_OFFLINE_TOKEN; IGZ_SERVICE_ACCOUNT_TOKEN_FILE; `.igz.yml` in the home directory.
    `token_name` is that of an entry, and asks for a file. Raises UnusableToken, and NoCredentials if there is none.
    """
    if token_file:
        return OfflineToken(*read_token(Path(token_file), token_name))
    if environ.get(TOKEN_VARIABLE) and not token_name:
        return OfflineToken(usable_token(environ[TOKEN_VARIABLE], f"the variable {TOKEN_VARIABLE}"), TOKEN_VARIABLE)
    if environ.get(SERVICE_ACCOUNT_VARIABLE) and not token_name:
        return ServiceAccount(Path(environ[SERVICE_ACCOUNT_VARIABLE]))
    default = _usual_file(home)
    if _is_there(default) or token_name:
        return OfflineToken(*read_token(default, token_name))
    raise NoCredentials(
        f"No credentials: give a token file, set {TOKEN_VARIABLE} to an offline token or {SERVICE_ACCOUNT_VARIABLE} to "
        f"the token file of a service account, or log in so that {default} holds a token"
    )


def _usual_file(home: Path | None) -> Path:
    """Return where the file usually is; whoever has no home is told of it as people write it."""
    try:
        return (Path.home() if home is None else home) / DEFAULT_FILE
    except RuntimeError:
        return Path("~") / DEFAULT_FILE


def _is_there(path: Path) -> bool:
    """Say whether a file is there; in a folder that is closed to us none is."""
    try:
        return path.exists()
    except OSError:
        return False


def _why_refused(source: str, token: str) -> str:
    end = token_info(token).end
    ends = f" (it says that it ends on {end})" if end else ""
    return f"The server gives no access token for the offline token of {source}: unknown, revoked or expired{ends}"


def _bearer(token: str, *, lifetime: float | None) -> Proof:
    return Proof(
        {"Authorization": Secret(f"Bearer {token}")},
        token_secrets(token),
        good_for=None if lifetime is None else RENEWED_AT * lifetime,
        ends_after=lifetime,
    )


def _text_of(body: Any, name: str) -> str:
    """Return a token out of the answer to an exchange. Raises InvalidAnswer without one."""
    found = part(body, "spec").get(name)
    if not isinstance(found, str) or not found:
        message = f"The exchange of the offline token was accepted, but its answer has no spec.{name}"
        raise InvalidAnswer(message, method="POST", path=REFRESH_PATH)
    try:
        return usable_token(found, "the answer to a renewal").reveal()
    except UnusableToken as unusable:
        raise InvalidAnswer(unusable.message, method="POST", path=REFRESH_PATH) from None


def _expires_in(body: Any) -> float | None:
    """Return the seconds that the answer gives the access token; a whole number may come as a text."""
    said = part(body, "status").get("expiresIn")
    try:
        seconds = float(said) if isinstance(said, (int, float, str)) and not isinstance(said, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < float("inf") else None
