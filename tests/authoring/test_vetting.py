"""What an export is about to write and no manifest may say is left out, and said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from igz_apply.authoring.exporting import ExportedResource, exported
from igz_apply.authoring.validation import validate
from igz_apply.authoring.vetting import Vetted, vetted
from igz_apply.iguazio3.kinds import KINDS
from igz_apply.iguazio3.platform import schema_of as resource_schema
from igz_apply.manifests.loading import judged
from igz_apply.model.addresses import Address, Source
from igz_apply.model.problems import Problem
from igz_apply.model.resources import Document
from tests.builders import Places, cluster, group, live, service, user

SCHEMAS = {kind.name: resource_schema(kind.name) for kind in KINDS}


def judge(documents: Sequence[Document]) -> Sequence[Problem]:
    return validate(documents, KINDS, SCHEMAS)


def vet(*items: Any, only: Sequence[str] = (), beside: Sequence[Document] = ()) -> Vetted:
    return vetted(exported(cluster(*items), KINDS, only, is_full=True), judge, beside)


def test_what_is_valid_stays_as_it_is() -> None:
    found = vet(user("ada", first_name="Ada"), group("ds"))
    assert [(str(it.address), it.refused) for it in found.resources] == [("Group/ds", ()), ("User/ada", ())]
    assert found.refused == {}


def test_a_value_that_no_manifest_may_have_is_left_out_with_the_reason() -> None:
    (found,) = vet(
        live(group("all_users", gid=-1, description="All"), is_system=True), only=["Group/all_users"]
    ).resources
    assert found.document["spec"] == {"description": "All"}
    ((path, why),) = found.refused
    assert path == "spec.gid"
    assert "at least 0" in why


def test_an_object_that_is_not_whole_without_what_is_refused_goes_with_it_under_the_first_reason() -> None:
    context = {
        "run_as_user": "1000",
        "run_as_group": "",
        "fs_group": "",
        "supplemental_groups": [],
        "run_as_non_root": 0,
    }
    (found,) = vet(service("s", kind="jupyter", description="kept", security_context=context)).resources
    assert found.document["spec"] == {"kind": "jupyter", "description": "kept", "desired_state": "ready"}
    assert [path for path, _ in found.refused] == ["spec.security_context"]
    assert "needs the field" not in found.refused[0][1]


def test_of_a_list_with_a_refused_item_the_whole_is_left_out() -> None:
    (found,) = vet(user("ada", assigned_policies=["Data", ""], job_title="x")).resources
    assert found.document["spec"] == {"job_title": "x", "admin_status": "up"}


def test_what_has_a_name_that_no_manifest_may_have_is_not_exported_and_the_rest_is() -> None:
    found = vet(user("a d a"), user("bob"))
    assert [str(it.address) for it in found.resources] == ["User/bob"]
    assert list(found.refused) == [Address("User", "a d a")]


def test_what_is_wrong_with_manifests_that_are_there_already_is_not_this_exports_fault() -> None:
    other = {"apiVersion": "iguazio.com/v1", "kind": "User", "metadata": {"name": "bad"}, "spec": {"uid": -1}}
    beside = Document(Source("old.yaml", 1, 1), other, Places("old.yaml"))
    assert [str(it.address) for it in vet(user("ada"), beside=[beside]).resources] == ["User/ada"]


def test_a_fault_that_has_no_place_in_the_manifest_leaves_the_resource_out() -> None:
    resource = ExportedResource(Address("User", "ada"), {"kind": "User", "metadata": {"name": "ada"}, "spec": {}})
    for source in (None, Source("elsewhere.yaml", 1, 1), Source("7", 1, 1)):
        found = vetted([resource], partial(_faults_of, source))
        assert found.refused == {resource.address: "Wrong."}


def _faults_of(source: Source | None, documents: Sequence[object]) -> list[Problem]:
    fault = Problem("Fault", "Wrong.", source=source, address=Address("User", "ada"))
    return [fault] if documents else []


def test_places_of_what_is_not_written_yet_are_told_as_fields() -> None:
    def against_each_other(documents: Sequence[Document]) -> Sequence[Problem]:
        return judged(documents, KINDS, SCHEMAS)[1]

    twins = exported(cluster(user("ada", uid=7), user("bob", uid=7)), KINDS, (), is_full=True)
    whys = [why for it in vetted(twins, against_each_other).resources for _, why in it.refused]
    assert whys == ["User/bob states the uid 7, and so does User/ada at `spec.uid`."]
