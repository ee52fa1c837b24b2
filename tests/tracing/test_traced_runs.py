"""Real runs in processes of their own, traced to a collector that decodes what it is sent."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from igz_apply.emulator import Emulator, Options, Server, serving
from igz_apply.emulator.iguazio4.emulator import Emulator as Emulator4
from igz_apply.emulator.iguazio4.options import Options as Options4
from tests.tracing.otlp_receiver import Collected, collecting

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KANARY = "Kanary-4711-secret"
MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {description: Data scientists, assigned_policies: [Data]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec:
  first_name: Ada
  last_name: Lovelace
  email: ada@example.com
  password: {from_env: ADA_PASSWORD}
  groups: [data-science]
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {description: Churn prediction, owner: ada}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(MANIFESTS)
    return tmp_path


@pytest.fixture
def collected() -> Iterator[Collected]:
    with collecting() as found:
        yield found


@pytest.fixture
def server() -> Iterator[Server]:
    emulator = Emulator(options=Options(job_seconds=0.05))
    with serving(emulator) as found:
        yield found
    emulator.close()


def environment(server: Server | None = None, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not re.match("OTEL_|IGZ_|V3IO_|TRACE|CI$", name)}
    known = {"ADA_PASSWORD": f"{KANARY}-Aa1!"}
    if server is not None:
        known |= {
            "IGZ_ENDPOINT": server.url,
            "V3IO_USERNAME": server.username,
            "V3IO_ACCESS_KEY": server.access_key,
        }
    return {**kept, **known, **more}


def run(folder: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "igz_apply", *arguments],
        cwd=folder,
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_apply_is_one_tree_of_run_steps_calls_and_jobs(folder: Path, server: Server, collected: Collected) -> None:
    environ = environment(
        server,
        OTEL_EXPORTER_OTLP_ENDPOINT=collected.url,
        OTEL_EXPORTER_OTLP_HEADERS=f"authorization={KANARY}-header",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
        TRACEPARENT=f"00-{TRACE}-{PARENT}-01",
    )
    ran = run(folder, environ, "apply", "-y", "-vv")
    assert ran.returncode == 0, ran.stderr
    root = collected.one("igz-apply apply")
    assert (root.trace, root.parent, root.is_error) == (TRACE, PARENT, False)
    assert root.attributes["process.exit.code"] == 0
    assert root.attributes["igz_apply.plan.create"] == 3
    assert root.service["service.name"] == "igz-apply"
    assert root.service["deployment.environment.name"] == "test"
    assert {span.trace for span in collected.spans} == {TRACE}
    below = "igz-apply apply > "
    assert {path.removeprefix(below) for path in collected.paths} >= {
        "load",
        "plan",
        "read",
        "read > GET /api/users",
        "create Group",
        "create Group > POST /api/user_groups",
        "create User > POST /api/users",
        "create User > job",
        "create User > job > GET /api/jobs/{id}",
        "create Project > POST /api/projects",
        "create Project > job > GET /api/jobs/{id}",
    }
    assert all(span.ended >= span.began > 0 for span in collected.spans)
    # What a call is, in a span and in the log
    calls = [span for span in collected.spans if span.kind == 3]
    assert {(it.attributes["server.address"], it.attributes["http.response.status_code"] < 300) for it in calls} == {
        ("127.0.0.1", True)
    }
    logged = set(re.findall(r"-> 20. in \d+ ms, ctx (\d+), traceparent (\S+)", ran.stderr))
    assert logged == {(it.attributes["igz_apply.ctx"], it.attributes["igz_apply.traceparent"]) for it in calls}
    assert {parent.split("-")[2] for _, parent in logged} == {it.id for it in calls}
    # A step and its job know what the server called its request
    (step,) = collected.named("create User")
    (post,) = [it for it in collected.below(step) if it.name == "POST /api/users"]
    (job,) = [it for it in collected.below(step) if it.name == "job"]
    assert step.attributes["igz_apply.addresses"] == ["User/ada"]
    assert step.attributes["igz_apply.status"] == ["applied"]
    assert post.attributes["igz_apply.ctx"] in step.attributes["igz_apply.ctx"]
    assert job.attributes["igz_apply.ctx"] == post.attributes["igz_apply.ctx"]
    assert job.links == ((TRACE, post.id),)
    assert job.events[-1] == "completed"
    # Nothing secret, and nothing of a query
    sent = b"".join(collected.bodies)
    assert KANARY.encode() not in sent
    assert server.access_key.encode() not in sent
    assert not any("?" in span.name or "filter" in str(span.attributes) for span in collected.spans)


@pytest.mark.full
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("plan", "--detailed-exitcode"), 2), (("drift", "--detailed-exitcode"), 3), (("destroy", "-y"), 0)],
)
def test_every_command_that_reads_a_cluster_is_traced(
    folder: Path, server: Server, collected: Collected, arguments: tuple[str, ...], code: int
) -> None:
    environ = environment(server, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collected.url}/v1/traces")
    assert run(folder, environ, *arguments).returncode == code
    root = collected.one(f"igz-apply {arguments[0]}")
    assert root.attributes["process.exit.code"] == code
    assert root.is_error == (code == 3)
    assert root.attributes.get("error.type") == ("invalid" if code == 3 else None)
    assert f"igz-apply {arguments[0]} > read > GET /api/users" in collected.paths


@pytest.mark.full
def test_one_round_belongs_to_the_run_and_one_of_many_is_a_trace_of_its_own(
    folder: Path, server: Server, collected: Collected
) -> None:
    environ = environment(server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.url)
    assert run(folder, environ, "reconcile", "--once", "--heal", "*").returncode == 0
    assert "igz-apply reconcile > round > create User > job > GET /api/jobs/{id}" in collected.paths
    assert collected.one("round").attributes["igz_apply.ending"] == "healed"
    assert collected.one("round").attributes["igz_apply.healed"] == 3
    collected.spans.clear()
    environ |= {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    command = [sys.executable, "-m", "igz_apply", "reconcile", "--interval", "1s"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while len(collected.named("round")) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    root, rounds = collected.one("igz-apply reconcile"), collected.named("round")
    assert root.trace == TRACE
    assert len({it.trace for it in rounds} | {TRACE}) == len(rounds) + 1
    assert {it.links for it in rounds} == {((TRACE, root.id),)}
    assert rounds[0].attributes["igz_apply.ending"] == "in_sync"
    reads = collected.named("read")
    assert [it.trace for it in reads] == [it.trace for it in rounds[: len(reads)]]


def test_retries_are_attempts_of_their_own(folder: Path, collected: Collected) -> None:
    match = {"method": "GET", "path": "/api/user_groups", "nth": [1]}
    faults = {"requests": [{"match": match, "act": "status", "status": 503, "headers": {"Retry-After": "0"}}]}
    emulator = Emulator(options=Options(faults=faults))
    with serving(emulator) as server:
        environ = environment(server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.url)
        assert run(folder, environ, "plan").returncode == 0
    emulator.close()
    first, second = sorted(collected.named("GET /api/user_groups"), key=lambda it: it.began)
    assert first.parent == second.parent
    assert (first.is_error, first.attributes["error.type"], first.attributes["igz_apply.will_retry"]) == (
        True,
        "503",
        True,
    )
    assert "http.request.resend_count" not in first.attributes
    assert (second.is_error, second.attributes["http.request.resend_count"]) == (False, 1)


@pytest.mark.full
def test_iguazio4_takes_the_trace_as_the_id_of_what_the_caller_does(folder: Path, collected: Collected) -> None:
    (folder / "manifests" / "all.yaml").write_text(
        "apiVersion: iguazio.com/v4\nkind: Group\nmetadata: {name: data-science}\nspec: {}\n"
    )
    emulator = Emulator4(options=Options4())
    with serving(emulator) as server:
        environ = environment(
            OTEL_EXPORTER_OTLP_ENDPOINT=collected.url, IGZ_ENDPOINT=server.url, IGZ_OFFLINE_TOKEN=server.offline_token
        )
        ran = run(folder, environ, "apply", "-y")
        assert ran.returncode == 0, ran.stderr
        assert server.offline_token.encode() not in b"".join(collected.bodies)
    emulator.close()
    assert "igz-apply apply > create Group > POST /api/v1/profile/groups" in collected.paths
    login = collected.one("POST /api/v1/authentication/refresh-access-token")
    assert login.attributes["igz_apply.ctx"]


@pytest.mark.full
def test_a_trace_that_its_parent_does_not_record_is_not_sent_and_goes_on(
    folder: Path, server: Server, collected: Collected
) -> None:
    environ = environment(server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.url, TRACEPARENT=f"00-{TRACE}-{PARENT}-00")
    ran = run(folder, environ, "plan", "-vv")
    assert (ran.returncode, collected.spans) == (0, [])
    assert re.search(rf"traceparent 00-{TRACE}-[0-9a-f]{{16}}-0[02]", ran.stderr)
    assert "IGZ-744" not in ran.stderr
    environ |= {"OTEL_TRACES_SAMPLER": "always_off", "TRACEPARENT": ""}
    assert (run(folder, environ, "plan").returncode, collected.spans) == (0, [])


@pytest.mark.full
@pytest.mark.parametrize("is_deaf", [False, True])
def test_a_dead_collector_costs_a_moment_and_one_warning(folder: Path, server: Server, is_deaf: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if is_deaf else 9
        asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://user:{KANARY}@127.0.0.1:{port}"}
        plain = run(folder, environment(server), "apply", "-y", "--only", "Group/*")
        traced = run(folder, environment(server, **asked), "apply", "-y", "--only", "Group/*", "-vv")
    assert (plain.returncode, traced.returncode) == (0, 0)
    assert traced.stderr.count("warning: Traces not sent [IGZ-744]") == 1
    assert "Transient" not in re.sub(".* DEBUG .*", "", traced.stderr)
    assert "Traceback" not in traced.stderr
    assert KANARY not in traced.stderr + traced.stdout


@pytest.mark.full
def test_a_collector_that_is_busy_once_is_asked_again(folder: Path, server: Server) -> None:
    with collecting(statuses=[503]) as collected:
        environ = environment(server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.url)
        ran = run(folder, environ, "plan")
        # Whether the second attempt still comes in time is the collector's luck; it is told if not.
        assert ("[IGZ-744]" in ran.stderr) == (not collected.spans)


@pytest.mark.full
@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "IGZ-744", "offers the exporter 'jaeger'"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "carrier-pigeon"},
            "IGZ-744",
            "carrier-pigeon",
        ),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_MAX_QUEUE_SIZE": "1"}, "IGZ-744", "as they say (ValueError)"),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SPAN_LINK_COUNT_LIMIT": KANARY}, "IGZ-744", "cannot be set up"),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_TRACES_SAMPLER": KANARY}, "IGZ-744", "recognize sampler"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "IGZ-743",
            "pip install opentelemetry-exporter-otlp-proto-grpc",
        ),
    ],
)
def test_what_cannot_be_set_up_is_told_and_stops_nothing(
    folder: Path, server: Server, asked: dict[str, str], code: str, says: str
) -> None:
    ran = run(folder, environment(server, **asked), "plan")
    assert ran.returncode == 0
    assert ran.stderr.count(f"[{code}]") == 1
    assert says in " ".join(ran.stderr.split())
    assert KANARY not in ran.stderr


def without_sdk(folder: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run where OpenTelemetry is not installed, and print which of it was looked for."""
    program = (
        "import sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('opentelemetry', 'google'):\n"
        "            print('LOOKED FOR', name, file=sys.stderr)\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "from igz_apply.cli.main import main\n"
        f"main({list(arguments)!r})\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=dict(environ), capture_output=True, text=True, check=False
    )


