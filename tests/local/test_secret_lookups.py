"""Secrets that are asked for: once each, all at the same time, and in memory alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from igz_apply.errors import DeadlineReached, InvalidInput
from igz_apply.local.secret_lookups import SecretLookups
from igz_apply.local.secret_stores import GROUP
from igz_apply.local.secrets import EnvironmentSecrets, RehearsalSecrets
from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.model.resources import SecretRef
from igz_apply.ports import Unread
from tests.local.packages import install
from tests.processes import is_gone

STORE = """
import sys
from igz_apply.ports import Unread

class Acme:
    def __init__(self, environ, options):
        self.environ, self.options = environ, options

    def read(self, keys):
        with open("asked", "a") as file:
            print(*keys, file=file)
        if self.environ.get("ACME") == "raise":
            raise KeyError("correct horse")
        if self.environ.get("ACME") == "leave":
            sys.exit("correct horse")
        if self.environ.get("ACME") == "strange":
            return ["correct horse"]
        known = {
            "ada": "correct horse", "bob": Unread.denied(), "cy": 5, "dan": "", "eve": "x" * 1100000,
            "gil": "\\ud800",
            "fay": Unread.unreachable("no\\n  way"), "how": f"{self.options.timeout:g} {self.options.parallelism}",
        }
        return {key: known[key] for key in keys if key in known}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def ask(key: str, store: str = "acme") -> SecretRef:
    return SecretRef(from_store=store, key=key)


def run(*argv: str) -> SecretRef:
    return SecretRef(from_command=argv)


def lookups(folder: Path, *commands: tuple[str, ...], stores: tuple[str, ...] = (), **environ: str) -> SecretLookups:
    allowed = AllowedSources(commands, frozenset(stores))
    environ = {"PATH": os.environ["PATH"], **environ}
    return SecretLookups(allowed, environ, folder, timeout=30.0, parallelism=3)


# Commands


def test_a_command_is_run_once_whoever_asks(folder: Path) -> None:
    argv = ("sh", "-c", "echo ran >> log; echo secret")
    found = lookups(folder, argv)
    found.look([run(*argv), run(*argv), SecretRef(from_env="A")])
    found.look([run(*argv)])
    secrets = EnvironmentSecrets({}, folder, found)
    assert (secrets.value(run(*argv)), secrets.is_available(run(*argv)), secrets.fault(run(*argv))) == (
        "secret",
        True,
        "",
    )
    assert secrets.hashed(run(*argv)) is not None
    assert (folder / "log").read_text() == "ran\n"


def test_commands_run_at_the_same_time_and_no_more_of_them_than_are_allowed(folder: Path) -> None:
    # Each goes on once there are three of them; with less at a time they would never end.
    script = 'touch "$1"; while [ $(ls t* | wc -l) -lt 3 ]; do sleep 0.01; done; echo "$1"'
    every = [("sh", "-c", script, "x", f"t{number}") for number in range(3)]
    found = lookups(folder, *every)
    found.look([run(*argv) for argv in every])
    assert [found.found(run(*argv)) for argv in every] == ["t0", "t1", "t2"]


def test_what_failed_is_not_tried_again(folder: Path) -> None:
    argv = ("sh", "-c", "echo ran >> log; exit 4")
    secrets = EnvironmentSecrets({}, folder, lookups(folder, argv))
    secrets.look([run(*argv)])
    assert not secrets.is_available(run(*argv))
    assert secrets.fault(run(*argv)).startswith("the command ended with exit code 4")
    with pytest.raises(InvalidInput) as caught:
        secrets.value(run(*argv))
    (problem,) = caught.value.problems
    assert problem.summary == "Missing secret"
    assert "exit code 4" in problem.detail
    assert (folder / "log").read_text() == "ran\n"


def test_an_interrupt_ends_what_runs(folder: Path) -> None:
    argv = ("sh", "-c", "echo $$ > pid; sleep 600")
    install(folder, "acme", GROUP, acme="acme:Acme")
    (folder / "acme.py").write_text(
        "import os, time\nclass Acme:\n  def __init__(self, *_): pass\n  def read(self, keys):\n"
        "    while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)\n"
        "    raise KeyboardInterrupt\n"
    )
    found = lookups(folder, argv, stores=("acme",))
    with pytest.raises(KeyboardInterrupt):
        found.look([ask("x"), run(*argv)])
    assert is_gone((folder / "pid").read_text())


