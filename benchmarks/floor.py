"""The floor: the fastest known pieces in a row, and nothing else. `floor.py validate DIR` or `floor.py plan DIR`.

It reads, parses, validates, downloads the pages, decodes them and makes one pass of equality. It gives no positions,
no messages, no order and no plan: no tool that does can be faster.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PAGE = 200
LISTS = {
    "users": "user_groups,primary_group",
    "user_groups": "",
    "projects": "owner,project_authorization_roles.principal_users,project_authorization_roles.principal_user_groups",
}
KEYS = {"User": ("users", "username"), "Group": ("user_groups", "name"), "Project": ("projects", "name")}


def parsed(folder: str) -> list[Any]:
    """Return all documents below a folder: libyaml's events, YAML 1.2 scalars, no positions."""
    found: list[Any] = []
    for path in sorted(Path(folder).rglob("*.yaml")):
        found += _documents(path.read_bytes())
    return found


def _documents(text: bytes) -> list[Any]:
    from yaml import events
    from yaml.cyaml import CParser

    parser = CParser(text)
    scalar, begin_map, begin_list = events.ScalarEvent, events.MappingStartEvent, events.SequenceStartEvent
    ends = (events.MappingEndEvent, events.SequenceEndEvent)
    found: list[Any] = []
    stack: list[Any] = []
    keys: list[Any] = []
    holder: Any = found
    key: Any = None
    get = parser.get_event
    while True:
        event = get()
        kind = type(event)
        if kind is scalar:
            value = _scalar(event.value) if event.implicit[0] else event.value
        elif kind is begin_map or kind is begin_list:
            stack.append(holder)
            keys.append(key)
            holder, key = ({} if kind is begin_map else []), None
            continue
        elif kind in ends:
            value, holder, key = holder, stack.pop(), keys.pop()
        elif kind is events.StreamEndEvent:
            return found
        else:
            continue
        if type(holder) is list:
            holder.append(value)
        elif key is None:
            key = value
        else:
            holder[key] = value
            key = None


_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789":
        try:
            return int(text)
        except ValueError:
            try:
                return float(text)
            except ValueError:
                return text
    return text


def validate(documents: list[Any], schemas: Path) -> None:
    """Validate every document against its kind's schema; the first failure ends the program."""
    import jsonschema_rs

    names = {"User": "user", "Group": "group", "Project": "project", "AppService": "app_service"}
    judges = {
        kind: jsonschema_rs.validator_for(json.loads((schemas / f"{name}.schema.json").read_text()))
        for kind, name in names.items()
    }
    for document in documents:
        if not judges[document["kind"]].is_valid(document):
            sys.exit(f"invalid: {document['metadata']['name']}")


def downloaded() -> dict[str, list[Any]]:
    """Return the resources of every list, all pages fetched eight at a time."""
    import urllib3

    pool = urllib3.PoolManager(maxsize=8)
    base = os.environ["IGZ_ENDPOINT"] + "/api/"
    user, key = os.environ["V3IO_USERNAME"], os.environ["V3IO_ACCESS_KEY"]
    headers = {**urllib3.make_headers(basic_auth=f"{user}:{key}"), "cookie": f'session=j:{{"sid": "{key}"}}'}

    def page(path: str, number: int) -> Any:
        include = f"&include={LISTS[path]}" if LISTS.get(path) else ""
        query = f"page[number]={number}&page[size]={PAGE}&count=records{include}"
        return json.loads(pool.request("GET", f"{base}{path}?{query}", headers=headers).data)

    found: dict[str, list[Any]] = {}
    with ThreadPoolExecutor(8) as workers:
        services = workers.submit(
            lambda: json.loads(pool.request("GET", base + "app_services_manifests", headers=headers).data)
        )
        first = {path: workers.submit(page, path, 0) for path in LISTS}
        rest = {}
        for path, future in first.items():
            total = future.result()["meta"]["total_records"]
            rest[path] = [workers.submit(page, path, number) for number in range(1, -(-total // PAGE))]
        for path, future in first.items():
            found[path] = [*future.result()["data"], *(item for more in rest[path] for item in more.result()["data"])]
        found["services"] = services.result()["data"][0]["attributes"]["app_services"]
    return found


def equal(documents: list[Any], live: dict[str, list[Any]]) -> int:
    """Return how many documents agree with the live attributes of their name, as far as both state them."""
    known = {
        kind: {item["attributes"][key]: item["attributes"] for item in live[path]} for kind, (path, key) in KEYS.items()
    }
    known["AppService"] = {item["spec"]["name"]: item["spec"] for item in live["services"]}
    count = 0
    for document in documents:
        attributes = known[document["kind"]].get(document["metadata"]["name"], {})
        count += all(attributes.get(name, value) == value for name, value in document["spec"].items())
    return count


def main(job: str, folder: str, schemas: str) -> None:
    gc.disable()
    documents = parsed(folder)
    validate(documents, Path(schemas))
    if job == "plan":
        print(f"{equal(documents, downloaded())} of {len(documents)} agree")
    else:
        print(f"{len(documents)} valid")


if __name__ == "__main__":
    main(*sys.argv[1:4])
