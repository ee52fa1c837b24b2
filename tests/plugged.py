"""Small packages of others, installed into a folder as pip would: a module, and what says what it offers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any

QUOTAS = '''
    """A kind of its own: quotas, which a small service keeps."""

    from __future__ import annotations

    import json
    import urllib.error
    import urllib.request

    import igz_apply
    from igz_apply import Connection, Field, Kind, KindPlugin, Record, Shape

    FIELDS = ("cpu", "labels", "burst", "holder", "token")


    def call(connection: Connection, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        url = connection.environ["QUOTAS_URL"] + path
        request = urllib.request.Request(url, data, {"X-User": connection.username}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise igz_apply.PlaneError(f"{method} {path}: {error.code} {error.read().decode()}") from error


    def record(item: dict) -> Record:
        return Record(name=item["name"], id=item["id"], spec={k: item[k] for k in FIELDS[:-1] if k in item})


    def read(connection: Connection) -> list[Record]:
        return [record(item) for item in call(connection, "GET", "/quotas")]


    def create(connection: Connection, name: str, spec: dict) -> str:
        return call(connection, "POST", "/quotas", {"name": name, **spec})["id"]


    def update(connection: Connection, live: Record, spec: dict) -> None:
        call(connection, "PUT", f"/quotas/{live.id}", spec)


    def delete(connection: Connection, live: Record) -> None:
        call(connection, "DELETE", f"/quotas/{live.id}")


    QUOTA = KindPlugin(
        kind=Kind(
            "Quota",
            (
                Field("cpu", shape=Shape.QUANTITY),
                Field("labels", shape=Shape.MAP),
                Field("burst", shape=Shape.OBJECT, fields=(Field("cpu", shape=Shape.QUANTITY), Field("until"))),
                Field("holder", refers_to="User", holds=True),
                Field("token", write_only=True),
            ),
        ),
        description="What one team may use.",
        schema={
            "required": ["cpu"],
            "properties": {
                "cpu": {"description": "Cores.", "type": ["integer", "string"]},
                "labels": {"description": "Labels.", "type": "object", "additionalProperties": {"type": "string"}},
                "burst": {
                    "description": "More, for a while.",
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "cpu": {"description": "Cores.", "type": ["integer", "string"]},
                        "until": {"description": "A day.", "type": "string"},
                    },
                },
                "holder": {"description": "The user whose it is.", "type": ["string", "null"]},
            },
        },
        read=read,
        create=create,
        update=update,
        delete=delete,
    )


    def csv(plan, report, problems) -> bytes:
        rows = [f"{change.action.value},{change.address}" for change in plan.writes]
        return "\\n".join([*rows, f"{report.exit_code if report else ''},{len(problems)}", ""]).encode()
'''


def install(folder: Path, package: str, points: Mapping[str, Mapping[str, str]], source: str = "") -> Path:
    """Put a package and its metadata into a folder, which is to be on the path; group -> name -> what it names."""
    module = package.replace("-", "_")
    (folder / module).mkdir(parents=True)
    (folder / module / "__init__.py").write_text(dedent(source))
    info = folder / f"{module}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (info / "RECORD").write_text("")
    stated = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in names.items())
        for group, names in points.items()
    )
    (info / "entry_points.txt").write_text("\n".join(stated))
    return folder


def install_quotas(folder: Path) -> Path:
    """Install the worked example: a kind, and a report."""
    points = {"igz_apply.kinds": {"Quota": "igz_quotas:QUOTA"}, "igz_apply.reports": {"csv": "igz_quotas:csv"}}
    return install(folder, "igz-quotas", points, QUOTAS)


class QuotaService:
    """What the small service knows, and the calls that it got."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.faults: list[str] = []  # what happens to the next writes: "refused", "lost" after it, "lost before" it
        self._made = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Return status and body; -1 for an answer that never comes."""
        _, _, identity = path.removeprefix("/").partition("/")
        if method == "GET":
            return 200, list(self.items.values())
        self.calls.append((method, path, body))
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "refused":
            return 422, {"reason": f"no: {body}"}
        if fault == "lost before":
            return -1, None
        if method == "POST":
            self._made += 1
            identity = f"q{self._made}"
            self.items[identity] = {**body, "id": identity}
        elif method == "PUT":
            self.items[identity].update(body)
        else:
            del self.items[identity]
        return (-1, None) if fault == "lost" else (200, self.items.get(identity))


@contextmanager
def serving_quotas(service: QuotaService) -> Iterator[str]:
    """Serve it on loopback, and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            status, answer = service.answer(self.command, self.path, body)
            if status < 0:
                self.connection.close()
                return
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
