#!/bin/sh
# s3fs 2026.9.0 with fsspec 2026.9.0 (PyPI), and both at 2025.3.0: a filesystem that is asked for by its URL alone goes on to ask
# the server that AWS_ENDPOINT_URL named when the first one of the process was made; since then in every thread.
#
# One would expect: the environment is how credentials and the endpoint are given, so that who asks for a filesystem after it has
# changed gets one that goes there; or at least, as filesystems used to be kept by thread, that a new thread does.
# What happens: fsspec keeps filesystems by class, process and the options given, and options left to the environment are none.
# The endpoint is read once, by the first call. In 2025.3.0 the thread is a part of the key, so that a new thread sees the new
# environment and the old thread does not. In 2026.9.0 it is no part of it for filesystems that work asynchronously, as s3fs
# does: what depended on its thread before, without knowing it, now asks the server of whoever came first.
#
# Seen:
#   2025.3.0: same thread asks the first, another thread the second, skip_instance_cache the second
#   2026.9.0: same thread asks the first, another thread the first, skip_instance_cache the second
#
# What follows here: a process of ours has one environment for its object stores, whichever target's inventory it opens, and the
# suffix of a target does not name another store (docs/cli.md, docs/howto/fleet.md); tests that serve S3 forget the clients of the one
# before (tests/s3_server.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/show.py" <<'PROGRAM'
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec

asked = []
EMPTY = b"""<?xml version="1.0"?><ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"""


def serve(name):
    class Store(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(name)
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(EMPTY)))
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def look(**options):
    asked.clear()
    fsspec.filesystem("s3", **options).find("b/", refresh=True)
    found.append(asked[-1])


found = []
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
os.environ["AWS_ENDPOINT_URL"] = serve("first")
look()
os.environ["AWS_ENDPOINT_URL"] = serve("second")
look()
thread = threading.Thread(target=look)
thread.start()
thread.join()
look(skip_instance_cache=True)
_, same, other, skipping = found
print(f"{fsspec.__version__}: same thread asks the {same}, another thread the {other}, skip_instance_cache the {skipping}")
sys.stdout.flush()
os._exit(0)
PROGRAM
for version in 2025.3.0 2026.9.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check "s3fs==$version" "fsspec==$version"
  "$folder/$version/bin/python" "$folder/show.py"
done | tee "$folder/seen"
cat >"$folder/expected" <<'TEXT'
2025.3.0: same thread asks the first, another thread the second, skip_instance_cache the second
2026.9.0: same thread asks the first, another thread the first, skip_instance_cache the second
TEXT
cmp "$folder/seen" "$folder/expected"
