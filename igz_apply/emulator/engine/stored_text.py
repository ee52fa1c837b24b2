"""Records as text: attributes that are sent just as they are stored, without a look at what they hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from igz_apply.emulator.engine.encoded import to_text

MOST_HELD = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class View:
    """One way to show records: a text before the attributes, and then the JSON of those that are shown."""

    name: str  # of this view and no other
    shown: frozenset[str]  # the names of the attributes that are shown
    before: Callable[[str], str]  # from the id of a record


Shown = tuple[int, str]  # the `seq` of a record, and its text in a view


class StoredText:
    """What has been found out about the text of records. Whoever changes a record has to say so."""

    def __init__(self) -> None:
        """Know nothing yet."""
        # By view: at the place of a record's `seq`, 1 if it shows all that is stored, in the form that is stored.
        # Nearly every record does; to find that out is to read the text once.
        self._marks: dict[str, bytearray] = {}
        self._held: dict[str, dict[str, Shown]] = {}  # by view and id: what is shown again and again
        self._characters = 0

    def text(self, view: View, record_id: str, seq: int, stored: str) -> str:
        """Return a record as a view shows it; `stored` is the JSON of all of its attributes."""
        marks = self._marks.get(view.name)
        if marks is not None and seq < len(marks) and marks[seq]:
            return view.before(record_id) + stored
        attributes = json.loads(stored)
        if _is_as_sent(stored) and view.shown.issuperset(attributes):
            marks = self._marks.setdefault(view.name, bytearray())
            marks.extend(bytes(max(0, seq + 1 - len(marks))))
            marks[seq] = 1
            return view.before(record_id) + stored
        shown = {name: value for name, value in attributes.items() if name in view.shown}
        return view.before(record_id) + to_text(shown)

    def each_once(
        self, view: str, ids: Collection[str], read: Callable[[list[str]], Mapping[str, Shown]]
    ) -> dict[str, str]:
        """Return records by id as a view shows them, in the order in which they were made.

        `read` is asked for those that are not known yet, and may know fewer: some need not exist.
        """
        held = self._held.get(view, {})
        found = {each: held[each] for each in ids if each in held}
        missing = [each for each in ids if each not in found]
        if missing:
            fresh = read(missing)
            self._hold(view, fresh)
            found.update(fresh)
        return {each: found[each][1] for each in sorted(found, key=lambda each: found[each][0])}

    def _hold(self, view: str, shown: Mapping[str, Shown]) -> None:
        """Remember records until they change. Where they are too many, what was held is let go."""
        characters = sum(len(text) for _, text in shown.values())
        if self._characters + characters > MOST_HELD:
            self._held.clear()
            self._characters = 0
        if characters <= MOST_HELD:
            self._held.setdefault(view, {}).update(shown)
            self._characters += characters

    def changed(self, record_id: str, seq: int) -> None:
        """Note that a record is another one now."""
        for marks in self._marks.values():
            if seq < len(marks):
                marks[seq] = 0
        for held in self._held.values():
            before = held.pop(record_id, None)
            self._characters -= 0 if before is None else len(before[1])

    def forget(self) -> None:
        """Note that any record may be another one now."""
        self._marks.clear()
        self._held.clear()
        self._characters = 0


def _is_as_sent(text: str) -> bool:
    """Tell whether JSON has no blanks between its parts, as files of older emulators do, and is ASCII throughout."""
    return text.isascii() and '": ' not in text
