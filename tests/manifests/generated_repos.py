"""Repositories as people write them, made up, each beside what it shall be after an edit.

Both texts are written at once, with the same choices of style: so what an edit may touch is known to the character.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Data = dict[str, Any]
Pair = tuple[str | None, str | None]
"""A line as it is and as it shall be; None: it is not there."""

HEAD = "iguazio.com/v1"
PEOPLE = ("ada", "bob", "carl", "katherine")
GROUPS = ("ds", "ops")


class Repo:
    """Files by path, each before and after; None: the file goes, or is not there yet."""

    def __init__(self) -> None:
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}

    @property
    def stated(self) -> str:
        """Everything in one text."""
        return "\n---\n".join(text.lstrip("\ufeff") for text in self.before.values())


def company(chance: Random) -> list[Data]:
    """Return manifests in which ada owns, is a member, and is named beside others."""

    def some(names: Sequence[str], *always: str) -> list[str]:
        found = [name for name in names if name in always or chance.random() < 0.6]
        return chance.sample(found, len(found))

    people = [
        _document("User", name, {"first_name": name.title(), "last_name": "L", "email": f"{name}@example.com"})
        for name in PEOPLE
    ]
    for person in people:
        if chance.random() < 0.5:
            person["spec"]["assigned_policies"] = some(("Data", "Developer", "Application Admin"))
        if chance.random() < 0.5:
            person["spec"]["groups"] = some(GROUPS)
    groups = [_document("Group", name, {"description": "D", "users": some(PEOPLE, "ada")}) for name in GROUPS]
    projects = [_project(chance, "churn", "ada", some(("bob", "carl"))), _project(chance, "fraud", "bob", ["ada"])]
    service = _document(
        "AppService", "nb", {"kind": "jupyter", "owner": "ada", "resources": {"limits": {"cpu": "2", "memory": "4Gi"}}}
    )
    service["metadata"]["labels"] = {"team": "ds", "cost": "42"}
    if chance.random() < 0.5:
        service["lifecycle"] = {"depends_on": ["User/ada", "User/bob"]}
    found = [*groups, *people, *projects, service]
    return chance.sample(found, len(found))


def _project(chance: Random, name: str, owner: str, editors: list[str]) -> Data:
    members: Data = {"editor": {"users": editors}}
    if chance.random() < 0.5:
        members["viewer"] = {"groups": ["ds"]}
    labels = {"team": "retail", "cost-center": "7", "tier": "gold"}
    return _document("Project", name, {"owner": owner, "labels": labels, "members": members})


def _document(kind: str, name: str, spec: Data) -> Data:
    return {"apiVersion": HEAD, "kind": kind, "metadata": {"name": name}, "spec": spec}


def without_ada(document: Data) -> Data | None:
    """Return a manifest after ada has left, and katherine owns what she owned; None: it is her own."""
    if document["kind"] == "User" and document["metadata"]["name"] == "ada":
        return None
    left: Data = _left(document)
    if document["kind"] == "Project" and document["spec"]["owner"] == "ada":
        editors = left["spec"]["members"]["editor"]["users"]
        left["spec"]["members"]["editor"]["users"] = [name for name in editors if name != "katherine"]
    return left


def _left(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "katherine" if below == "ada" and key == "owner" else _left(below) for key, below in value.items()}
    if isinstance(value, list):
        return [item for item in value if item not in ("ada", "User/ada")]
    return value


def drifted(chance: Random, document: Data) -> Data:
    """Return a manifest as somebody on the cluster would have it."""
    found: Data = json.loads(json.dumps(document))
    spec = found["spec"]
    match document["kind"]:
        case "User":
            spec["email"] = chance.choice([spec["email"], "new@example.com"])
            if "assigned_policies" in spec and chance.random() < 0.7:
                spec["assigned_policies"] = _moved(chance, spec["assigned_policies"], "Function Admin")
        case "Group":
            spec["description"] = chance.choice([spec["description"], "Data: all of it"])
        case "Project":
            spec["labels"] = {key: value for key, value in spec["labels"].items() if chance.random() < 0.7}
            spec["labels"] |= {"team": "fraud"} if "team" in spec["labels"] else {"added": "x"}
            editors = spec["members"]["editor"]
            others = [name for name in PEOPLE if name not in (spec["owner"], *editors["users"])]
            editors["users"] = _moved(chance, editors["users"], *others[:1])
        case _:
            spec["resources"]["limits"] = {"cpu": "2", "memory": chance.choice(["4Gi", "8Gi"])}
            found["metadata"]["labels"] = {"team": "ops", "cost": "42", "more": "x"}
    return found


def _moved(chance: Random, items: Sequence[str], *more: str) -> list[str]:
    return [*(item for item in items if chance.random() < 0.6), *more]


def written(chance: Random, documents: Sequence[tuple[Data, Data | None]]) -> Repo:
    """Return files that say the documents as they are, and as they shall be; None: the document goes."""
    repo = Repo()
    waiting = list(documents)
    number = 0
    while waiting:
        number += 1
        size = chance.choice([1, 1, 2, 3, 5])
        if chance.random() < 0.15:
            _write_json(repo, f"manifests/{number}.json", waiting.pop())
            continue
        some, waiting = waiting[:size], waiting[size:]
        _write_yaml(chance, repo, f"manifests/{number}.yaml", some)
    return repo


def _write_json(repo: Repo, path: str, pair: tuple[Data, Data | None]) -> None:
    before, after = pair
    repo.before[path] = json.dumps(before, indent=2) + "\n"
    if after is not None:
        repo.after[path] = json.dumps(_in_order(before, after), indent=2) + "\n"


def _in_order(before: Any, after: Any) -> Any:
    """Return what shall be with what was there first, as it was."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        kept = {key: _in_order(before[key], after[key]) for key in before if key in after}
        return {**kept, **{key: after[key] for key in after if key not in before}}
    return after


