"""Files, folders and standard input: what is read, in which order, and what is said of the rest."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from igz_apply.manifests.reader import Reading, read, read_bytes
from igz_apply.model.addresses import Source


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str = "a: 1\n") -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def places(reading: Reading) -> list[str]:
    return [str(document.source) for document in reading.documents]


def summaries(reading: Reading) -> list[tuple[str, str]]:
    return [(str(problem.source), problem.summary) for problem in reading.problems]


def test_a_folder_is_read_with_all_below_it_in_the_order_of_paths() -> None:
    write("m/b.yaml", "a: 1\n---\nb: 2\n")
    write("m/a/z.yml")
    write("m/a/c.json", '{"a": 1}')
    write("m/notes.txt", "not a manifest")
    reading = read(["m"])
    assert places(reading) == ["m/a/c.json:1:1", "m/a/z.yml:1:1", "m/b.yaml:1:1", "m/b.yaml:3:1"]
    assert reading.files == 3
    assert reading.problems == ()


def test_the_order_of_the_paths_changes_nothing() -> None:
    write("x/a.yaml")
    write("y/b.yaml", "'broken")
    write("c.yaml")
    assert_same(read(["x", "y", "c.yaml"]), read(["c.yaml", "y", "x"]))


def assert_same(one: Reading, other: Reading) -> None:
    assert places(one) == places(other)
    assert one.problems == other.problems
    assert one.files == other.files


def test_a_file_that_is_named_twice_is_read_once() -> None:
    write("m/a.yaml")
    assert places(read(["m", "m/a.yaml", "./m/../m/a.yaml", str(Path("m").resolve())])) == [
        f"{Path('m').resolve()}/a.yaml:1:1"
    ]


def test_a_folder_of_which_all_is_read_already_is_no_empty_one() -> None:
    write("m/sub/a.yaml")
    assert read(["m", "m/sub"]).problems == ()
    assert summaries(read(["gone", "empty-after-it"])) == [
        ("empty-after-it:1:1", "No such file"),
        ("gone:1:1", "No such file"),
    ]


def test_a_character_that_json_writes_as_two_escapes_is_one() -> None:
    text = rb'{"a": "\ud83d\ude00", "b": "\\ud83d\\ude00", "c": "\\\ud83d\ude00"}'
    assert read_bytes("a.json", text).documents[0].data == {
        "a": "\U0001f600",
        "b": "\\ud83d\\ude00",
        "c": "\\\U0001f600",
    }


def test_a_file_that_is_named_is_read_whatever_its_suffix() -> None:
    write("groups.txt")
    assert places(read(["groups.txt"])) == ["groups.txt:1:1"]


def test_the_current_folder_is_shown_without_a_dot() -> None:
    write("a.yaml")
    assert places(read(["."])) == ["a.yaml:1:1"]


def test_standard_input_is_read_where_a_dash_stands() -> None:
    write("a.yaml")
    reading = read(["-", "a.yaml"], stdin=io.BytesIO(b"b: 1\n"))
    assert places(reading) == ["a.yaml:1:1", "<stdin>:1:1"]
    assert reading.files == 2


def test_a_folder_names_itself_what_is_not_read_with_it() -> None:
    for name in ("m/a.yaml", "m/other/b.yaml", "m/c-old.yaml", "m/deep/other/d.yaml"):
        write(name)
    write("m/igz-apply.ignore", "# not these\n\nother/\n*-old.yaml\n")
    assert [it.source.path for it in read(["m"]).documents] == ["m/a.yaml", "m/deep/other/d.yaml"]
    assert [it.source.path for it in read(["m/other", "m/c-old.yaml"]).documents] == ["m/c-old.yaml", "m/other/b.yaml"]


def test_a_folders_own_list_that_is_a_pipe_is_none() -> None:
    write("m/a.yaml")
    os.mkfifo("m/igz-apply.ignore")
    assert [it.source.path for it in read(["m"]).documents] == ["m/a.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folders_own_list_that_cannot_be_read_is_a_problem() -> None:
    write("m/a.yaml")
    write("m/igz-apply.ignore", "a.yaml")
    Path("m/igz-apply.ignore").chmod(0)
    assert [problem.summary for problem in read(["m"]).problems] == ["Cannot read"]


def test_what_is_ignored_is_not_read() -> None:
    for path in ("m/a.yaml", "m/README.yaml", "m/old/b.yaml", "m/x/kustomization.yaml"):
        write(path, "a: 1\n")
    reading = read(["m"], ignore=["m/README*", "./m/old/", "kustomization.yaml"])
    assert places(reading) == ["m/a.yaml:1:1"]


def test_a_missing_path_is_a_problem() -> None:
    assert summaries(read(["nowhere"])) == [("nowhere:1:1", "No such file")]


def test_a_folder_without_manifests_is_a_problem() -> None:
    write("m/README.md")
    assert summaries(read(["m"])) == [("m:1:1", "No manifests")]


def test_hidden_manifests_are_a_problem_and_git_is_left_alone() -> None:
    for path in ("m/a.yaml", "m/.b.yaml", "m/.hidden/deep/c.yaml", "m/.git/d.yaml", "m/.empty/README.md"):
        write(path)
    reading = read(["m"])
    assert places(reading) == ["m/a.yaml:1:1"]
    assert summaries(reading) == [("m/.b.yaml:1:1", "Hidden file"), ("m/.hidden:1:1", "Hidden file")]
    assert read(["m"], ignore=[".b.yaml", "m/.hidden"]).problems == ()


def test_a_loop_of_folders_is_a_problem() -> None:
    write("m/sub/a.yaml")
    Path("m/sub/up").symlink_to("../../m")
    reading = read(["m"])
    assert places(reading) == ["m/sub/a.yaml:1:1"]
    assert summaries(reading) == [("m/sub/up:1:1", "Folder loop")]


def test_a_link_to_a_file_that_is_read_anyway_adds_nothing() -> None:
    write("m/a.yaml")
    Path("m/b.yaml").symlink_to("a.yaml")
    assert places(read(["m"])) == ["m/a.yaml:1:1"]


def test_a_folder_behind_a_link_is_read() -> None:
    write("shared/a.yaml")
    write("m/b.yaml")
    Path("m/shared").symlink_to("../shared")
    assert places(read(["m"])) == ["m/b.yaml:1:1", "m/shared/a.yaml:1:1"]


def test_a_link_that_leads_nowhere_is_a_problem() -> None:
    write("m/a.yaml")
    Path("m/b.yaml").symlink_to("gone.yaml")
    Path("m/c.yaml").symlink_to("c.yaml")
    assert summaries(read(["m"])) == [("m/b.yaml:1:1", "Cannot read"), ("m/c.yaml:1:1", "Cannot read")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_problem() -> None:
    write("m/a.yaml")
    Path("m/a.yaml").chmod(0)
    assert summaries(read(["m"])) == [("m/a.yaml:1:1", "Cannot read")]


def test_a_pipe_that_lies_in_a_folder_is_a_problem_and_is_not_waited_for() -> None:
    write("m/a.yaml")
    os.mkfifo("m/b.yaml")
    reading = read(["m"])
    assert places(reading) == ["m/a.yaml:1:1"]
    assert summaries(reading) == [("m/b.yaml:1:1", "No regular file")]
    assert read(["m"], ignore=["b.yaml"]).problems == ()


def test_a_file_name_that_is_no_text_is_a_problem_that_can_be_shown() -> None:
    write("m/a.yaml")
    Path(os.fsdecode(b"m/caf\xe9.yaml")).write_text("a: 1\n")
    assert summaries(read(["m"])) == [("m/caf\\udce9.yaml:1:1", "File name is not text")]


def test_a_broken_document_does_not_hide_the_others_of_its_file() -> None:
    reading = read_bytes("a.yaml", b"a: 1\n---\nb: [\n---\nc: 'x\n---\nd: 1\n")
    assert [document.data for document in reading.documents] == [{"a": 1}, {"d": 1}]
    assert [str(problem.source) for problem in reading.problems] == ["a.yaml:4:1", "a.yaml:5:4"]


def test_a_file_of_broken_documents_is_given_up_aloud() -> None:
    reading = read_bytes("a.yaml", b"--- 'x\n" * 100)
    assert [problem.summary for problem in reading.problems][-2:] == ["Broken YAML", "Given up"]


def test_an_indented_document_is_read_again_with_its_indent() -> None:
    (document,) = read_bytes("a.yaml", b"  a: 1\n  b: &x 2\n  c: {d: *x}\n").documents
    assert document.data == {"a": 1, "b": 2, "c": {"d": 2}}
    assert document.positions.key(("c",)) == Source("a.yaml", 3, 3)


def test_empty_documents_are_left_out() -> None:
    reading = read_bytes("a.yaml", b"---\n# nothing\n---\na: 1\n---\n~\n...\n---\n")
    assert [document.data for document in reading.documents] == [{"a": 1}]
    assert reading.problems == ()


YAML_12 = """
words: [no, on, yes, off, y, NO, True, FALSE, null, ~, Null]
dates: [2024-01-31, 12:30:45, 1_000]
numbers: [0, -7, +7, 0o17, 0x1F, 1.5, -1e3, .5, 6.02e23]
quoted: ["no", '007', "1"]
keys: {on: 1, 007: 2, 1.0: 3, ~: 4, null: 5}
"""


def test_plain_scalars_mean_what_yaml_1_2_says() -> None:
    assert read_bytes("a.yaml", YAML_12.encode()).documents[0].data == {
        "words": ["no", "on", "yes", "off", "y", "NO", True, False, None, None, None],
        "dates": ["2024-01-31", "12:30:45", "1_000"],
        "numbers": [0, -7, 7, 15, 31, 1.5, -1000.0, 0.5, 6.02e23],
        "quoted": ["no", "007", "1"],
        "keys": {"on": 1, "007": 2, "1.0": 3, "~": 4, "null": 5},
    }


def test_aliases_and_merge_keys_stand_for_what_they_name() -> None:
    text = b"base: &b {x: 1, y: [2]}\ncopy: *b\nmore: {<<: *b, y: 3}\nboth: {<<: [{z: 1}, *b]}\ntext: &t x\nsame: *t\n"
    assert read_bytes("a.yaml", text).documents[0].data == {
        "base": {"x": 1, "y": [2]},
        "copy": {"x": 1, "y": [2]},
        "more": {"y": 3, "x": 1},
        "both": {"z": 1, "x": 1, "y": [2]},
        "text": "x",
        "same": "x",
    }


def test_tags_of_plain_types_are_understood() -> None:
    text = b"{a: !!str 42, b: !!int 42, c: !!float 1.5, d: !!bool true, e: !!null ~, f: ! 42, g: !!map {}, h: !!seq []}"
    assert read_bytes("a.yaml", text).documents[0].data == {
        "a": "42",
        "b": 42,
        "c": 1.5,
        "d": True,
        "e": None,
        "f": "42",
        "g": {},
        "h": [],
    }


POSITIONS = """\
---
spec:
  groups:
    - a
    - {b: ü, c: 日本, d: 1}
  alias: &x {deep: 1}
  again: *x
  merged: {<<: *x}
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (3, 1), (3, 1)),
        (("spec",), (4, 3), (3, 1)),
        (("spec", "groups", 1), (6, 7), (6, 7)),
        (("spec", "groups", 1, "d"), (6, 24), (6, 21)),
        (("spec", "again", "deep"), (7, 20), (7, 14)),
        (("spec", "merged", "deep"), (7, 20), (7, 14)),
        (("spec", "nowhere", "deep"), (4, 3), (3, 1)),
        (("spec", "groups", 7), (5, 5), (4, 3)),
    ],
)
def test_positions_lead_to_values_and_keys(
    path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    documents = read_bytes("a.yaml", f"a: 1\n{POSITIONS}".encode()).documents
    assert documents[1].positions.value(path) == Source("a.yaml", *value)
    assert documents[1].positions.key(path) == Source("a.yaml", *key)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_and_columns_are_those_of_an_editor(line_end: str) -> None:
    text = line_end.join(["\ufeff# é", "a: {b: 日本, c: x}", "---", "d: 'e", "  f'", "g: 1"])
    first, second = read_bytes("a.yaml", text.encode()).documents
    assert first.positions.key(("a", "c")) == Source("a.yaml", 2, 12)
    assert second.source == Source("a.yaml", 4, 1)
    assert second.positions.value(("g",)) == Source("a.yaml", 6, 4)


def test_a_line_end_of_yaml_alone_is_no_line_end_of_an_editor() -> None:
    first, second = read_bytes("a.yaml", "a: 'x\u2028y'\n---\nb: 1\n".encode()).documents
    assert first.data == {"a": "x\u2028y"}
    assert second.source == Source("a.yaml", 3, 1)


GROUP = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: %s}\nspec: {description: x}\n"