def test_nothing_is_waited_for_beyond_the_deadline_of_the_run(folder: Path) -> None:
    argv = ("sh", "-c", "echo $$ > pid; sleep 600")

    class Reached:
        left = 0.3

        def reached(self, meanwhile: str) -> Exception:
            return DeadlineReached(f"over while {meanwhile}")

    allowed = AllowedSources((argv, ("echo", "x")))
    found = SecretLookups(allowed, {"PATH": os.environ["PATH"]}, folder, deadline=Reached())
    with pytest.raises(DeadlineReached, match="over while secrets were looked up"):
        found.look([run(*argv)])
    Reached.left = 60.0
    assert found.found(run("echo", "x")) == "x"


# Stores


def test_a_store_is_asked_once_for_all(folder: Path) -> None:
    install(folder, "acme", GROUP, acme="acme_store:Acme")
    (folder / "acme_store.py").write_text(STORE)
    found = lookups(folder, stores=("acme",))
    found.look([ask("ada"), ask("how"), ask("ada"), ask("bob")])
    assert (folder / "asked").read_text() == "ada how bob\n"
    assert found.found(ask("ada")) == "correct horse"
    assert found.found(ask("how")) == "30 3"
    assert "correct horse" not in repr(found)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("bob", "the store does not let this caller read it"),
        ("cy", "what the store has there is no text"),
        ("dan", "what the store has there is empty"),
        ("eve", "what the store has there is longer than 1 MiB"),
        ("fay", "the store cannot be asked: no way"),
        ("gil", "what the store has there is no text"),
        ("gus", "the store has nothing there"),
    ],
)
def test_what_a_store_does_not_give_is_told(key: str, said: str, folder: Path) -> None:
    install(folder, "acme", GROUP, acme="acme_faults:Acme")
    (folder / "acme_faults.py").write_text(STORE)
    assert lookups(folder, stores=("acme",)).found(ask(key)) == Unread(said)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise", "The store acme of acme-secrets raised KeyError as it was asked for secrets."),
        ("leave", "The store acme of acme-secrets raised SystemExit as it was asked for secrets."),
        ("strange", "The store acme of acme-secrets raised AttributeError as it was asked for secrets."),
    ],
)
def test_a_broken_store_is_an_error_with_the_name_of_its_package(how: str, said: str, folder: Path) -> None:
    install(folder, "acme-secrets", GROUP, acme="acme_broken:Acme")
    (folder / "acme_broken.py").write_text(STORE)
    with pytest.raises(InvalidInput) as caught:
        lookups(folder, stores=("acme",), ACME=how).look([ask("ada")])
    (problem,) = caught.value.problems
    assert (problem.summary, problem.detail) == ("Broken plug-in", said)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # what was raised may hold the secret


def test_a_store_that_cannot_be_imported_is_an_error(folder: Path) -> None:
    install(folder, "acme-secrets", GROUP, acme="acme_nowhere:Acme")
    with pytest.raises(InvalidInput, match="acme-secrets, cannot be imported: ModuleNotFoundError"):
        lookups(folder, stores=("acme",)).look([ask("ada")])


def test_a_store_is_imported_only_when_a_secret_of_it_is_wanted(folder: Path) -> None:
    install(folder, "acme-secrets", GROUP, acme="acme_nowhere:Acme")
    lookups(folder, stores=("acme",)).look([SecretRef(from_env="A")])
    assert lookups(folder).found(ask("ada")) == Unread("the config does not allow that store")


def test_a_store_that_nobody_offers_is_told_with_those_that_are(folder: Path) -> None:
    found = lookups(folder, stores=("acme",)).found(ask("ada"))
    assert found == Unread("no installed package offers a store of that name; there is vault")


# Behind the port


@pytest.mark.parametrize("ref", [ask("ada"), run("echo", "x")])
def test_nothing_is_looked_up_where_nobody_allows_anything(ref: SecretRef, folder: Path) -> None:
    secrets = EnvironmentSecrets({}, folder)
    secrets.look([ref])
    assert (secrets.is_available(ref), secrets.fault(ref)) == (False, "nothing allows to look it up")
    with pytest.raises(InvalidInput, match="nothing allows to look it up"):
        secrets.value(ref)
    assert secrets.fault(SecretRef(from_env="NOTHING")) == ""


@pytest.mark.parametrize("ref", [ask("ada"), run("touch", "ran")])
def test_a_rehearsal_looks_nothing_up(ref: SecretRef, folder: Path) -> None:
    secrets = RehearsalSecrets({}, folder)
    secrets.look([ref])
    assert (secrets.is_available(ref), secrets.is_invented(ref), secrets.hashed(ref)) == (False, True, None)
    assert secrets.value(ref) == secrets.value(ref)
    assert secrets.fault(ref) == "nothing is looked up for the emulator inside this command"
    assert secrets.fault(SecretRef(from_env="NOTHING")) == ""
    assert not (folder / "ran").exists()
