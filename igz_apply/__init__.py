"""igz-apply: run an Iguazio cluster from git."""

from igz_apply.version import __version__

__all__ = ["__version__"]
