"""Who runs which command, for what of the manifests, as far as the environment tells: for the record of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from igz_apply.cli.proposal import PlanFlags
from igz_apply.cli.session import Session
from igz_apply.local.checkout import checkout_of
from igz_apply.local.processes import describe_process
from igz_apply.manifests.config import Config
from igz_apply.model.records import RunFacts
from igz_apply.model.urls import without_credentials


def facts_begun(
    session: Session, config: Config, command: str, flags: PlanFlags, pool: Executor
) -> Callable[[], RunFacts]:
    """Begin to ask git about the manifests, and return what waits for its answer and tells the rest."""
    asked = None if session.checkout else pool.submit(checkout_of, flags.paths or config.manifests)

    def facts() -> RunFacts:
        checkout = session.checkout if asked is None else asked.result()
        known = facts_of(session.environ, config.target, command)
        return RunFacts(
            command=known.command,
            process=known.process,
            ci=known.ci,
            ci_url=known.ci_url,
            target=known.target,
            waivers=tuple(f"{verb}:{kind}={count}" for (verb, kind), count in flags.waivers),
            commit=checkout.commit if checkout is not None else "",
            tree=checkout.tree if checkout is not None else "",
            is_dirty=checkout is not None and checkout.is_dirty,
        )

    return facts


def facts_of(environ: Mapping[str, str], target: str, command: str) -> RunFacts:
    """Return what is known without a look at the manifests."""
    told = environ.get
    who = told("GITHUB_ACTOR") or told("GITLAB_USER_LOGIN") or ""
    return RunFacts(
        command=command,
        process=describe_process(),
        ci=who,
        ci_url=without_credentials(_job_url(environ)),
        target=target,
    )


def _job_url(environ: Mapping[str, str]) -> str:
    """Return the address of a job of CI, "" where there is none."""
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if server and repository and run:
        return f"{server}/{repository}/actions/runs/{run}"
    return environ.get("CI_JOB_URL", "")
