"""Output that cannot be written hides no outcome: the exit code and standard error still tell it."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from igz_apply.cli import main
from igz_apply.emulator import Emulator, Options, Server, serving
from tests.cli.cli_world import Cli

PROGRAM = [sys.executable, "-m", "igz_apply"]


class Disk(io.StringIO):
    """Standard output on a disk that is full once it holds something that `full_after` stands in."""

    def __init__(self, full_after: str, error: int = errno.ENOSPC) -> None:
        super().__init__()
        self._full_after = full_after
        self._error = error

    def write(self, text: str) -> int:
        if self._full_after in self.getvalue():
            raise OSError(self._error, os.strerror(self._error))
        return super().write(text)


def ran(disk: Disk, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "stdout", disk)
    return main.run(arguments)


FULL = "Standard output could not be written: No space left on device."


@pytest.mark.usefixtures("manifests", "cluster")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EPIPE, errno.EIO])
@pytest.mark.parametrize(("form", "full_after"), [("json", "step_started"), ("json", "step_ended"), ("text", "ada")])
def test_output_that_fails_during_an_apply_costs_only_the_output(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    cli: Cli,
    workspace: Path,
    form: str,
    full_after: str,
    error: int,
) -> None:
    with monkeypatch.context() as patched:
        assert ran(Disk(full_after, error), patched, "apply", "-y", "--format", form) == 5
    err = capsys.readouterr().err
    assert f"Standard output could not be written: {os.strerror(error)}." in err
    assert "What was done stays done" in err
    assert "3 of 3 changes applied" in err
    assert "Traceback" not in err
    owned = json.loads((workspace / ".igz-apply" / "inventory.json").read_text())
    assert len(owned["entries"]) == 3
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("manifests", "cluster")
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EPIPE])
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_plan_that_nobody_could_see_is_not_applied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cli: Cli, form: str, error: int
) -> None:
    with monkeypatch.context() as patched:
        assert ran(Disk("", error), patched, "apply", "-y", "--format", form) == 1
    assert "Nothing was sent." in capsys.readouterr().err
    assert cli("get", "User", "ada").code == 1


@pytest.mark.usefixtures("manifests", "cluster")
def test_an_error_is_told_beside_output_that_has_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        assert ran(Disk(""), patched, "apply", "-y", "--format", "json", "nowhere") == 3
    err = capsys.readouterr().err
    assert "nowhere" in err
    assert FULL in err


@pytest.mark.usefixtures("manifests", "cluster")
@pytest.mark.parametrize("command", ["plan", "validate", "drift", "whoami", "export"])
def test_a_command_that_reads_fails_when_its_output_does_but_not_when_its_reader_has_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with monkeypatch.context() as patched:
        assert ran(Disk(""), patched, command) == 1
    assert FULL in capsys.readouterr().err
    with monkeypatch.context() as patched:
        assert ran(Disk("", errno.EPIPE), patched, command) == 0
    told = [text for text in capsys.readouterr().err.splitlines() if not text.startswith("No inventory at")]
    assert told == []


@pytest.mark.usefixtures("cluster")
def test_a_service_that_was_restarted_counts_as_something_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        assert ran(Disk(""), patched, "service", "restart", "grafana") == 5
    assert "What was done stays done" in capsys.readouterr().err


@pytest.mark.usefixtures("manifests", "cluster")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_real_full_device_ends_in_the_same_way(form: str, cli: Cli) -> None:
    with Path("/dev/full").open("w") as full:
        command = [*PROGRAM, "apply", "-y", "--format", form]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert FULL in done.stderr
    assert "Traceback" not in done.stderr
    assert cli("get", "User", "ada").code == 1


@pytest.mark.usefixtures("manifests")
def test_a_reader_that_goes_during_an_apply_leaves_it_to_its_end(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(options=Options(job_seconds=0.5))
    with serving(emulator) as server:
        _lead_to(server, monkeypatch)
        command = [*PROGRAM, "apply", "-y", "--format", "json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stderr is not None
            while "step_started" not in run.stdout.readline():
                pass
            run.stdout.close()
            err = run.stderr.read()
        assert run.returncode == 5
        assert "3 of 3 changes applied" in err
        assert "Traceback" not in err
        assert cli("plan", "--detailed-exitcode").code == 0
    emulator.close()


@pytest.mark.usefixtures("manifests")
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_hang_up_is_a_ctrl_c_unless_it_is_ignored(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(options=Options(job_seconds=0.5))
    with serving(emulator) as server:
        _lead_to(server, monkeypatch)
        for launcher, code in ((["nohup"], 0), ([], 130)):
            command = [*launcher, *PROGRAM, "destroy" if not launcher else "apply", "-y"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
                assert run.stderr is not None
                while "/" not in run.stderr.readline():  # a change has ended, others run
                    pass
                run.send_signal(signal.SIGHUP)
                out, err = run.communicate(timeout=20)
            assert run.returncode == code, err
        assert "Interrupted: " in out
        assert not (workspace / ".igz-apply" / "inventory.json.lock").exists()
    emulator.close()


def test_a_process_without_memory_or_without_its_libraries_says_so_and_is_no_defect() -> None:
    for error, said in (
        ("MemoryError()", "not enough memory"),
        ("ImportError('no libfoo')", "no libfoo"),
        ('RuntimeError("can\'t start new thread")', "may not start as many threads"),
    ):
        program = (
            "import sys; from igz_apply.cli import main; from igz_apply.cli.commands import schema\n"
            f"def fail(data): raise {error}\n"
            "schema.as_json = fail; sys.exit(main.run(['schema']))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert "defect" not in done.stderr


def _lead_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IGZ_ENDPOINT", server.url)
    monkeypatch.setenv("V3IO_USERNAME", server.username)
    monkeypatch.setenv("V3IO_ACCESS_KEY", server.access_key)
