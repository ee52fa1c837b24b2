"""A snapshot without names: what tables and schemas do not know by heart becomes a keyed hash.

It is a whitelist. Kinds, roles, the platform's own names and policies, what schemas enumerate, booleans, amounts and
small numbers stay; any other text is hashed, whatever it is. The same text has the same hash wherever it stands, so
that what names what is still to be seen, and names are such that the schemas take them.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

from igz_apply.authoring.schema_paths import Schema, properties, resolved
from igz_apply.model.addresses import Address, globs_of
from igz_apply.model.comparison import path_at, value_at
from igz_apply.model.hidden import Hidden, untold
from igz_apply.model.ignoring import plain_path
from igz_apply.model.kind import METADATA, Field, Kind, Kinds, Shape
from igz_apply.model.plain_values import hashed, tagged
from igz_apply.model.quantities import duration, quantity
from igz_apply.model.resources import Caller, Entry, Home, Lifecycle, LiveResource, LiveState, SecretRef
from igz_apply.model.urls import embedded
from igz_apply.planning.homes import address_of
from igz_apply.platform import Platform
from igz_apply.ports import Sighting
from igz_apply.snapshots.case import TAKEN_OUT
from igz_apply.snapshots.snapshot import SENT, Case, Ownership, Snapshot

LEFT_OUT = "left out of a sanitised snapshot"
_TEXT, _DIGITS = "t", 12
_SMALL = 1000  # numbers below are counts, percentages and states; what identifies somebody is larger
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
_SECRET_KEYS = frozenset(item.name for item in fields(SecretRef))
_LIFE = frozenset(item.name for item in fields(Lifecycle))
_CONFIG = ("prune", "min_admins", "limits", "protect", "owner")
_SPEC, _LIFECYCLE = "spec", "lifecycle"
_PLAIN = Field("")


def sanitised(snapshot: Snapshot, platform: Platform, key: bytes) -> Snapshot:
    """Return the snapshot with a hash by that key for every text that is nobody's business."""
    return _Sanitiser(platform, key).snapshot(snapshot)


def words_of(schemas: Mapping[str, Schema], kinds: Kinds) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return what the schemas enumerate, by kind and field: of a spec, and `lifecycle` as if it were one."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for kind in kinds:
        schema = schemas.get(kind.name, {})
        top = properties(schema, schema)
        for name, node in (*properties(schema, top.get(_SPEC, {})).items(), (_LIFECYCLE, top.get(_LIFECYCLE, {}))):
            found[kind.name, name] = frozenset(_enumerated(schema, node))
    return found


_BELOW = ("properties", "items", "anyOf", "oneOf", "allOf", "additionalProperties")


