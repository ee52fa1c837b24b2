"""A case: manifests and what the config says of a plan of them, in a snapshot and out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from igz_apply.authoring.rendering import rendered
from igz_apply.manifests.config import Config
from igz_apply.manifests.loading import Loaded, checked
from igz_apply.manifests.reader import Reading
from igz_apply.model.addresses import Address, Source
from igz_apply.model.hidden import Hidden, hiding, referring
from igz_apply.model.kind import Kind, Kinds
from igz_apply.model.plain_values import plain
from igz_apply.model.resources import Document, Path
from igz_apply.platform import Platform
from igz_apply.snapshots.snapshot import Case
from igz_apply.values import dataclass

TAKEN_OUT = "https://taken:out@secret.invalid"
"""What stands for a value that may be a secret: by its form it is taken for one again, wherever it stands."""


def case_of(documents: Sequence[Document], config: Config, kinds: Kinds) -> Case:
    """Return valid documents as they count, and what of the config a plan hangs on; no secret is left in them."""
    return Case(
        [_without_secrets(kinds[it.address.kind], it.address, it.data) for it in rendered(documents, kinds)],
        {
            "prune": config.prune,
            "owner": config.owner,
            "protect": list(config.protect),
            "min_admins": config.min_admins,
            "limits": {
                "delete": dict(config.limits_delete),
                "cascade": dict(config.limits_cascade),
                "update": dict(config.limits_update),
                "restart": dict(config.limits_restart),
            },
        },
    )


def _without_secrets(kind: Kind, address: Address, data: Mapping[str, Any]) -> Mapping[str, Any]:
    if not data.get("spec"):
        return data
    return {**data, "spec": plain(_taken_out(hiding(kind, address, referring(kind, data["spec"]))))}


def _taken_out(value: Any) -> Any:
    if isinstance(value, Hidden):
        return TAKEN_OUT
    if isinstance(value, Mapping):
        return {key: _taken_out(below) for key, below in value.items()}
    return [_taken_out(below) for below in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class _NoPositions:
    """Places in a case: it has no lines, so that the manifest alone is named."""

    source: Source

    def value(self, path: Path) -> Source:  # noqa: ARG002 - the protocol's signature
        return self.source

    def key(self, path: Path) -> Source:  # noqa: ARG002
        return self.source

    def text(self, path: Path) -> str:  # noqa: ARG002
        return ""


def loaded_case(case: Case, name: str, platform: Platform) -> Loaded:
    """Return the manifests of a case, which lies in a file of that name, checked as any others."""
    documents = tuple(_document(name, data) for data in case.manifests)
    return checked(Reading(documents, (), 1), platform)


def _document(name: str, data: Mapping[str, Any]) -> Document:
    metadata = data.get("metadata")
    called = metadata.get("name") if isinstance(metadata, dict) else None
    source = Source(f"{name}#{data.get('kind')}/{called}", 1, 1)
    return Document(source, data, _NoPositions(source))


def with_case(config: Config, case: Case) -> Config:
    """Return what a case says of its plan, and of the config at hand only what shows it: it is of something else."""
    said = case.config
    limits = said.get("limits", {})
    return Config(
        severity=config.severity,
        is_strict=config.is_strict,
        deadline=config.deadline,
        prune=said.get("prune", False),
        owner=said.get("owner", ""),
        protect=tuple(said.get("protect", ())),
        min_admins=said.get("min_admins", 1),
        limits_delete=limits.get("delete", {}),
        limits_cascade=limits.get("cascade", {}),
        limits_update=limits.get("update", {}),
        limits_restart=limits.get("restart", {}),
    )
