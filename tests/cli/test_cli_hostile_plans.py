"""Plan files of somebody who knows the format, seals them anew and gives them their digest: told, and never obeyed."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.planning.plan_document import UnreadablePlan, canonical, from_data, seal
from igz_apply.reports.write import FORMS
from tests.cli.cli_world import Cli

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("cluster", "manifests")]
NONE = f"sha256:{'0' * 64}"
ESCAPE, TURNED = "\x1b[2J\x1b]0;x\x07", "\u202egnp"
OTHERS = (5, 1.5, True, [5], {"a": 5}, "x", ESCAPE, None)


def forged(data: Any) -> Any:
    """Return data with the seals and the digest that its content has."""
    for change in data["changes"]:
        kept = {key: value for key, value in change.items() if key != "digest"}
        change["digest"] = hashlib.sha256(canonical(kept)).hexdigest()[:32]
    data = {**data, "seal": seal(data)}
    try:
        from_data(data, KINDS)
    except UnreadablePlan as error:
        digest = error.problem.detail.partition("has the digest ")[2].partition(",")[0]
        data["digest"] = digest or data["digest"]
    return {**data, "seal": seal(data)}


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, item in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if key not in ("seal", "digest"):
            yield (*path, key)
            yield from paths(item, (*path, key))


def plan_of(cli: Cli) -> Any:
    cli("apply", "-y", "--only", "Group/*")
    (Path("manifests") / "more.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: User\nmetadata: {name: admin}\nlifecycle: {timeout: 5m}\n"
        "spec: {description: d, password: {from_env: PATH}}\n"
    )
    return json.loads(cli("plan", "--format", "json").out)


def test_nothing_in_a_file_makes_a_command_fail_or_moves_a_terminal(cli: Cli, workspace: Path) -> None:
    data = plan_of(cli)
    everywhere = list(paths(data))
    codes = set()
    for number, path in enumerate(everywhere):
        changed = copy.deepcopy(data)
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = OTHERS[number % len(OTHERS)]
        try:
            content = canonical(forged(changed))
        except (KeyError, TypeError, AttributeError):
            continue  # what cannot be sealed
        (workspace / "hostile.plan").write_bytes(content)
        applied = ("apply", "-y", "--plan", "hostile.plan", "--expect", NONE)
        is_value = {"spec", "before", "after"} & set(path)  # of which no form of plans says what it is
        for arguments in (("show", "hostile.plan"), *(() if is_value else (applied,))):
            ran = cli(*arguments)
            codes.add(ran.code)
            assert ran.code in (0, 3, 4), (path, ran.err)
            assert "\x1b" not in ran.out + ran.err, path
    assert codes == {0, 3, 4}


@pytest.mark.parametrize("text", [ESCAPE, TURNED])
def test_texts_are_told_as_they_are_spelled(cli: Cli, workspace: Path, text: str) -> None:
    data = plan_of(cli)
    for change in data["changes"]:
        change.update(reason=text, warnings=[text], deletion_strategy=text)
    data.update(warnings=[text], partial={text: text}, why_dropped={f"User/{text}": text}, dropped=[f"User/{text}"])
    data["target"].update(version=text, username=text, cluster=text)
    data.update(manifests={"commit": text, "tree": text, "is_dirty": True}, report={**REPORT, "failures": [text]})
    (workspace / "hostile.plan").write_bytes(canonical(forged(data)))
    suffixes = [suffix for suffix in FORMS if suffix != ".json"]
    ran = cli("show", "hostile.plan", *(f"--report=of{suffix}" for suffix in suffixes))
    assert ran.code == 0, ran.err
    assert text[:1] not in ran.out + ran.err
    for suffix in suffixes:
        assert text[:1] not in (workspace / f"of{suffix}").read_text(), suffix
    (workspace / "other.plan").write_text(cli("plan", "--format", "json").out)
    assert text[:1] not in cli("diff", "hostile.plan", "other.plan").out


REPORT = {
    "exit_code": 0,
    "seconds": 1.0,
    "interrupted": False,
    "read_back": True,
    "counts": dict.fromkeys(
        ("applied", "failed", "skipped", "conflict", "timed_out", "unknown", "interrupted", "cancelled"), 0
    ),
    "outcomes": [],
    "not_converged": [],
    "filled": [],
    "timeline": [],
}


def test_half_a_character_of_what_lives_is_no_other_form(cli: Cli, workspace: Path) -> None:
    data = plan_of(cli)
    lives = next(change for change in data["changes"] if change["live"] is not None)
    lives["live"]["spec"]["description"] = "\ud83d"
    (workspace / "half.plan").write_bytes(canonical(forged(data)))
    assert cli("show", "half.plan").code == 0


def test_what_lies_too_deep_to_be_read_is_refused(cli: Cli, workspace: Path) -> None:
    data = plan_of(cli)
    deep: Any = "x"
    for _ in range(400):
        deep = {"a": deep}
    data["changes"][0]["desired"]["spec"]["deep"] = deep
    (workspace / "deep.plan").write_bytes(canonical(forged(data)))
    assert cli("show", "deep.plan").code in (0, 3)
