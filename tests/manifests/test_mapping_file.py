"""What a mapping says, with the place of each part of it."""

from __future__ import annotations

from pathlib import Path

from igz_apply.manifests.mapping_file import load_mapping
from igz_apply.model.addresses import Source
from igz_apply.model.migration import LeftBehind, NameMapping, PersonMapping, ProjectMapping, Stated

WHOLE = """\
version: 1
users:
  ada: ada@example.com
  "svc-*": {username: "robot-*", last_name: Robot}
  grace: {first_name: Grace}
groups: {nlp: research/nlp}
separator: "."
policies:
  Developer: oris-developer
  IT Admin: [oris-viewer, oris-guest]
  Data: {leave: nothing is like it}
roles: {editor: builder}
projects:
  churn: {owner: grace}
  fraud: {state: archived}
node_selectors: true
leave:
  - {resource: User/old-*, reason: left}
"""


def test_every_part_is_read_with_its_place(tmp_path: Path) -> None:
    path = str(tmp_path / "mapping.yaml")
    Path(path).write_text(WHOLE)

    def at(line: int, column: int) -> Source:
        return Source(path, line, column)

    mapping, problems = load_mapping(path)
    assert problems == ()
    assert mapping == NameMapping(
        path=path,
        users={
            "ada": PersonMapping(Stated("ada@example.com", at(3, 8))),
            "svc-*": PersonMapping(Stated("robot-*", at(4, 23)), last_name="Robot"),
            "grace": PersonMapping(first_name="Grace"),
        },
        groups={"nlp": Stated("research/nlp", at(6, 15))},
        separator=".",
        policies={
            "Developer": (Stated("oris-developer", at(9, 14)),),
            "IT Admin": (Stated("oris-viewer", at(10, 14)), Stated("oris-guest", at(10, 27))),
            "Data": (),
        },
        policy_reasons={"Data": "nothing is like it"},
        roles={"editor": Stated("builder", at(12, 17))},
        projects={
            "churn": ProjectMapping(Stated("grace", at(14, 18))),
            "fraud": ProjectMapping(state="archived"),
        },
        node_selectors=True,
        leave=(LeftBehind("User/old-*", "left", at(18, 16)),),
        places={
            ("users", "ada"): at(3, 3),
            ("users", "svc-*"): at(4, 3),
            ("users", "grace"): at(5, 3),
            ("groups", "nlp"): at(6, 10),
            ("separator",): at(7, 1),
            ("policies", "Developer"): at(9, 3),
            ("policies", "IT Admin"): at(10, 3),
            ("policies", "Data"): at(11, 3),
            ("roles", "editor"): at(12, 9),
            ("projects", "churn"): at(14, 3),
            ("projects", "churn", "owner"): at(14, 11),
            ("projects", "fraud"): at(15, 3),
        },
    )


def test_a_mapping_of_a_version_alone_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("version: 1\n")
    path = str(tmp_path / "m.yaml")
    assert load_mapping(path) == (NameMapping(path=path), ())


def test_a_mapping_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    mapping, problems = load_mapping(str(tmp_path / "none.yaml"))
    assert (mapping.users, [each.severity for each in problems]) == ({}, ["error"])
