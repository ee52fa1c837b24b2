"""Values that may be secrets, in settings whose keys no table of ours describes: compared and sent, never shown.

They are wrapped where a spec is made, of a manifest or of what lives, so that all that shows or keeps a spec has no
text to show. What is kept is a slow hash, salted by the place where the value stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from igz_apply.model.addresses import Address
from igz_apply.model.kind import Field, Kind, Shape
from igz_apply.model.resources import SecretRef
from igz_apply.model.secrecy import holds_login, may_be_secret, secret_paths
from igz_apply.values import dataclass

MASK = "(hidden: may be a secret)"
_FREE_SHAPES = (Shape.OBJECT, Shape.SETTINGS)
_NONE = object()
_UNTOLD = "untold"
# 16 MiB and some 40 ms a value, as for declared secrets; paid where one is kept, or compared with what was kept.
_N, _R, _P = 2**14, 8, 1

Path = tuple[str, ...]
_Walk = Callable[[Any, Path, bool], Any]  # value, where it stands, whether a key above says that it may be a secret


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hidden:
    """A text or a number that may be a secret; without its value, one that was kept by its digest alone."""

    place: str = ""
    value: Any = _NONE
    kept: str = ""

    @property
    def is_held(self) -> bool:
        """Whether the value itself is here."""
        return self.value is not _NONE

    @property
    def is_untold(self) -> bool:
        """Whether neither value nor digest is here: a snapshot holds none, and nobody can compare it."""
        return self.kept == _UNTOLD

    @property
    def digest(self) -> str:
        """What may be kept of it."""
        return _digest(self.place, json.dumps(self.value)) if self.is_held else self.kept

    def __eq__(self, other: object) -> bool:
        """Compare values, or where one side has none, digests; a plain value was kept by an older release.

        What is untold is no difference to any other.
        """
        if not isinstance(other, Hidden):
            return self.is_held and type(other) is type(self.value) and bool(other == self.value)
        if self.is_untold or other.is_untold:
            return True
        if self.is_held and other.is_held:
            return type(other.value) is type(self.value) and bool(other.value == self.value)
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(Hidden)

    def __repr__(self) -> str:
        return MASK


def untold() -> Hidden:
    """Return a value that may be a secret, and of which nothing is known but that."""
    return Hidden(kept=_UNTOLD)


# Of this process alone, as the interpreter mixes texts by a secret of its own: nobody has tables of what it makes.
_KEY = b"".join(hash(f"a digest of a value, {part}").to_bytes(8, "big", signed=True) for part in range(4))
_MOST_DIGESTS = 1024
_digests: dict[bytes, str] = {}  # of values that were asked for, by what tells them apart in this process: never a text


def _digest(place: str, text: str) -> str:
    import hashlib  # here: few runs keep such a value, and all would wait

    where = place.encode("utf-8", "surrogateescape")
    name = hashlib.blake2b(b"%d:%s%s" % (len(where), where, text.encode()), key=_KEY).digest()
    found = _digests.get(name)
    if found is None:
        if len(_digests) >= _MOST_DIGESTS:
            _digests.clear()
        found = _digests[name] = _slow_digest(place, text)
    return found


def _slow_digest(place: str, text: str) -> str:
    import base64  # both here, as above
    import hashlib

    salt = hashlib.sha256(place.encode("utf-8", "surrogateescape")).digest()[:16]
    digest = hashlib.scrypt(text.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=2**26, dklen=32)
    return f"scrypt-of-place${base64.b64encode(digest).decode('ascii')}"


@lru_cache(maxsize=64)  # one for each kind: a plan asks of thousands of resources
def has_free_parts(kind: Kind) -> bool:
    """Say whether specs of the kind can have parts that no table describes."""
    return bool(free_names(kind))


def free_names(kind: Kind) -> frozenset[str]:
    """Return the fields of which a spec states one if it has parts that no table describes."""
    free = {field.name for field in kind.fields if field.shape in _FREE_SHAPES and _is_free(field)}
    return frozenset((*free, kind.named_by) if kind.named_by else free)


def hiding(kind: Kind, address: Address, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a spec in which every value that may be a secret is hidden, by its key or as a URL with a password.

    Only free-form settings are looked into: of the fields of our tables it is known which hold secrets.
    """

    def hide(value: Any, path: Path, is_secret: bool) -> Any:
        if isinstance(value, (dict, Mapping)):
            named = may_be_secret(str(value.get("name") or value.get("key") or ""))
            return {
                key: hide(below, (*path, key), is_secret or may_be_secret(key) or (named and key == "value"))
                for key, below in value.items()
            }
        if isinstance(value, list | tuple):
            return [hide(each, path, is_secret) for each in value]
        if value is None or value == "" or isinstance(value, bool | SecretRef | Hidden):
            return value
        if is_secret or (isinstance(value, str) and holds_login(value)):
            return Hidden(f"{address}#{'.'.join(path)}", value)
        return value

    return _free_parts(kind, spec, hide)


