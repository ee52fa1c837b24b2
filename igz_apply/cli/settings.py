"""What a run works with: command line over environment over target over defaults (contract, section 4)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from igz_apply.cli.pins import ENDPOINT, TLS, endpoint_of, flag, listed, pinned, pins_of
from igz_apply.cli.session import GlobalFlags, Session
from igz_apply.errors import InvalidInput
from igz_apply.manifests.config import Config, load_config
from igz_apply.model.problems import Problem
from igz_apply.model.remembering import ANEW, Remembering
from igz_apply.model.urls import embedded
from igz_apply.planning.homes import address_of
from igz_apply.platform import Connection

if TYPE_CHECKING:
    from igz_apply.execution.deadline import Deadline

T = TypeVar("T")

TIMEOUT = 60.0  # seconds, of one call
RETRIES = 4


def embedded_file(connection: Connection) -> Path | None:
    """Return the emulator's file, None when the connection leads to a control plane elsewhere."""
    found = embedded(connection.endpoint)
    return Path(found[1] or f".igz-apply/{found[0]}.db") if found is not None else None


def warnings_of(connection: Connection) -> tuple[str, ...]:
    """Return what whoever relies on the connection has to know."""
    has_tls = embedded_file(connection) is None and not connection.endpoint.lower().startswith("http://")
    if connection.is_verified or not has_tls:
        return ()
    where = f"The TLS certificate of {address_of(connection.endpoint)} is not verified"
    return (f"{where}: whoever stands in between can read the credentials and change what is seen and sent.",)


def config_of(session: Session) -> Config:
    """Return the config, seen through the chosen target, with what IGZ_PROTECT adds. Raises InvalidInput."""
    pins_of(session.environ)  # a word that pins nothing is said by every command
    named = session.global_flags.config or session.environ.get("IGZ_CONFIG", "")
    config = load_config(Path(named) if named else None, session.target or None, session.manifests_in, session.telling)
    return seen_by(session, config)


def seen_by(session: Session, config: Config) -> Config:
    """Return the config of the session's target with what environment and command line add. Raises InvalidInput."""
    pins_of(session.environ)  # also what is said for the target alone
    session.learn_targets(config.targets)
    protect = (*config.protect, *listed(session.environ.get("IGZ_PROTECT", "")))
    return replace(config, protect=protect, is_strict=session.global_flags.strict)


def results_of(session: Session) -> Remembering:
    """Return what remembers the results of the rounds before this one; a run by itself works everything out."""
    return ANEW if session.memory is None else session.memory.results


def deadline_of(session: Session, config: Config, seconds: float | None) -> Deadline | None:
    """Return when the command begins nothing new: what the command line says, or else the config; None: never."""
    allowed = config.deadline if seconds is None else seconds
    if allowed is None:
        return None
    from igz_apply.execution.deadline import Deadline  # both here, as most runs have none
    from igz_apply.local.clock import SystemClock

    return Deadline(allowed, session.begun + allowed, SystemClock())


def connection_of(session: Session, config: Config) -> Connection:
    """Return how to connect. Raises InvalidInput when there is no endpoint, or when options contradict each other."""
    flags, environ = session.global_flags, session.environ
    if flags.access_key_file and flags.password_stdin:
        raise _wrong("--access-key-file and --password-stdin exclude each other.", "Give one of them.")
    endpoint = endpoint_of(environ, config, flags.endpoint)
    if not endpoint and ENDPOINT in pins_of(environ):
        detail = "neither --endpoint nor IGZ_ENDPOINT gives one."
        raise pinned(ENDPOINT, detail, f"Set IGZ_ENDPOINT{session.suffix} where this runs.")
    if not endpoint:
        ways = f"Give --endpoint URL, set IGZ_ENDPOINT, or {_other_ways(config)}. --endpoint embedded"
        if session.suffix:
            ways = f"Set IGZ_ENDPOINT{session.suffix}, or {_other_ways(config)}. The endpoint embedded"
        detail = "There is no endpoint, so there is no cluster to talk to."
        raise _wrong(detail, f"{ways} runs the built-in emulator.")
    _warn_of_overruled_target(session, config, endpoint)
    ca_file, is_verified = _tls(session, config)
    connection = Connection(
        endpoint=endpoint,
        username=flags.username or environ.get("V3IO_USERNAME") or config.username or "",
        watchers=tuple(session.watchers),
        access_key=_access_key(flags, config),
        password=_password(session.stdin) if flags.password_stdin else "",
        **tokens_of(flags, environ, config),
        ca_file=ca_file,
        is_verified=is_verified,
        timeout=_timeout(first(flags.timeout, config.timeout, TIMEOUT)),
        retries=first(flags.retries, config.retries, RETRIES),
        environ=None if environ is os.environ else environ,
        remembered=None if session.memory is None else session.memory.of_the_plane,
        is_one_of_many=bool(session.suffix),
    )
    for text in warnings_of(connection):
        session.warn(text)
    return connection


