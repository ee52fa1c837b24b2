"""The `Reader` and `Writer` ports over the control-plane client: the one place where the reconciler meets HTTP."""

from igz_apply.iguazio3.reading import ClusterReader
from igz_apply.iguazio3.writing import ClusterWriter

__all__ = ["ClusterReader", "ClusterWriter"]