def referring(kind: Kind, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a manifest's spec with a SecretRef wherever free-form settings say in which place a secret lies."""

    def refer(value: Any, path: Path, is_secret: bool) -> Any:
        if not isinstance(value, Mapping):
            return value
        if is_place(value):
            return SecretRef.stated(value)
        return {key: refer(below, (*path, key), is_secret) for key, below in value.items()}

    return _free_parts(kind, spec, refer, (Shape.OBJECT,))


def is_place(value: Mapping[str, Any]) -> bool:
    """Say whether a mapping says in which one place a secret lies, as the field of a secret would."""
    if value.keys() == {"from_command"}:
        argv = value["from_command"]
        return isinstance(argv, list) and bool(argv) and all(isinstance(it, str) for it in argv) and bool(argv[0])
    is_known = value.keys() in ({"from_env"}, {"from_file"}, {"from_store", "key"})
    return is_known and all(isinstance(it, str) and it for it in value.values())


def free_parts(kind: Kind, spec: Mapping[str, Any]) -> tuple[tuple[Path, Any], ...]:
    """Return the parts of a spec that no table describes, each with its path."""
    found: list[tuple[Path, Any]] = []

    def note(value: Any, path: Path, _: bool) -> Any:
        found.append((path, value))
        return value

    _free_parts(kind, spec, note)
    return tuple(found)


def _free_parts(
    kind: Kind, spec: Mapping[str, Any], walk: _Walk, shapes: tuple[Shape, ...] = _FREE_SHAPES
) -> Mapping[str, Any]:
    """Return a spec with what `walk` makes of the parts that no table describes."""
    found = dict(spec)
    for field in kind.fields_of(spec):
        value = found.get(field.name)
        if value is not None and field.shape in shapes and _is_free(field) and isinstance(value, (dict, Mapping)):
            found[field.name] = _part(field, value, (field.name,), walk, shapes)
    return found


def _is_free(field: Field) -> bool:
    """Whether parts that no table describes may stand below: of roles and memberships it is known what they hold."""
    return not (field.roles or field.mirrored or field.steers)


def _part(field: Field, value: Any, path: Path, walk: _Walk, shapes: tuple[Shape, ...]) -> Any:
    if field.shape not in shapes or not isinstance(value, (dict, Mapping)):
        return value
    if field.shape is Shape.SETTINGS:
        return walk(value, path, False)
    inner = {item.name: item for item in field.fields}
    return {
        key: _part(inner[key], below, (*path, key), walk, shapes)
        if key in inner
        else walk(below, (*path, key), may_be_secret(key))
        for key, below in value.items()
    }


def hidden_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Hidden]]:
    """Yield every hidden value, with its place."""
    if isinstance(value, Hidden):
        yield path, value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from hidden_in(below, (*path, key))
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from hidden_in(below, (*path, index))


def may_hold_secret(value: Any) -> bool:
    """Say whether something in a value is hidden, or would be if it stood where no table says what it is."""
    found = chain((path for path, _ in hidden_in(value)), secret_paths(value))
    return next(found, None) is not None


def revealed(value: Any, live: Any = None) -> Any:
    """Return a value as it is sent. What a saved plan kept by its digest is the `live` value that has that digest.

    Raises LookupError where there is none: the plan does not hold what it would write.
    """
    if isinstance(value, Hidden):
        found = value if value.is_held else live
        if found != value or not isinstance(found, Hidden) or not found.is_held:
            raise LookupError(f"the plan does not hold the value of {value.place or 'a hidden setting'}")
        return found.value
    if isinstance(value, Mapping):
        lives = live if isinstance(live, Mapping) else {}
        return {key: revealed(below, lives.get(key)) for key, below in value.items()}
    if isinstance(value, list | tuple):
        others = live if isinstance(live, list | tuple) and len(live) == len(value) else [None] * len(value)
        return [revealed(each, other) for each, other in zip(value, others, strict=True)]
    return value


def unheld(desired: Any, live: Any) -> Iterator[str]:
    """Yield the dotted paths of values that a saved plan would write and does not hold."""
    lives = dict(hidden_in(live))
    for path, value in hidden_in(desired):
        if not value.is_held and lives.get(path) != value:
            yield ".".join(map(str, path))
