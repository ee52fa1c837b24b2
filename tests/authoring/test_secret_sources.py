"""Secrets that would be looked up where nobody allows it."""

from __future__ import annotations

from igz_apply.authoring.secret_sources import sources_not_allowed
from igz_apply.model.addresses import Address
from igz_apply.model.allowed_sources import AllowedSources
from igz_apply.model.resources import SecretRef
from tests.builders import absent, manifests, service, user

COMMAND = SecretRef(from_command=("get", "ada"))
STORED = SecretRef(from_store="vault", key="k")


def test_what_nobody_allows_is_found_at_its_place() -> None:
    desired = manifests(
        user("ada", password=COMMAND),
        user("bob", password=STORED),
        user("cy", password=SecretRef(from_env="A")),
        absent(user("dan", password=COMMAND)),
        service("s", kind="grafana", grafana={"a": {"b": COMMAND}}),
        user("zoe"),
    )
    found = list(sources_not_allowed(desired, AllowedSources(stores=frozenset({"vault"}))))
    of_user, of_service = found
    assert [(problem.summary, str(problem.address)) for problem in found] == [
        ("Command not allowed", "User/ada"),
        ("Command not allowed", "AppService/s"),
    ]
    assert of_service.detail.startswith(
        "`spec.grafana.a.b` of AppService/s comes from command get ada, which the config"
    )
    assert of_user.detail == "`spec.password` of User/ada comes from command get ada, which the config does not allow."
    ada = desired.resources[Address("User", "ada")]
    assert of_user.source == ada.positions.value(("spec", "password"))
