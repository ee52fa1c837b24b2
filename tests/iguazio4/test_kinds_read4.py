"""On an Iguazio 4, projects alone can be left out: users, groups and policies tell of each other."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import InlinePool
from tests.iguazio4.site4 import Site, project


def test_what_is_read_without_projects_is_the_rest_of_all() -> None:
    site = Site()
    site.applied([project("churn")])
    whole = site.live()
    del site.line.asked[:]
    found = site.reader.live(InlinePool(), frozenset({"User", "Group", "PolicyBinding"}))
    assert [each for each in site.line.asked if "project" in each.partition("?")[0]] == []
    left = {address: it for address, it in whole.resources.items() if address.kind != "Project"}
    assert len(left) < len(whole.resources)
    partial = {kind: why for kind, why in whole.partial.items() if kind != "Project"}
    assert found == replace(whole, resources=left, partial=partial, read_only={}, unread=frozenset({"Project"}))
    assert site.reader.live(InlinePool(), frozenset({"Project"})) == whole
