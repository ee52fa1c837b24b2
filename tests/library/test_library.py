"""`igz_apply.open`: what the commands do, for a program, against an emulator over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import igz_apply
from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.model.addresses import Address
from igz_apply.model.outcomes import Event, StepStarted

ADA = """\
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec: {first_name: Ada, last_name: Lovelace, email: ada@example.com, groups: [ops]}
"""
OPS = "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: ops}\nspec: {description: Operations}\n"


@pytest.fixture
def server() -> Iterator[Server]:
    emulator = Emulator(options=Options(job_seconds=0.0))
    with serving(emulator) as served:
        yield served
    emulator.close()


@pytest.fixture
def repository(tmp_path: Path, server: Server) -> Path:
    """A folder with a config and manifests, that nobody stands in."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "ada.yaml").write_text(ADA)
    (tmp_path / "manifests" / "ops.yaml").write_text(OPS)
    config = f"version: 1\ndefaults: {{prune: true}}\ntargets:\n  test: {{endpoint: '{server.url}'}}\n"
    (tmp_path / "igz-apply.yaml").write_text(config)
    return tmp_path


@pytest.fixture
def session(repository: Path, server: Server) -> Iterator[igz_apply.Session]:
    environ = {"V3IO_ACCESS_KEY": server.access_key, "V3IO_USERNAME": server.username}
    with igz_apply.open("test", folder=repository, environ=environ) as opened:
        yield opened


def writes(planned: igz_apply.Planned) -> list[str]:
    return [f"{change.action.value} {change.address}" for change in planned.plan.writes]


def test_a_plan_is_applied_and_the_next_one_is_empty(session: igz_apply.Session, repository: Path) -> None:
    assert session.validate() == ()
    planned = session.plan()
    assert writes(planned) == ["create Group/ops", "create User/ada"]
    assert (planned.refusals, planned.digest[:7]) == ((), "sha256:")
    told: list[Event] = []
    report = session.apply(planned, approve=True, observe=told.append)
    assert (report.exit_code, report.counts["applied"]) == (0, 2)
    assert [event.step for event in told if isinstance(event, StepStarted)] == ["create Group/ops", "create User/ada"]
    assert writes(session.plan()) == []
    assert Address("User", "ada") in session.live().resources
    assert (repository / ".igz-apply" / "inventory.test.json").exists()
    assert session.drift().resources == ()


def test_a_plan_is_applied_once_and_only_as_it_was_approved(session: igz_apply.Session, repository: Path) -> None:
    planned = session.plan()
    with pytest.raises(igz_apply.Interrupted):
        session.apply(planned, approve=lambda plan: len(plan.writes) != 2)
    assert session.apply(planned, approve=lambda plan: plan.digest == planned.digest).exit_code == 0
    with pytest.raises(igz_apply.StalePlan):
        session.apply(planned, approve=True)
    (repository / "manifests" / "ops.yaml").write_text(OPS.replace("Operations", "Ops"))
    late = session.plan()
    (repository / "manifests" / "ops.yaml").write_text(OPS.replace("Operations", "Others"))
    session.apply(session.plan(), approve=True)
    with pytest.raises(igz_apply.StalePlan) as raised:
        session.apply(late, approve=True)
    assert raised.value.addresses == (Address("Group", "ops"),)


def test_a_rail_refuses_and_a_waiver_of_the_plan_holds_for_its_apply(
    session: igz_apply.Session, repository: Path
) -> None:
    for number in range(5):
        (repository / "manifests" / f"g{number}.yaml").write_text(OPS.replace("name: ops", f"name: g{number}"))
    session.apply(session.plan(), approve=True)
    for number in range(5):
        (repository / "manifests" / f"g{number}.yaml").unlink()
    refused = session.plan()
    assert [problem.summary for problem in refused.refusals] == ["Too many deletes"]
    with pytest.raises(igz_apply.PlanRefused):
        session.apply(refused, approve=True)
    waived = session.plan(allow={"delete:Group": 5})
    assert session.apply(waived, approve=True).counts["applied"] == 5