def _write_yaml(chance: Random, repo: Repo, path: str, documents: Sequence[tuple[Data, Data | None]]) -> None:
    lines: list[Pair] = []
    if chance.random() < 0.4:
        lines += [("# All of it, by hand.", "# All of it, by hand."), ("", "")]
    for index, (before, after) in enumerate(documents):
        text: list[Pair] = []
        if index or chance.random() < 0.5:
            text.append(("---", "---"))
        if chance.random() < 0.5 and (index or text):
            note = f"# {before['metadata']['name']}, who is in"
            text.append((note, note))
        text += _Writer(chance).document(before, after if after is not None else before)
        lines += text if after is not None else [(line, None) for line, _ in text]
    end = "\r\n" if chance.random() < 0.15 else "\n"
    mark = "\ufeff" if chance.random() < 0.1 else ""
    ends = "" if chance.random() < 0.1 and documents[-1][1] is not None else end
    repo.before[path] = mark + end.join(line for line, _ in lines if line is not None) + ends
    if any(after is not None for _, after in documents):
        kept = [line for _, line in lines if line is not None]
        is_marked = kept[0] == "---" != lines[0][0]  # by a document that begins the file only now
        repo.after[path] = mark + end.join(kept[is_marked:]) + ends


class _Writer:
    """Writes one document twice, in a style of its own."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._step = chance.choice([2, 2, 2, 4])
        self._flush = chance.random() < 0.4  # dashes below their key
        self._quote = chance.choice(["", "", "'", '"'])
        self._lists: list[tuple[Any, Any, str]] = []  # those that have an anchor

    def document(self, before: Data, after: Data) -> list[Pair]:
        return [line for key in before for line in self._pair(key, before[key], after[key], 0)]

    def _maybe(self, odds: float) -> bool:
        return self._chance.random() < odds

    def _pair(self, key: str, before: Any, after: Any, indent: int) -> list[Pair]:
        head = f"{' ' * indent}{key}:"
        if isinstance(before, Mapping):
            return self._mapping(head, before, after, indent)
        if isinstance(before, list):
            return self._list(head, before, after, indent)
        blanks = self._chance.choice([" ", " ", "   "])
        note = self._chance.choice(["", "", "  # for now", " # see the wiki: https://wiki.example/#x"])
        one, other = (f"{head}{blanks}{self._scalar(value)}{note}" for value in (before, after))
        return [(one, other)]

    def _scalar(self, value: Any) -> str:
        if self._quote and value != HEAD:
            return f"{self._quote}{value}{self._quote}"
        return f'"{value}"' if str(value)[:1].isdigit() or ": " in str(value) else str(value)

    def _flow(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key}: {self._flow(below)}" for key, below in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        return self._scalar(value)

    def _mapping(self, head: str, before: Mapping[str, Any], after: Data, indent: int) -> list[Pair]:
        after = _in_order(before, after)
        if before.keys() == after.keys() and self._maybe(0.7):
            lines: list[Pair] = [(head, head)]
            for key, value in before.items():
                lines += self._pair(key, value, after[key], indent + self._step)
            return lines
        if not before.keys() <= after.keys() and self._maybe(0.5):
            return self._mapping_of_lines(head, before, after, indent)
        note = self._chance.choice(["", "  # a long line, as people write them when nobody looks, and which goes on"])
        return [(f"{head} {self._flow(before)}{note}", f"{head} {self._flow(after)}{note}")]

    def _mapping_of_lines(self, head: str, before: Mapping[str, Any], after: Data, indent: int) -> list[Pair]:
        pad = " " * (indent + self._step)
        kept = [key for key in before if key in after]
        if not kept:
            return [(f"{head} {self._flow(before)}", f"{head} {self._flow(after)}")]
        lines: list[Pair] = [(head, head)]
        for key, value in before.items():
            note = self._chance.choice(["", "  # kept"])
            now = f"{pad}{key}: {self._scalar(after[key])}{note}" if key in after else None
            lines.append((f"{pad}{key}: {self._scalar(value)}{note}", now))
        new = {key: value for key, value in after.items() if key not in before}
        return lines + [(None, f"{pad}{key}: {self._scalar(value)}") for key, value in new.items()]

    def _list(self, head: str, before: list[str], after: list[str], indent: int) -> list[Pair]:
        known = next((name for one, other, name in self._lists if (one, other) == (before, after)), None)
        if known is not None and self._maybe(0.5):
            return [(f"{head} *{known}", f"{head} *{known}")]
        anchor = ""
        if self._maybe(0.2):
            anchor = f" &a{len(self._lists)}"
            self._lists.append((before, after, anchor[2:]))
        if not before or not after or self._maybe(0.4):
            note = self._chance.choice(["", "", "  # the team"])
            return [(f"{head}{anchor} {self._flow(before)}{note}", f"{head}{anchor} {self._flow(after)}{note}")]
        if self._maybe(0.3):
            return self._list_in_brackets(f"{head}{anchor}", before, after, indent)
        return self._block(f"{head}{anchor}", before, after, indent)

    def _list_in_brackets(self, head: str, before: list[str], after: list[str], indent: int) -> list[Pair]:
        pad = " " * (indent + self._step)
        lines: list[Pair] = [(f"{head} [", f"{head} [")]
        for item in before:
            note = self._chance.choice(["", f"  # {item}"])
            line = f"{pad}{self._scalar(item)},{note}"
            lines.append((line, line if item in after else None))
        if not any(item in after for item in before):
            return [(f"{head} [", f"{head} {self._flow(after)}"), *lines[1:], (f"{' ' * indent}]", None)]
        lines += [(None, f"{pad}{self._scalar(item)},") for item in after if item not in before]
        return [*lines, (f"{' ' * indent}]", f"{' ' * indent}]")]

    def _block(self, head: str, before: list[str], after: list[str], indent: int) -> list[Pair]:
        pad = " " * (indent if self._flush else indent + self._step)
        lines: list[Pair] = [(head, head)]
        is_headed = self._maybe(0.3) and before[-1] in after
        if is_headed:
            lines.append((f"{pad}# who is in it", f"{pad}# who is in it"))
        for item in before:
            note = self._chance.choice(["", "", "  # until May"])
            text = [f"{pad}# {item} asked for it"] if self._maybe(0.3) and not is_headed else []
            text.append(f"{pad}- {self._scalar(item)}{note}")
            lines += [(line, line if item in after else None) for line in text]
        return lines + [(None, f"{pad}- {self._scalar(item)}") for item in after if item not in before]
