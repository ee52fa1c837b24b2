"""What a cluster lists that is not what it should be is an error of the reading, with its path, never a defect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from igz_apply.errors import PlaneError
from igz_apply.iguazio3.kinds import APP_SERVICE, KINDS
from igz_apply.iguazio3.live_state import Page, live_state
from igz_apply.iguazio3.reading import entries
from igz_apply.iguazio3.wire import SharedDocument
from igz_apply.model.kind import Kind
from igz_apply.model.resources import Caller
from igz_apply.ports import Sighting
from tests.fakes import InlinePool

T = TypeVar("T")
GOOD: dict[str, list[Any]] = {
    "User": [{"type": "user", "id": "u", "attributes": {"username": "ada"}}],
    "Group": [{"type": "user_group", "id": "g", "attributes": {"name": "ops"}}],
    "Project": [
        {"type": "project", "id": "p", "attributes": {"name": "churn", "labels": [{"name": "a", "value": "b"}]}}
    ],
    "AppService": [{"spec": {"name": "jup", "kind": "jupyter"}}],
}


class Listing:
    """A reader of fixed lists."""

    def __init__(self, **lists: list[Any]) -> None:
        self._lists = {**GOOD, **lists}

    def caller(self) -> Caller:
        return Caller("https://cluster.test", "admin", "t", "3.5.5")

    included: tuple[Any, ...] = ()  # what comes along with the projects

    def pages(self, kind: Kind, keep: Callable[[Page], T]) -> Iterator[T]:
        yield keep(Page(self._lists[kind.name], self.included if kind.name == "Project" else ()))

    def look(self, kind: Kind, name: str, identity: str) -> Sighting:
        raise AssertionError(f"nothing is looked for: {kind.name}/{name} {identity}")

    def mirrored(self, kind: Kind) -> None:
        raise AssertionError(f"no other view is read: {kind.name}")


def test_what_is_well_formed_is_read() -> None:
    live = live_state(Listing(), KINDS, InlinePool())
    assert sorted(map(str, live.resources)) == ["AppService/jup", "Group/ops", "Project/churn", "User/ada"]


@pytest.mark.parametrize(
    "items",
    [
        [{"type": "project", "attributes": {"name": "churn"}}],
        [{"type": "project", "id": "p"}],
        [{"type": "project", "id": "p", "attributes": {"name": None}}],
        [{"type": "project", "id": "p", "attributes": ["churn"]}],
        [{"type": "project", "id": "p", "attributes": {"name": "churn", "labels": [{"value": "b"}]}}],
        [{"type": "project", "id": "p", "attributes": {"name": "churn", "labels": 7}}],
        [{"type": "project", "id": "p", "attributes": {"name": "churn"}, "relationships": {"owner": 7}}],
        [7],
    ],
)
def test_what_is_not_is_an_error_that_names_the_list(items: list[Any]) -> None:
    with pytest.raises(PlaneError, match=r"GET projects listed something that is no Project") as caught:
        live_state(Listing(Project=items), KINDS, InlinePool())
    assert (caught.value.path, caught.value.exit_code) == ("projects", 1)


ROLE = {"type": "project_authorization_role", "id": "r"}


@pytest.mark.parametrize("relationships", [{}, {"relationships": None}, {"relationships": {}}])
@pytest.mark.parametrize("attributes", [{"attributes": None}, {"attributes": "admin"}, {}])
def test_a_role_that_does_not_say_what_it_is_is_not_taken_for_one_without_members(
    attributes: dict[str, Any], relationships: dict[str, Any]
) -> None:
    listing = Listing(
        Project=[{**GOOD["Project"][0], "relationships": {"project_authorization_roles": {"data": [ROLE]}}}]
    )
    listing.included = ({**ROLE, **attributes, **relationships},)
    with pytest.raises(PlaneError, match="something that is no Project"):
        live_state(listing, KINDS, InlinePool())


@pytest.mark.parametrize("item", [7, None, "role"])
def test_what_comes_along_and_is_no_record_is_an_error_that_names_the_list(item: Any) -> None:
    listing = Listing()
    listing.included = (item,)
    with pytest.raises(PlaneError, match="GET projects listed something that is no Project"):
        live_state(listing, KINDS, InlinePool())


@pytest.mark.parametrize(
    ("entry", "told"),
    [({"spec": None}, "'spec.name'"), ("x", "'str'"), ({"spec": {"name": "jup", "kind": ["jupyter"]}}, "unhashable")],
)
def test_an_app_service_that_is_none_is_told_by_what_is_wrong_with_it(entry: Any, told: str) -> None:
    with pytest.raises(PlaneError, match=f"no AppService .*{told}"):
        live_state(Listing(AppService=[entry]), KINDS, InlinePool())


def test_one_name_of_two_resources_is_an_error() -> None:
    twice = [*GOOD["Group"], {"type": "user_group", "id": "g2", "attributes": {"name": "ops"}}]
    with pytest.raises(PlaneError, match="lists Group/ops twice, as g and g2"):
        live_state(Listing(Group=twice), KINDS, InlinePool())


@pytest.mark.parametrize(
    "data",
    [None, {}, [None], [{}], [{"attributes": {}}], [{"attributes": {"app_services": None}}]]
    + [[{"attributes": {"app_services": [entry]}}] for entry in (None, 7, {}, {"spec": None})],
)
def test_a_document_without_a_list_of_entries_is_no_empty_one(data: Any) -> None:
    assert isinstance(APP_SERVICE.wire, SharedDocument)
    with pytest.raises(PlaneError, match="did not answer with a document that lists its app_services"):
        entries(data, APP_SERVICE.wire)
