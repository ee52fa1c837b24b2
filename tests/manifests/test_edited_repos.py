"""`offboard` and `accept` on repositories that were made up: what has to change changes, to the character."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.editing.documents import edited_file
from igz_apply.manifests.loading import checked
from igz_apply.manifests.reader import Reading, read_bytes
from igz_apply.model.addresses import Address, Source
from igz_apply.model.edits import Edit
from igz_apply.model.problems import errors_of
from igz_apply.model.resources import DesiredState
from igz_apply.planning.accepting import Wish, accepted
from igz_apply.planning.offboarding import leaving
from tests.builders import cluster, owned, plan_for
from tests.manifests.generated_repos import company, drifted, without_ada, written

pytestmark = pytest.mark.full

MANY = 2000 if os.environ.get("IGZ_TORTURE") == "whole" else 100
ADA = Address("User", "ada")


def desired(files: Mapping[str, str]) -> DesiredState:
    found = [read_bytes(path, text.encode()) for path, text in sorted(files.items())]
    documents = tuple(document for each in found for document in each.documents)
    problems = tuple(problem for each in found for problem in each.problems)
    loaded = checked(Reading(documents, problems, len(found)), IGUAZIO3)
    assert not errors_of(loaded.problems), loaded.problems
    return loaded.desired


def after(files: Mapping[str, str], edits: Sequence[Edit]) -> dict[str, str]:
    by_file: dict[str, dict[Source, list[Edit]]] = {}
    for edit in edits:
        by_file.setdefault(edit.document.path, {}).setdefault(edit.document, []).append(edit)
    contents = {path: edited_file(path, text.encode(), by_file.get(path, {})) for path, text in files.items()}
    return {path: content.decode() for path, content in contents.items() if content is not None}


@pytest.mark.parametrize("seed", range(MANY))
def test_who_leaves_goes_and_nothing_else(seed: int) -> None:
    chance = Random(seed)
    documents = company(chance)
    repo = written(chance, [(each, without_ada(each)) for each in documents])
    stated = desired(repo.before)
    found = leaving(ADA, "katherine", stated, KINDS)
    assert after(repo.before, found.edits) == repo.after
    now = desired(repo.after)
    same_as = {
        str(ADA): None,
        **{f"{each['kind']}/{each['metadata']['name']}": without_ada(each) for each in documents},
    }
    for address, resource in stated.resources.items():
        wanted = same_as[str(address)]
        if wanted is None:
            assert address not in now.resources
            continue
        assert {key: value for key, value in now.resources[address].spec.items() if key != "metadata.labels"} == wanted[
            "spec"
        ]
        assert (now.resources[address].spec == resource.spec) == (address not in found.about) or resource.lifecycle


@pytest.mark.parametrize("seed", range(MANY))
def test_what_the_cluster_has_is_taken_and_nothing_else(seed: int) -> None:
    chance = Random(seed)
    documents = company(chance)
    repo = written(chance, [(each, drifted(chance, each)) for each in documents])
    stated, there = desired(repo.before), cluster(*desired(repo.after).resources.values())
    made = plan_for(stated, there, owned(*stated.resources.values()))
    wishes = [Wish(address) for address in stated.resources]
    found = accepted(wishes, made, stated, KINDS)
    assert (found.left, found.problems) == ((), ())
    changed = after(repo.before, found.edits)
    assert plan_for(desired(changed), there, owned(*stated.resources.values())).writes == ()
    assert changed == repo.after
