"""What an apply looks up after a lost answer: the very name, and whether what has it is what was sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from igz_apply.controlplane import Client, Group
from igz_apply.emulator import Emulator, Options, serving
from igz_apply.errors import Conflict
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.steps import Verb, steps_of
from igz_apply.iguazio3.writing import ClusterWriter
from igz_apply.local.secrets import EnvironmentSecrets
from igz_apply.model.addresses import Address
from igz_apply.model.resources import Entry, LiveResource, Owned
from igz_apply.model.step import Step
from igz_apply.ports import Accepted, Done, Taken
from tests.builders import cluster, entry, group, live, manifests, plan_for, project, user

ADMIN = Address("User", "admin")


@pytest.fixture
def client() -> Iterator[Client]:
    emulator = Emulator(options=Options(group_delete_job=False))
    with (
        serving(emulator) as server,
        Client(endpoint=server.url, access_key=server.access_key, username=server.username) as found,
    ):
        yield found
    emulator.close()


@pytest.fixture
def writer(client: Client, tmp_path: Path) -> ClusterWriter:
    return ClusterWriter(client, KINDS, EnvironmentSecrets(os.environ, tmp_path))


@pytest.mark.parametrize("name", ["[$ne]x", "[$eq]x", "[$unknown]"])
def test_a_lost_create_is_found_again_by_a_name_that_reads_like_an_operator(
    name: str, client: Client, writer: ClusterWriter
) -> None:
    (step,) = steps_of(plan_for(manifests(group(name)), cluster()), KINDS)
    Group.create(client, name="x")
    before = writer.settle(step, {})
    made = Group.create(client, name=name)
    found = writer.settle(step, {})
    assert before is None
    assert isinstance(found, Done | Accepted)
    assert list(found.ids.values()) == [str(made.id)]


def test_what_has_the_name_of_a_lost_create_and_is_not_as_it_was_sent_is_not_ours(
    client: Client, writer: ClusterWriter
) -> None:
    (step,) = steps_of(
        plan_for(manifests(group("ds", description="ours", data_access_mode="enabled")), cluster()), KINDS
    )
    theirs = Group.create(client, name="ds", description="theirs")
    found = writer.settle(step, {})
    assert isinstance(found, Taken)
    assert "not as it was sent (description)" in found.why
    client.call("PUT", f"user_groups/{theirs.id}", body=attributes("user_group", description="ours"))
    found = writer.settle(step, {})
    assert isinstance(found, Done | Accepted)
    assert (list(found.ids.values()), dict(found.conflicts)) == ([str(theirs.id)], {})


def test_a_lost_create_is_told_from_anothers_by_its_links_too(client: Client, writer: ClusterWriter) -> None:
    plan = plan_for(manifests(project("churn", owner="admin")), cluster(user("admin")))
    step = next(each for each in steps_of(plan, KINDS) if each.key == "create Project/churn")
    client.call("POST", "projects", body=attributes("project", name="churn"))
    owner = str(client.get("self").data["id"])
    ours, theirs = writer.settle(step, {ADMIN: owner}), writer.settle(step, {ADMIN: "another"})
    assert isinstance(ours, Done | Accepted)
    assert dict(ours.conflicts) == {}
    assert isinstance(theirs, Taken)


@pytest.mark.parametrize("called", ["ds", "renamed"])
def test_a_lost_delete_is_looked_for_by_its_id_whatever_it_is_called(
    called: str, client: Client, writer: ClusterWriter
) -> None:
    made = Group.create(client, name=called)
    step = deletion(live(group("ds"), id=str(made.id)), entry(group("ds"), id=str(made.id)))
    assert writer.settle(step, {}) is None
    client.call("DELETE", f"user_groups/{made.id}")
    assert writer.settle(step, {}) == Accepted(probes=True)
    assert writer.is_settled(step, {})


def test_what_was_made_again_under_the_id_of_a_lost_delete_is_not_what_was_to_go(
    client: Client, writer: ClusterWriter
) -> None:
    """From 3.5.4 on the id of a project is made of its name, so that another one has the same."""
    made = client.call("POST", "projects", body=attributes("project", name="churn")).data
    born = made["attributes"]["created_at"]
    for was, is_gone in ((born, False), ("2020-01-01T00:00:00.000000+00:00", True)):
        churn = live(project("churn"), id=made["id"], born=was)
        step = deletion(churn, entry(project("churn"), id=made["id"], born=was))
        assert (writer.settle(step, {}) is not None, writer.is_settled(step, {})) == (is_gone, is_gone)


def test_the_roles_of_a_project_that_was_made_again_are_neither_written_nor_waited_for(
    client: Client, writer: ClusterWriter
) -> None:
    made = client.call("POST", "projects", body=attributes("project", name="churn")).data
    churn = live(project("churn"), id=made["id"], born="2020-01-01T00:00:00.000000+00:00")
    wanted = project("churn", members={"viewer": {"users": ["admin"]}})
    (step,) = steps_of(plan_for(manifests(wanted), cluster(churn, user("admin"))), KINDS)
    ids = {wanted.address: made["id"], ADMIN: str(client.get("self").data["id"])}
    sent = writer.perform(step, ids)
    assert isinstance(sent, Done)
    assert (step.verb, list(sent.conflicts)) == (Verb.ROLES, [wanted.address])
    with pytest.raises(Conflict, match="another of its name stands there now"):
        writer.is_settled(step, ids)


def deletion(lives: LiveResource, remembered: Entry) -> Step:
    held = Owned({lives.address: remembered})
    steps = steps_of(plan_for(manifests(user("z")), cluster(lives), held, prune=True), KINDS)
    return next(each for each in steps if each.verb == Verb.DELETE)


def attributes(of: str, **stated: str) -> dict[str, object]:
    return {"data": {"type": of, "attributes": stated, "relationships": {}}}
