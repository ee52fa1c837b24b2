"""Dataclasses with slots, as the standard library makes them, in a quarter of the time.

It compiles six functions for each, and a run imports up to two hundred of them. Of these functions `__init__` alone
differs enough from class to class to be compiled, when the first value is made: many a class has none in a run. What
compares, hashes and shows values is shared.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter, eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # so that a type checker knows what it is
else:

    def dataclass(
        *,
        slots: bool,
        frozen: bool = False,
        eq: bool = True,
        repr: bool = True,
        order: bool = False,
        kw_only: bool = False,
    ) -> Callable[[type], type]:
        """Return a decorator like `dataclasses.dataclass`; slots are said where it stands, and are True."""
        assert slots
        return lambda cls: _class_of(
            dataclasses.dataclass(init=False, eq=False, repr=False, slots=True, kw_only=kw_only)(cls),
            is_frozen=frozen,
            has_eq=eq,
            has_repr=repr and "__repr__" not in vars(cls),
            has_order=order,
        )


_UNSET: Any = object()
_MANY = 8  # fields, from which on two changes of class cost less than they spare


def _class_of(made: Any, *, is_frozen: bool, has_eq: bool, has_repr: bool, has_order: bool) -> Any:
    made.__init__ = _Init(made)
    if is_frozen:
        made.__setattr__, made.__delattr__ = _refuse_to_set, _refuse_to_delete
        made.__getstate__, made.__setstate__ = _state, _set_state
    if has_eq:
        values = _values_by(tuple(item.name for item in dataclasses.fields(made) if item.compare))
        made.__eq__ = _compared_by(values, eq)
        made.__hash__ = (lambda self: hash(values(self))) if is_frozen else None
        for compare in (lt, le, gt, ge) if has_order else ():
            setattr(made, f"__{compare.__name__}__", _compared_by(values, compare))
    if has_repr:
        made.__repr__ = _repr
    return made


class _Init:
    """Stands for the `__init__` of a class until someone asks for it, and then makes way for it."""

    __slots__ = ("_made",)

    def __init__(self, made: Any) -> None:
        self._made = made

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        init = _init_of(self._made)
        self._made.__init__ = init  # two threads at once make it twice, and the same
        return init.__get__(instance, owner)


def _init_of(made: Any) -> Any:
    """Compile `__init__`. It sets slots by their descriptors, which is quicker than `object.__setattr__` by name.

    Of a class with many fields, of which runs make thousands, it sets them while the value is of a class with the same
    slots that is not frozen: an ordinary assignment is quicker still.
    """
    known: dict[str, Any] = {"_UNSET": _UNSET}
    taken, named = ["self"], list[str]()
    lines: list[str] = []
    items = dataclasses.fields(made)
    if is_thawed := len(items) >= _MANY and made.__bases__ == (object,):
        known["_become"] = object.__dict__["__class__"].__set__
        known["_Thawed"] = type(made.__name__, (), {"__slots__": made.__slots__})
        lines.append(" _own = self.__class__\n _become(self, _Thawed)")
    for item in items:
        name = item.name
        default, value, made_anew = "", name, f"_make_{name}()"
        if item.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = item.default_factory
            default, value = "=_UNSET", f"{made_anew} if {name} is _UNSET else {name}"
        elif item.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = item.default
            default = f"=_default_{name}"
        if item.init:
            (named if item.kw_only else taken).append(f"{name}{default}")
        elif default:
            value = made_anew if default == "=_UNSET" else f"_default_{name}"
        else:  # `__post_init__` sets it
            continue
        known[f"_set_{name}"] = getattr(made, name).__set__
        lines.append(f" self.{name} = {value}" if is_thawed else f" _set_{name}(self, {value})")
    if is_thawed:
        lines.append(" self.__class__ = _own")
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()")
    parameters = ", ".join([*taken, "*", *named] if named else taken)
    source = f"def __init__({parameters}):\n" + ("\n".join(lines) or " pass")
    exec(source, known)  # of names of fields alone, as the standard library does it
    init = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


_Values = Callable[[Any], tuple[Any, ...]]


def _values_by(names: tuple[str, ...]) -> _Values:
    """Return what takes these fields of a value."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _compared_by(values: _Values, compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a method that compares two values of one class."""

    def method(self: Any, other: Any) -> Any:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return method


def _repr(self: Any) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in dataclasses.fields(self) if item.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: Any, name: str, value: Any) -> None:  # noqa: ARG001
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:  # noqa: ARG001
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, item.name) for item in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for item, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, item.name, value)
