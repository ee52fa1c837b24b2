"""Whether what a change was planned from still holds, looked at right before it is sent.

The platform takes no precondition (wire reference, section 3.6). So a field that holds neither what the plan showed
before nor what it wants after was changed by somebody meanwhile: it is theirs, and nothing of the change is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.changes import Change, FieldDiff
from igz_apply.model.comparison import field_at, means, same, value_at
from igz_apply.model.hidden import Hidden
from igz_apply.model.ignoring import apart
from igz_apply.model.kind import MARK_PATH, NAME_PATH, Kind
from igz_apply.model.resources import LiveResource

ANOTHER = "another of its name stands there now than the plan was made from"


def moved_since(change: Change, now: LiveResource, kind: Kind) -> str:
    """Say which of its own fields moved since the plan, "" for none. Secrets cannot be seen, edges move one by one."""
    ignored = change.desired.lifecycle.ignore_changes if change.desired is not None else ()
    unlike = _unlike(change.diff, now, kind, lambda item: (item.before, item.after), ignored)
    return "; ".join(f"{path} holds something else now than the plan was made from" for path in unlike)


def unlike_sent(change: Change, now: LiveResource, kind: Kind) -> str:
    """Say what of a create is not as it was sent, as far as that can be seen, "" for nothing.

    A link may still be missing: the platform makes some of them after the resource.
    """

    def wanted(item: FieldDiff) -> tuple[Any, ...]:
        field = field_at(kind, item.path)
        return (item.after, None) if field is not None and field.late else (item.after,)

    return ", ".join(_unlike(change.diff, now, kind, wanted))


def is_another(change: Change, now: LiveResource, kind: Kind) -> bool:
    """Say whether another resource stands under the name now, where the platform tells them apart by no id."""
    if change.live is None:
        return False
    if kind.has_ids:
        return change.live.born != now.born
    wanted = change.desired.spec if change.desired is not None else {}
    return any(
        not same(kind.field_named(name), change.live.spec.get(name), now.spec.get(name))
        and not (name in wanted and same(kind.field_named(name), wanted[name], now.spec.get(name)))
        for name in kind.ties
    )


def misnamed(called: str, address: Address) -> str:
    """Say that a cluster has given another name to what it was sent: it folds case, or Unicode forms."""
    sent = f"not {address.name!r} as it was sent"
    return f"the cluster calls it {called!r}, {sent}: it folds names. Declare it as {called!r}"


def entry_moved(name: str, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    """Say where two readings of an entry of a shared document differ, "" where they do not."""
    if one is None or other is None:
        return "" if one is other else f"{name} is {'new' if one is None else 'gone'}"
    path = next(_paths(one, other), None)
    return f"{name}: {path} moved" if path is not None else ""


def _paths(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(one.keys() | other.keys()):
            yield from _paths(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif one != other:
        yield path


def _is_unseen(item: FieldDiff) -> bool:
    """Whether nobody can compare it: a secret of which there are words alone."""
    return item.sensitive and not any(isinstance(side, Hidden) for side in (item.before, item.after))


def _unlike(
    diff: Iterable[FieldDiff],
    now: LiveResource,
    kind: Kind,
    wanted: Callable[[FieldDiff], tuple[Any, ...]],
    ignored: Collection[str] = (),
) -> Iterator[str]:
    """Yield the paths that hold none of the values that are `wanted` there, whatever is `ignored` below them."""
    for item in diff:
        field = field_at(kind, item.path)
        top = kind.field_named(item.path[0])
        if (
            _is_unseen(item)
            or item.path[0] in now.unknown
            or (top is not None and (top.membership or top.create_only or top.roles))
        ):
            continue
        if item.path == NAME_PATH:
            value: Any = now.address.name
        elif item.path == MARK_PATH:
            value = now.mark or None
        else:
            value = apart(value_at(now.spec, item.path)[1], item.dotted, ignored)
        expected = [apart(each, item.dotted, ignored) for each in wanted(item)]
        holds = (
            same(None, each, value) if field is None else means(field, each, value, now.spec, now.spec)
            for each in expected
        )
        if not any(holds):
            yield item.dotted
