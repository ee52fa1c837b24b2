"""The client's exceptions, told in the reconciler's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from igz_apply.errors import AnswerLost, Conflict, InvalidInput, Missing, PlaneError, told
from igz_apply.iguazio4 import client
from igz_apply.model.problems import Problem

_KINDS: tuple[tuple[type[client.ControlPlaneError], type[PlaneError]], ...] = (
    (client.UnknownRoute, PlaneError),  # a 404 that is about no resource
    (client.NotFound, Missing),
    (client.Conflict, Conflict),
    (client.AnswerLost, AnswerLost),
)


@contextmanager
def translated(*, writes: bool = False, is_one_of_many: bool = False) -> Iterator[None]:
    """Run client calls; raises PlaneError or a subclass of it in place of the client's exceptions.

    With `writes`, an answer that cannot be trusted is an AnswerLost: the call may have happened, unless it only reads.
    With `is_one_of_many`, plain variables and options are no way to say who calls.
    """
    try:
        yield
    except client.ConfigurationError as error:
        if is_one_of_many and isinstance(error, client.NoCredentials):
            hint = (
                "Set IGZ_OFFLINE_TOKEN__TARGET (of prod-eu: IGZ_OFFLINE_TOKEN__PROD_EU), or "
                "IGZ_SERVICE_ACCOUNT_TOKEN_FILE__TARGET to the token file of a service account, or give the target an "
                "`offline_token_file` in the config."
            )
            raise InvalidInput([Problem("Connection", "There are no credentials.", hint)]) from error
        hint = error.hint or "`igz-apply --help` tells the options and variables of a connection."
        raise InvalidInput([Problem("Connection", error.message, hint)]) from error
    except client.ControlPlaneError as error:
        kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), PlaneError)
        if writes and error.method != "GET" and _may_have_happened(error):
            kind = AnswerLost
        raise told(error, kind) from error


def _may_have_happened(error: client.ControlPlaneError) -> bool:
    """A server's trouble, a broken connection or a garbled success say nothing about the effect of a write."""
    lost = client.Unavailable | client.InvalidAnswer | client.AnswerLost
    return error.after_lost_attempt or isinstance(error, lost)