def test_what_others_changed_is_drift_and_a_destroy_is_a_plan_too(session: igz_apply.Session, repository: Path) -> None:
    assert session.drift().is_first
    session.apply(session.plan(), approve=True)
    elsewhere = OPS.replace("Operations", "Elsewhere")
    (repository / "other.yaml").write_text(elsewhere)
    session.apply(session.plan("other.yaml"), approve=True)
    (found,) = session.drift().resources
    assert str(found.address) == "Group/ops"
    gone = session.plan(destroy=True, only=["User/*"])
    assert writes(gone) == ["delete User/ada"]
    assert session.apply(gone, approve=True).exit_code == 0


def test_what_is_wrong_is_raised_with_its_place_or_returned(
    session: igz_apply.Session, repository: Path, server: Server
) -> None:
    with pytest.raises(igz_apply.InvalidInput, match="prodd"):
        igz_apply.open("prodd", folder=repository)
    with pytest.raises(ValueError, match="not a waiver"):
        session.plan(allow={"delete-User": 1})
    with pytest.raises(ValueError, match="names no secret"):
        session.plan(rotate=["password"])
    (repository / "manifests" / "ops.yaml").write_text(OPS.replace("description", "descripton"))
    (problem,) = session.validate()
    assert (problem.summary, problem.severity) == ("Unknown field", "error")
    with pytest.raises(igz_apply.InvalidInput, match="descripton"):
        session.plan()
    with (
        igz_apply.open(folder=repository, endpoint=server.url, environ={"V3IO_ACCESS_KEY": "wrong"}) as stranger,
        pytest.raises(igz_apply.PlaneError),
    ):
        stranger.live()
    session.close()
    with pytest.raises(igz_apply.IgzApplyError, match="closed"):
        session.live()


def test_without_a_config_and_on_the_emulator_inside_everything_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "ops.yaml").write_text(OPS)
    with igz_apply.open(endpoint="embedded", folder=tmp_path, environ={}) as session:
        assert session.apply(session.plan(), approve=True).exit_code == 0
    kept = sorted(path.name for path in (tmp_path / ".igz-apply").iterdir())
    assert {"embedded.db", "inventory.json"} <= set(kept)


def test_another_thread_stops_an_apply_which_comes_to_a_known_end(session: igz_apply.Session) -> None:
    planned = session.plan()

    def observe(_: Event) -> None:
        stopper = threading.Thread(target=session.stop)
        stopper.start()
        stopper.join()

    report = session.apply(planned, approve=True, observe=observe)
    assert (report.interrupted, report.exit_code) == (True, 130)
    assert report.counts["applied"] + report.counts["cancelled"] == 2
    assert session.apply(session.plan(), approve=True).exit_code == 0


PROGRAM = """
    import sys
    import igz_apply
    light = {"yaml", "requests", "click", "igz_apply.workflow"} & set(sys.modules)
    with igz_apply.open(endpoint="embedded", environ={}) as session:
        report = session.apply(session.plan(), approve=True)
    import signal
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    print(sorted(light), "click" in sys.modules, report.exit_code)
"""


