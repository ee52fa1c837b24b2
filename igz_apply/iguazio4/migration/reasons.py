"""Why something is lost or changes, with the section of the wire reference of Iguazio 4 that it is known from."""

from __future__ import annotations

from collections.abc import Mapping

from igz_apply.values import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, in words that end a sentence, and the evidence for it."""

    why: str
    section: str = ""
    mark: str = ""
    is_stated: bool = False  # the mapping says so
    is_system: bool = False  # it is about the platform's own


SYSTEM = Reason(
    "the platform's own: Iguazio 4 brings its own accounts, groups and services", "18", "[INFERRED]", is_system=True
)
ADMIN = Reason(
    "the administrator is there already: nothing of the account is written", "23", "[INFERRED]", is_system=True
)
WHOLE: Mapping[str, Reason] = {
    "AppService": Reason(
        "Iguazio 4 has no interface for app services: they are installed as Helm charts", "11", "[SDK] [UI]"
    )
}
"""The kinds of Iguazio 3 that are lost whole."""
NO_KIND = Reason("Iguazio 4 has no such kind", "2.1", "[SDK]")
ABSENT = Reason("its manifest declares it absent: there is nothing to carry")
UNSEEN = Reason("it was not seen, and the mapping does not name it")
NO_FIELD = Reason("Iguazio 4 has no such field", "21", "[SDK]")
AROUND = Reason("groups lie inside each other there, and this one has to be around others", "7", "[SDK]")
EVERYBODY = Reason(
    "nobody is in a group by itself there: give it a path in the mapping, and everybody is listed",
    "21",
    "[SDK]",
    is_system=True,
)
"""Of the group that everybody of Iguazio 3 is in."""
OWNING = Reason("the owner acts as an admin without being listed", "9.2", "[SDK]")
NESTED = Reason(
    "if members of a group count in the groups around it, which nobody knows: the mapping has it lie in one",
    "7",
    "[SDK]",
    is_stated=True,
)
