"""Scripts for the published SDK find the names and arguments that they use."""

from __future__ import annotations

import enum
import inspect
from typing import Any

import pytest

import igz_apply.controlplane as ours

igz_mgmt = pytest.importorskip("igz_mgmt")
pytestmark = pytest.mark.sdk

# What the SDK has and this client has not, with the reason.
LEFT_OUT = {
    "client": "a module, which is not what scripts use",
    "common": "the SDK's own tools",
    "cruds": "the SDK's own machinery",
    "logger": "scripts give a logger of the standard library",
    "get_or_create_logger": "scripts give a logger of the standard library",
    "schemas": "the parts of a service are names of the package itself",
}
# Operations that the SDK has by inheritance and that the platform has not (wire reference, section 2.1).
NO_SUCH_OPERATION = {"delete", "update", "get", "list", "from_orm", "from_orm_with_client", "delete_all"}


def public(module: Any) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_") and name not in LEFT_OUT]


def classes() -> list[str]:
    return [name for name in public(igz_mgmt) if inspect.isclass(getattr(igz_mgmt, name))]


def own_methods(kind: type) -> dict[str, Any]:
    """The public methods that the SDK itself defines, not those of the library under it."""
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if base.__module__.startswith("igz_mgmt"):
            found |= {n: getattr(kind, n) for n in vars(base) if not n.startswith("_") and callable(getattr(kind, n))}
    return {name: method for name, method in found.items() if not name.endswith("_validator") and name != "Config"}


@pytest.mark.parametrize("name", public(igz_mgmt))
def test_a_public_name_of_the_sdk_is_here(name: str) -> None:
    assert hasattr(ours, name)


@pytest.mark.parametrize("name", public(igz_mgmt.constants))
def test_constants_have_the_same_members(name: str) -> None:
    theirs = getattr(igz_mgmt.constants, name)
    if not (inspect.isclass(theirs) and issubclass(theirs, enum.Enum)):
        return
    mine = getattr(ours.constants, name)
    assert {m.name: m.value for m in mine} == {m.name: m.value for m in theirs}


@pytest.mark.parametrize("name", classes())
def test_methods_take_the_same_arguments(name: str) -> None:
    theirs, mine = getattr(igz_mgmt, name), getattr(ours, name)
    if issubclass(theirs, enum.Enum):
        return
    for method, original in own_methods(theirs).items():
        here = getattr(mine, method, None)
        if here is None and method in NO_SUCH_OPERATION:
            continue
        assert here is not None, f"{name}.{method}"
        accepted = set(inspect.signature(here).parameters)
        if not any(p.kind is p.VAR_KEYWORD for p in inspect.signature(here).parameters.values()):
            wanted = {n for n in inspect.signature(original).parameters if n not in ("kwargs", "self")}
            assert wanted <= accepted, f"{name}.{method}: {wanted - accepted}"


@pytest.mark.parametrize("name", classes())
def test_fields_are_attributes(name: str) -> None:
    theirs, mine = getattr(igz_mgmt, name), getattr(ours, name)
    fields = set(getattr(theirs, "__fields__", {}))
    if not issubclass(mine, ours.Resource):
        return
    known = set(mine.table) | {n for n in dir(mine) if not n.startswith("_")} | {"id", "type"}
    assert fields <= known | {"relationships", "included", "password"}