@pytest.mark.parametrize("between", ["---\n", "---\n# later\n...\n", "...\n", "--- # later\n...\n"])
@pytest.mark.parametrize("before", ["", GROUP % "a"])
@pytest.mark.parametrize("after", ["", "\n---\n" + GROUP % "b", "\n...\n" + GROUP % "b"])
def test_a_document_that_is_too_deep_is_told_wherever_it_stands(before: str, between: str, after: str) -> None:
    """What is not told would look like a manifest that was removed, and prune would delete what it declared."""
    reading = read_bytes("x.yaml", f"{before}{between}{'[' * 1500}{after}".encode())
    assert reading.problems
    names = [document.data["metadata"]["name"] for document in reading.documents]
    assert names == sorted(set(names))
    assert ("a" in names) is bool(before)


MANY = "".join(f"---\nkind: User\nmetadata:\n  name: u{number}\nspec:\n  email: a{number}\n" for number in range(40))


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  from_value: x\n",
        "a:\n  from_value:\n    x\n",
        "a:\n- from_value: x\n",
        "a: {from_value: x}\n",
        "a: [1, {from_value: x}]\n",
        "a: {b: {from_value: x}}\n",
        '"a": {"from_value": x}\n',
        '"a": {"from\\u005fvalue": x}\n',
        "? from_value\n: x\n",
        "kind: Profile\n",
        "kind: 'Profile' # yes\n",
        'kind: "Profile"\n',
        'kind: "Pro\\u0066ile"\n',
        "kind: !!str Profile\n",
        "{kind: Profile, a: 1}\n",
        "{kind: 'Profile'}\n",
        "kind:\n  Profile\n",
        "kind: Profile\nmetadata:\n  name: u\nspec:\n  email: a\n",
    ],
)
def test_what_may_be_of_layers_is_told_wherever_it_stands(text: str) -> None:
    write("m/a.yaml", MANY)
    write("m/b.yaml", f"{MANY}---\n{text}")
    write("m/c.yaml", f"{MANY}---\nname: from_value\nb: Profiles\nc: [from_value]\n")
    assert read(["m/a.yaml", "m/c.yaml"]).suspects == frozenset()
    assert "m/b.yaml" in read(["m"]).suspects
    assert "m/a.yaml" not in read(["m"]).suspects


def test_what_may_be_of_layers_is_told_in_more_texts_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("igz_apply.manifests.plain_lines._MOST_TEXTS", 2)
    write("m/a.yaml", f"{MANY}---\nkind: Profile\nmetadata:\n  name: u\nspec:\n  email: a\n")
    write("m/b.yaml", MANY)
    write("m/c.yaml", MANY)
    assert read(["m"]).suspects == {"m/a.yaml"}
