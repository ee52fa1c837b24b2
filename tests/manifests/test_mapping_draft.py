"""A mapping to begin with: what is asked, in which order, and in which words."""

from __future__ import annotations

import re

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.manifests.mapping_draft import drafted, questions
from igz_apply.model.migration import Destination, Migration
from igz_apply.model.problems import Problem
from tests.reports.migration_builders import carried, lost, moved
from tests.reports.reports_builders import at


def asked(move: Migration) -> list[tuple[str, str, bool]]:
    return [(it.part, it.key, it.is_needed) for it in questions(move, KINDS.membership)]


def flat(text: str) -> str:
    """Return a draft with each of its comments on one line."""
    return re.sub(r"\n(?:#   )?# +# +", " ", text)


def text(move: Migration, destination: Destination = Destination()) -> str:  # noqa: B008  # it is frozen
    return drafted(questions(move, KINDS.membership), move, destination)


def problem(summary: str, address: str, severity: str = "error") -> Problem:
    return Problem(summary, "It is so.", severity="warning" if severity == "warning" else "error", address=at(address))


def test_in_each_part_those_come_first_that_have_to_be_answered() -> None:
    found = (
        problem("Name that was not seen", "User/ada", "warning"),
        problem("Unusable new name", "Project/Upper_Case"),
        problem("Two that become one", "User/zoe"),
        problem("Project without an owner", "Project/free", "warning"),
        Problem("Elsewhere", "It is about nothing."),
    )
    assert asked(moved(problems=found)) == [
        ("users", "zoe", True),
        ("users", "ada", False),
        ("projects", "free", False),
        ("leave", "Project/Upper_Case", True),
    ]
    told = text(moved(problems=found))
    assert "# Those with NEEDED above them have to be answered: until then nothing is\n# written.\n" in told
    assert (
        '#   # NEEDED: It is so. Say why it is left behind.\n#   - {resource: Project/Upper_Case, reason: ""}\n' in told
    )


def test_without_anything_that_has_to_be_answered_nothing_is_said_of_it() -> None:
    assert "NEEDED" not in text(moved(problems=(problem("Name that was not seen", "User/ada", "warning"),)))


def test_a_separator_is_asked_of_where_names_fall_into_parts() -> None:
    groups = (carried("Group/ds.vision"), carried("Group/.hidden"), carried("User/a.b"))
    told = text(moved(groups))
    assert "1 group has a dot in the name. With this, ds.vision becomes ds/vision" in flat(told)
    assert '\n# separator: "."\n' in told
    assert asked(moved(groups[1:])) == [("users", "a.b", False)]


def test_of_what_cannot_be_carried_only_the_reason_is_asked() -> None:
    services = [lost(f"AppService/s{number}", "there is no such thing", "11") for number in range(9)]
    told = text(moved([*services, carried("Group/ds")]))
    assert "They stay behind whatever is said here: s0, s1, s2, s3, s4 and 4 more." in flat(told)
    assert '#   - {resource: "AppService/*", reason: ""}\n' in told


def test_where_no_cluster_was_asked_the_way_to_its_policies_is_told() -> None:
    move = moved(holders={"Data": (at("User/ada"),)})
    assert "`igz-apply get Policy` lists them" in text(move)
    told = text(move, Destination("new", {"viewer": "Viewer", "same": "same"}))
    assert "#   #   viewer (Viewer)\n#   #   same\n" in told
    assert "lists them" not in told


def test_no_line_of_a_draft_is_wider_than_a_terminal() -> None:
    move = moved(
        [carried("Group/ds.vision"), carried("User/etl"), lost("AppService/notes", "there is no such thing", "11")],
        problems=(Problem("Unusable new name", "It is so, " * 30, address=at("Group/a/b")),),
        holders={"Data": tuple(at(f"User/user-{number}") for number in range(9))},
    )
    for destination in (Destination(), Destination("new", {"viewer": "Viewer"})):
        assert max(map(len, text(move, destination).splitlines())) <= 80
