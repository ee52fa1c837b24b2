"""What is not in git, as lines: who has access by no manifest, then what is foreign, by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from igz_apply.model.changes import Unmanaged
from igz_apply.views.cells import wrap, wrap_items
from igz_apply.views.lines import BLANK, Line, Span, Tone, line
from igz_apply.wording.printable import printable
from igz_apply.wording.unmanaged_words import TITLE, access_told, names_told, unread_told, unseen_told

_TOLD = 20  # of those who have access
_NAMED = 10  # of each kind
_ALL_SEEN: Mapping[str, str] = MappingProxyType({})


def unmanaged_lines(
    found: Unmanaged,
    width: int,
    partial: Mapping[str, str] = _ALL_SEEN,
    *,
    unread: Sequence[str] = (),
    is_whole: bool = False,
) -> Iterator[Line]:
    """Yield what is not in git, "and N more" after the first ones unless it is to be whole; nothing for nothing.

    `partial` are the kinds of which not all was seen: what of them is not in git may be more than is told. So may be
    what is of kinds that are `unread`.
    """
    if found.is_empty and not (partial or unread):
        return
    if not found.is_empty or partial:
        yield line(Span(TITLE, Tone.STRONG))
    told = list(access_told(found))
    for text in (*unseen_told(partial), *_some(told, None if is_whole else _TOLD)):
        for index, part in enumerate(wrap(printable(text), width - 4)):
            yield line("  ", Span(f"{' ' if index else '!'} {part}", Tone.WARNING))
    for kind, names in names_told(found).items():
        label = f"  = {len(names):,} {kind}: "
        listed = [printable(name) for name in _some(names, None if is_whole else _NAMED)]
        for index, text in enumerate(wrap_items(listed, width - len(label))):
            yield line(Span(f"{' ' * len(label) if index else label}{text}", Tone.QUIET))
    if unread:
        yield from (line(Span(text, Tone.QUIET)) for text in _bulleted(unread_told(unread), width))
    yield BLANK


def _bulleted(text: str, width: int) -> Iterator[str]:
    for index, part in enumerate(wrap(printable(f"{text}."), width - 4)):
        yield f"  {' ' if index else '='} {part}"


def _some(items: Sequence[str], most: int | None) -> list[str]:
    if most is None or len(items) <= most:
        return list(items)
    return [*items[:most], f"and {len(items) - most:,} more"]
