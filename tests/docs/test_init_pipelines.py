"""The pipelines that `init` writes, run as they are typed: what they do before anybody has given them a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from igz_apply.iguazio3.platform import IGUAZIO3
from igz_apply.manifests.scaffold import scaffold
from tests.docs.ci_runner import evaluated, shell

pytestmark = pytest.mark.full

FILES = scaffold(IGUAZIO3)
GITHUB = yaml.safe_load(FILES[".github/workflows/igz-apply.yml"])
GITLAB = yaml.safe_load(FILES[".gitlab-ci.yml"])
COMMENTED = "# password: {from_env: ADA_PASSWORD}"


def steps() -> Iterator[tuple[str, str]]:
    """The shell of each pipeline's validation, without the installation."""
    github = [step["run"] for step in GITHUB["jobs"]["validate"]["steps"] if "run" in step]
    yield "GitHub", "\n".join(text for text in github if "pip install" not in text)
    yield "GitLab", "\n".join(GITLAB["validate"]["script"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository as `init` leaves it, with the password's line uncommented."""
    folder = tmp_path / "checkout"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    user = folder / "manifests" / "user.yaml"
    assert COMMENTED in user.read_text()
    user.write_text(user.read_text().replace(COMMENTED, COMMENTED.removeprefix("# ")))
    return folder


SCRIPTS = dict(steps())


@pytest.mark.parametrize("system", SCRIPTS)
def test_the_validation_of_a_fork_ends_well_though_it_has_no_secret(system: str, checkout: Path) -> None:
    production = {
        "IGZ_TARGET": "",
        "IGZ_PINNED": "endpoint,tls,inventory,secrets,hooks",
        "IGZ_ENDPOINT": "https://prod.example.com",
    }
    done = shell(SCRIPTS[system], checkout, **production, IGZ_INVENTORY="s3://nowhere/prod.json", ADA_PASSWORD="")
    assert done.returncode == 0, done.stdout
    assert "made up for the emulator: User/ada#password" in done.stdout
    assert "4 of 4 changes applied" in done.stdout


@pytest.mark.parametrize(
    ("event", "repository", "target", "expected"),
    [
        ("pull_request", "corvid/cluster", "prod", {"validate", "plan"}),
        ("pull_request", "stranger/cluster", "prod", {"validate"}),
        ("push", "corvid/cluster", "prod", {"validate", "apply"}),
        ("push", "corvid/cluster", "", {"validate"}),
    ],
)
def test_a_workflow_has_the_jobs_that_it_should(event: str, repository: str, target: str, expected: set[str]) -> None:
    context = {
        "github.event_name": event,
        "github.repository": "corvid/cluster",
        "github.event.pull_request.head.repo.full_name": repository,
        "vars.IGZ_TARGET": target,
    }
    jobs = GITHUB["jobs"]
    running = {name for name, job in jobs.items() if "if" not in job or evaluated(job["if"], context)}
    assert running == expected
    assert all(jobs[name].get("needs", "validate") in running for name in running)
