"""The audit of the image's locks tells what was looked up from what was not, whatever pip-audit ends with."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.audit import LOCKS, main, merged

Captured = pytest.CaptureFixture[str]

# In pip-audit's place: answers for each service from a file, and with an error's last line where that has nothing.
FAKE = """
import json, re, sys, time
words = dict(zip(sys.argv[1::1], sys.argv[2::1]))
answers = json.loads(open(ANSWERS).read())[words["--vulnerability-service"]]
open(ANSWERS + ".asked", "a").write(words["--vulnerability-service"] + "\\n")
if answers == "hangs":
    time.sleep(60)
if isinstance(answers, str):
    sys.exit(answers)
names = re.findall(r"(?m)^([\\w-]+)==(\\S+)", open(words["--requirement"]).read())
print(json.dumps({"dependencies": [{"name": n, "version": v, **answers.get(n, answers["*"])} for n, v in names]}))
"""
CLEAN: dict[str, Any] = {"*": {"vulns": []}}
SKIPPED: dict[str, Any] = {"*": {"skip_reason": "Dependency not found"}}
DOWN = (
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='osv.example.com', port=443): Max retries exceeded"
)


def audit(folder: Path, *words: str, pypi: Any, osv: Any, patience: float = 30) -> int:
    (folder / "a.txt").write_text("one==1.0 \\\n    --hash=sha256:00\n    # via x\ntwo==2.0 \\\n    --hash=sha256:11\n")
    (folder / "b.txt").write_text("one==1.0 \\\n    --hash=sha256:00\n")
    (folder / "answers.json").write_text(json.dumps({"pypi": pypi, "osv": osv}))
    (folder / "fake.py").write_text(FAKE.replace("ANSWERS", repr(str(folder / "answers.json"))))
    return main(words, program=(sys.executable, str(folder / "fake.py")), locks=folder, patience=patience)


def test_all_looked_up_and_nothing_known_is_0(tmp_path: Path, capsys: Captured) -> None:
    assert audit(tmp_path, pypi=CLEAN, osv=DOWN) == 0
    assert capsys.readouterr().out == "2 packages audited, no vulnerability is known.\n"


def test_what_one_service_does_not_know_the_other_is_asked(tmp_path: Path, capsys: Captured) -> None:
    assert audit(tmp_path, pypi={**CLEAN, "two": SKIPPED["*"]}, osv=CLEAN) == 0
    assert "2 packages audited" in capsys.readouterr().out


def test_a_vulnerability_is_1_and_is_named_with_what_mends_it(tmp_path: Path, capsys: Captured) -> None:
    bad = {"vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}, {"id": "PYSEC-2", "fix_versions": []}]}
    assert audit(tmp_path, "--skip-unreachable", pypi={**SKIPPED, "two": bad}, osv=DOWN) == 1
    assert capsys.readouterr().out.splitlines() == [
        "two 2.0: PYSEC-1, mended in 2.1",
        "two 2.0: PYSEC-2, mended in no version yet",
    ]


def test_nothing_looked_up_is_never_called_clean(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IGZ_AUDIT", raising=False)
    assert audit(tmp_path, pypi=SKIPPED, osv=DOWN) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "FAILED: not one of 2 packages was audited."
        " pypi: no answer for 2 of 2 packages. osv: osv.example.com does not answer.\n"
    )
    assert audit(tmp_path, "--skip-unreachable", pypi=DOWN, osv=DOWN) == 0
    assert capsys.readouterr().err.startswith("SKIPPED: not one of 2 packages was audited.")
    monkeypatch.setenv("IGZ_AUDIT", "required")
    assert audit(tmp_path, "--skip-unreachable", pypi=DOWN, osv=DOWN) == 2


def test_a_part_looked_up_is_2_also_where_all_may_be_skipped(tmp_path: Path, capsys: Captured) -> None:
    assert audit(tmp_path, "--skip-unreachable", pypi={**CLEAN, "two": SKIPPED["*"]}, osv=DOWN) == 2
    assert "not audited: two." in capsys.readouterr().err


@pytest.mark.full
def test_who_does_not_answer_for_a_few_packages_is_not_asked_for_all(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IGZ_AUDIT", raising=False)
    assert audit(tmp_path, "--skip-unreachable", pypi=SKIPPED, osv="hangs", patience=1) == 0
    assert (tmp_path / "answers.json.asked").read_text() == "pypi\nosv\n"
    said = capsys.readouterr().err
    assert said.startswith("SKIPPED: not one of 2 packages was audited.")
    assert "osv: no answer within 1 s." in said
    bad = {"*": {"vulns": [{"id": "OSV-1", "fix_versions": ["2"]}]}}
    assert audit(tmp_path, "--skip-unreachable", pypi="hangs", osv=bad, patience=1) == 1
    assert "one 1.0: OSV-1, mended in 2" in capsys.readouterr().out


def test_the_locks_go_together_with_every_package_and_no_marker(tmp_path: Path) -> None:
    made = [path.read_text() for path in merged(sorted(LOCKS.glob("*.txt")), tmp_path)]
    pin = re.compile(r"(?m)^([\w.-]+)==(\S+)")
    wanted = {found for path in LOCKS.glob("*.txt") for found in pin.findall(path.read_text())}
    assert {found for text in made for found in pin.findall(text)} == wanted
    assert all(len(names := [name for name, _ in pin.findall(text)]) == len(set(names)) for text in made)
    assert not re.search(r"(?m)^[\w.-]+==\S+ ;", "".join(made))
