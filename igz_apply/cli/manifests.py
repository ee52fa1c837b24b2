"""Manifests as the command line names them: paths, or what the config says, with the organisation's policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from igz_apply import workflow
from igz_apply.cli.session import Session
from igz_apply.config import Config
from igz_apply.core.problems import in_order
from igz_apply.kinds import KINDS
from igz_apply.manifests.policies import load_policies
from igz_apply.workflow import Loaded


def load_manifests(session: Session, config: Config, paths: Sequence[str], version: str = "") -> Loaded:
    """Read and check the manifests; `version` is the cluster's, "" when it is not known. Faults come as problems."""
    if "-" in paths and session.given.password_stdin:
        raise click.UsageError("Standard input cannot hold both the manifests (-) and the password (--password-stdin).")
    policies, problems = load_policies(config.policies, KINDS)
    loaded = workflow.load(
        list(paths) or list(config.manifests),
        ignore=config.ignore,
        policies=policies,
        version=version,
        stdin=session.stdin if "-" in paths else None,
    )
    return replace(loaded, problems=in_order([*problems, *loaded.problems]))
