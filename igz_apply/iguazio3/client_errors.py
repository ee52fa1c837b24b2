"""The client's exceptions, told in the reconciler's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from igz_apply import controlplane
from igz_apply.errors import AnswerLost, Conflict, InvalidInput, Missing, PlaneError, told
from igz_apply.model.problems import Problem

_KINDS: tuple[tuple[type[controlplane.ControlPlaneError], type[PlaneError]], ...] = (
    (controlplane.NotFound, Missing),
    (controlplane.Conflict, Conflict),
    (controlplane.AnswerLost, AnswerLost),
)


@contextmanager
def translated(*, writes: bool = False, is_one_of_many: bool = False) -> Iterator[None]:
    """Run client calls; raises PlaneError or a subclass of it in place of the client's exceptions.

    With `writes`, an answer that cannot be trusted is an AnswerLost: the call may have happened. With
    `is_one_of_many`, plain variables and options are no way to say who calls.
    """
    try:
        yield
    except controlplane.NoCredentials as error:
        hint = "Set V3IO_ACCESS_KEY, or V3IO_USERNAME and V3IO_PASSWORD, or give --access-key-file FILE."
        if is_one_of_many:
            hint = (
                "Set V3IO_ACCESS_KEY__TARGET (of prod-eu: V3IO_ACCESS_KEY__PROD_EU), or V3IO_USERNAME__TARGET and "
                "V3IO_PASSWORD__TARGET, or give the target an `access_key_file` in the config."
            )
        raise InvalidInput([Problem("Connection", "There are no credentials.", hint)]) from error
    except controlplane.ConfigurationError as error:
        hint = error.hint or "`igz-apply --help` tells the options and variables of a connection."
        raise InvalidInput([Problem("Connection", error.message, hint)]) from error
    except controlplane.ControlPlaneError as error:
        kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), PlaneError)
        if writes and _may_have_happened(error):
            kind = AnswerLost
        raise told(error, kind) from error


@contextmanager
def recognised() -> Iterator[None]:
    """Run the first calls to a cluster; raises PlaneError that asks which platform it is where none of its paths is."""
    try:
        with translated():
            yield
    except Missing as error:
        hint = "Does the address lead to an Iguazio 4? That one takes an offline token: --platform iguazio4."
        raise PlaneError(
            str(error), hint=hint, method=error.method, path=error.path, status=error.status, ctx=error.ctx
        ) from error


def _may_have_happened(error: controlplane.ControlPlaneError) -> bool:
    """A server's trouble, a broken connection or a garbled success say nothing about the effect of a write."""
    lost = controlplane.Unavailable | controlplane.InvalidAnswer | controlplane.AnswerLost
    return error.after_lost_attempt or isinstance(error, lost)