def test_a_program_gets_no_output_no_signal_handler_and_no_click(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "ops.yaml").write_text(OPS)
    ran = subprocess.run(
        [sys.executable, "-c", dedent(PROGRAM)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("[] False 0\n", "")


TYPED = """
    from __future__ import annotations

    import igz_apply


    def heal(target: str) -> int:
        with igz_apply.open(target) as session:
            planned: igz_apply.Planned = session.plan(only=["User/*"], allow={"delete:User": 1})
            for problem in planned.refusals:
                print(problem.summary, problem.hint)
            try:
                report: igz_apply.Report = session.apply(planned, approve=lambda plan: plan.counts["delete"] == 0)
            except igz_apply.StalePlan as error:
                return len(error.addresses)
            return report.exit_code + len(session.drift().resources) + len(session.live().resources)
"""


def test_a_program_that_uses_it_passes_the_strictest_types(tmp_path: Path) -> None:
    from mypy import api

    (tmp_path / "program.py").write_text(dedent(TYPED))
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    out, err, code = api.run(["--config-file", str(tmp_path / "mypy.ini"), str(tmp_path / "program.py")])
    assert (out, err, code) == ("Success: no issues found in 1 source file\n", "", 0)


@pytest.mark.parametrize("has_config", [True, False])
def test_what_is_relative_counts_from_the_session_s_folder(
    has_config: bool,
    repository: Path,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    manifest = ADA.replace("groups: [ops]", "password: {from_file: pw}")
    (repository / "manifests" / "ada.yaml").write_text(manifest)
    (repository / "pw").write_text("Correct-horse-1!")
    (repository / "hooks.json").write_text('{"before_plan": [{"command": ["touch", "ran"]}]}')
    (repository / "rules.yaml").write_text("version: 1\n")
    if not has_config:
        (repository / "igz-apply.yaml").unlink()
    environ = {
        "V3IO_ACCESS_KEY": server.access_key,
        "V3IO_USERNAME": server.username,
        "PATH": os.environ["PATH"],
        "IGZ_INVENTORY": "kept/inv.json",
        "IGZ_HOOKS": "hooks.json",
        "IGZ_POLICIES_ON_PLAN": "rules.yaml",
    }
    with igz_apply.open(endpoint=server.url, folder=repository, environ=environ) as opened:
        planned = opened.plan()
        assert opened.apply(planned, approve=True).exit_code == 0
    assert (repository / "ran").exists()
    assert (repository / "kept" / "inv.json").exists()
    assert list(elsewhere.iterdir()) == []


def test_an_emulator_of_the_environment_lies_in_the_session_s_folder(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    with igz_apply.open(folder=repository, environ={"IGZ_ENDPOINT": "embedded"}) as opened:
        assert writes(opened.plan()) == ["create Group/ops", "create User/ada"]
    assert (repository / ".igz-apply" / "embedded.db").exists()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"only": "Group/ops"}, {"only": [5]}, {"exclude": "x"}, {"rotate": "User/ada#password"}, {"deadline": -1},
        {"deadline": "5s"}, {"allow": {"delete:User": "12"}}, {"allow": {"delete:User": None}}, {"allow": ["x"]},
    ],
)  # fmt: skip
def test_an_argument_of_the_wrong_form_is_a_value_error(wrong: dict[str, Any], session: igz_apply.Session) -> None:
    with pytest.raises(ValueError, match=r"no list|is no number|is not a waiver|is no mapping"):
        session.plan(**wrong)


@pytest.mark.parametrize("answer", ["no", None, 1])
@pytest.mark.parametrize("asks", [True, False])
def test_only_true_approves(answer: Any, asks: bool, session: igz_apply.Session) -> None:
    planned = session.plan()
    with pytest.raises(ValueError, match="approves nothing"):
        session.apply(planned, approve=(lambda _: answer) if asks else answer)
    assert len(session.plan().plan.writes) == 2  # nothing was sent


def test_approvals_of_the_other_way_to_apply_count_as_what_they_say(session: igz_apply.Session) -> None:
    planned = session.plan()
    for no in (igz_apply.Approval.NO, lambda _: igz_apply.Approval.NO):
        with pytest.raises(igz_apply.Interrupted):
            session.apply(planned, approve=no)  # type: ignore[arg-type]
    assert session.apply(planned, approve=igz_apply.Approval.YES).exit_code == 0  # type: ignore[arg-type]


def test_what_no_session_can_be_opened_with_is_a_value_error(session: igz_apply.Session) -> None:
    with pytest.raises(ValueError, match="is none of iguazio3"):
        igz_apply.open(platform="iguazio9")
    with pytest.raises(ValueError, match="target=7 is no text"):
        igz_apply.open(7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is no plan of a session"):
        session.apply("plan.json", approve=True)  # type: ignore[arg-type]


def test_variables_of_the_target_count_and_their_files_lie_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "igz-apply.yaml").write_text("version: 1\ntargets: {prod: {}, dev: {}}\n")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "g.yaml").write_text(
        "apiVersion: iguazio.com/v1\nkind: Group\nmetadata: {name: g}\nspec: {description: d}\n"
    )
    environ = {
        "IGZ_ENDPOINT": "https://127.0.0.1:1",
        "IGZ_ENDPOINT__PROD": "embedded:own.db",
        "IGZ_INVENTORY__PROD": "own.json",
    }
    with igz_apply.open("prod", folder=tmp_path, environ=environ) as opened:
        assert opened.apply(opened.plan(), approve=True).exit_code == 0
    assert (tmp_path / "own.json").exists()
    assert (tmp_path / "own.db").exists()
