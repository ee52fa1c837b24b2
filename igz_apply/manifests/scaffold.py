"""What `init` writes: a config repository that works as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from igz_apply.manifests import schemas
from igz_apply.manifests.origin import PLACEHOLDER
from igz_apply.platform import Platform

_TEMPLATES = Path(__file__).parent / "templates"
# Where a file goes -> the template that it is made from; the names differ so that no tool obeys the templates here.
_FILES = {
    ".github/workflows/igz-apply.yml": "github-workflow.yaml",
    ".gitignore": "gitignore",
    ".gitlab-ci.yml": "gitlab-ci.yaml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".vscode/extensions.json": "vscode-extensions.json",
    ".vscode/settings.json": "vscode-settings.json",
    "README.md": "README.md",
    "igz-apply.yaml": "igz-apply.yaml",
    "manifests/app_service.yaml": "app_service.yaml",
    "manifests/group.yaml": "group.yaml",
    "manifests/project.yaml": "project.yaml",
    "manifests/user.yaml": "user.yaml",
    "policies/described.schema.json": "described.schema.json",
}


_ORIGIN, _NOTE, _VARIABLE, _EMBEDDED = "<<origin>>", "<<note>>", "<<variable>>", "<<embedded>>"
_BACKEND = "A backend for the inventory (s3fs for s3://) follows after a space."
_KNOWN = f"Where pip finds igz-apply. {_BACKEND}"
_UNKNOWN = f"EDIT: your copy of igz-apply, at a version. {_BACKEND}"


def scaffold(platform: Platform, origin: str | None = None) -> Mapping[str, str]:
    """Return the files of a new config repository: path below its folder -> text.

    `origin` is what its pipelines give pip to install igz-apply; None: a placeholder, which says that it is one.
    """
    filled = {path: _filled(_template(platform, name), platform, origin) for path, name in _FILES.items()}
    files = {path: text for path, text in filled.items() if not _is_of_another(path, text, platform)}
    files[".vscode/igz-apply-manifest.schema.json"] = _text(schemas.manifest_schema(platform))
    files[".vscode/igz-apply-config.schema.json"] = _text(schemas.config_schema())
    return dict(sorted(files.items()))


def unsettled(files: Mapping[str, str]) -> list[str]:
    """Return the paths of files that hold the placeholder."""
    return [path for path, text in files.items() if PLACEHOLDER in text]


def _template(platform: Platform, name: str) -> Path:
    """Return the platform's own template, else the one for all."""
    own = _TEMPLATES / platform.name / name
    return own if own.exists() else _TEMPLATES / name


def _is_of_another(path: str, text: str, platform: Platform) -> bool:
    """Say whether it is a manifest of a kind that this platform has no template for."""
    return path.startswith("manifests/") and f"apiVersion: {platform.kinds.api_version}\n" not in text


def _filled(template: Path, platform: Platform, origin: str | None) -> str:
    text = template.read_text(encoding="utf-8")
    text = text.replace(_VARIABLE, platform.variable).replace(_EMBEDDED, platform.embedded)
    return text.replace(_ORIGIN, origin or PLACEHOLDER).replace(_NOTE, _KNOWN if origin else _UNKNOWN)


def _text(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