def test_where_it_is_asked_for_and_not_installed_the_run_goes_on(folder: Path, server: Server) -> None:
    ran = without_sdk(folder, environment(server, OTEL_TRACES_EXPORTER="otlp"), "plan")
    assert ran.returncode == 0
    assert ran.stderr.count("warning: Traces not installed [IGZ-743]") == 1
    assert "pip install 'igz-apply[tracing]'" in ran.stderr


@pytest.mark.full
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"OTEL_SERVICE_NAME": "x", "TRACEPARENT": f"00-{TRACE}-{PARENT}-01"},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
def test_where_nothing_asks_for_traces_nothing_of_it_is_imported(
    folder: Path, server: Server, asked: dict[str, str]
) -> None:
    ran = without_sdk(folder, environment(server, **asked), "plan", "-vv")
    assert ran.returncode == 0, ran.stderr
    assert "LOOKED FOR" not in ran.stderr
    assert "IGZ-74" not in ran.stderr
    assert re.search(r"GET users -> 200 in \d+ ms, ctx \d+\n", ran.stderr)
    assert "traceparent" not in ran.stderr


@pytest.mark.full
def test_the_console_exporter_leaves_standard_output_to_results(folder: Path, server: Server) -> None:
    ran = run(folder, environment(server, OTEL_TRACES_EXPORTER="console"), "plan", "--format", "json")
    assert ran.returncode == 0
    assert ran.stdout.startswith('{"') or ran.stdout.startswith("{\n")
    assert '"name": "igz-apply plan"' in ran.stderr
    assert '"name": "igz-apply plan"' not in ran.stdout


@pytest.mark.full
@pytest.mark.parametrize("signals", [1, 2])
def test_what_a_signal_ends_is_sent_all_the_same(folder: Path, collected: Collected, signals: int) -> None:
    emulator = Emulator(options=Options(job_seconds=60 if signals > 1 else 1))
    with serving(emulator) as server:
        environ = environment(server, OTEL_EXPORTER_OTLP_ENDPOINT=collected.url)
        command = [sys.executable, "-m", "igz_apply", "apply", "-y", "-vv"]
        with subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "GET jobs/" in line:
                    break
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
                time.sleep(0.2)
            process.stderr.read()
            assert process.wait(30) == 130
    emulator.close()
    root = collected.one("igz-apply apply")
    assert (root.is_error, root.attributes["error.type"]) == (True, "interrupted")
    (step,) = collected.named("create User")
    assert (step.attributes.get("error.type") == "abandoned") == (signals > 1)
    assert "igz-apply apply > create User > job" in collected.paths
