"""Wire reference, section 8: the calling user."""

from __future__ import annotations

from tests.contract.contract_plane import Plane


def test_the_caller_comes_with_the_groups_without_asking(plane: Plane) -> None:
    reply = plane.get("/self")
    assert (reply.data["type"], reply.attributes["uid"]) == ("user", 0)
    names = {each["attributes"]["name"] for each in reply.json["included"]}
    assert names == {"all_users", "admins"}
    assert len(reply.related("user_groups")) == 2


def test_everyone_may_read_themselves_and_nobody_else(plane: Plane) -> None:
    ada, bob = plane.add_user("ada"), plane.add_user("bob")
    session = plane.login("ada")
    assert session.get("/self").data["id"] == ada
    assert session.get(f"/users/{ada}").status == 200
    assert session.get(f"/users/{bob}").status == 403
