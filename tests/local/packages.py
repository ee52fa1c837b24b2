"""Packages that offer something to igz-apply, as if they were installed."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, package: str, group: str, **points: str) -> None:
    """Lay out what an installed package leaves in a folder of the path: its entry points."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[{group}]\n{lines}")
