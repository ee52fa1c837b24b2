"""What all tests share: how hard the property tests try.

HYPOTHESIS_PROFILE is "full" unless it says otherwise; `make test` says "quick", "thorough" draws thousands of examples.
In CI all draw the same ones every time: a profile inherits that from the one that hypothesis loads there by itself.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)

settings.register_profile("full", deadline=None, max_examples=60, suppress_health_check=_QUIET, phases=_PHASES)
settings.register_profile("quick", settings.get_profile("full"), max_examples=15)
settings.register_profile("thorough", settings.get_profile("full"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "full"))
