"""What the command line's tests work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MANIFESTS = """\
apiVersion: iguazio.com/v1
kind: Group
metadata: {name: data-science}
spec: {description: Data scientists, assigned_policies: [Data]}
---
apiVersion: iguazio.com/v1
kind: User
metadata: {name: ada}
spec:
  first_name: Ada
  last_name: Lovelace
  email: ada@example.com
  assigned_policies: [Developer]
  groups: [data-science]
---
apiVersion: iguazio.com/v1
kind: Project
metadata: {name: churn}
spec: {description: Churn prediction, owner: ada}
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]
