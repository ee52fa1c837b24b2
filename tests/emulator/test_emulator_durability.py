"""The state of an emulator outlives its process, however that ends."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from igz_apply.emulator import Emulator, EmulatorError, Options
from tests.contract.contract_plane import Clock, resource, wsgi_call

# How often the process is killed: `IGZ_KILLS=50` for the long form.
KILLS = int(os.environ.get("IGZ_KILLS", "4"))

SERVE = """
import sys
from igz_apply.emulator import Emulator, Options, run_server
emulator = Emulator(sys.argv[1], Options(job_seconds=0.02))
run_server(emulator, "127.0.0.1", 0, announce=lambda line: print(line, flush=True))
"""


class Process:
    """An emulator in a process of its own."""

    def __init__(self, db: Path) -> None:
        command = [sys.executable, "-c", SERVE, str(db)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline().strip() for _ in range(4)]
        self.environment = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        self.port = int(self.environment["IGZ_ENDPOINT"].rpartition(":")[2])

    def kill(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit code and what stands on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


def headers() -> dict[str, str]:
    return {"Cookie": f'session=j:{{"sid": "{Emulator.access_key}"}}'}


def write_until_killed(port: int, writer: int, acknowledged: list[tuple[str, str]]) -> None:
    """Create and update groups for ever; note what was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        for number in range(100_000):
            name = f"g-{port}-{writer}-{number}"
            body = json.dumps(resource("user_group", {"name": name, "description": "one"}))
            connection.request("POST", "/api/user_groups", body, headers())
            answer = connection.getresponse()
            created = json.loads(answer.read())
            assert answer.status == 201
            acknowledged.append((name, "one"))
            body = json.dumps(resource("user_group", {"description": "two", "assigned_policies": ["Data"]}))
            connection.request("PUT", f"/api/user_groups/{created['data']['id']}", body, headers())
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            acknowledged[-1] = (name, "two")
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


def check(db: Path, acknowledged: list[tuple[str, str]]) -> None:
    """Nothing that was acknowledged is lost, and nothing is half written."""
    emulator = Emulator(db, Options(max_page_size=100_000))
    listed = call(emulator, "GET", "/api/user_groups?page[size]=100000").json["data"]
    emulator.close()
    held = {each["attributes"]["name"]: each["attributes"] for each in listed}
    for name, description in acknowledged:
        assert name in held, f"{name} was acknowledged and is lost"
        assert held[name]["description"] in (description, "two")
    for name, attributes in held.items():
        if name.startswith("g-"):
            policies = {"one": [], "two": ["Data"]}[attributes["description"]]
            assert attributes["assigned_policies"] == policies, f"{name} is half written"


def call(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    raw = b"" if body is None else json.dumps(body).encode()
    return wsgi_call(emulator.wsgi, method, path, raw, headers())


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    db, acknowledged = tmp_path / "emulator.db", list[tuple[str, str]]()
    moments = random.Random(7)
    for _ in range(KILLS):
        process = Process(db)
        writers = [
            threading.Thread(target=write_until_killed, args=(process.port, writer, acknowledged))
            for writer in range(2)
        ]
        for writer in writers:
            writer.start()
        writers[0].join(moments.uniform(0.05, 0.25))
        process.kill(signal.SIGKILL)
        for writer in writers:
            writer.join()
        check(db, acknowledged)
    assert acknowledged


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_stops_cleanly_and_says_how_to_connect(tmp_path: Path, number: int) -> None:
    process = Process(tmp_path / "emulator.db")
    assert process.environment["V3IO_USERNAME"] == "admin"
    assert process.environment["V3IO_PASSWORD"] == "'Emulator-1!'", "quoted for a shell"
    assert process.environment["V3IO_ACCESS_KEY"] == Emulator.access_key
    idle = http.client.HTTPConnection("127.0.0.1", process.port, timeout=5)
    idle.request("GET", "/api/self", headers=headers())
    assert idle.getresponse().status == 200
    assert process.kill(number) == (0, "")


def test_what_was_made_is_there_again_and_jobs_go_on(tmp_path: Path) -> None:
    clock, db = Clock(), tmp_path / "deep" / "emulator.db"
    first = Emulator(db, Options(job_seconds=10), clock=clock)
    reply = call(first, "POST", "/api/projects", resource("project", {"name": "churn"}))
    job = reply.json["data"]["relationships"]["last_job"]["data"]["id"]
    first.close()
    clock.now += 5
    second = Emulator(db, Options(job_seconds=99), clock=clock)
    assert call(second, "GET", f"/api/jobs/{job}").json["data"]["attributes"]["state"] == "in_progress"
    second.close()
    clock.now += 5
    third = Emulator(db, clock=clock)
    assert call(third, "GET", f"/api/jobs/{job}").json["data"]["attributes"]["state"] == "completed"
    status = call(third, "GET", "/api/projects/__name__/churn").json["data"]["attributes"]["operational_status"]
    assert status == "online"
    third.close()


def test_two_emulators_on_one_file_see_each_others_writes(tmp_path: Path) -> None:
    db = tmp_path / "emulator.db"
    both = [Emulator(db), Emulator(db)]
    failed: list[int] = []

    def write(writer: int) -> None:
        for number in range(40):
            body = resource("user_group", {"name": f"g-{writer}-{number}"})
            status = call(both[writer], "POST", "/api/user_groups", body).status
            if status != 201:
                failed.append(status)

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    for emulator in both:
        meta = call(emulator, "GET", "/api/user_groups?count=records").json["meta"]
        assert meta["total_records"] == 82
        emulator.close()


def test_a_file_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database, " * 100)
    with pytest.raises(EmulatorError, match="cannot be used"):
        Emulator(text)
    subprocess.run([sys.executable, "-c", OTHER, str(other)], check=True)
    with pytest.raises(EmulatorError, match="another program"):
        Emulator(other)
    with pytest.raises(EmulatorError, match="cannot be used"):
        Emulator(tmp_path)
    with pytest.raises(EmulatorError, match="log cannot be written"):
        Emulator(options=Options(log=tmp_path))


OTHER = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE notes (text)')"
