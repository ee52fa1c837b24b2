"""What an apply looks up after a lost answer: the very name, whatever operator could be read into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builders import cluster, group, manifests, plan_for

from igz_apply.adapter import ClusterWriter
from igz_apply.controlplane import Client, Group
from igz_apply.core.steps import steps_of
from igz_apply.emulator import Emulator, serving
from igz_apply.kinds import KINDS
from igz_apply.secrets import EnvironmentSecrets


@pytest.mark.parametrize("name", ["[$ne]x", "[$eq]x", "[$unknown]"])
def test_a_lost_create_is_found_again_by_a_name_that_reads_like_an_operator(name: str, tmp_path: Path) -> None:
    (step,) = steps_of(plan_for(manifests(group(name)), cluster()), KINDS)
    emulator = Emulator()
    with (
        serving(emulator) as server,
        Client(endpoint=server.url, access_key=server.access_key, username=server.username) as client,
    ):
        writer = ClusterWriter(client, KINDS, EnvironmentSecrets(os.environ, tmp_path))
        Group.create(client, name="x")
        before = writer.settle(step)
        made = Group.create(client, name=name)
        found = writer.settle(step)
    emulator.close()
    assert before is None
    assert found is not None
    assert list(found.ids.values()) == [str(made.id)]
