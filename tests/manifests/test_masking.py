"""What a file holds is shown without what may be a secret in it, wherever and however that is written."""

from __future__ import annotations

import json

import pytest

from igz_apply.manifests.editing.masking import masked
from igz_apply.model.hidden import MASK


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD: hunter2",
        "env: {API_TOKEN: hunter2, PLAIN: x}",
        "jupyter: {extra_environment_vars: {DB_PASSWORD: hunter2}}",
        "'api-key': \"hunter2\"",
        'DB_PASSWORD: "a, hunter2"',
        "DB_PASSWORD:\n  hunter2",
        "DB_PASSWORD: a\n  hunter2\n  and hunter2",
        "DB_SECRET: >-\n  hunter2\n\n  and hunter2",
        "DB_SECRET: |+ # how it is folded\n  hunter2\n\nb: 1",
        "DB_SECRET: 'a\n  hunter2'",
        "DB_SECRET: !!str hunter2",
        "password: {old: [hunter2, {x: hunter2}]}",
        "url: postgres://me:hunter2@db/x",
        "url: >-\n  postgres://me:hunter2@db/x",
        "- {name: DB_PASSWORD, value: hunter2}",
        "- name: DB_PASSWORD\n  value: hunter2",
        "- name: DB_PASSWORD2\n  # of the database\n  value: hunter2",
        "- value: hunter2\n  key: DB_PASSWORD2",
        "a: &x hunter2\nDB_PASSWORD: *x",
        "a: &x {b: hunter2}\nDB_PASSWORD: *x",
        "a: &x {DB_PASSWORD: hunter2}\nb: {<<: *x, c: 1}\nd: {<<: [*x, {c: 2}]}\ne: {<<: {DB_PASSWORD: hunter2}}",
        "a: &x [hunter2]\nb: &y {DB_PASSWORD: *x}\nc: {<<: *y}",
        "a: [DB_PASSWORD: hunter2]",
        "? DB_PASSWORD\n: hunter2",
        "DB_PASSWORD: 'a\u2028hunter2'",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_may_be_a_secret_is_hidden_and_the_lines_stay(text: str, end: str) -> None:
    text = f"# above\n---\n{text}\n---\nlast: 1\n".replace("\n", end)
    found = masked("m.yaml", text.encode())
    assert "hunter2" not in found
    assert MASK in found
    assert len(found.splitlines()) == len(text.splitlines())
    assert found.startswith(f"# above{end}")
    assert found.endswith(f"---{end}last: 1{end}")


@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}])
def test_json_is_looked_through_too(layout: dict[str, object]) -> None:
    data = {
        "a": "\U0001f600",
        "env": {"DB_PASSWORD": "hunter2", "n": 1},
        "list": [{"name": "PW_TOKEN", "value": "hunter2"}],
    }
    text = json.dumps(data, **layout)  # type: ignore[arg-type]
    found = masked("m.json", text.encode())
    assert found == text.replace('"hunter2"', MASK)


def test_all_else_is_shown_as_it_is() -> None:
    text = (
        '\ufeffpassword: {from_env: PW}\r\ntoken: {from_value: pw}\r\npassword_set: true\r\nS_KEY: ""\r\nkey: x #\r\n'
        "---\r\n- {name: TZ, value: UTC}\r\n- monkey: 1\r\n"
    )
    assert masked("m.yaml", text.encode()) == text


def test_what_is_a_secret_elsewhere_is_hidden_where_it_stands() -> None:
    text = "values:\n  x: &a hunter2\n  y: [hunter2, b]\n  z: b\n"
    hidden = text.replace("hunter2", MASK)
    assert masked("m.yaml", text.encode(), {(2, 6), (3, 7), (1, 1)}) == hidden