def tokens_of(flags: GlobalFlags, environ: Mapping[str, str], config: Config) -> Mapping[str, Any]:
    """Return what is said of tokens: the file on the command line, else the environment's, else the config's.

    A name picks an entry of a file; the config's does not lead away from a token of the environment.
    """
    if flags.offline_token_file or flags.token_name:
        name = flags.token_name or config.token_name or ""
        return {"token_file": flags.offline_token_file or config.offline_token_file or "", "token_name": name}
    if token := environ.get("IGZ_OFFLINE_TOKEN"):
        return {"offline_token": token}
    if file := environ.get("IGZ_SERVICE_ACCOUNT_TOKEN_FILE"):
        return {"service_account_file": file}
    return {"token_file": config.offline_token_file or "", "token_name": config.token_name or ""}


def _tls(session: Session, config: Config) -> tuple[str, bool]:
    """Return the file of authorities to trust, and whether the certificate is checked at all. Raises InvalidInput."""
    flags, environ = session.global_flags, session.environ
    ca_file = flags.ca_file or environ.get("IGZ_CA_FILE")
    skips = flags.insecure_skip_tls_verify or flag(environ, "IGZ_INSECURE_SKIP_TLS_VERIFY")
    if TLS in pins_of(environ):
        if skips is None and config.insecure_skip_tls_verify:
            detail = "the config says insecure_skip_tls_verify, and nothing outside does."
            raise pinned(TLS, detail, "Take it out of the config, or set IGZ_INSECURE_SKIP_TLS_VERIFY.")
        if not ca_file and config.ca_file:
            detail = "the config names a ca_file, and nothing outside does."
            raise pinned(TLS, detail, "Take it out of the config, or set IGZ_CA_FILE.")
    return ca_file or config.ca_file or "", not first(skips, config.insecure_skip_tls_verify)


def _other_ways(config: Config) -> str:
    """Return how the config could say where the cluster is."""
    if config.target:
        return f"give the target {config.target} of {config.path} one"
    if config.targets:
        return f"choose a target of {config.path} with --target: {', '.join(config.targets)}"
    return "choose a target of the config with --target"


def first(*candidates: T | None) -> T:
    """Return the first that is not None; the last one must not be."""
    return next(candidate for candidate in candidates if candidate is not None)


def _access_key(flags: GlobalFlags, config: Config) -> str:
    path = "" if flags.password_stdin else flags.access_key_file or config.access_key_file or ""
    if not path:
        return ""
    try:
        key = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        where = "--access-key-file" if flags.access_key_file else f"`access_key_file` in {config.path}"
        raise _wrong(f"The access key file {path} cannot be read: {reason}.", f"Correct {where}.") from None
    if not key:
        raise _wrong(f"The access key file {path} is empty.", "Write the access key into it.")
    return key


def _timeout(seconds: float) -> float:
    if seconds <= 0:
        raise _wrong("A call that may take no time cannot succeed.", "Give a longer --timeout, for example 60s.")
    return seconds


def _password(stdin: BinaryIO) -> str:
    """Return the first line of standard input."""
    try:
        password = stdin.readline().decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        # Not chained: the exception carries the bytes.
        raise _wrong("The password on standard input is not UTF-8 text.", "Save it as UTF-8.") from None
    if not password:
        raise _wrong("Standard input holds no password.", "Write it there: igz-apply ... --password-stdin < file")
    return password


def _warn_of_overruled_target(session: Session, config: Config, endpoint: str) -> None:
    """Say it when the environment leads away from the target that the command line names."""
    flags = session.global_flags
    if session.has_own("IGZ_ENDPOINT" if session.environ.get("IGZ_ENDPOINT") else "V3IO_API"):
        return  # it leads to the target, and nowhere else
    if flags.target and not flags.endpoint and config.endpoint and endpoint != config.endpoint:
        session.warn(
            f"The environment's endpoint {address_of(endpoint)} is used, not that of target {flags.target} "
            f"({address_of(config.endpoint)}); unset IGZ_ENDPOINT and V3IO_API to use the target's."
        )


def _wrong(detail: str, hint: str) -> InvalidInput:
    return InvalidInput([Problem("Connection", detail, hint)])
