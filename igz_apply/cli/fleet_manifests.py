"""Manifests that move under a run over several targets: what canaries have tried is what the others are to get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from igz_apply.cli.fleet_target import TargetSession
from igz_apply.cli.pins import hooks_of
from igz_apply.errors import PlanRefused
from igz_apply.manifests.config import Config
from igz_apply.manifests.file_states import FileStates
from igz_apply.model.hooks import BEFORE_PLAN
from igz_apply.model.problems import Problem
from igz_apply.model.suggest import some
from igz_apply.wording.fleet_words import FROM_THE_FIRST_WAVE


class SameManifests:
    """The manifests of all targets, as they were when the run began."""

    def __init__(self, configs: Mapping[str, Config], paths: Sequence[str]) -> None:
        """`paths` are those of the command line, none where each target's config names its own."""
        self._paths = paths
        self._states = FileStates()
        for config in configs.values():
            self._states.learn(config, paths)

    def require(self, told: TargetSession, config: Config) -> None:
        """Raise PlanRefused where those of a target are others now; a hook before the plan may have made them so."""
        if BEFORE_PLAN in hooks_of(told.environ, config):
            return
        if moved := list(self._states.moved(config, self._paths)):
            detail = f"{some(moved)}: not as when this run began, so that no target before this one tried it."
            raise PlanRefused([Problem("Manifests have moved", detail, FROM_THE_FIRST_WAVE)])