def _enumerated(root: Schema, node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _enumerated(root, each)
        return
    if not isinstance(node, Mapping):
        return
    schema = resolved(root, node)
    listed = (*schema.get("enum", ()), *schema.get("x-advice", {}).get("enum", ()), schema.get("const"))
    yield from (word for word in listed if isinstance(word, str))
    for keyword in _BELOW:
        below = schema.get(keyword)
        yield from _enumerated(root, list(below.values()) if keyword == "properties" and below else below)


class _Sanitiser:
    def __init__(self, platform: Platform, key: bytes) -> None:
        kinds = platform.kinds
        self._key = key
        self._kinds = kinds
        self._words = words_of(platform.schemas, kinds)
        self._hashes: dict[str, str] = {}
        powers = kinds.powers
        self._known = frozenset().union(
            *(kind.system_names for kind in kinds),
            *(item.implied for kind in kinds for item in kind.fields),
            powers.known,
            powers.applies,
            powers.administers,
            powers.rules,
        )

    # Texts

    def hash(self, text: str) -> str:
        found = self._hashes.get(text)
        if found is None:
            digest = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), sha256)
            found = self._hashes[text] = digest.hexdigest()[:_DIGITS]
        return found

    def text(self, text: str, prefix: str = _TEXT) -> str:
        return f"{prefix}-{self.hash(text)}" if text else ""

    def name(self, kind: str, name: str) -> str:
        """Return a name; of a path each part by itself, so that it can be seen what lies in what."""
        if not name or name in self._known:
            return name
        sep = self._kinds[kind].inside if kind in self._kinds else ""
        if sep and sep in name:
            return sep.join(self.name(kind, part) for part in name.split(sep))
        return self.text(name, kind[:1].lower() or _TEXT)

    def word(self, text: str) -> str:
        """Return what is looked up by name, such as a policy: the platform's own, or else a hash."""
        return text if text in self._known else self.text(text, "p")

    def address(self, address: Address) -> Address:
        kind = address.kind if address.kind in self._kinds else self.text(address.kind)
        return Address(kind, self.name(address.kind, address.name))

    def identity(self, address: Address, identity: str) -> str:
        """Return an id; one that is the name, or is made of it, still is."""
        if identity == address.name:
            return self.address(address).name
        head, sign, rest = identity.partition("@")
        if sign and head == address.name:
            return f"{self.address(address).name}@{self.hash(rest)}"
        return self.text(identity, "i")

    def endpoint(self, endpoint: str) -> str:
        """Return an address; of an emulator inside a command its word, which tells nobody's name, still is."""
        inside = embedded(endpoint)
        if inside is not None:
            return ":".join(filter(None, (inside[0], self.text(inside[1]))))
        return f"https://{self.text(address_of(endpoint), 'h')}.example.invalid" if endpoint else ""

    # Specs

    def spec(self, kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in spec.items():
            field = kind.field_named(name)
            words = self._words.get((kind.name, name), frozenset[str]())
            found[name if field is not None else self.text(name)] = self._value(field or _PLAIN, value, words)
        return found

    def _value(self, field: Field, value: Any, words: frozenset[str]) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Hidden):
            return untold()
        if isinstance(value, SecretRef):
            return SecretRef(**self._secret({key: getattr(value, key) for key in _SECRET_KEYS}))
        if isinstance(value, Mapping):
            return self._mapping(field, value, words)
        if isinstance(value, list | tuple):
            return type(value)([self._value(field, each, words) for each in value])
        if isinstance(value, str):
            return self._text(field, value, words)
        return self._number(field, value)

    def _mapping(self, field: Field, value: Mapping[str, Any], words: frozenset[str]) -> Mapping[str, Any]:
        if field.write_only or (value and value.keys() <= _SECRET_KEYS and not field.fields):
            return self._secret(value)
        inner = {item.name: item for item in field.fields}
        return {
            (key if key in inner else self.text(str(key))): self._value(inner.get(key, _PLAIN), below, words)
            for key, below in value.items()
        }

    def _secret(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """Return where a secret lies; the name of an environment variable has to look like one."""
        return {
            key if key in _SECRET_KEYS else self.text(key): f"S_{self.hash(value)}"
            if key == "from_env" and value and isinstance(value, str)
            else self._value(_PLAIN, value, frozenset())
            for key, value in place.items()
        }

    def _text(self, field: Field, value: str, words: frozenset[str]) -> str:
        if value == TAKEN_OUT:
            return value
        if field.refers_to:
            return self.name(field.refers_to, value)
        if field.looked_up or (field.name and field.name == self._kinds.powers.held_in):
            return self.word(value)
        if field.shape is Shape.FOLDED:
            return f"{self.text(value.casefold(), 'e')}@example.invalid" if value else ""
        if field.shape is Shape.QUANTITY and quantity(value) is not None:
            return value
        if field.shape is Shape.DURATION and duration(value) is not None:
            return value
        if field is _PLAIN:
            return self.text(value)
        if value in words or value == field.default:
            return value
        # Ids of users and groups are digits in some fields, whose schemas take nothing else.
        return str(self.drawn(value)) if value.isascii() and value.isdigit() else self.text(value)

    def _number(self, field: Field, value: Any) -> Any:
        """Return an amount or a small number as it is, and any other as another one."""
        if field.shape is Shape.QUANTITY or (abs(value) < _SMALL and not field.unique):
            return value
        # Within what schemas allow: of ports from 30000 on.
        drawn = self.drawn(str(value)) if field.unique else 30_000 + self.drawn(str(value)) % 2_767
        return type(value)(drawn)

    def drawn(self, text: str) -> int:
        """Return a large number in place of another one; of a uid, one that schemas allow."""
        return 100_000 + int(self.hash(text), 16) % 2_000_000_000

    def path(self, kind: Kind, dotted: str, *specs: Mapping[str, Any]) -> str:
        """Return a dotted path with hashes for the keys that no table knows."""
        keys = []
        field: Field | None = None
        for index, key in enumerate(path_at(kind, plain_path(dotted), *specs)):
            inner = kind.fields if index == 0 else field.fields if field is not None else ()
            field = next((item for item in inner if item.name == key), None)
            keys.append(key if field is not None else self.text(key))
        return ".".join(keys)

    # The parts

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        return replace(
            snapshot,
            live=self.live(snapshot.live),
            ownership=self.ownership(snapshot.ownership, snapshot.live),
            sightings={self.address(it): self._sighting(it, each) for it, each in snapshot.sightings.items()},
            case=None if snapshot.case is None else self._case(snapshot.case, snapshot),
            key_check=self.hash("the key of a sanitised snapshot"),
        )

    def live(self, live: LiveState) -> LiveState:
        users, groups = self._kinds.membership.kinds
        return LiveState(
            {self.address(it): self._resource(each) for it, each in live.resources.items()},
            {
                self.name(users, user): frozenset(self.name(groups, group) for group in held)
                for user, held in live.groups_of.items()
            },
            self._caller(live.caller),
            self._kinds_why(live.partial),
            {self.address(it): LEFT_OUT for it in live.hidden},
            self._kinds_why(live.read_only),
            {self._sort(sort): frozenset(map(self.word, names)) for sort, names in live.looked_up.items()},
            frozenset(self._kind_word(kind) for kind in live.unread),
        )

    def _kind_word(self, kind: str) -> str:
        return kind if kind in self._kinds else self.text(kind)

    def _sort(self, sort: str) -> str:
        sorts = {item.looked_up for kind in self._kinds for item in kind.looking_up}
        return sort if sort in sorts else self.text(sort)

    def _kinds_why(self, said: Mapping[str, str]) -> dict[str, str]:
        return {self._kind_word(kind): LEFT_OUT for kind in said}

    def _caller(self, caller: Caller) -> Caller:
        version = _VERSION.match(caller.version)
        return Caller(
            self.endpoint(caller.endpoint),
            self.name(self._kinds.membership.user_kind, caller.username),
            self.text(caller.tenant),
            version[0] if version else "",
            self.text(caller.cluster),
        )

    def _resource(self, live: LiveResource) -> LiveResource:
        kind = self._kinds[live.address.kind]
        return replace(
            live,
            address=self.address(live.address),
            id=self.identity(live.address, live.id),
            spec=self.spec(kind, live.spec),
            born=self.text(live.born),
            mark=self.text(live.mark),
            unknown=frozenset(self.path(kind, name) for name in live.unknown),
            contents=None if live.contents is None else self.text(live.contents),
            called=self.name(kind.name, live.called),
        )

    def ownership(self, found: Ownership, live: LiveState) -> Ownership:
        owned, home = found.owned, found.owned.home
        return Ownership(
            replace(
                owned,
                entries={
                    self.address(it): self._entry(it, each, live.resources.get(it))
                    for it, each in owned.entries.items()
                },
                used_plans=tuple(map(self.text, owned.used_plans)),
                home=Home(
                    self.text(home.tenant), self.endpoint(home.endpoint), self.text(home.cluster), home.is_elsewhere
                ),
            ),
            self.text(found.place),
            found.is_new,
            {self.address(it): self.text(place) for it, place in found.held.items()},
            {self.text(place): LEFT_OUT for place in found.unread},
        )

    def _entry(self, address: Address, entry: Entry, live: LiveResource | None) -> Entry:
        if address.kind not in self._kinds:
            return Entry(self.text(entry.id), entry.is_pending, prevent_destroy=entry.prevent_destroy)
        kind = self._kinds[address.kind]
        specs = (entry.values, *((live.spec,) if live is not None else ()))
        strategies = self._words.get((kind.name, "deletion_strategy"), frozenset[str]())
        return replace(
            entry,
            id=self.identity(address, entry.id),
            values=self.spec(kind, entry.values),
            secrets={self.path(kind, path, *specs): SENT for path in entry.secrets},
            deletion_strategy=entry.deletion_strategy if entry.deletion_strategy in strategies else "",
            mark=self.text(entry.mark),
            born=self.text(entry.born),
            filled={
                self.path(kind, path, *specs): self._filled(kind, path, known, live)
                for path, known in entry.filled.items()
            },
            ignored=tuple(self.path(kind, path, *specs) for path in entry.ignored),
            depends_on=tuple(map(self.address, entry.depends_on)),
        )

    def _filled(self, kind: Kind, path: str, known: str, live: LiveResource | None) -> str:
        """Return the hash of what the platform has filled in: of the new value, where that is what lives."""
        spec = live.spec if live is not None else {}
        keys = path_at(kind, path, spec)
        is_there, value = value_at(spec, keys)
        if not is_there or hashed(tagged(value)) != known:
            return self.text(known)
        found = value_at(self.spec(kind, spec), tuple(self.path(kind, path, spec).split(".")))[1]
        return hashed(tagged(found))

    def _sighting(self, address: Address, seen: Sighting) -> Sighting:
        name = self.name(address.kind, seen.name)
        return Sighting(seen.presence, name, self.identity(address, seen.id), LEFT_OUT if seen.why else "")

    # A case

    def _case(self, case: Case, snapshot: Snapshot) -> Case:
        known = {
            *snapshot.live.resources,
            *snapshot.ownership.owned.entries,
            *(Address(it["kind"], it["metadata"]["name"]) for it in case.manifests),
        }
        config = dict(case.config)
        protect = globs_of(config.get("protect", ()), known, spares=True)
        config["protect"] = sorted(str(self.address(it)) for it in known if protect.select(it))
        config["owner"] = self.text(config.get("owner", ""))
        kept: dict[str, Any] = {key: config[key] for key in _CONFIG if key in config}
        return Case([self._manifest(it) for it in case.manifests], kept)

    def _manifest(self, data: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = self._kinds[data["kind"]], data["metadata"]["name"]
        labels = {f"{METADATA}{key}": value for key, value in data["metadata"].items() if key != "name"}
        found: dict[str, Any] = {
            "apiVersion": self._kinds.api_version,
            "kind": kind.name,
            "metadata": {
                "name": self.name(kind.name, name),
                **{key.removeprefix(METADATA): value for key, value in self.spec(kind, labels).items()},
            },
        }
        if data.get(_SPEC) is not None:
            found[_SPEC] = self.spec(kind, data[_SPEC])
        if data.get(_LIFECYCLE) is not None:
            found[_LIFECYCLE] = self._lifecycle(kind, data[_LIFECYCLE], data.get(_SPEC) or {})
        return found

    def _lifecycle(self, kind: Kind, stated: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
        words = self._words.get((kind.name, _LIFECYCLE), frozenset[str]())
        ways: Mapping[str, Callable[[Any], Any]] = {
            "ignore_changes": lambda paths: [self.path(kind, path, spec) for path in paths],
            "renamed_from": lambda name: self.name(kind.name, name),
            "depends_on": lambda texts: [str(self.address(Address.parse(text))) for text in texts],
            "timeout": lambda value: value,  # the schema lets nothing through but a number or a duration
        }
        return {
            (key if key in _LIFE else self.text(key)): ways.get(key, lambda it: self._value(_WORD, it, words))(value)
            for key, value in stated.items()
        }


_WORD = Field("word")
