"""Whole plans and applies about who holds policies, against a cluster in this process."""

from __future__ import annotations

from tests.iguazio4.site4 import Site, group, manifest, spec_of, user


def test_policies_that_only_add_converge_beside_those_that_others_gave() -> None:
    site = Site()
    names = sorted(site.live().looked_up["Policy"])
    first, second = names[:2]
    site.converged([user("ada@example.com", policies=[first])])
    declared = user("ada@example.com", policies=[second])
    live = site.converged([{**declared, "lifecycle": {"membership": "additive"}}])
    assert spec_of(live, "User/ada@example.com")["policies"] == [first, second]
    live = site.converged([declared])
    assert spec_of(live, "User/ada@example.com")["policies"] == [second]


def test_what_leaves_a_holder_out_is_refused_before_anything_is_written() -> None:
    site = Site()
    first = min(site.live().looked_up["Policy"])
    declared = [
        user("ada@example.com", policies=[first]),
        group("ops"),
        manifest("PolicyBinding", first, {"users": [], "groups": ["ops"]}),
    ]
    ran = site.applied(declared)
    assert ran.code == 3
    assert site.line.writes == []
